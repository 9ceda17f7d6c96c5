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
    from rich.text import Text

    table = Table()
    for i, header in enumerate(headers):
        table.add_column(Text(header), justify="left" if i == 0 else "right")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    _emit(title)
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


@app.command()
def fit(
    dataset: Annotated[str, typer.Argument(help="Data set, e.g. csi2017.")],
    counting: Annotated[
        bool, typer.Option("--counting", help="Only count: excess and significance in the cuts.")
    ] = False,
    rn: Annotated[
        list[float] | None,
        typer.Option(help="With --counting: R_n [fm] for neutrinos; repeat. Default 4.7 and 5.5."),
    ] = None,
    dm: Dm = Spin.dirac,
    alpha_d: AlphaD = 0.5,
    mass_ratio: MassRatio = 3.0,
    channels: Channels = ALL_CHANNELS,
    draws: Annotated[int, typer.Option(help="NUTS draws kept per chain.")] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of the sampler.")] = 2017,
    conventions: Profile = "dmjax",
    json: Json = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the fit (file, with --counting).")
    ] = None,
) -> None:
    """Count, fit, set limits, sample the posterior and draw the figures of a data set."""
    _start()
    if counting:
        _fit_counting(dataset, rn or [4.7, 5.5], conventions, json, out)
        return
    if rn:
        raise InputError(
            "--rn goes with --counting; a full fit takes the radius of its conventions"
        )
    import dmjax
    from dmjax.fitting import FitSettings, run_fit
    from dmjax.io import to_json
    from dmjax.likelihood.datasets import load_dataset
    from dmjax.plots import draw_fit

    folder = out or Path("results") / dataset
    chosen = dmjax.conventions(conventions)
    dmjax.signal(
        load_dataset(dataset, "cuts", chosen),
        alpha_d=alpha_d,
        mass_ratio=mass_ratio,
        channels=_names(channels),
    )
    settings = FitSettings(
        dataset=dataset,
        dm=dm.value,
        alpha_d=alpha_d,
        mass_ratio=mass_ratio,
        channels=_names(channels),
        conventions=chosen,
        draws=draws,
        seed=seed,
    )
    with _Steps() as steps:
        summary = run_fit(settings, folder, steps)
        steps.note("drawing the figures")
        files = draw_fit(folder)
    summary["figures"] = [str(path) for path in files]
    if json:
        _emit(to_json(summary))
    else:
        _print_fit(summary)
    if not summary["converged"]:
        sys.stderr.write("dmjax: the sampler did not pass its gates; see the reasons above\n")
        sys.exit(1)


class _Steps:
    """A spinner on stderr, with one line per finished step."""

    def __init__(self) -> None:
        import time

        from rich.console import Console

        self.console = Console(stderr=True)
        self.status = self.console.status("starting")
        self.clock = time.monotonic
        self.begun = self.clock()

    def __enter__(self) -> "_Steps":
        self.status.start()
        self.note("counting")
        return self

    def __exit__(self, *_: object) -> None:
        self.status.stop()

    def note(self, text: str) -> None:
        self.status.update(text)

    def __call__(self, name: str, reused: bool) -> None:
        took = self.clock() - self.begun
        self.console.print(f"{name}: {'kept from an earlier run' if reused else f'{took:.0f} s'}")
        self.begun = self.clock()
        self.note("working on the next step")


def _print_fit(summary: dict) -> None:
    first, second = summary["counting"]
    _emit(
        f"{first['n_on']} on, {first['n_off']} off; significance {first['significance']:.2f} "
        f"(R_n = {first['r_n_fm']:g} fm), {second['significance']:.2f} ({second['r_n_fm']:g} fm)"
    )
    rows = []
    for window, found in summary["posterior"].items():
        quality = found["diagnostics"]
        inside = found["nuts_inside_grid_regions"]
        rows.append(
            [
                window,
                f"{found['best_m_v']:.3g}",
                f"{found['best_y']:.2e}",
                f"{max(quality['r_hat'].values()):.3f}",
                f"{min(quality['ess'].values()):.0f}",
                f"{quality['divergences']} of {quality['draws']}",
                f"{inside[0]:.3f}, {inside[1]:.3f}",
                "passed" if found["converged"] else "; ".join(found["reasons"]),
            ]
        )
    headers = [
        "window",
        "best m_V [MeV]",
        "best Y",
        "R-hat",
        "ESS",
        "divergent",
        "draws in the grid's 68 %, 95 %",
        "gates",
    ]
    _table("Posterior of (m_V, Y)", headers, rows)
    _emit(f"results in {summary['folder']}; figures: {', '.join(summary['figures'])}")


@app.command()
def plot(
    folder: Annotated[Path, typer.Argument(help="Folder of a fit.")], json: Json = False
) -> None:
    """Draw the figures of a saved fit again."""
    from dmjax.io import to_json
    from dmjax.plots import draw_fit

    files = [str(path) for path in draw_fit(folder)]
    _emit(to_json({"figures": files}) if json else "\n".join(files))


def _fit_counting(
    dataset: str, radii: list[float], profile: str, json: bool, out: Path | None
) -> None:
    import dmjax
    from dmjax.io import check_writable, to_json, write_json

    if out is not None:
        check_writable(out)
    chosen = dmjax.conventions(profile)
    results = [
        dmjax.counting(dmjax.load_dataset(dataset, "cuts", chosen, radius))._asdict()
        for radius in radii
    ]
    plain = results[0] | {"dataset": dataset, "conventions": profile, "results": results}
    if out is not None:
        write_json(out, plain)
    if json:
        _emit(to_json(plain))
        return
    names = {
        "r_n_fm": "R_n [fm]",
        "n_on": "on (coincidence)",
        "n_off": "off (anticoincidence)",
        "n_prompt": "prompt neutrinos",
        "n_delayed": "delayed neutrinos",
        "n_brn": "beam-related neutrons",
        "excess": "excess",
        "significance": "significance",
    }
    rows = [[text, *(f"{r[key]:.4g}" for r in results)] for key, text in names.items()]
    _table(
        f"{dataset}: 16 <= PE < 30, t < 1.5 us, conventions {profile}",
        ["", *(["events"] * len(results))],
        rows,
    )


@app.command()
def limit(
    experiment: Annotated[str, typer.Argument(help="Experiment with data, e.g. coherent-csi.")],
    model: Annotated[
        str, typer.Option(help="Model; limits on Y exist for dark-photon.")
    ] = "dark-photon",
    dm: Dm = Spin.dirac,
    mv: Annotated[str | None, typer.Option(help="Mediator masses [MeV], comma-separated.")] = None,
    mv_min: Annotated[float, typer.Option(help="Lowest mass of the scan [MeV].")] = 1.0,
    mv_max: Annotated[float, typer.Option(help="Highest mass of the scan [MeV].")] = 138.0,
    points: Annotated[int, typer.Option(help="Masses in the scan, equal steps in ln m_V.")] = 50,
    mass_ratio: MassRatio = 3.0,
    alpha_d: AlphaD = 0.5,
    cuts: Annotated[bool, typer.Option(help="Energy and time cuts, or the full window.")] = True,
    cl: Annotated[float, typer.Option(help="Confidence level.")] = 0.90,
    alpha_treatment: Annotated[
        str, typer.Option(help="Shared scale: profile, marginal or per-bin.")
    ] = "profile",
    channels: Channels = ALL_CHANNELS,
    conventions: Profile = "dmjax",
    json: Json = False,
    out: Out = None,
) -> None:
    """Upper limits on Y = eps^2 alpha_D (m_chi/m_V)^4 against m_V."""
    _start()
    import dmjax
    from dmjax.io import check_writable, to_json, write_json

    if out is not None:
        check_writable(out)
    masses = _masses(mv, mv_min, mv_max, points)
    data = dmjax.load_dataset(
        _dataset_of(experiment, model),
        "cuts" if cuts else "no-cuts",
        dmjax.conventions(conventions),
    )
    family = dmjax.signal(
        data, dm=dm.value, alpha_d=alpha_d, mass_ratio=mass_ratio, channels=_names(channels)
    )
    result = dmjax.limit(data, family, masses, cl=cl, treatment=alpha_treatment)
    plain = _flat_conventions(result._asdict())
    if out is not None:
        write_json(out, plain)
    if json:
        _emit(to_json(plain))
        return
    rows = [
        [f"{m:.4g}", f"{best:.3g}", f"{events:.3g}", f"{q:.3g}", f"{upper:.3g}", status]
        for m, best, events, q, upper, status in zip(
            result.m_v,
            result.best_fit,
            result.best_fit_events,
            result.test_statistic_null,
            result.limit,
            result.status,
            strict=True,
        )
    ]
    _table(
        f"{experiment} {data.name} ({data.window}), dark-photon ({dm.value}), "
        f"alpha_D = {alpha_d:g}, m_V/m_chi = {mass_ratio:g}, conventions {conventions}",
        ["m_V [MeV]", "best Y", "events", "q of Y=0", f"Y < ({cl:.0%} C.L.)", "status"],
        rows,
    )


def _dataset_of(experiment: str, model: str) -> str:
    """The data set of an experiment; limits on Y are defined for the dark photon."""
    from dmjax.data import available, load_toml
    from dmjax.errors import unknown_name

    homes = {load_toml("datasets", d)["experiment"]: d for d in available("datasets")}
    if experiment not in homes:
        raise unknown_name("experiment with data", experiment, homes)
    known = load_toml("models", "vector")
    if model not in known:
        raise unknown_name("model", model, known)
    if model != "dark-photon":
        raise InputError(f"limits on Y are defined for dark-photon, not for '{model}'")
    return homes[experiment]


def _masses(mv: str | None, low: float, high: float, points: int) -> list[float]:
    """Masses from a list, or equal steps in ln m_V."""
    import math

    if mv is not None:
        try:
            return [float(text) for text in _names(mv)]
        except ValueError as problem:
            raise InputError(f"--mv takes numbers like 30,75,120, got '{mv}'") from problem
    if not (0 < low < high and math.isfinite(high) and points >= 2):
        raise InputError(
            "a scan needs 0 < --mv-min < --mv-max and --points >= 2, "
            f"got {low:g}, {high:g}, {points}"
        )
    step = math.log(high / low) / (points - 1)
    return [low * math.exp(step * i) for i in range(points)]


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
