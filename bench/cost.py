"""What each program costs by XLA's own count, against what this machine can do."""

import time
from collections.abc import Callable
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from dmjax.analyses.csi2017 import csi2017_search
from dmjax.likelihood.joint import log_likelihood, observed_data
from measure import median, row
from predictions import counts, in_blocks, with_slopes
from statistics_csi import model

BATCH = 512
LARGEST = 100_000


def peaks(repeats: int) -> dict[str, float]:
    """Measured: products [flop/s], bytes of a large copy [byte/s], exponentials [1/s]."""
    square = jnp.ones((1024, 1024))
    long = jnp.linspace(0.0, 1.0, 2**24)
    calls: dict[str, tuple[Callable, float]] = {
        "flops": (partial(jax.jit(lambda a: a @ a), square), 2.0 * 1024**3),
        "bytes accessed": (partial(jax.jit(lambda a: a + 1.0), long), 2.0 * long.nbytes),
        "transcendentals": (partial(jax.jit(jnp.exp), long), float(long.size)),
    }
    return {name: work / median(call, repeats)[0] for name, (call, work) in calls.items()}


def stages() -> dict[str, tuple[Callable, tuple, int]]:
    """Name → (function, arguments, points)."""
    search = csi2017_search()
    m_v = jnp.asarray(np.geomspace(1.0, 130.0, BATCH))
    joint, _ = model(None, 2)
    data, start = observed_data(joint), joint.parameters.centres
    points = start[None, :].repeat(BATCH, 0)

    def likelihoods(points):
        return jax.vmap(lambda v: log_likelihood(joint, v, data))(points)

    def gradients(points):
        return jax.vmap(jax.grad(lambda v: log_likelihood(joint, v, data)))(points)

    return {
        "template": (jax.vmap(partial(counts, search)), (m_v, m_v / 3), BATCH),
        "template and slopes": (jax.vmap(partial(with_slopes, search)), (m_v, m_v / 3), BATCH),
        "likelihood": (likelihoods, (points,), BATCH),
        "likelihood and gradient": (gradients, (points,), BATCH),
    }


def cost(repeats: int) -> list[dict]:
    """Operations, bytes and transcendental functions per point, and the roofline they allow.

    The roofline is the time of the slowest of the three at this machine's measured peaks; loops
    are counted by XLA once, whatever their length.
    """
    best = peaks(repeats)
    rows = [row(f"peak: {name}", value / 1e9, "G/s") for name, value in best.items()]
    for name, (function, args, points) in stages().items():
        program = eqx.filter_jit(function).lower(*args).compile()
        found = program.compiled.cost_analysis()
        counted = {key: float(found.get(key, 0.0)) / points for key in best}
        floor = max(counted[key] / best[key] for key in best)
        taken = median(lambda p=program, a=args: p(*a), repeats) / points
        rows += [row(f"{name}: {key} per point", value) for key, value in counted.items()]
        rows.append(row(f"{name}: time per point", 1e3 * taken, "ms/point"))
        rows.append(row(f"{name}: share of the roofline", 100.0 * floor / taken[0], "%"))
    return rows


def batches(repeats: int) -> list[dict]:
    """Time of a template per mass in batches of 1 to 10⁵."""
    search, rows = csi2017_search(), []
    size = 1
    while size <= LARGEST:
        m_v = jnp.asarray(np.geomspace(1.0, 130.0, size))
        blocks = in_blocks(counts, min(size, 256))
        program = eqx.filter_jit(blocks).lower(search, m_v, m_v / 3).compile()
        start = time.perf_counter()
        jax.block_until_ready(program(search, m_v, m_v / 3))
        many = repeats if time.perf_counter() - start < 1.0 else 1
        time_ms = 1e3 * median(lambda p=program, m=m_v: p(search, m, m / 3), many) / size
        rows.append(row(f"template, batch of {size}", time_ms, "ms/point"))
        size *= 10
    return rows
