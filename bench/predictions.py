"""Predictions: the CsI 2017 signal and its slopes, every experiment, mediators with a lifetime."""

from collections.abc import Callable
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from dmjax.analyses.csi2017 import csi2017_search
from dmjax.experiments import EXPERIMENTS, experiment
from dmjax.flux import with_harmonics
from dmjax.models import mediator
from dmjax.prediction.recoils import N_MOMENTA, expected_counts
from dmjax.response import accepted_recoils
from measure import compiled, in_blocks, median, row, worst

M_V = np.geomspace(1.0, 130.0, 512)  # every channel open


def counts(model, m_v, m_chi, n_momenta: int = N_MOMENTA):
    """Events of all channels off both nuclei in 156 bins at one mass point."""
    v = mediator("dark-photon", m_v, m_chi, eps=1e-4, alpha_d=0.5)
    binned = expected_counts(
        model.experiment, v, model.recoils, model.time_edges, n_momenta=n_momenta
    )
    return binned.sum(0).ravel()


def with_slopes(model, m_v, m_chi):
    """Value, ∂/∂m_V at fixed m_χ and ∂/∂m_χ at fixed m_V."""
    one = (jnp.ones_like(m_v),)
    value, by_m_v = jax.jvp(lambda m: counts(model, m, m_chi), (m_v,), one)
    return value, by_m_v, jax.jvp(lambda m: counts(model, m_v, m), (m_chi,), one)[1]


def batch(point: Callable, model, m_v: np.ndarray, block: int = 32):
    """`compiled` call of a function of (model, m_V, m_χ) on many masses, m_χ = m_V/3."""
    return compiled(in_blocks(point, block), model, jnp.asarray(m_v), jnp.asarray(m_v / 3))


def prediction(repeats: int) -> list[dict]:
    model = csi2017_search()
    rows, values = [], {}
    for label, point, most in (("", counts, 0.03), (" with both slopes", with_slopes, 0.09)):
        for dtype in (np.float64, np.float32):
            name = f"prediction{label}, {dtype.__name__}"
            call, compilation = batch(point, model, M_V.astype(dtype))
            time_ms = 1e3 * median(call, repeats) / M_V.size
            rows.append(row(name, time_ms, "ms/point", most if dtype == np.float64 else None))
            rows.append(row(f"{name}: compilation", compilation, "s"))
            values[name] = call()
    double, single = values["prediction, float64"], values["prediction, float32"]
    fine = accepted_recoils(model.experiment.response, np.array(model.energy_edges), order=8)
    dense = eqx.tree_at(lambda m: m.recoils, model, fine)
    exact = batch(partial(counts, n_momenta=2048), dense, M_V[8::16], block=1)[0]()
    plain = np.asarray(double)[8::16]
    return [
        *rows,
        row("prediction, float32 against float64: worst bin", worst(single, double), "%"),
        row("prediction against dense nodes: worst bin", worst(plain, exact), "%", 0.5),
        row(
            "prediction against dense nodes: worst total",
            worst(plain.sum(1, keepdims=True), exact.sum(1, keepdims=True)),
            "%",
            0.1,
        ),
    ]


def template(detector, m_v, m_chi, long_lived: bool = False):
    """Events of all channels in the detector's own bins at one mass point."""
    coupling = {"alpha_d": 1e-15} if long_lived else {}
    v = mediator("dark-photon", m_v, m_chi, eps=1e-4, **coupling)
    recoils = accepted_recoils(detector.response, np.array(detector.edges))
    times = jnp.asarray(detector.time_edges)
    return expected_counts(detector, v, recoils, times, long_lived=long_lived).sum(0)


def experiments(repeats: int) -> list[dict]:
    rows, masses = [], M_V[::2]
    for name in EXPERIMENTS:
        call, compilation = batch(template, experiment(name), masses)
        time_ms = 1e3 * median(call, repeats) / masses.size
        rows.append(row(f"{name}: template", time_ms, "ms/point", 1.0))
        rows.append(row(f"{name}: compilation", compilation, "s"))
    return rows


def lifetime(repeats: int) -> list[dict]:
    rows, masses = [], M_V[8::32]
    for name in ("coherent-csi", "coherent-lar", "ccm-tight", "jsns2"):
        found = experiment(name)
        detector = eqx.tree_at(lambda e: e.beam, found, with_harmonics(found.beam))
        call, compilation = batch(partial(template, long_lived=True), detector, masses, block=16)
        time_ms = 1e3 * median(call, max(repeats // 3, 1)) / masses.size
        rows.append(row(f"{name}: template with lifetime", time_ms, "ms/point", 1.0))
        rows.append(row(f"{name}, with lifetime: compilation", compilation, "s"))
    return rows
