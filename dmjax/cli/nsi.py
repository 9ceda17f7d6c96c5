"""`dmjax nsi`."""

from typing import Annotated

import typer

from dmjax.cli.common import emit, finish, show, start
from dmjax.cli.options import Json, Out, Quarks
from dmjax.errors import InputError


def nsi(
    quarks: Quarks = "u",
    couplings: Annotated[str, typer.Option(help="Free couplings: both, ee or mumu.")] = "both",
    off_term: Annotated[
        str, typer.Option(help="Steady state: integral (Eq. 6.4) or profile.")
    ] = "integral",
    dark: Annotated[
        bool, typer.Option("--dark", help="Beside it: dark photons fitted in the same regions.")
    ] = False,
    points: Annotated[int, typer.Option(help="Points per axis of the figure; 0: none.")] = 0,
    json: Json = False,
    out: Out = None,
) -> None:
    """Fit flavour-diagonal NSI to CsI 2017 with and without the cuts: does one serve both?"""
    start()
    from dmjax.store.files import check_writable, to_plain, write_json
    from dmjax.studies.nsi_fit import fit_nsi

    if points and out is None:
        raise InputError("a figure needs --out for its file")
    if out is not None:
        check_writable(out)
    result = to_plain(fit_nsi(quarks, couplings, points, off_term))
    if dark:
        from dmjax.studies.dark_regions import fit_dark_regions
        from dmjax.studies.hypotheses import EvidenceSettings

        result["dark-photon"] = to_plain(fit_dark_regions(EvidenceSettings()))
    if out is not None:
        write_json(out, result)
        if points:
            from dmjax.plots.nsi import draw_nsi

            result["figures"] = [str(file) for file in draw_nsi(result, out)]
    passed = all(region["status"] == "converged" for region in result["regions"].values())
    finish(result, json, _print_nsi, passed, "a fit did not converge; see its status")


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
    if "dark-photon" in result:
        found = result["dark-photon"]
        rows = [
            [region, f"{best['m_v']:.1f}", f"{best['y']:.2e}", f"{found['gain'][region]:.2f}"]
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
