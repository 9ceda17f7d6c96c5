"""Time and memory of dmjax on this machine: python bench/run.py [SOURCE_DIR] [--quick].

Every part runs in a fresh process, so that compilation and peak memory are its own. Prints a table
and writes results/<platform>.json beside this file; --quick repeats less and writes nothing.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from dmjax._version import __version__
from dmjax.inference.curve import analysis, limit
from dmjax.inference.grid import grid_posterior
from dmjax.inference.posterior import posterior_sampler, sample_posterior
from dmjax.likelihood.analysis import log_likelihood
from dmjax.likelihood.datasets import load_dataset
from dmjax.likelihood.nuisance import reduced_log_likelihood
from dmjax.likelihood.signal import Y_REF, interpolation_table, signal, template_at, template_table
from dmjax.models import mediator
from dmjax.response import accepted_recoils
from dmjax.yields import N_MOMENTA, expected_counts

HERE = Path(__file__).resolve().parent
M_V = np.geomspace(1.0, 130.0, 512)  # every channel open
CURVE = np.geomspace(1.0, 200.0, 50)


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


def setup():
    """The data without cuts, 13 × 12 bins, and the dark-photon signal in those bins."""
    data = load_dataset("csi2017", "no-cuts")
    return data, signal(data)


# --- 1. prediction --------------------------------------------------------------------------------
def counts(model, m_v, m_chi, n_momenta: int = N_MOMENTA):
    """Events of all three channels off both nuclei in 156 bins at one mass point."""
    v = mediator("dark-photon", m_v, m_chi, eps=1e-4, alpha_d=0.5, dm=model.dm)
    binned = expected_counts(
        model.experiment, v, model.recoils, model.time_edges, model.conventions, n_momenta=n_momenta
    )
    return binned.sum(0).ravel()


def with_slopes(model, m_v, m_chi):
    """Value, ∂/∂m_V at fixed m_χ and ∂/∂m_χ at fixed m_V."""
    one = (jnp.ones_like(m_v),)
    value, by_m_v = jax.jvp(lambda m: counts(model, m, m_chi), (m_v,), one)
    return value, by_m_v, jax.jvp(lambda m: counts(model, m_v, m), (m_chi,), one)[1]


def in_blocks(function: Callable, block: int) -> Callable:
    """The function of (module, *point) over batches of points, a block at a time."""

    def many(module, *points):
        return jax.lax.map(lambda p: function(module, *p), points, batch_size=block)

    return many


def batch(point: Callable, model, m_v: np.ndarray, block: int = 32):
    """`compiled` call of a function of (model, m_V, m_χ) on many masses, m_χ = m_V/3."""
    return compiled(in_blocks(point, block), model, jnp.asarray(m_v), jnp.asarray(m_v / 3))


def worst(value, exact) -> float:
    """Largest relative difference [%] of bins that hold more than 0.1 % of the total."""
    value, exact = np.asarray(value, float), np.asarray(exact, float)
    held = exact > 1e-3 * exact.sum(1, keepdims=True)
    return 100.0 * float(np.abs(value[held] / exact[held] - 1).max())


def prediction(repeats: int) -> list[dict]:
    data, model = setup()
    rows, values = [], {}
    for label, point, most in (("", counts, 0.5), (" with both slopes", with_slopes, 1.5)):
        for dtype in (np.float64, np.float32):
            name = f"prediction{label}, {dtype.__name__}"
            call, compilation = batch(point, model, M_V.astype(dtype))
            time_ms = 1e3 * median(call, repeats) / M_V.size
            rows.append(row(name, time_ms, "ms/point", most if dtype == np.float64 else None))
            rows.append(row(f"{name}: compilation", compilation, "s"))
            values[name] = call()
    double, single = values["prediction, float64"], values["prediction, float32"]
    fine = accepted_recoils(model.experiment.response, data.pe_edges, order=8)
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
            0.5,
        ),
    ]


# --- 2. likelihood --------------------------------------------------------------------------------
def likelihood(repeats: int) -> list[dict]:
    data, model = setup()
    strength = jnp.geomspace(1e-2, 1e2, 4096)[:, None]
    args = analysis(data), strength * template_table(model, np.array([75.0]))
    alphas, rows = jnp.linspace(-0.5, 0.5, 4096), []
    for name, function, block, most in (
        ("α given, blocks of 64", log_likelihood, 64, 20.0),
        ("α given, one block of 4096", log_likelihood, 4096, None),
        ("α profiled", lambda a, s, _: reduced_log_likelihood(a, s, "profile"), 64, None),
        ("α integrated", lambda a, s, _: reduced_log_likelihood(a, s, "marginal"), 64, None),
    ):
        call, compilation = compiled(in_blocks(function, block), *args, alphas)
        time_us = 1e6 * median(call, repeats) / 4096
        rows.append(row(f"likelihood, {name}", time_us, "µs/point", most))
        rows.append(row(f"likelihood, {name}: compilation", compilation, "s"))
    return rows


# --- 3. limits ------------------------------------------------------------------------------------
def limits(repeats: int) -> list[dict]:
    made = []
    loading = seconds(lambda: made.append(setup()))
    data, model = made[0]
    cold = seconds(lambda: limit(data, model, CURVE).limit)
    warm = median(lambda: limit(data, model, CURVE).limit, repeats)
    return [
        row("50-point limit: data set and signal", loading, "s"),
        row("50-point limit: first call, with compilation", cold, "s"),
        row("50-point limit, cold: the two above", loading + cold, "s", 10.0),
        row("50-point limit, compiled", warm, "s", 1.0),
    ]


# --- 4. posterior ---------------------------------------------------------------------------------
def posterior(repeats: int) -> list[dict]:
    data, model = setup()
    made, clock = {}, {}

    def timed(name, call):
        clock[name] = seconds(lambda: made.update({name: call()}) or made[name])

    def grid():
        log_m_v = jnp.linspace(jnp.log(CURVE[0]), jnp.log(CURVE[-1]), 160)
        templates = jnp.asarray(template_table(model, np.exp(log_m_v)))
        log_y = jnp.linspace(jnp.log(1e-12), jnp.log(1e-8), 120)
        return grid_posterior(analysis(data), templates, log_m_v, log_y, jnp.log(Y_REF))

    def chains(seed: int) -> dict:
        args = made["sampler"], analysis(data), made["grid"], jax.random.key(seed)
        return sample_posterior(*args).diagnostics

    timed("grid", grid)
    timed("table", lambda: interpolation_table(model, CURVE[0], CURVE[-1]))
    made["sampler"] = posterior_sampler(partial(template_at, made["table"]), 4, 300, 1000)
    timed("chains", lambda: chains(1))
    total, found = sum(clock.values()), made["chains"]
    timed("grid again", grid)
    timed("chains again", lambda: chains(2))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        row("grid posterior, 160 × 120: first call", clock["grid"], "s"),
        row("grid posterior, 160 × 120, compiled", clock["grid again"], "s"),
        row("template table, 1000 masses", clock["table"], "s"),
        row("NUTS, 4 × (300 + 1000): first call", clock["chains"], "s"),
        row("NUTS, 4 × (300 + 1000), compiled", clock["chains again"], "s"),
        row("posterior, cold: grid, table and NUTS", total, "s", 90.0),
        row("NUTS: smallest ESS", min(found["ess"].values()), least=1000.0),
        row("NUTS: largest split R-hat", max(found["r_hat"].values()), most=1.01),
        row("NUTS: divergent draws of 4000", found["divergences"]),
        row("NUTS: leapfrog steps per draw", found["mean_steps"]),
        row("posterior: peak memory", peak, "MiB", 2048.0),
    ]


# --- 5. the NumPy/SciPy baseline, one point at a time ---------------------------------------------
def baseline(source: str) -> list[dict]:
    command = [sys.executable, str(HERE / "baseline.py"), source]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return [
        row("baseline: prediction", found["predict_ms"], "ms/point"),
        row("baseline: prediction, raw π⁰ list", found["predict_raw_pi0_list_ms"], "ms/point"),
        row("baseline: likelihood, α integrated", 1e3 * found["log_likelihood_ms"], "µs/point"),
    ]


PARTS = {part.__name__: part for part in (prediction, likelihood, limits, posterior)}


def run_part(name: str, repeats: int) -> None:
    """Run one part in this process and print its rows and device as JSON."""
    jax.config.update("jax_enable_x64", True)
    rows, device = PARTS[name](repeats), jax.devices()[0]
    print(json.dumps({"rows": rows, "platform": device.platform, "device": device.device_kind}))


def fresh(name: str, repeats: int) -> dict:
    """`run_part` in a fresh process."""
    command = [sys.executable, str(Path(__file__)), "--part", name, "--repeats", str(repeats)]
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(found.splitlines()[-1])


def environment(found: dict) -> dict:
    """Device, versions and date."""
    info = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    models = [line.split(":")[1].strip() for line in info.splitlines() if "model name" in line]
    packages = ("jax", "jaxlib", "numpyro", "numpy", "equinox")
    return {
        "platform": found["platform"],
        "device": found["device"],
        "processor": models[0] if models else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "versions": {"python": platform.python_version(), "dmjax": __version__}
        | {name: version(name) for name in packages},
    }


def show(rows: list[dict]) -> None:
    """The rows as a Markdown table."""
    print("| what | value | processor time | target | met | load |\n|---|---|---|---|---|---|")
    for r in rows:
        met = {True: "yes", False: "no", None: ""}[r["met"]]
        value = f"{r['value']:g} {r['unit']}".strip()
        cpu = "" if r["cpu"] is None else f"{r['cpu']:g}"
        rest = f"{r['target'] or ''} | {met} | {r['load_average']:g}"
        print(f"| {r['name']} | {value} | {cpu} | {rest} |")


def run_all(source: str | None, repeats: int, write: bool) -> None:
    rows, found = [], {}
    calls = {name: partial(fresh, name, repeats) for name in PARTS}
    if source:
        calls["baseline"] = lambda: {"rows": baseline(source)}
    else:
        print("no SOURCE_DIR: the baseline is skipped", file=sys.stderr)
    for name, call in calls.items():
        load = round(os.getloadavg()[0], 2)
        print(f"{name} …", file=sys.stderr)
        result = call()
        rows += [r | {"load_average": load} for r in result["rows"]]
        found |= result
    show(rows)
    if write:
        report = environment(found) | {"repeats": repeats, "rows": rows}
        path = HERE / "results" / f"{report['platform']}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
        print(f"written: {path}", file=sys.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", nargs="?", help="folder of the raw data, for the baseline")
    parser.add_argument("--quick", action="store_true", help="3 repeats, nothing written")
    parser.add_argument("--repeats", type=int, default=9, help=argparse.SUPPRESS)
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.part:
        run_part(args.part, args.repeats)
    else:
        run_all(args.source, 3 if args.quick else args.repeats, write=not args.quick)
