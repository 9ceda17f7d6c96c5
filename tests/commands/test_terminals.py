"""Signals, terminals and standard streams in every state they come in."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dmjax import cli
from dmjax.cli.common import show
from dmjax.cli.streams import UNREAD

FAST = ("data", "list")
"""A command with a table that needs no compilation."""

MAIN = "import sys; from dmjax.cli import main; sys.argv[0] = 'dmjax'; main()"
IN_ASCII = {"PYTHONIOENCODING": "ascii"}


def dmjax(*arguments: str, shell: str = "", code: str = MAIN, **environment: str):
    """Run a command, with redirections in the language of the shell."""
    line = 'exec "$@" ' + shell
    return subprocess.run(
        ["bash", "-c", line, "bash", sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", "2>&1 >&-"])
def test_closed_streams_are_streams_to_nowhere(closed):
    assert dmjax(*FAST, shell=closed).returncode == 0
    refused = dmjax("predct", shell=closed)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr + refused.stdout


def test_a_closed_stream_is_no_file_of_ours(tmp_path):
    """The number of a closed stream is not given to a file, which would be written into."""
    code = "import sys; from dmjax.cli.streams import standard_streams\n"
    code += f"with standard_streams(), open({str(tmp_path / 'x')!r}, 'w') as file:\n"
    code += "    print('answer'); print('progress', file=sys.stderr); assert file.fileno() > 2"
    assert dmjax(code=code, shell=">&- 2>&-").returncode == 0
    assert (tmp_path / "x").read_text() == ""


@pytest.mark.parametrize("line", [FAST, ("--help",), ("--version",), ("data", "list", "--json")])
def test_a_full_output_ends_in_one_line(line):
    full = dmjax(*line, shell="> /dev/full")
    assert full.returncode == 2
    assert "cannot write to standard output: No space left" in full.stderr
    assert full.stderr.count("\n") == 1


def test_an_output_that_nobody_reads_is_quiet():
    code = "import os, sys; from dmjax import cli; r, w = os.pipe(); os.close(r); os.dup2(w, 1)\n"
    found = dmjax(*FAST, code=code + "cli.main()")
    assert found.returncode == UNREAD and found.stderr == ""


def test_messages_that_nobody_hears_stop_nothing():
    assert dmjax("predct", shell="2> /dev/full").returncode == 2
    code = "from dmjax.cli.streams import standard_streams\n"
    code += "from dmjax.cli.progress import Progress\n"
    code += "with standard_streams(), Progress('work') as say:\n"
    code += "    say('step', 1, 2)\n    say('step', 2, 2)\n    print('done')"
    assert dmjax(code=code, shell="2> /dev/full").stdout == "done\n"


def test_ascii_terminals_get_ascii():
    code = (
        "from dmjax.cli.streams import standard_streams\nfrom dmjax.cli.common import emit, show\n"
    )
    code += "with standard_streams():\n    emit('χ² = 3 ± 1')\n"
    code += "    show('Zürich', ['σ', 'π⁰'], [['1 ± 2', '3']])"
    lines = dmjax(code=code, **IN_ASCII).stdout.splitlines()
    assert lines[:2] == ["chi^2 = 3 +- 1", "Z\\xfcrich"]
    assert "| 1 +- 2 |" in lines[5] and len({len(line) for line in lines[2:]}) == 1
    assert dmjax("limit", "--help", **IN_ASCII).stdout.isascii()


def test_a_narrow_terminal_gets_a_line_for_every_cell(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "40")
    headers, rows = ["mass", "limit", "status"], [["30", "1e-10", "ok " * 10], ["60", "2e-10", ""]]
    show("limits", headers, rows)
    assert capsys.readouterr().out.splitlines()[:4] == [
        "limits",
        "mass: 30",
        "  limit: 1e-10",
        "  status: " + "ok " * 10,
    ]
    show("limits", headers[:2], [row[:2] for row in rows])
    assert "│ 30   │ 1e-10 │" in capsys.readouterr().out


def test_no_colour_is_asked_for_by_its_name():
    shown = dmjax(*FAST, NO_COLOR="1", FORCE_COLOR="1", TERM="xterm-256color").stdout
    assert "\033[3" not in shown


@pytest.mark.parametrize("name", ["a\nb", "a\033[2Jb", "a\rb", "a\u2028b", "a\udcffb"])
def test_names_are_shown_in_one_line(name, monkeypatch, capsys):
    for line in (["info", name], ["check", f"{name}.toml"], [name], ["info", f"--{name}"]):
        monkeypatch.setattr("sys.argv", ["dmjax", *line])
        with pytest.raises(SystemExit) as end:
            cli.main()
        heard = capsys.readouterr().err
        assert end.value.code == 2
        assert heard.endswith("\n") and heard[:-1].isprintable()
    show(name, ["", ""], [[name, "y"]])
    assert all(line.isprintable() for line in capsys.readouterr().out.splitlines())


def test_incomplete_commands_show_what_there_is():
    for line in ((), ("export",), ("data",)):
        shown = dmjax(*line)
        assert shown.returncode == 0 and "Commands:" in shown.stdout and shown.stderr == ""


@pytest.mark.parametrize(("name", "status"), [("SIGTERM", 143), ("SIGHUP", 129), ("SIGINT", 130)])
def test_signals_end_a_command_with_their_status(name, status):
    # A background job ignores Ctrl-C or a hang-up, and so would the command.
    code = "import os, signal, time; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    code += "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
    code += "from dmjax import cli\nfrom dmjax.cli.progress import Progress\n"
    code += "@cli.app.command()\ndef waits():\n    with Progress('work', 'all of it is kept'):\n"
    code += f"        os.kill(os.getpid(), signal.{name})\n        time.sleep(60)\n"
    found = dmjax("waits", code=code + "cli.main()")
    assert found.returncode == status
    assert found.stderr == "interrupted: all of it is kept\n"


def test_a_signal_that_is_to_be_ignored_stays_ignored():
    code = "import os, signal; from dmjax import cli\n@cli.app.command()\ndef waits():\n"
    code += "    os.kill(os.getpid(), signal.SIGHUP)\n    print('on')\n"
    code = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n" + code
    assert dmjax("waits", code=code + "cli.main()").stdout == "on\n"


def finished_blocks(folder: Path) -> list[Path]:
    """Blocks of toys; a name with a dot is of one that is being written."""
    return [path for path in folder.rglob("*.npz") if not path.name.startswith(".")]


def test_work_is_kept_when_the_system_asks_to_end(tmp_path):
    """SIGTERM in the middle of toys: status 143, and the same command goes on from there."""
    out = tmp_path / "toys.json"
    line = ["toys", "ccm120", "--model", "events", "--toys", "4000000", "--batch-size", "2000"]
    begun = [sys.executable, "-c", MAIN, *line, "--out", str(out)]
    with subprocess.Popen(begun, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as running:
        until = time.monotonic() + 120.0
        while not finished_blocks(tmp_path) and time.monotonic() < until:
            time.sleep(0.1)
        running.send_signal(signal.SIGTERM)
        said = running.stderr.read().decode()
    assert running.returncode == 143
    assert said.splitlines()[-1].startswith("interrupted: ")
    assert finished_blocks(tmp_path) and not out.exists()


@pytest.mark.parametrize("home", ["/proc/sys", "/dev/null/none", ""])
def test_no_home_is_needed(home):
    listed = dmjax(*FAST, "--json", HOME=home, XDG_DATA_HOME="", DMJAX_DATA="")
    assert listed.returncode == 0 and listed.stderr == ""
    added = dmjax("--install-completion", "bash", HOME=home)
    # 1 where there is no shell around the tests: what installs completion asks for its name.
    assert added.returncode in (0, 1, 2) and "Traceback" not in added.stderr


def test_a_folder_that_cannot_be_written_is_no_hindrance(monkeypatch):
    monkeypatch.chdir("/proc/sys")
    assert dmjax(*FAST).returncode == 0
    refused = dmjax("check", "ccm120", "--figure", "x.png")
    assert refused.returncode == 2 and refused.stderr.count("\n") == 1
