"""`dmjax nsi`."""

from pathlib import Path

from dmjax.cli.common import begin, emit, finish, report, show
from dmjax.errors import InputError
from dmjax.studies.settings import NsiSettings

ABOUT = "Fit flavour-diagonal NSI to CsI 2017 with and without the cuts: does one serve both?"


def nsi(settings: NsiSettings, json: bool, out: Path | None, quiet: bool) -> None:
    """Run it and print it."""
    if settings.points and out is None:
        raise InputError("a figure needs --out for its file")
    begin(out)
    from dmjax.studies.nsi import run_nsi

    found = run_nsi(settings)
    result = found.to_plain()
    if out is not None:
        report(found, out, False)
        if settings.points:
            from dmjax.plots.nsi import draw_nsi

            result["figures"] = [str(file) for file in draw_nsi(found, out)]
    passed = all(region["status"] == "converged" for region in result["regions"].values())
    silent = quiet and out is not None
    finish(result, json, _print_nsi, passed, "a fit did not converge; see its status", silent)


def _print_nsi(result: dict) -> None:
    rows = []
    for region, found in result["regions"].items():
        best = found["minima"][0]
        rows.append(
            [
                region,
                str(found["events"]),
                f"{found['two_nll_standard']:.2f}",
                f"{found['two_nll']:.2f}",
                *(f"{best[key]:.3f}" for key in ("eps_ee", "eps_mumu", "alpha")),
                str(len(found["minima"])),
                found["status"],
            ]
        )
    headers = ["region", "events", "-2 ln L, no NSI", "with NSI", "eps_ee", "eps_mumu", "alpha"]
    headers += ["equal minima", "status"]
    title = f"NSI in CsI 2017, quarks {result['quarks']}, couplings {result['couplings']}"
    show(title, headers, rows)
    _print_tension("epsilon", result)
    if result["dark_photon"] is not None:
        found = result["dark_photon"]
        gain = found["gain"]
        rows = [
            [
                region,
                f"{best['m_v']:.1f}",
                f"{best['coupling']:.2e}",
                f"{gain[region]:.2f}",
            ]
            for region, best in found["regions"].items()
        ]
        show("Dark photons", ["region", "m_V [MeV]", "Y", "gain in -2 ln L"], rows)
        _print_tension("(m_V, Y)", found)


def _print_tension(what: str, result: dict) -> None:
    emit(f"cuts at the best {what} of no-cuts: +{result['cuts_at_no_cuts']:.2f} in -2 ln L")
    emit(f"no-cuts at the best {what} of cuts: +{result['no_cuts_at_cuts']:.2f} in -2 ln L")
    found = result["compatibility"]
    emit(
        f"one {what} for the cuts and the rest against one each: {found['tension']:.2f} in "
        f"-2 ln L, {found['parameters']} parameters, p = {found['p_value']:.3g} "
        f"({found['significance']:.1f} standard deviations)"
    )
