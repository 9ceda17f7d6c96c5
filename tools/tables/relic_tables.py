"""Tables of the relic density: R by isospin, degrees of freedom, what a CMB electron deposits."""

from collections.abc import Callable
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from dmjax.data import Table
from dmjax.relic.resonances import OMEGA, PHI, pion_ratio, resonance_ratio

JOIN_MEV, END_MEV = 360.0, 5000.0
"""Below the one the form factor of the pion is used; beyond the other R hardly changes."""
STEP_MEV = 0.5
"""Rows nearer to each other are averaged."""
PARTONS = np.array([0.75, 1.0 / 12.0, 1.0 / 6.0])
"""Shares of I = 1, I = 0 and s s̄ in R of three light quarks: 9 : 1 : 2."""
RAMP_MEV = (1040.0, 2000.0)
"""Where what is left of R changes from all I = 1 to the shares of quarks."""
REDELIVER = "as carried by ReD-DeLiVeR"


def _averaged(q: np.ndarray, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means of the rows in cells of `STEP_MEV`."""
    cell = np.floor(q / STEP_MEV).astype(int)
    _, place, count = np.unique(cell, return_inverse=True, return_counts=True)
    return np.bincount(place, q) / count, np.bincount(place, r) / count


def _split(q: np.ndarray, r: np.ndarray) -> np.ndarray:
    """R of (I = 1, I = 0, s s̄): ω and φ as resonances, the rest I = 1 turning into quarks."""
    peaks = np.array([resonance_ratio(one, jnp.asarray(q)) for one in (OMEGA, PHI)])
    peaks *= np.minimum(1.0, r / peaks.sum(axis=0))
    rest = np.maximum(r - peaks.sum(axis=0), 0.0)
    share = np.interp(q, RAMP_MEV, (0.0, 1.0))[:, None]
    shares = ((1.0 - share) * np.array([1.0, 0.0, 0.0]) + share * PARTONS).T
    return shares * rest + np.array([np.zeros_like(r), *peaks])


def hadron_ratio(source: Path) -> Table:
    """R from 0.36 GeV; its first row joins the form factor of the pion."""
    energy, ratio, _ = np.loadtxt(source / "beams" / "r_ratio_pdg2020.csv", delimiter=",").T
    chosen = (1e3 * energy > JOIN_MEV) & (1e3 * energy < END_MEV)
    q, r = _averaged(1e3 * energy[chosen], ratio[chosen])
    first = float(pion_ratio(jnp.asarray(JOIN_MEV)) + resonance_ratio(OMEGA, jnp.asarray(JOIN_MEV)))
    q, r = np.concatenate([[JOIN_MEV], q]), np.concatenate([[first], r])
    meta = {
        "title": "R = sigma(e+e- -> hadrons)/(4 pi alpha^2/3s) by isospin; the three sum to R",
        "source": f"PDG compilation of 2020, {REDELIVER} (R_Gamma_PDG_2020.txt); first row: pion "
        "form factor of Gounaris and Sakurai; split by us: omega and phi as resonances, the rest "
        "I = 1 below 1.04 GeV, 9:1:2 as three quarks above 2 GeV, between them linear",
        "licence": "MIT (ReD-DeLiVeR); averaged in cells of 0.5 MeV",
        "units": "sqrt_s MeV; isovector, isoscalar, strange 1",
        "note": "J/psi, psi(2S) and Upsilon are left out",
    }
    columns = dict(zip(("isovector", "isoscalar", "strange"), _split(q, r), strict=True))
    return Table(meta, {"sqrt_s": q} | columns)


def degrees(source: Path) -> Table:
    """Effective degrees of freedom of the Standard Model against temperature."""
    t, root, entropy, _ = np.loadtxt(source / "beams" / "gstar_gg.csv", delimiter=",").T
    meta = {
        "title": "degrees of freedom: g_*^(1/2) = h/sqrt(g) (1 + T/3 dln h/dT), and h of entropy",
        "source": f"Gondolo and Gelmini, Nucl. Phys. B360 (1991) 145, {REDELIVER} (smdof.dat)",
        "licence": "MIT (ReD-DeLiVeR)",
        "units": "temperature MeV; root, entropy 1",
    }
    return Table(meta, {"temperature": 1e3 * t, "root": root, "entropy": entropy})


def deposited(source: Path) -> Table:
    """Share of the energy of e⁺e⁻ pairs that the gas takes up at recombination."""
    energy, share = np.loadtxt(source / "beams" / "f_eff_ee.csv", delimiter=",").T
    meta = {
        "title": "f_eff of e+e- in the CMB against the energy of the electron",
        "source": "T. Slatyer, arXiv:1506.03811 Fig. 3, as carried by hazma (f_eff_ep.dat)",
        "licence": "MIT (hazma)",
        "units": "energy MeV; share 1",
    }
    return Table(meta, {"energy": 1e-6 * energy, "share": share})


BUILDERS: dict[str, Callable[[Path], Table]] = {
    "cmb_electrons": deposited,
    "hadron_ratio": hadron_ratio,
    "relic_degrees": degrees,
}
