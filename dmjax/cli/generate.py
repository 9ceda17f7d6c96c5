"""Commands from settings classes: every option of a verb, spelled and read in one way."""

import inspect
import sys
from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Annotated, Any

import typer

from dmjax.cli.common import JSON, giving_back, keep_nothing
from dmjax.errors import InputError, shown
from dmjax.studies.costs import announced
from dmjax.studies.options import OPTIONS, Option, spelled
from dmjax.studies.ranges import RANGES
from dmjax.studies.readers import names
from dmjax.studies.rules import settle, with_effect
from dmjax.texts import read_toml

POSITIONAL = ("where", "experiment", "dataset", "curve", "results")
"""Options that stand without a name on a command line."""

ALIASES = {"window": ("cuts", {"True": "cuts", "False": "no-cuts"})}
"""Option → a switch that means the same, and the values it stands for."""

OUT_HELP = "Write the result here."


def command(
    settings: type, run: Callable[..., None], about: str, out: str | None = OUT_HELP
) -> Callable[..., None]:
    """A command whose options are the fields of a settings class.

    Args:
        settings: of the verb.
        run: called as run(settings, json=, out=, quiet=).
        about: its help, one line.
        out: help of --out; None: the command has none.

    Returns:
        A function for Typer.
    """

    def call(**given: Any) -> None:
        json, quiet = bool(given.pop("json", False)), bool(given.pop("quiet", False))
        if given.pop("no_cache", False):
            keep_nothing()
        target, config = given.pop("out", None), given.pop("config", None)
        alias = {
            name: given.pop(switch, None)
            for name, (switch, _) in ALIASES.items()
            if _aliased(settings, name)
        }
        chosen = {name: value for name, value in given.items() if value not in (None, [], ())}
        for name, switched in alias.items():
            if switched is not None:
                if name in chosen:
                    raise InputError(f"give {spelled(name)} or --{ALIASES[name][0]}, not both")
                chosen[name] = ALIASES[name][1][str(switched)]
        made = settle(settings, _file(config, settings) | chosen, _spelled)
        large = None if quiet else announced(with_effect(made))
        if large is not None:
            sys.stderr.write(f"dmjax: {large}\n")
        with giving_back():
            run(made, json=json, out=target, quiet=quiet)

    parameters = [_parameter(field) for field in fields(settings)]
    parameters += [_alias(name) for name in ALIASES if _aliased(settings, name)]
    parameters += _common(out)
    positional = [p for p in parameters if p.name in POSITIONAL]
    others = [p for p in parameters if p.name not in POSITIONAL]
    call.__signature__ = inspect.Signature([*positional, *others])  # pyright: ignore
    call.__annotations__ = {p.name: p.annotation for p in (*positional, *others)}
    call.__doc__ = about
    return call


def _aliased(settings: type, name: str) -> bool:
    """Whether the settings have the option, and none with the name of its switch."""
    known = [field.name for field in fields(settings)]
    return name in known and ALIASES[name][0] not in known


def _spelled(name: str) -> str:
    return {"where": "data sets"}.get(name, name) if name in POSITIONAL else spelled(name)


def _file(config: Path | None, settings: type) -> dict[str, Any]:
    """Options of a TOML file; tables in it are only for order, but for options of pairs."""
    if config is None:
        return {}
    content = read_toml(config)
    tables = {name: value for name, value in content.items() if isinstance(value, dict)}
    flat = {name: value for name, value in content.items() if name not in tables}
    known = {field.name for field in fields(settings)}
    for name, table in tables.items():
        if name in known and "=" in OPTIONS[name].metavar:
            flat[name] = table
            continue
        for key, value in table.items():
            if key in flat:
                raise InputError(f"{config}: {shown(key)} is given twice")
            flat[key] = value
    return flat


def _parameter(field: Field) -> inspect.Parameter:
    option, default = OPTIONS[field.name], field.default
    if field.name in POSITIONAL:
        kind = list[str] if option.reader is names else str
        needed = default is MISSING
        annotation = Annotated[kind if needed else kind | None, typer.Argument(help=option.help)]
        return _keyword(field.name, annotation, inspect.Parameter.empty if needed else None)
    text = option.help + _range(field.name) + _default(default)
    if option.metavar == "":
        flag = spelled(field.name)
        switch = typer.Option(f"{flag}/--no-{flag[2:]}", help=text, show_default=False)
        return _keyword(field.name, Annotated[bool | None, switch], None)
    kind = list[str] | None if option.many else str | None
    given = typer.Option(
        spelled(field.name),
        help=text,
        metavar=option.metavar,
        show_default=False,
        autocompletion=_completion(option),
    )
    return _keyword(field.name, Annotated[kind, given], None)


def _completion(option: Option) -> Callable[[], list[str]] | None:
    return (lambda: list(option.choices)) if option.choices else None


def _range(name: str) -> str:
    rule = RANGES.get(name)
    return "" if rule is None else f" [range: {rule.low:g} to {rule.high:g}]"


def _default(default: Any) -> str:
    if default is MISSING or default is None or default == () or isinstance(default, bool):
        return "" if not isinstance(default, bool) else f" [default: {'on' if default else 'off'}]"
    told = ",".join(map(str, default)) if isinstance(default, tuple) else str(default)
    return f" [default: {told}]"


def _alias(name: str) -> inspect.Parameter:
    switch, values = ALIASES[name]
    both = typer.Option(
        f"--{switch}/--no-{switch}",
        help=f"Short for {spelled(name)} {values['True']}, {spelled(name)} {values['False']}.",
        show_default=False,
    )
    return _keyword(switch, Annotated[bool | None, both], None)


def _common(out: str | None) -> list[inspect.Parameter]:
    quiet = typer.Option("--quiet", "-q", help="No progress, and no table where --out is given.")
    anew = typer.Option("--no-cache", help="Compile anew, and keep no programs on disk.")
    config = typer.Option("--config", help="Options from a TOML file; the command line wins.")
    found = [
        _keyword("json", JSON, False),
        _keyword("quiet", Annotated[bool, quiet], False),
        _keyword("no_cache", Annotated[bool, anew], False),
        _keyword("config", Annotated[Path | None, config], None),
    ]
    if out is not None:
        found.append(_keyword("out", Annotated[Path | None, typer.Option(help=out)], None))
    return found


def _keyword(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )
