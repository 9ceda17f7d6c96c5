"""Time and memory of dmjax on this machine: python bench/run.py [SOURCE_DIR] [--quick].

Every part runs in a fresh process, so that compilation and peak memory are its own. Prints a table
and writes results/<platform>.json beside this file; --quick repeats less and writes nothing.
--compare writes nothing either, and ends with status 1 where a part became slower by a fifth than
the results that lie there; --only runs some parts.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

import jax

from commands import commands
from cost import batches, cost
from dmjax._version import __version__
from measure import row, slower
from outside import against_pyhf
from predictions import experiments, lifetime, prediction
from statistics_csi import likelihood, limits, posterior
from statistics_joint import bands, joint, strengths, toys

HERE = Path(__file__).resolve().parent
PARTS = {
    part.__name__: part
    for part in (
        *(prediction, experiments, lifetime, likelihood, limits, posterior),
        *(toys, strengths, bands, joint, against_pyhf, cost, batches, commands),
    )
}


def baseline(source: str) -> list[dict]:
    command = [sys.executable, str(HERE / "baseline.py"), source]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return [
        row("baseline: prediction", found["predict_ms"], "ms/point"),
        row("baseline: prediction, raw π⁰ list", found["predict_raw_pi0_list_ms"], "ms/point"),
        row("baseline: likelihood, α integrated", 1e3 * found["log_likelihood_ms"], "µs/point"),
    ]


def run_part(name: str, repeats: int) -> None:
    """Run one part in this process and print its rows and device as JSON."""
    jax.config.update("jax_enable_x64", True)
    rows, device = PARTS[name](repeats), jax.devices()[0]
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows.append(row(f"{name}: peak memory", most, "MiB"))
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


def run_all(source: str | None, repeats: int, only: list[str], write: bool) -> dict:
    """Run parts, show their rows, and write them where all were run."""
    rows, found = [], {}
    calls = {name: partial(fresh, name, repeats) for name in only or PARTS}
    if source and not only:
        calls["baseline"] = lambda: {"rows": baseline(source)}
    elif not only:
        print("no SOURCE_DIR: the baseline is skipped", file=sys.stderr)
    for name, call in calls.items():
        load = round(os.getloadavg()[0], 2)
        print(f"{name} …", file=sys.stderr)
        result = call()
        rows += [r | {"load_average": load} for r in result["rows"]]
        found |= result
    show(rows)
    report = environment(found) | {"repeats": repeats, "rows": rows}
    if write:
        path = results(report["platform"])
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
        print(f"written: {path}", file=sys.stderr)
    return report


def results(name: str) -> Path:
    """Where the results of a platform lie."""
    return HERE / "results" / f"{name}.json"


def compare(report: dict) -> None:
    """Leave with status 1 where a time grew by a fifth since the results that were written."""
    path = results(report["platform"])
    if not path.exists():
        sys.exit(f"nothing to compare with: {path} is not there; run without --compare first")
    before = json.loads(path.read_text())
    if any(before[key] != report[key] for key in ("processor", "cores")):
        sys.exit(f"{path} is of another machine: run there, or write it anew on this one")
    found = slower(before["rows"], report["rows"])
    for line in found:
        print(f"slower: {line}", file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", nargs="?", help="folder of the raw data, for the baseline")
    parser.add_argument("--quick", action="store_true", help="3 repeats, nothing written")
    parser.add_argument("--compare", action="store_true", help="status 1 where a part is slower")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=[], help="these parts")
    parser.add_argument("--repeats", type=int, default=9, help=argparse.SUPPRESS)
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.part:
        run_part(args.part, args.repeats)
    else:
        writes = not (args.quick or args.compare or args.only)
        repeats = 3 if args.quick else args.repeats
        made = run_all(args.source, repeats, args.only, writes)
        if args.compare:
            compare(made)
