"""Joint models as pyhf workspaces: the same likelihood as JSON that other tools read."""

import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from dmjax.errors import InputError
from dmjax.export.links import Link, links
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.count_terms import expected
from dmjax.likelihood.effects import Component, Morph, Scale, Share
from dmjax.likelihood.joint import JointModel, Values
from dmjax.likelihood.parameters import index_of, named
from dmjax.likelihood.poisson import best_background
from dmjax.likelihood.smooth_effects import Exponential, Growth

VERSION = "1.0.0"
"""Of the workspace format."""

_EMPTY = 1e-10
"""Factor of a steady background without counts: pyhf has no gradient at 0."""


class Exported(NamedTuple):
    """A workspace and how to read it.

    Attributes:
        workspace: the JSON content.
        links: parameter → how it is written.
        poi: parameter of interest, by its name in the workspace; "" for none.
    """

    workspace: dict[str, Any]
    links: dict[str, Link]
    poi: str


def export_pyhf(
    joint: JointModel, poi: str | None = None, units: Mapping[str, float] | None = None
) -> Exported:
    """A pyhf workspace with the likelihood of a joint model, exact up to a constant.

    One channel per analysis, one sample per component; a free parameter is a `normfactor`, a
    constrained one the pull of a `histosys` (at most one `lumi`). A background under an off
    measurement is a `shapefactor` shared with a channel "…_off" that holds the off counts.
    Templates that a pull could make negative are held at 0 here: pyhf does so with
    `clip_sample_data=0` (`pyhf_model` sets it).

    Args:
        joint: the model; an off measurement needs off_term "profile".
        poi: parameter of interest; None: "signal" where there is one.
        units: free parameter → its value that is written as 1.

    Returns:
        `Exported`.

    Raises:
        InputError: an effect that pyhf cannot express exactly, named.

    >>> from dmjax.likelihood.parameters import Parameter
    >>> part = Component("all", [1.0, 2.0], (Scale("n"), Scale("pull", 1.0, 0.1)))
    >>> known = [Parameter("n", 1.0, lower=0.0), Parameter("pull", 0.0, 1.0)]
    >>> made = export_pyhf(JointModel(CountModel("two", [part], known, on=[1, 3])), poi="n")
    >>> [m["type"] for m in made.workspace["channels"][0]["samples"][0]["modifiers"]]
    ['normfactor', 'histosys']
    """
    names = joint.parameters.names
    if poi is None:
        poi = "signal" if "signal" in names else ""
    elif joint.parameters.sigmas[index_of(names, poi)] < np.inf:
        raise InputError(f"the parameter of interest must be free, '{poi}' is constrained")
    for model in joint.models:
        if model.observed.off is not None and model.off_term == "integral":
            raise InputError(
                f"{model.name}: the integral over the background of the off measurement is no "
                "pyhf likelihood; export it with off_term 'profile'"
            )
    found = links(joint, units)
    parameters = [_settings(link) for link in found.values()]
    channels, observations = [], []
    for model in joint.models:
        if model.measured is not None:
            raise InputError(
                f"{model.name}: the counts behind '{model.measured}' are profiled as pyhf cannot: "
                "export without systematics (--no-systematics)"
            )
        samples = [
            _sample(part, found) for component in model.components for part in _parts(component)
        ]
        channels.append({"name": model.name, "samples": samples})
        observations.append({"name": model.name, "data": model.observed.on.tolist()})
        if model.observed.off is not None:
            samples.append(_steady(model))
            channels.append({"name": f"{model.name}_off", "samples": [_steady(model)]})
            observations.append({"name": f"{model.name}_off", "data": model.observed.off.tolist()})
            parameters.append(_steady_settings(model))
    measurement = {"name": "dmjax", "config": {"poi": poi, "parameters": parameters}}
    workspace = {
        "channels": channels,
        "observations": observations,
        "measurements": [measurement],
        "version": VERSION,
    }
    return Exported(workspace, found, poi)


def _parts(component: Component) -> list[Component]:
    """A component, apart from every part of it that a `Growth` multiplies by itself."""
    grown = [effect for effect in component.effects if isinstance(effect, Growth)]
    others = tuple(effect for effect in component.effects if not isinstance(effect, Growth))
    if not grown:
        return [component]
    nominal, parts = np.asarray(component.nominal, float), []
    rest = nominal
    for effect in grown:
        error = float(effect.error)
        counts = np.clip((np.asarray(effect.raised, float) - nominal) / error, 0.0, None)
        rest = rest - counts
        factor = Exponential(effect.parameter, 1.0 + error)
        label = f"{component.name}_{effect.parameter}"
        parts.append(Component(label, counts, (*others, factor)))
    return [Component(component.name, np.clip(rest, 0.0, None), others), *parts]


def _sample(component: Component, found: Mapping[str, Link]) -> dict[str, Any]:
    """Constant factors go into the template, what depends on a parameter into modifiers."""
    fold, modifiers = 1.0, []
    shapes: list[tuple[str, np.ndarray, np.ndarray]] = []
    base = nominal = np.asarray(component.nominal, float)
    for effect in component.effects:
        link = found[effect.parameter]
        if isinstance(effect, Morph):
            up = np.asarray(effect.up, float)
            down = 2.0 * nominal - up if effect.down is None else np.asarray(effect.down, float)
            shapes.append((link.name, up, down))
        elif isinstance(effect, Share):
            change = float(effect.size) * nominal
            shapes.append((link.name, nominal + change, nominal - change))
        elif isinstance(effect, Scale) and link.kind == "histosys":
            middle, change = effect.intercept + effect.slope * link.origin, effect.slope * link.step
            base = middle * nominal
            shapes.append((link.name, base + change * nominal, base - change * nominal))
        elif isinstance(effect, Exponential):
            data = {"hi": float(effect.up), "lo": float(effect.down)}
            modifiers.append({"name": link.name, "type": "normsys", "data": data})
        elif isinstance(effect, Scale) and link.kind == "normsys":
            fold *= effect.slope * link.origin
            data = {"hi": link.step, "lo": 1.0 / link.step}
            modifiers.append({"name": link.name, "type": "normsys", "data": data})
        elif isinstance(effect, Scale):
            fold *= effect.slope * link.step
            modifiers.append({"name": link.name, "type": link.kind, "data": None})
    for name, up, down in shapes:
        data = {"hi_data": (fold * up).tolist(), "lo_data": (fold * down).tolist()}
        modifiers.append({"name": name, "type": "histosys", "data": data})
    return {"name": component.name, "data": (fold * base).tolist(), "modifiers": modifiers}


def _settings(link: Link) -> dict[str, Any]:
    """Start and range of a parameter, and the constraint of `lumi`."""
    set_up = {"name": link.name, "inits": [link.start], "bounds": [[link.lower, link.upper]]}
    return set_up | ({"auxdata": [1.0], "sigmas": [link.sigma]} if link.kind == "lumi" else {})


def _steady_name(model: CountModel) -> str:
    return f"{model.name}_steady"


def _steady_unit(model: CountModel) -> np.ndarray:
    """Counts at which the factor of a bin is 1: its maximum-likelihood value stays below 2."""
    off = model.observed.off
    assert off is not None
    return np.maximum(np.maximum(np.asarray(model.observed.on), np.asarray(off)), 1.0)


def _steady(model: CountModel) -> dict[str, Any]:
    name = _steady_name(model)
    factor = {"name": name, "type": "shapefactor", "data": None}
    return {"name": name, "data": _steady_unit(model).tolist(), "modifiers": [factor]}


def _steady_settings(model: CountModel) -> dict[str, Any]:
    bins = model.observed.on.size
    on, off = np.asarray(model.observed.on), np.asarray(model.observed.off)
    start = (on + off) / (2.0 * _steady_unit(model))
    return {
        "name": _steady_name(model),
        "inits": np.maximum(start, 0.05).tolist(),
        "bounds": [[_EMPTY, 10.0]] * bins,
    }


def to_pyhf(joint: JointModel, exported: Exported, values: Values) -> dict[str, list[float]]:
    """Parameters as the workspace has them; backgrounds under an off measurement at their best.

    Args:
        joint, exported: the model and its export.
        values: (parameters), in the order of `joint.parameters.names`.

    Returns:
        Name in the workspace → values, one for each of its parameters.
    """
    by_name = named(joint.parameters, values)
    found = {
        link.name: [link.written(float(by_name[name]))] for name, link in exported.links.items()
    }
    for model in joint.models:
        on, off = model.observed.on, model.observed.off
        if off is not None:
            background = np.asarray(best_background(on, off, expected(model, by_name)))
            found[_steady_name(model)] = np.maximum(
                background / _steady_unit(model), _EMPTY
            ).tolist()
    return found


def from_pyhf(exported: Exported, written: Mapping[str, float]) -> dict[str, float]:
    """Parameters of the joint model from their values in the workspace."""
    return {name: link.value(float(written[link.name])) for name, link in exported.links.items()}


def load_pyhf() -> Any:
    """The module pyhf; InputError where it is not installed."""
    try:
        import pyhf
    except ImportError as problem:
        raise InputError("this needs pyhf: pip install 'dmjax[export]'") from problem
    return pyhf


def pyhf_model(workspace: dict[str, Any]) -> tuple[Any, list[float]]:
    """pyhf's model and data of a workspace, with templates held at 0 as they are here.

    Raises:
        InputError: pyhf is not installed.
    """
    read, log = load_pyhf().Workspace(workspace), logging.getLogger("pyhf.pdf")
    level = log.level
    log.setLevel(logging.ERROR)  # it warns of every clip; this one is meant
    try:
        model = read.model(clip_sample_data=0.0)
    finally:
        log.setLevel(level)
    return model, read.data(model)
