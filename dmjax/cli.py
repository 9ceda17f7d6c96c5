"""The command line. JAX is imported inside the commands, so `--help` starts at once."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dmjax.errors import InputError

app = typer.Typer(
    name="dmjax",
    help="Light dark matter at stopped-pion and beam-dump experiments: predict, fit, limit.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Spin(StrEnum):
    """Dark-matter spin."""

    dirac = "dirac"
    scalar = "scalar"


Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")]
Out = Annotated[Path | None, typer.Option(help="Write the result here.")]
Profile = Annotated[str, typer.Option("--conventions", help="Physics profile: dmjax or d20.")]
Dm = Annotated[Spin, typer.Option(help="Dark-matter spin (scalar: complex scalar).")]
AlphaD = Annotated[float, typer.Option(help="Dark fine-structure constant.")]
MassRatio = Annotated[float, typer.Option(help="m_V / m_chi.")]
Channels = Annotated[
    str, typer.Option(help="Production channels, comma-separated: pi0, piminus, cascade.")
]
ALL_CHANNELS = "pi0,piminus,cascade"


def _start() -> None:
    """float64 for every computation of the command line."""
    import jax

    jax.config.update("jax_enable_x64", True)


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _emit(text: str) -> None:
    sys.stdout.write(text + "\n")


def _table(title: str, headers: list[str], rows: list[list[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for i, header in enumerate(headers):
        table.add_column(header, justify="left" if i == 0 else "right")
    for row in rows:
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 100).print(table)


@app.command()
def info(json: Json = False) -> None:
    """Versions, devices, precision, experiments, models, data sets with their sources."""
    from importlib.metadata import version

    import jax

    _start()
    from dmjax import __version__
    from dmjax.data import available, load_table, load_toml
    from dmjax.io import to_json
    from dmjax.profiles import CHANNELS, PROFILES

    facts = {
        "dmjax": __version__,
        "versions": {name: version(name) for name in ("jax", "jaxlib", "equinox", "numpyro")},
        "devices": [str(device) for device in jax.devices()],
        "precision": "float64",
        "conventions": list(PROFILES),
        "models": list(load_toml("models", "vector")),
        "channels": list(CHANNELS),
        "experiments": {
            name: load_toml("experiments", name)["title"] for name in available("experiments")
        },
        "datasets": {name: load_toml("datasets", name)["title"] for name in available("datasets")},
        "tables": {name: load_table(name).meta for name in available("tables")},
    }
    if json:
        _emit(to_json(facts))
        return
    rows = [[key, _brief(value)] for key, value in facts.items() if key != "tables"]
    rows += [[f"table {name}", meta["source"]] for name, meta in facts["tables"].items()]
    _table("dmjax", ["", ""], rows)


def _brief(value) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{key}: {text}" for key, text in value.items())
    return ", ".join(value) if isinstance(value, list) else str(value)


@app.command()
def predict(
    experiment: Annotated[str, typer.Argument(help="Experiment, e.g. coherent-csi.")],
    mv: Annotated[float, typer.Option(help="Mediator mass [MeV].")],
    model: Annotated[str, typer.Option(help="Model, e.g. dark-photon.")] = "dark-photon",
    dm: Dm = Spin.dirac,
    mchi: Annotated[float | None, typer.Option(help="Dark-matter mass [MeV].")] = None,
    mass_ratio: MassRatio = 3.0,
    eps: Annotated[float | None, typer.Option(help="Kinetic mixing (dark-photon).")] = None,
    g: Annotated[float | None, typer.Option(help="Gauge coupling (other models).")] = None,
    alpha_d: AlphaD = 0.5,
    pot: Annotated[float | None, typer.Option(help="Protons on target.")] = None,
    recoil_min: Annotated[float | None, typer.Option(help="Lowest recoil [keV].")] = None,
    recoil_max: Annotated[float | None, typer.Option(help="Highest recoil [keV].")] = None,
    time_max: Annotated[float | None, typer.Option(help="Latest arrival [us].")] = None,
    efficiency: Annotated[bool, typer.Option(help="Apply the detector's acceptance.")] = True,
    channels: Channels = ALL_CHANNELS,
    conventions: Profile = "dmjax",
    json: Json = False,
    out: Out = None,
) -> None:
    """Expected dark-matter events per production channel and per bin."""
    _start()
    import dmjax
    from dmjax.io import check_writable, to_json, write_json

    if out is not None:
        check_writable(out)
    _check_ratio(mass_ratio)
    detector = dmjax.experiment(experiment)
    point = dmjax.mediator(
        model,
        mv,
        mv / mass_ratio if mchi is None else mchi,
        alpha_d=alpha_d,
        eps=eps,
        g=g,
        dm=dm.value,
    )
    result = dmjax.predict(
        detector,
        point,
        conventions=dmjax.conventions(conventions),
        channels=_names(channels),
        pot=pot,
        recoil_min=recoil_min,
        recoil_max=recoil_max,
        time_max=time_max,
        efficiency=efficiency,
    )
    plain = _flat_conventions(result._asdict())
    if out is not None:
        write_json(out, plain)
    if json:
        _emit(to_json(plain))
        return
    rows = [[name, f"{events:.5g}"] for name, events in result.channels.items()]
    rows.append(["total", f"{result.total:.5g}"])
    _table(
        f"{result.experiment}, {result.model} ({result.dm}), m_V = {result.m_v:g} MeV, "
        f"m_chi = {result.m_chi:g} MeV, {result.pot:g} POT, conventions {conventions}",
        ["channel", "events"],
        rows,
    )


def _flat_conventions(result: dict) -> dict:
    """`conventions` as the profile's name, with its changed fields beside it."""
    chosen = result["conventions"]
    return result | {"conventions": chosen["conventions"], "conventions_changed": chosen["changed"]}


def _check_ratio(mass_ratio: float) -> None:
    if not mass_ratio > 2.0:
        raise InputError(f"V -> chi chi needs --mass-ratio above 2, got {mass_ratio:g}")


def main() -> None:
    """Entry point: bad input ends in one line on stderr and exit status 2."""
    try:
        app()
    except InputError as problem:
        sys.stderr.write(f"dmjax: {problem}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("dmjax: interrupted; finished steps are kept and will be reused\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
