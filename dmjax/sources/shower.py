"""Path that electrons, positrons and photons of a shower cover at each energy, in a thick target.

Approximation A of Rossi (complete screening): an electron of energy E loses k = yE at the rate
dk/k (4/3 − 4y/3 + y²) per radiation length; a photon makes a pair at 7/9, each of e± with a share v
of its energy at dv (1 − 4v(1 − v)/3). Integrated over depth the transport equations are linear,

    S = T₋ + T₊: (A + 2K) S = −e₀;   D = T₋ − T₊: A D = −e₀;   T_γ = (9/7) G S,

A the losses of electrons, G the photons they radiate, K = (9/7) P G, P the pairs. Energies are
nodes of hat functions: what falls between two of them is shared so that its energy is kept, and
soft losses become a drift by themselves. T depends on E/E₀ alone.

Valid above the critical energy (10 MeV in lead, 40 MeV in aluminium); ionisation, and the
Landau–Pomeranchuk effect of TeV energies, are left out.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from dmjax.errors import unknown_name
from dmjax.numerics import gauss_legendre
from dmjax.programs import kept_value

PRIMARIES = ("electron", "positron", "photon")
NODES, POWER = 200, 1.5
"""ln u = −L s^1.5 at equal steps of s: finer where the primary is."""
BELOW = 3
"""Nodes under the lowest, so that it is fed and left like any other."""
PAIRS = 7.0 / 9.0
Integral = Callable[[np.ndarray], np.ndarray]


class Tracks(NamedTuple):
    """Lengths dL/du in radiation lengths, u = E/E₀, of one primary.

    Attributes:
        share: u of the nodes, increasing to 1.
        electron, positron, photon: dL/du at the nodes, linear between them. That of the primary
            diverges at u = 1; the last node holds what gives the length of its cell.
        width: weights of ∫du.
    """

    share: np.ndarray
    electron: np.ndarray
    positron: np.ndarray
    photon: np.ndarray
    width: np.ndarray


@kept_value
def track_lengths(least: float, primary: str = "electron") -> Tracks:
    """Track lengths of a shower above a share of the energy of its primary.

    Args:
        least: lowest E/E₀.
        primary: one of `PRIMARIES`.

    Returns:
        `Tracks`; with 200 nodes the lengths are within 0.5 % of many more, those of the charge
        that the primary is not within 1 % up to u = 0.9, 5 % up to 0.98.

    >>> found = track_lengths(0.5)
    >>> [round(float(t @ found.width), 3) for t in (found.electron, found.positron)]
    [0.874, 0.04]
    """
    if primary not in PRIMARIES:
        raise unknown_name("primary of a shower", primary, PRIMARIES)
    u = np.exp(np.log(least) * np.linspace(1.0, 0.0, NODES) ** POWER)
    u = np.append(u[0] * (u[0] / u[1]) ** np.arange(BELOW, 0, -1), u)
    losses, photons, pairs = _matrices(u)
    both = losses + 2.0 / PAIRS * pairs @ photons
    start, nothing = np.eye(u.size)[-1], np.zeros(u.size)
    if primary == "photon":
        total = np.linalg.solve(both, -2.0 / PAIRS * pairs @ start)
        difference, free = nothing, start
    else:
        total, difference = np.linalg.solve(both, -start), np.linalg.solve(losses, -start)
        difference, free = difference if primary == "electron" else -difference, nothing
    lengths = (total + difference) / 2.0, (total - difference) / 2.0
    hats = _widths(u)
    dense = [(one / hats)[BELOW:] for one in (*lengths, (photons @ total + free) / PAIRS)]
    return Tracks(u[BELOW:], *dense, width=_widths(u[BELOW:]))


def _widths(u: np.ndarray) -> np.ndarray:
    """∫du of every hat."""
    half = 0.5 * np.diff(u)
    return np.append(half, 0.0) + np.append(0.0, half)


def _radiated(y: np.ndarray) -> np.ndarray:
    """∫dy/y (4/3 − 4y/3 + y²)."""
    return 4.0 / 3.0 * np.log(y) - 4.0 / 3.0 * y + 0.5 * y * y


def _lost(y: np.ndarray) -> np.ndarray:
    """∫dy (4/3 − 4y/3 + y²)."""
    return y * (4.0 / 3.0 + y * (-2.0 / 3.0 + y / 3.0))


def _paired(v: np.ndarray) -> np.ndarray:
    """∫dv (1 − 4v(1 − v)/3)."""
    return v * (1.0 + v * (-2.0 / 3.0 + 4.0 / 9.0 * v))


def _carried(v: np.ndarray) -> np.ndarray:
    """∫dv v (1 − 4v(1 − v)/3)."""
    return v * v * (0.5 + v * (-4.0 / 9.0 + v / 3.0))


def _on_hats(number: Integral, energy: Integral, y: np.ndarray) -> np.ndarray:
    """∫ of a rate times every hat on increasing nodes, from integrals of the rate and of y rate."""
    n, e, width = np.diff(number(y)), np.diff(energy(y)), np.diff(y)
    return np.append((y[1:] * n - e) / width, 0.0) + np.append(0.0, (e - y[:-1] * n) / width)


def _matrices(u: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(A, G, P): column i is what an electron, electron, photon at node i makes."""
    losses, photons, pairs = (np.zeros((u.size, u.size)) for _ in range(3))
    losses[0, 0] = -1.0 / (1.0 - u[0] / u[1])  # what it holds is not used
    for i in range(1, u.size):
        lost, kept = 1.0 - u[: i + 1][::-1] / u[i], u[: i + 1] / u[i]
        down = _on_hats(_radiated, _lost, lost[1:])
        first = _lost(lost[1]) / lost[1]
        losses[:i, i] = down[::-1]
        losses[i - 1, i] += first
        losses[i, i] = -down.sum() - first - (_radiated(np.ones(1)) - _radiated(lost[-1:]))[0]
        photons[: i + 1, i] = _on_hats(_radiated, _lost, kept)
        pairs[: i + 1, i] = _on_hats(_paired, _carried, kept)
    return losses, photons, pairs


def energy_nodes(tracks: Tracks, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Energies and track lengths that stand for the e± of a shower.

    Gauss nodes in √τ, τ the length counted from the lowest energy: the divergence at u = 1, and a
    cross section that opens with a logarithm at the lowest u, are both smooth in it.

    Args:
        tracks: of a shower.
        nodes: how many.

    Returns:
        (u, lengths [X0]), which sum to the length of all e± above the lowest u.
    """
    density = tracks.electron + tracks.positron
    cells = 0.5 * (density[1:] + density[:-1]) * np.diff(tracks.share)
    passed = np.append(0.0, np.cumsum(cells))
    x, weights = gauss_legendre(nodes, 0.0, 1.0)
    return np.interp(passed[-1] * x * x, passed, tracks.share), 2.0 * passed[-1] * x * weights
