"""What `dmjax fit` does with counts alone: best fits, and the excess in the cuts."""

import sys
from pathlib import Path

from dmjax.cli.common import emit, flat_conventions, report, show
from dmjax.conventions import Conventions


def fit_counts(datasets: list[str], point, systematics: bool, json: bool, out: Path | None):
    """Best fit of one or more data sets."""
    from dmjax.store.files import check_writable
    from dmjax.studies.best_fit import fit_datasets

    if out is not None:
        check_writable(out)
    found = fit_datasets(datasets, point, systematics)
    if report(found._asdict(), out, json):
        rows = [
            [name, *("-" if value is None else f"{value:.4g}" for value in numbers.values())]
            for name, numbers in found.parameters.items()
        ]
        headers = ["parameter", "value", "error", "lower", "upper"]
        show(f"{', '.join(found.datasets)}; signal {found.signal}; {found.status}", headers, rows)
        for name, z in found.significance.items():
            emit(f"{name} = 0 disfavoured by {z:.2f} standard deviations")
        emit(f"-2 ln L = {found.two_nll:.4f}")
    if found.status != "converged":
        sys.exit(1)


def fit_counting(
    dataset: str, radii: list[float], chosen: Conventions, json: bool, out: Path | None
) -> None:
    """Excess and significance of one data set in the cuts."""
    import dmjax
    from dmjax.conventions import describe
    from dmjax.store.files import check_writable

    if out is not None:
        check_writable(out)
    results = [
        dmjax.counting(dmjax.load_dataset(dataset, "cuts", chosen, radius))._asdict()
        for radius in radii
    ]
    used = flat_conventions({"conventions": describe(chosen)})
    plain = results[0] | {"dataset": dataset, **used, "results": results}
    if not report(plain, out, json):
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
    show(
        f"{dataset}: 16 <= PE < 30, t < 1.5 us, conventions {chosen.name}",
        ["", *(["events"] * len(results))],
        rows,
    )
