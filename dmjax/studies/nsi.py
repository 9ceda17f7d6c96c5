"""`nsi` of settings: one pair of couplings, or one dark photon, for the cuts and the rest."""

from pathlib import Path
from typing import Any

from dmjax.store.plain import to_plain
from dmjax.store.progress import Say, nothing
from dmjax.studies.dark_regions import fit_dark_regions
from dmjax.studies.nsi_fit import fit_nsi
from dmjax.studies.settings import EvidenceSettings, NsiSettings


def run_nsi(settings: NsiSettings, out: Path | None = None, say: Say = nothing) -> dict[str, Any]:
    """Fit NSI to CsI 2017 with and without the cuts, and dark photons beside it if wanted.

    Args:
        settings: quarks, couplings, off term, points of the figure's map.
        out, say: not used.
    """
    off_term = settings.off_term or "integral"
    found = fit_nsi(settings.quarks, settings.couplings, settings.points, off_term)
    result = to_plain(found)
    if settings.dark:
        result["dark-photon"] = to_plain(fit_dark_regions(EvidenceSettings(dataset="csi2017")))
    return result
