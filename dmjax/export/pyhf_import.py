"""pyhf workspaces as joint models: the likelihood of others in ours."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from dmjax.errors import InputError, unknown_name
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.effects import (
    AbstractEffect,
    BinFactor,
    Component,
    Morph,
    Scale,
)
from dmjax.likelihood.joint import JointModel
from dmjax.likelihood.parameters import Parameter
from dmjax.likelihood.smooth_effects import Exponential
from dmjax.texts import read_text

_PULL = (-5.0, 5.0)
_FACTOR = (0.0, 10.0)
_GAMMA = (1e-10, 10.0)
"""Ranges that pyhf suggests."""
KINDS = ("histosys", "normsys", "normfactor", "lumi", "shapefactor", "staterror", "shapesys")
"""Modifiers that are read."""


class _Read(NamedTuple):
    """Effects of a modifier with their parameters."""

    effects: list[AbstractEffect]
    parameters: list[Parameter]


def import_pyhf(
    workspace: Mapping[str, Any] | str | Path, measurement: str | None = None
) -> JointModel:
    """A pyhf workspace as a joint model: the same likelihood, up to a constant.

    One model per channel, one component per sample, pyhf's default interpolations (histosys
    code4p, normsys code4). Parameters have pyhf's names; those of one bin are called NAME[bin]. The
    Poisson constraints of a shapesys are a model "CHANNEL_NAME_auxiliary" of its own counts.

    Args:
        workspace: its content, or the path of its JSON file.
        measurement: whose settings of parameters hold; None: the first.

    Returns:
        `JointModel`. Ask `strength(joint, NAME)` for the parameter of interest.

    Raises:
        InputError: not a workspace, or something the likelihood does not have, in one line.

    >>> sample = {"name": "all", "data": [5.0], "modifiers": [
    ...     {"name": "mu", "type": "normfactor", "data": None}]}
    >>> joint = import_pyhf({
    ...     "channels": [{"name": "one", "samples": [sample]}],
    ...     "observations": [{"name": "one", "data": [7]}],
    ...     "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}]})
    >>> joint.parameters.names
    ('mu',)
    """
    content = workspace if isinstance(workspace, Mapping) else _file(Path(workspace))
    try:
        observed = {one["name"]: one["data"] for one in content["observations"]}
        settings = _settings(content["measurements"], measurement)
        models = [
            model
            for channel in content["channels"]
            for model in _channel(channel, observed[channel["name"]], settings)
        ]
        _check_single_channels(content["channels"])
    except (KeyError, TypeError, IndexError, AttributeError) as problem:
        raise InputError(f"not a pyhf workspace: {type(problem).__name__} {problem}") from None
    return JointModel(models)


def _file(path: Path) -> dict[str, Any]:
    text = read_text(path)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise InputError(f"{path}: not a JSON file: {problem}") from None


def _settings(measurements: list[dict], wanted: str | None) -> dict[str, dict[str, Any]]:
    """Parameter → its settings in a measurement."""
    names = [one["name"] for one in measurements]
    if wanted is not None and wanted not in names:
        raise unknown_name("measurement", wanted, names)
    chosen = measurements[0 if wanted is None else names.index(wanted)]
    found = {one["name"]: one for one in chosen["config"].get("parameters", [])}
    for name, one in found.items():
        if one.get("fixed", False):
            raise InputError(
                f"parameter '{name}' is fixed in measurement '{chosen['name']}', which is not "
                "read: leave out its modifiers, or let it float"
            )
    return found


def _check_single_channels(channels: list[dict]) -> None:
    """A staterror or shapesys belongs to one channel."""
    homes: dict[str, str] = {}
    for channel in channels:
        for sample in channel["samples"]:
            for one in sample["modifiers"]:
                if one["type"] not in ("staterror", "shapesys"):
                    continue
                if homes.setdefault(one["name"], channel["name"]) != channel["name"]:
                    raise InputError(f"{one['type']} '{one['name']}' acts in two channels")


def _channel(channel: dict, observed: list[float], settings: dict) -> list[CountModel]:
    """The model of a channel, and one for the constraints of every shapesys in it."""
    name, auxiliary = channel["name"], []
    components, parameters = [], []
    for sample in channel["samples"]:
        nominal = np.asarray(sample["data"], float)
        effects: list[AbstractEffect] = []
        for one in sample["modifiers"]:
            read = _modifier(channel, sample, one, settings)
            effects += read.effects
            parameters += read.parameters
            if one["type"] == "shapesys":
                auxiliary += _auxiliary(name, nominal, one, read)
        components.append(Component(sample["name"], nominal, tuple(effects)))
    model = CountModel(name, components, parameters, on=np.asarray(observed), expected_data=True)
    return [model, *auxiliary]


def _modifier(channel: dict, sample: dict, one: dict, settings: dict) -> _Read:
    name, kind, data = one["name"], one["type"], one.get("data") or {}
    held, where = settings.get(name, {}), f"{channel['name']}: sample '{sample['name']}'"
    if kind not in KINDS:
        raise InputError(
            f"{where}: modifier '{name}' of type '{kind}' is not read (known: {', '.join(KINDS)})"
        )
    if kind == "histosys":
        up, down = (jnp.asarray(data[side], float) for side in ("hi_data", "lo_data"))
        return _Read([Morph(name, up, down)], [_pull(name, held)])
    if kind == "normsys":
        if not (data["hi"] > 0 and data["lo"] > 0):
            raise InputError(f"{where}: normsys '{name}' needs hi and lo above 0")
        return _Read([Exponential(name, data["hi"], data["lo"])], [_pull(name, held)])
    if kind == "normfactor":
        return _Read([Scale(name)], [_free(name, held)])
    if kind == "lumi":
        if "auxdata" not in held or "sigmas" not in held:
            raise InputError(f"{where}: lumi '{name}' needs auxdata and sigmas in the measurement")
        return _Read([Scale(name)], [_pull(name, held, _FACTOR)])
    return _per_bin(channel, sample, one, held)


def _per_bin(channel: dict, sample: dict, one: dict, held: dict) -> _Read:
    """Factors of single bins; bins without an uncertainty have none."""
    kind, bins = one["type"], len(sample["data"])
    if kind == "shapefactor":
        errors = np.ones(bins)
    elif kind == "shapesys":
        errors = np.where(np.asarray(sample["data"]) > 0, np.asarray(one["data"], float), 0.0)
    else:
        errors = _relative_errors(channel, one["name"])
    low, high = _FACTOR if kind == "shapefactor" else _GAMMA
    starts, ranges = held.get("inits", [1.0] * bins), held.get("bounds", [[low, high]] * bins)
    read = _Read([], [])
    for i in np.flatnonzero(errors > 0).tolist():
        name = f"{one['name']}[{i}]"
        sigma = float(errors[i]) if kind == "staterror" else None
        centre = starts[i] if sigma is None else 1.0
        read.parameters.append(Parameter(name, centre, sigma, *ranges[i]))
        read.effects.append(BinFactor(name, i, bins))
    return read


def _relative_errors(channel: dict, name: str) -> np.ndarray:
    """Errors of a staterror: those of its samples in quadrature over the sum of these samples."""
    held = [
        (sample["data"], one["data"])
        for sample in channel["samples"]
        for one in sample["modifiers"]
        if (one["name"], one["type"]) == (name, "staterror")
    ]
    nominal, errors = (np.array(values, float) for values in zip(*held, strict=True))
    total = nominal.sum(axis=0)
    return np.where(total > 0, np.sqrt((errors**2).sum(axis=0)), 0.0) / np.where(
        total > 0, total, 1
    )


def _auxiliary(channel: str, nominal: np.ndarray, one: dict, read: _Read) -> list[CountModel]:
    """Counts (nominal/error)² that a shapesys is measured with."""
    errors = np.asarray(one["data"], float)
    known = (errors > 0) & (nominal > 0)
    if not known.any():
        return []
    counts = np.square(nominal / np.where(known, errors, 1.0))[known]
    part = Component(
        one["name"],
        counts,
        tuple(BinFactor(p.name, i, counts.size) for i, p in enumerate(read.parameters)),
    )
    name = f"{channel}_{one['name']}_auxiliary"
    return [CountModel(name, [part], read.parameters, on=counts, expected_data=True)]


def _pull(name: str, held: dict, ends: tuple[float, float] = _PULL) -> Parameter:
    """A constrained parameter: centred at its auxiliary measurement."""
    centre, sigma = held.get("auxdata", [0.0])[0], held.get("sigmas", [1.0])[0]
    return Parameter(name, centre, sigma, *held.get("bounds", [ends])[0])


def _free(name: str, held: dict) -> Parameter:
    return Parameter(name, held.get("inits", [1.0])[0], None, *held.get("bounds", [_FACTOR])[0])
