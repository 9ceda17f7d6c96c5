"""Events of COHERENT CsI from weighted χ: in windows, and in (PE, time) bins with acceptance."""

import numpy as np

from reference_tools import ALPHA_D, EPS, Tally, mc

POT, MASS_KG, DISTANCE = 1e23, 14.6, 19.3
BINNED_MASSES = (75.0, 120.0)
ALL, WINDOW = (0.0, 10.0), (0.014, 0.026)  # MeV; 10 MeV lies above every endpoint
PE_EDGES, TIME_EDGES = np.arange(16.0, 31.0, 2.0), np.array([0.0, 0.5, 1.0, 1.5])


def events(rng, energy, weight, point, dm, nuclei, window) -> float:
    """Events of χ that each stand for `weight` χ per sr and POT: Σ weight σ(window) n_T/L²."""
    total = 0.0
    for nucleus in nuclei:
        _, sigma = mc.sample_recoil(rng, energy, nucleus, *point, dm, window)
        total += nucleus.per_kg * np.sum(weight * sigma)
    return total * EPS**2 * ALPHA_D * POT * MASS_KG / DISTANCE**2


def binned(rng, energy, weight, point, dm, nuclei, window, edges, efficiency) -> np.ndarray:
    """The same in (PE, time) bins, with the acceptance if asked for; few χ scatter repeatedly."""
    total, repeats = np.zeros([len(e) - 1 for e in edges]), max(1, 300_000 // energy.size)
    energy, weight = np.tile(energy, repeats), np.tile(weight / repeats, repeats)
    for nucleus in nuclei:
        recoil, sigma = mc.sample_recoil(rng, energy, nucleus, *point, dm, window)
        pe = recoil * 1e3 * mc.PE_PER_KEV
        time = mc.arrival_time(rng, energy, point[1], DISTANCE)
        passed = mc.acceptance(pe) if efficiency else 1.0
        counts, *_ = np.histogram2d(pe, time, edges, weights=weight * sigma * passed)
        total += nucleus.per_kg * counts
    return total * EPS**2 * ALPHA_D * POT * MASS_KG / DISTANCE**2


def event_tallies(rng, energy, weight, point, spins, r_n) -> Tally:
    """All recoils, the 14–26 keV window and, at some masses, the (PE, time) bins, per spin."""
    out, nuclei = {}, mc.csi(r_n)
    pe_window = (PE_EDGES[0] / mc.PE_PER_KEV / 1e3, PE_EDGES[-1] / mc.PE_PER_KEV / 1e3)
    for dm in spins:
        args = (energy, weight, point, dm, nuclei)
        out[f"{dm} all_recoils"] = events(rng, *args, ALL)
        out[f"{dm} window_14_26"] = events(rng, *args, WINDOW)
        if point[0] in BINNED_MASSES:
            edges = (PE_EDGES, TIME_EDGES)
            out[f"{dm} counts"] = binned(rng, *args, pe_window, edges, True)
    return out
