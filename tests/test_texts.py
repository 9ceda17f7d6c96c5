"""Text files of the user in every encoding that editors write."""

import codecs
import subprocess
import sys

import pytest

from dmjax.errors import InputError
from dmjax.texts import MOST, read_text, read_toml

TEXT = 'title = "Zürich ± π"\nwhere = ["a"]\n'
GOOD = {
    "utf-8": TEXT.encode(),
    "with a mark": codecs.BOM_UTF8 + TEXT.encode(),
    "line breaks of Windows": TEXT.replace("\n", "\r\n").encode(),
    "line breaks of old": TEXT.replace("\n", "\r").encode(),
    "utf-16": TEXT.encode("utf-16"),
    "utf-16, big end first": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "utf-32": TEXT.encode("utf-32"),
}
BAD = {
    "latin-1": ('x = 1\ny = "µ"\n'.encode("latin-1"), "byte 0xb5 in line 2.; save it as UTF-8"),
    "utf-16 without a mark": ("x = 1".encode("utf-16-le"), "holds NUL characters"),
    "cut": (TEXT.encode("utf-16")[:-1], "not UTF-8 text"),
    "no TOML": (b"x = ", "not a TOML file"),
    "a number without end": (b"x = " + b"9" * 5000, "not a TOML file"),
    "a nest": (b"x = " + b"[" * 20_000, "not a TOML file"),
}


@pytest.mark.parametrize("name", GOOD)
def test_every_encoding_that_says_what_it_is(name, tmp_path):
    path = tmp_path / "a.toml"
    path.write_bytes(GOOD[name])
    assert read_text(path) == TEXT
    assert read_toml(path)["title"] == "Zürich ± π"


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_one_true_line(name, tmp_path):
    content, said = BAD[name]
    path = tmp_path / "a.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said) as problem:
        read_toml(path)
    assert str(problem.value).isprintable()


def test_a_device_without_end_and_a_name_that_cannot_be(tmp_path):
    endless = tmp_path / "a.toml"
    endless.symlink_to("/dev/zero")
    with pytest.raises(InputError, match=f"longer than {MOST // 2**20} MiB"):
        read_text(endless)
    for name in ("nowhere\n.toml", "a\0.toml", "x" * 5000, "."):
        with pytest.raises(InputError, match="cannot read") as problem:
            read_text(tmp_path / name)
        assert str(problem.value).isprintable()


def test_files_are_utf8_whatever_the_locale(tmp_path):
    """Ours and the user's: an encoding left to the locale is a warning, and here an error."""
    path = tmp_path / "a.toml"
    path.write_text(TEXT, "utf-8")
    code = (
        "import sys; from pathlib import Path\n"
        "from dmjax.texts import read_toml\n"
        "from dmjax.data import available, load_table, load_toml\n"
        "assert not sys.flags.utf8_mode\n"
        f"assert read_toml(Path({str(path)!r}))['title'].endswith(chr(960))\n"
        "for kind in ('beams', 'experiments', 'datasets', 'models', 'origins'):\n"
        "    for name in available(kind): load_toml(kind, name)\n"
        "for name in available('tables'): load_table(name)\n"
    )
    flags = ["-X", "utf8=0", "-X", "warn_default_encoding", "-W", "error::EncodingWarning"]
    environment = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONPATH": ":".join(sys.path)}
    subprocess.run([sys.executable, *flags, "-c", code], check=True, env=environment)
