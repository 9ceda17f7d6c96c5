"""How a result is timed and written down."""

import time
from collections.abc import Callable

import equinox as eqx
import jax
import numpy as np


def row(name: str, value, unit: str = "", most: float | None = None, least=None) -> dict:
    """One result, met where it is at most `most` or at least `least`; no target: None.

    A time is a pair (wall, processor time of all threads); the target is for the wall time.
    """
    pair = isinstance(value, np.ndarray)
    value, cpu = value if pair else (value, None)
    target = f"≤ {most:g}" if most else f"≥ {least:g}" if least else None
    met = bool(value <= most) if most else bool(value >= least) if least else None
    value, cpu = (x if x is None else float(f"{x:.3g}") for x in (value, cpu))
    return {"name": name, "value": value, "unit": unit, "cpu": cpu, "target": target, "met": met}


SLOWER = 1.2
TIMES = ("s", "ms", "ms/point", "µs/point")


def slower(before: list[dict], after: list[dict]) -> list[str]:
    """Times that grew by more than a fifth, in processor time where both have it."""
    old = {one["name"]: one for one in before}
    found = []
    for new in after:
        was = old.get(new["name"])
        if was is None or new["unit"] not in TIMES or "compilation" in new["name"]:
            continue
        key = "value" if was["cpu"] is None or new["cpu"] is None else "cpu"
        if new[key] > SLOWER * was[key]:
            found.append(f"{new['name']}: {was[key]:g} to {new[key]:g} {new['unit']}")
    return found


def clocks() -> np.ndarray:
    return np.array([time.perf_counter(), time.process_time()])


def seconds(call: Callable[[], object]) -> np.ndarray:
    """Wall and processor time of a call until its arrays are ready [s]."""
    start = clocks()
    jax.block_until_ready(call())
    return clocks() - start


def median(call: Callable[[], object], repeats: int) -> np.ndarray:
    """Median times after a warm-up [s]."""
    return np.median([seconds(call) for _ in range(repeats + 1)][1:], axis=0)


def compiled(function: Callable, *args) -> tuple[Callable[[], object], np.ndarray]:
    """A call of the compiled function on `args`, and the times of tracing and compilation."""
    start = clocks()
    program = eqx.filter_jit(function).lower(*args).compile()
    return lambda: program(*args), clocks() - start


def in_blocks(function: Callable, block: int) -> Callable:
    """The function of (module, *point) over batches of points, a block at a time."""

    def many(module, *points):
        return jax.lax.map(lambda p: function(module, *p), points, batch_size=block)

    return many


def worst(value, exact) -> float:
    """Largest relative difference [%] of bins that hold more than 0.1 % of the total."""
    value, exact = np.asarray(value, float), np.asarray(exact, float)
    held = exact > 1e-3 * exact.sum(1, keepdims=True)
    return 100.0 * float(np.abs(value[held] / exact[held] - 1).max())
