"""Shared by the make_*.py scripts: seeded batches, rounding, events, writing a JSON file."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
import montecarlo as mc

EPS, ALPHA_D = 1e-4, 0.5
Tally = dict[str, np.ndarray | float]


def rounded(value: np.ndarray) -> float | list:
    """Seven significant digits, as plain lists."""
    if np.ndim(value):
        return [rounded(v) for v in value]
    return float(f"{value:.7g}")


def batches(batch: Callable[..., Tally], count: int, key: tuple[int, ...], *args) -> dict:
    """[mean, error] of every tally; batch k uses the generator seeded by (*key, k)."""
    runs = [batch(np.random.default_rng([*key, k]), *args) for k in range(count)]
    pairs = {name: mc.mean_and_error([run[name] for run in runs]) for name in runs[0]}
    return {name: [rounded(part) for part in pair] for name, pair in pairs.items()}


def by_prefix(head: dict, tallies: dict, label: str) -> list[dict]:
    """One record per prefix ("dirac", "90", …) of the tallies' names."""
    records: dict[str, dict] = {}
    for name, value in tallies.items():
        prefix, _, key = name.partition(" ")
        tag = float(prefix) if label == "angle_deg" else prefix
        records.setdefault(prefix, {**head, label: tag})[key.replace(" ", "_")] = value
    return list(records.values())


def write(output: Path, about: dict, kinds: dict[str, list[dict]]) -> None:
    """The file: "about" in full, then one record per line under each kind."""
    lines = [f'"about": {json.dumps(about, indent=1)}']
    for kind, records in kinds.items():
        rows = ",\n".join(json.dumps(record) for record in records)
        lines.append(f'"{kind}": [\n{rows}\n]')
    output.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def constants() -> dict[str, float]:
    """The constants used, for an "about" block (MeV, fm, kg)."""
    return {
        "m_pi0": mc.M_PI0, "m_piminus": mc.M_PIMINUS, "m_p": mc.M_P, "m_n": mc.M_N, "m_e": mc.M_E,
        "inverse_alpha": 1 / mc.ALPHA, "hbarc_mev_m": mc.HBARC, "c_m_per_us": mc.LIGHT_SPEED,
        "br_pi0_gamma_gamma": mc.BR_GAMMA_GAMMA, "capture_limit": mc.CAPTURE_LIMIT,
    }  # fmt: skip
