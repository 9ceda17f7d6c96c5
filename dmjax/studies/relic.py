"""The thermal target: couplings that give dark matter its density, and what the CMB leaves."""

import math
from typing import TYPE_CHECKING, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from dmjax._version import __version__
from dmjax.batches import in_blocks
from dmjax.constants import E_CHARGE
from dmjax.errors import InputError
from dmjax.models import Charges, mediator
from dmjax.models.couplings import LARGEST_EPS
from dmjax.models.vector import check_masses
from dmjax.prediction.signal import EVENTS, charges_of, describe_signal, signal
from dmjax.relic.cosmology import P_ANN_MOST, hadron_share, p_ann
from dmjax.relic.target import relic_target, with_kappa
from dmjax.store.fields import column, number
from dmjax.store.result import AbstractResult, container
from dmjax.studies.plan import configuration
from dmjax.studies.relic_settings import RelicSettings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLOCK = 20
"""Masses in one program; fewer are filled up."""
THEORY, HADRONS = 0.2, 0.4
"""Relative error of a target: of published ones among each other, and where all is hadrons."""
_ABOUT = ("model", "charges", "dm", "mass_ratio", "alpha_d", "splitting")
CAVEATS = [
    "target line uncertain by about 20 %, by 40 % where dark matter annihilates to hadrons",
    "neutrino decoupling is neglected: 6 % at 2 MeV, below 1 % from 5 MeV on",
]
SPLIT = "hadrons of other charges than the photon's: the R ratio is split by isospin approximately"


@container
class RelicResult(AbstractResult):
    """Couplings that give the relic density, against the dark-matter mass.

    Attributes:
        quantity: of `coupling`: "eps" for a dark photon, else "g".
        omega_h2: density that is wanted.
        signal: model, spin, m_V/m_χ, α_D, splitting.
        m_chi, m_v: [MeV].
        coupling: κ_f/e or κ_f; inf where no coupling annihilates enough.
        y: (κ_f/e)² α_D (m_χ/m_V)⁴ of it.
        relative_error: of y, 0.2 growing to 0.4 with the share of hadrons.
        p_ann: f_eff c⟨σv⟩/m_χ into e⁺e⁻ at recombination on the target; NaN without a target.
        cmb_y: y above which the CMB excludes dark matter, if all of it is χ; inf where none.
        status: "ok", "large coupling" (above 0.1 e) or "no coupling".
        caveats: what must be said beside the numbers, a line each.
        configuration, version: as of every result.
    """

    kind: ClassVar[str] = "relic"
    axis: ClassVar[str] = "m_chi"

    quantity: str
    omega_h2: float = number("1")
    signal: dict
    m_chi: np.ndarray = column("m_chi", unit="MeV")
    m_v: np.ndarray = column("m_chi", unit="MeV")
    coupling: np.ndarray = column("m_chi", unit="1", empty=math.inf)
    y: np.ndarray = column("m_chi", unit="1", empty=math.inf)
    relative_error: np.ndarray = column("m_chi", unit="1")
    p_ann: np.ndarray = column("m_chi", unit="cm3 s-1 GeV-1", empty=math.nan)
    cmb_y: np.ndarray = column("m_chi", unit="1", empty=math.inf)
    status: list[str] = column("m_chi")
    caveats: list[str]
    configuration: dict
    version: str = __version__

    def plot(self) -> "Figure":
        """The target with its error, what the CMB excludes, and where nucleosynthesis objects."""
        from dmjax.plots.relic import plot_relic

        return plot_relic([self])


@eqx.filter_jit
def _points(m_chi, dark, omega_h2, model: str | Charges, dm: str):
    """(ln κ_f, exists, share of hadrons, p_ann at the target) of masses."""
    mass_ratio, alpha_d, splitting = dark
    key = "eps" if model == "dark-photon" else "g"
    gap = {"splitting": splitting} if dm == "pseudo-dirac" else {}

    def one(m_chi):
        coupling = {key: 1e-5, "alpha_d": alpha_d, "dm": dm}
        v = mediator(model, mass_ratio * m_chi, m_chi, **coupling, **gap)
        found = relic_target(v, omega_h2)
        at = with_kappa(v, found.log_kappa)
        return found.log_kappa, found.exists, hadron_share(at), p_ann(at)

    return jax.vmap(one)(m_chi)


def run_relic(settings: RelicSettings) -> RelicResult:
    """The thermal target at every mass.

    Args:
        settings: masses, model, spin, m_V/m_χ, α_D, splitting, density.

    Raises:
        InputError: a model without physics, or V → χχ̄ closed: below, χχ̄ → VV, which is not
            computed, takes over.
    """
    if settings.model == EVENTS:
        raise InputError("model 'events' has no mediator to annihilate through: name a model")
    chosen = signal(
        settings.model,
        charges=None if settings.charges is None else dict(settings.charges),
        **{name: getattr(settings, name) for name in _ABOUT[2:]},
    )
    m_chi = np.asarray(settings.chi_masses, float)
    m_v = settings.mass_ratio * m_chi
    check_masses(m_v, m_chi, settings.splitting)
    model = charges_of(chosen)
    dark = tuple(
        jnp.asarray(x, float) for x in (settings.mass_ratio, settings.alpha_d, settings.splitting)
    )
    omega_h2 = jnp.asarray(settings.omega_h2, float)
    found = in_blocks(
        lambda block: _points(block, dark, omega_h2, model, settings.dm), m_chi, BLOCK
    )
    log_kappa, exists, hadrons, burnt = (np.asarray(x) for x in found)
    eps = np.where(exists, np.exp(log_kappa) / E_CHARGE, np.inf)
    y = eps**2 * settings.alpha_d / settings.mass_ratio**4
    dark_photon = model == "dark-photon"
    return RelicResult(
        quantity="eps" if dark_photon else "g",
        omega_h2=settings.omega_h2,
        signal={k: x for k, x in describe_signal(chosen).items() if k in _ABOUT},
        m_chi=m_chi,
        m_v=m_v,
        coupling=eps if dark_photon else eps * E_CHARGE,
        y=y,
        relative_error=THEORY + (HADRONS - THEORY) * hadrons,
        p_ann=np.where(exists, burnt, np.nan),
        cmb_y=_excluded(y, exists, burnt),
        status=[_status(one) for one in eps],
        caveats=CAVEATS if dark_photon or not hadrons.any() else [*CAVEATS, SPLIT],
        configuration=configuration(settings),
    )


def _excluded(y: np.ndarray, exists: np.ndarray, burnt: np.ndarray) -> np.ndarray:
    """y at which p_ann, which goes as κ_f², reaches what the CMB allows."""
    some = exists & (burnt > 0.0)
    return np.where(some, np.where(some, y, 1.0) * P_ANN_MOST / np.where(some, burnt, 1.0), np.inf)


def _status(eps: float) -> str:
    if not math.isfinite(eps):
        return "no coupling"
    return "large coupling" if eps > LARGEST_EPS else "ok"
