"""Missing energy: events in which a beam makes V in its target and V is not seen.

    N = ε(m_V) [κ²x_ℓ² BR_inv Σ_E n(E) σ(E; E_V > E_miss) + κ²x_e² ∫dE₊ n₊(E₊) σ(e⁺e⁻ → V → inv)],

n leptons times nuclei per area, n₊ positrons times electrons per area, BR_inv the share of decays
into dark matter and neutrinos.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.experiments.missing_energy import MissingEnergy
from dmjax.models import VectorMediator, branching_ratios
from dmjax.sources.brem_table import cross_sections
from dmjax.sources.positron_annihilation import NEUTRINOS, annihilated

Scalar = Float[Array, ""]
PULL = "missing_energy_yield"
"""Of the cross sections, shared by every missing-energy search."""
MISSING_CHANNELS = ("bremsstrahlung", "annihilation")


def invisible_share(v: VectorMediator) -> Scalar:
    """BR(V → χχ̄ or νν̄); 0 where no channel is open.

    >>> from dmjax.models import mediator
    >>> round(float(invisible_share(mediator("le-lmu", 0.9, 0.3, g=0.1, alpha_d=1e-9))), 6)
    1.0
    """
    shares = branching_ratios(v)
    return shares["chi"] + sum(shares[name] for name in NEUTRINOS)


def missing_events(search: MissingEnergy, v: VectorMediator) -> dict[str, Scalar]:
    """Expected events by channel.

    Args:
        search: beam, target, selection.
        v: model point. V that couples to the beam's lepton alone is seen as any other.

    Returns:
        {"bremsstrahlung": N, "annihilation": N}. Exactly 0, with gradient 0, for V heavier than a
        quarter of the energy that must be missing, where tables end, and where V has no invisible
        decay on its mass shell.

    >>> from dmjax.experiments.missing_energy import missing_energy
    >>> from dmjax.models import mediator
    >>> v = mediator("dark-photon", 10.0, 10.0 / 3.0, eps=1e-5)
    >>> f"{float(missing_events(missing_energy('na64-2019'), v)['bremsstrahlung']):.2g}"
    '0.18'
    """
    kappa2 = jnp.exp(2.0 * v.log_kappa)
    seen = jnp.interp(jnp.log(v.m_v), search.log_m_v, search.efficiency) * kappa2
    charge = getattr(v.charges, search.lepton)
    radiated = jnp.sum(search.exposed * cross_sections(search.table, v.m_v))
    found = {"bremsstrahlung": seen * charge**2 * invisible_share(v) * radiated}
    if search.positrons is not None:
        found["annihilation"] = seen * v.charges.electron**2 * annihilated(search.positrons, v)
    return found
