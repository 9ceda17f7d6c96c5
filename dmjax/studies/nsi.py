"""`nsi` of settings: one pair of couplings, or one dark photon, for the cuts and the rest."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from dmjax._version import __version__
from dmjax.fits.compatibility import Compatibility
from dmjax.store.fields import arrays, column, number
from dmjax.store.progress import Say, nothing
from dmjax.store.result import AbstractResult, container
from dmjax.studies.dark_regions import DarkRegions, fit_dark_regions
from dmjax.studies.nsi_fit import RegionFit, fit_nsi
from dmjax.studies.plan import configuration
from dmjax.studies.settings import EvidenceSettings, NsiSettings

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@container
class NsiResult(AbstractResult):
    """The fit of NSI to CsI 2017, and whether one ε serves the cuts and the whole.

    Attributes:
        quarks: which quarks carry ε: "u", "d" or "u=d" (one value for both).
        couplings: "ee", "mumu" or "both".
        off_term: "integral" or "profile".
        regions: name → `RegionFit`.
        cuts_at_no_cuts: −2Δ ln L in the cuts at the best ε of no-cuts, α refitted; the least of
            its minima.
        no_cuts_at_cuts: the reverse.
        compatibility: of the cuts and the rest: one ε for both against one each, α shared.
        eps: axis of the maps, (points,).
        maps: region → −2Δ ln L, α refitted, (ε_ee, ε_µµ); only for "both".
        dark_photon: the same questions about one dark photon; None where not asked.
        configuration: every setting.
        version: of the package.
    """

    kind: ClassVar[str] = "nsi"
    table: ClassVar[str] = "regions"

    quarks: str
    couplings: str
    off_term: str
    regions: dict[str, RegionFit]
    cuts_at_no_cuts: float = number("1")
    no_cuts_at_cuts: float = number("1")
    compatibility: Compatibility
    eps: np.ndarray = column("eps", unit="1")
    maps: dict[str, np.ndarray] = arrays("eps_ee", "eps_mumu", group="maps", unit="1")
    dark_photon: DarkRegions | None
    configuration: dict
    version: str = __version__

    def plot(self) -> "Figure":
        """Regions of (ε_ee, ε_µµ)."""
        from dmjax.plots.nsi import plot_nsi

        return plot_nsi(self)


def run_nsi(settings: NsiSettings, out: Path | None = None, say: Say = nothing) -> NsiResult:
    """Fit NSI to CsI 2017 with and without the cuts, and dark photons beside it if wanted.

    Args:
        settings: quarks, couplings, off term, points of the figure's map.
        out, say: not used.
    """
    off_term = settings.off_term or "integral"
    found = fit_nsi(settings.quarks, settings.couplings, settings.points, off_term)
    dark = fit_dark_regions(EvidenceSettings(dataset="csi2017")) if settings.dark else None
    return NsiResult(**found._asdict(), dark_photon=dark, configuration=configuration(settings))
