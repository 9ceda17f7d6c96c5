"""A shower particle by particle: electrons that radiate, photons that make pairs."""

import numpy as np

SOFT = 2e-3
"""Photons below this share of the primary's energy are a steady loss."""


def _radiate(rng, energy):
    """y of a hard photon by rejection from 1/y."""
    y = np.empty_like(energy)
    left = np.arange(energy.size)
    while left.size:
        low = SOFT / energy[left]
        tried = low ** rng.uniform(size=left.size)
        took = rng.uniform(size=left.size) * 4 / 3 < 4 / 3 * (1 - tried) + tried**2
        y[left[took]] = tried[took]
        left = left[~took]
    return y


def _share(rng, size):
    """v of a pair by rejection."""
    v, left = np.empty(size), np.arange(size)
    while left.size:
        tried = rng.uniform(size=left.size)
        took = rng.uniform(size=left.size) < 1 - 4 / 3 * tried * (1 - tried)
        v[left[took]] = tried[took]
        left = left[~took]
    return v


def segments(rng, primaries, least):
    """(primary, charge, energy, length [X0]) of every straight piece of e± above `least` E₀."""
    who = np.arange(primaries)
    energy, charge = np.ones(primaries), -np.ones(primaries)
    pieces = []
    while who.size:
        y = SOFT / energy
        rate = -4 / 3 * np.log(y) - 4 / 3 * (1 - y) + 0.5 * (1 - y**2)
        slow = energy * (4 / 3 * y - 2 / 3 * y**2 + y**3 / 3)
        path = np.minimum(rng.exponential(size=who.size) / rate, (energy - least) / slow)
        middle = energy - slow * path * rng.uniform(size=who.size)
        pieces.append(np.stack([who, charge, middle, path]))
        energy = energy - slow * path
        going = energy > least * (1 + 1e-9)
        who, energy, charge = who[going], energy[going], charge[going]
        photon = energy * _radiate(rng, energy)
        energy = energy - photon
        made = photon > least
        v = _share(rng, int(made.sum()))
        who = np.concatenate([who, who[made], who[made]])
        energy = np.concatenate([energy, v * photon[made], (1 - v) * photon[made]])
        charge = np.concatenate([charge, np.ones(v.size), -np.ones(v.size)])
        kept = energy > least
        who, energy, charge = who[kept], energy[kept], charge[kept]
    return np.concatenate(pieces, axis=1)
