"""`dmjax fit`."""

from pathlib import Path
from typing import Annotated

import typer

from dmjax.cli.common import channel_names, chosen_conventions, emit, finish, show, start
from dmjax.cli.fit_counts import fit_counting, fit_counts
from dmjax.cli.options import (
    AlphaD,
    Channels,
    Choices,
    DataSets,
    Dm,
    Json,
    MassRatio,
    Profile,
    Quarks,
    SamplerSeed,
    Spin,
)
from dmjax.cli.progress import Progress
from dmjax.errors import InputError


def fit(
    datasets: DataSets,
    signal: Annotated[
        str | None,
        typer.Option(
            help="none, dark-photon (at --mv) or nsi (csi2017): best fit of the counts. Without, "
            "csi2017 alone gets its whole analysis, others none."
        ),
    ] = None,
    mv: Annotated[float | None, typer.Option(help="With --signal: mediator mass [MeV].")] = None,
    systematics: Annotated[
        bool, typer.Option("--systematics", help="With --signal: shape and response nuisances.")
    ] = False,
    counting: Annotated[
        bool, typer.Option("--counting", help="Only count: excess and significance in the cuts.")
    ] = False,
    rn: Annotated[
        list[float] | None,
        typer.Option(help="With --counting: R_n [fm] for neutrinos; repeat. Default 4.7 and 5.5."),
    ] = None,
    quarks: Quarks = "u",
    dm: Dm = Spin.dirac,
    alpha_d: AlphaD = 0.5,
    mass_ratio: MassRatio = 3.0,
    channels: Channels = "all",
    draws: Annotated[int, typer.Option(help="NUTS draws kept per chain.")] = 1000,
    seed: SamplerSeed = 2017,
    conventions: Profile = "dmjax",
    choose: Choices = None,
    json: Json = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the fit (file, with --counting).")
    ] = None,
) -> None:
    """Fit data sets: best fit and errors, or for csi2017 counts, limits, posterior and figures."""
    start()
    chosen = chosen_conventions(conventions, choose)
    whole = signal is None and datasets == ["csi2017"]
    if not (whole or counting):
        from dmjax.studies.best_fit import signal_point

        rest = {"mass_ratio": mass_ratio, "alpha_d": alpha_d, "dm": dm.value}
        rest |= {"quarks": quarks}
        rest |= {"channels": channel_names(channels), "conventions": chosen}
        fit_counts(datasets, signal_point(signal or "none", mv, **rest), systematics, json, out)
        return
    if len(datasets) > 1 or signal is not None:
        raise InputError("--counting takes one data set and no --signal")
    dataset = datasets[0]
    if counting:
        fit_counting(dataset, rn or [4.7, 5.5], chosen, json, out)
        return
    if rn:
        raise InputError(
            "--rn goes with --counting; a full fit takes the radius of its conventions"
        )
    import dmjax
    from dmjax.analyses.datasets import load_dataset
    from dmjax.plots.fits import draw_fit
    from dmjax.studies.whole_fit import FitSettings, run_fit

    folder = out or Path("results") / dataset
    dmjax.signal(
        load_dataset(dataset, "cuts", chosen),
        alpha_d=alpha_d,
        mass_ratio=mass_ratio,
        channels=channel_names(channels),
    )
    settings = FitSettings(
        dataset=dataset,
        dm=dm.value,
        alpha_d=alpha_d,
        mass_ratio=mass_ratio,
        channels=channel_names(channels),
        conventions=chosen,
        draws=draws,
        seed=seed,
    )
    with Progress("counting", "finished steps are used again") as say:
        summary = run_fit(settings, folder, say)
        say("figures", 0, 1)
        files = draw_fit(folder)
    summary["figures"] = [str(path) for path in files]
    failure = "the sampler did not pass its gates; see the reasons above"
    finish(summary, json, _print_fit, summary["converged"], failure)


def _print_fit(summary: dict) -> None:
    first, second = summary["counting"]
    emit(
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
    show("Posterior of (m_V, Y)", headers, rows)
    emit(f"results in {summary['folder']}; figures: {', '.join(summary['figures'])}")
