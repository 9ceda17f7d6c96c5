"""Files are written whole or not at all, and only where a plain file belongs."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dmjax.errors import InputError
from dmjax.store.plain import digest, read_json, write_json
from dmjax.store.writing import check_writable, whole, write_text
from dmjax.studies.load import load
from made_results import made_limit


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_text_replaces_the_old_one_and_leaves_nothing_else(tmp_path):
    path = write_text(tmp_path / "deep" / "a.json", "old")
    path.chmod(0o640)
    write_text(path, "µ")
    assert path.read_bytes() == "µ".encode() and names(path.parent) == ["a.json"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize("where", [".", "", "..", "/", "x/.."])
def test_a_folder_is_no_file(where, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for write in (lambda p: write_text(p, "x"), check_writable):
        with pytest.raises(InputError, match=r"cannot write .*: it is a folder; choose another"):
            write(Path(where))
    assert not names(tmp_path)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("file/x", "Not a directory|File exists"),
        ("a\0b", "NUL character"),
        ("x" * 300, "name too long"),
        ("loop", "symbolic link|[Ll]oop"),
    ],
)
def test_places_that_cannot_be_written_are_said_in_one_line(where, said, tmp_path):
    (tmp_path / "file").write_text("kept")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    before = names(tmp_path)
    for write in (lambda p: write_text(p, "x"), check_writable):
        with pytest.raises(InputError, match=said) as problem:
            write(tmp_path / where)
        assert "\n" not in str(problem.value)
    assert names(tmp_path) == before and (tmp_path / "file").read_text() == "kept"


def test_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "there" / "real.txt", tmp_path / "link.txt"
    link.symlink_to(target)
    write_text(link, "first")
    write_text(link, "second")
    assert link.is_symlink() and target.read_text() == "second"
    assert names(tmp_path) == ["link.txt", "there"] and names(target.parent) == ["real.txt"]


def test_a_pipe_is_written_into(tmp_path):
    pipe = tmp_path / "sink"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="nothing reads"):
        write_text(pipe, "lost")
    check_writable(pipe)
    text, got = "x" * 300_000, []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    for _ in range(200):
        try:
            write_text(pipe, text)
            break
        except InputError:
            threading.Event().wait(0.01)  # the reader has not opened it yet
    reader.join(10)
    assert got == [text] and stat.S_ISFIFO(pipe.stat().st_mode) and names(tmp_path) == ["sink"]


def test_a_device_is_written_into():
    before = Path(os.devnull).stat()
    write_json(Path(os.devnull), {"x": 1.0})
    after = Path(os.devnull).stat()
    assert stat.S_ISCHR(after.st_mode) and (after.st_ino, after.st_rdev) == (
        before.st_ino,
        before.st_rdev,
    )


def test_a_failing_writer_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), whole(tmp_path / "a.txt") as file:
        file.write_text("half")
        raise KeyboardInterrupt
    assert not names(tmp_path)


def test_a_planted_link_is_not_written_through(tmp_path, monkeypatch):
    """Even where the name of the partial file is guessed."""
    monkeypatch.setattr("secrets.token_hex", lambda _: "guessed")
    victim = write_text(tmp_path / "victim", "safe")
    (tmp_path / ".a.guessed.txt").symlink_to(victim)
    with pytest.raises(InputError, match="File exists"):
        write_text(tmp_path / "a.txt", "x")
    assert victim.read_text() == "safe"


ROUNDS = int(os.environ.get("DMJAX_ROUNDS", "40"))
"""Of ten writers; 1000 shows the figure for release."""

WRITER = """
import pathlib, sys
from dmjax.store.plain import digest, read_json, write_json
path, who, rounds = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
for i in range(rounds):
    rows = [float(who * rounds + i)] * 500
    write_json(path, {"rows": rows, "digest": digest(rows)})
    found = read_json(path)
    assert found["digest"] == digest(found["rows"])
"""


def test_many_writers_and_a_reader_see_whole_files_only(tmp_path):
    """Ten processes write one result and read it; a failed write, or half a file, ends them."""
    path = write_json(tmp_path / "a.json", {"rows": [], "digest": digest([])})
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(who), str(ROUNDS)])
        for who in range(10)
    ]
    while any(writer.poll() is None for writer in writers):
        found = read_json(path)
        assert found["digest"] == digest(found["rows"])
    assert [writer.returncode for writer in writers] == [0] * 10
    assert names(tmp_path) == ["a.json"]


def test_many_writers_of_results_of_both_kinds(tmp_path):
    """Threads, which share HDF5: every file that is read is one of those written."""
    made, problems = {cl: made_limit(cl=cl) for cl in (0.8, 0.9, 0.95)}, []
    paths = [tmp_path / "a.json", tmp_path / "a.nc"]

    def work(who: int) -> None:
        try:
            for i in range(ROUNDS // 10):
                path = paths[(who + i) % 2]
                made[[0.8, 0.9, 0.95][(who + i) % 3]].save(path)
                found = load(path)
                if found != made[found.cl]:
                    problems.append("mixed")
        except Exception as problem:
            problems.append(problem)

    for path in paths:
        made[0.9].save(path)
    threads = [threading.Thread(target=work, args=(who,)) for who in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems and names(tmp_path) == ["a.json", "a.nc"]
