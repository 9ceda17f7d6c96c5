"""The reference of commands: what `--help` says, from the same objects."""

import re
from collections.abc import Iterator

import typer

from dmjax.cli import app
from tools.website.names import LESS_SOUGHT

HEAD = """# Commands

Made of the commands themselves: `dmjax COMMAND --help` says the same. Options that many commands
have mean the same in all of them; what numbers may be is in [ranges](../ranges.md).

```console
dmjax limit ccm120 --mv 30,75 --model b-l
```
"""
COMMON = ("json", "quiet", "no_cache", "config", "help")
"""Options of every command, told once."""


def leaves(command, name: str) -> Iterator[tuple[str, object]]:
    """Every command with the words that call it, of groups the commands in them."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
        return
    for word, one in inner.items():
        yield from leaves(one, f"{name} {word}")


def command_page() -> str:
    """The page in Markdown."""
    lines = [LESS_SOUGHT, HEAD]
    for name, command in sorted(leaves(typer.main.get_command(app), "dmjax")):
        lines += _entry(name, command)
    return "\n".join(lines)


def _entry(name: str, command) -> list[str]:
    positional = [one for one in command.params if one.param_type_name == "argument"]
    shown = [_usage(one) for one in positional]
    lines = [f"## {name}", "", "```text", " ".join([name, *shown, "[OPTIONS]"]), "```", ""]
    lines += [_escaped((command.help or "").strip()), ""]
    rows = [(_usage(one).strip("[]"), one.help or "") for one in positional]
    rows += [(_flags(one), one.help or "") for one in command.params if _told(one)]
    if rows:
        lines += ["| | |", "|---|---|"]
        lines += [f"| `{_cell(flags)}` | {_cell(_escaped(text))} |" for flags, text in rows]
    shared = [f"`{_flags(one)}`" for one in command.params if one.name in COMMON]
    return [*lines, "", f"As everywhere: {', '.join(shared)}.", ""]


def _told(parameter) -> bool:
    return parameter.param_type_name == "option" and parameter.name not in COMMON


def _usage(argument) -> str:
    word = argument.name.upper() + ("..." if argument.nargs != 1 else "")
    return word if argument.required else f"[{word}]"


def _flags(option) -> str:
    names = ", ".join(option.opts)
    if option.secondary_opts:
        names += " / " + ", ".join(option.secondary_opts)
    metavar = "" if option.is_flag else (option.metavar or "PATH")
    return f"{names} {metavar}".strip()


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


def _escaped(text: str) -> str:
    """Plain words in Markdown."""
    return re.sub(r"([*<_\[\]])", r"\\\1", text)
