"""`dmjax diagnose`."""

from pathlib import Path

from dmjax.cli.common import begin, check_out, emit, emit_lines, fail, report, show
from dmjax.studies.settings import DiagnoseSettings

ABOUT = "Judge the best fit of data sets: goodness of fit, pulls, impacts, correlations."


def diagnose(settings: DiagnoseSettings, json: bool, out: Path | None, quiet: bool) -> None:
    """Run it and print it."""
    begin(out)
    from dmjax.plots.diagnosis import draw_diagnosis
    from dmjax.store.plain import to_json, to_plain
    from dmjax.studies.diagnosing import run_diagnose

    if settings.figures is not None:
        check_out(settings.figures / "pulls.png")
    found = run_diagnose(settings)
    plain = to_plain(found)
    files = [] if settings.figures is None else draw_diagnosis(plain, settings.figures)
    names = [str(path) for path in files]
    if json:
        emit(to_json(plain | {"figures": names}))
    if report(found, out, False, quiet) and not json:
        _print(plain)
        emit_lines(names)
    if found.status != "converged":
        fail(found.status)


def _print(plain: dict) -> None:
    fit, impact = plain["goodness"], plain["impacts"]
    pulls = dict(zip(plain["pulls"]["names"], plain["pulls"]["pulls"], strict=True))
    errors = dict(zip(plain["pulls"]["names"], plain["pulls"]["errors"], strict=True))
    shifts = {}
    if impact is not None:
        shifts = {
            name: (down, up)
            for name, down, up in zip(impact["names"], impact["down"], impact["up"], strict=True)
        }
    rows = []
    for name in dict.fromkeys([*shifts, *pulls]):
        pull = f"{pulls[name]:.3f} ± {errors[name]:.3f}" if name in pulls else "-"
        down, up = (f"{x:.3g}" for x in shifts[name]) if name in shifts else ("-", "-")
        rows.append([name, pull, down, up])
    about = "" if impact is None else f"; impacts on {impact['poi']} = {impact['value']:.4g}"
    title = f"{', '.join(plain['datasets'])}; {plain['status']}{about}"
    show(title, ["parameter", "pull", "impact of -1 sigma", "of +1 sigma"], rows)
    emit(f"goodness of fit: {fit['statistic']:.1f} for {fit['dof']} degrees of freedom")
    for line in _p_values(fit):
        emit(line)


def _p_values(fit: dict) -> list[str]:
    """What the statistic means: by toys, and by chi2 where that holds."""
    lines = []
    if fit["p_toys"] is not None:
        lines.append(
            f"p = {fit['p_toys']:.3g} ± {fit['p_error']:.2g} from {fit['toys']} toys "
            f"({fit['failed']} fits did not converge)"
        )
    if fit["p_asymptotic"] is not None:
        lines.append(f"p = {fit['p_asymptotic']:.3g} by chi2")
    return lines or ["no p-value: bins expect fewer than 5 counts, where chi2 fails; use --toys"]
