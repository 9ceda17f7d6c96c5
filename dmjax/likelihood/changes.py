"""Nuisances as a user wants them: another constraint, none, or a fixed value."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import jax.numpy as jnp

from dmjax.errors import InputError, unknown_name
from dmjax.likelihood.count_model import CountModel, remade
from dmjax.likelihood.effects import Component, Held
from dmjax.likelihood.parameters import CONSTRAINTS, Parameter, merge

STRENGTH = "signal"
_FORMS = "CENTRE±SIGMA, log-normal:CENTRE±SIGMA, gamma:CENTRE±SIGMA, uniform:LOW..HIGH, or free"


def changed(
    models: Sequence[CountModel],
    nuisances: Mapping[str, str],
    fixed: Mapping[str, float | None],
) -> list[CountModel]:
    """Models with other constraints of some parameters, and with some parameters fixed.

    Args:
        models: of a joint likelihood; a change acts in every model that has the parameter.
        nuisances: name → new constraint: "0.0±0.025" (or +-), "log-normal:18±5", "gamma:5±2",
            "uniform:0..50" or "free"; see `Parameter`.
        fixed: name → value it is held at; None: its centre.

    Raises:
        InputError: an unknown parameter, a text that is none of these, both for one parameter, or
            the strength of the signal.

    >>> from dmjax.likelihood.effects import Scale
    >>> part = Component("all", [10.0], (Scale("n"),))
    >>> model = CountModel("bin", [part], [Parameter("n", 1.0, 0.1, lower=0.0)], on=[9])
    >>> changed([model], {"n": "1.2±0.3"}, {})[0].parameters[0].sigma
    0.3
    >>> changed([model], {}, {"n": 1.1})[0].parameters
    ()
    """
    known = {one.name: one for one in merge(*(model.parameters for model in models))}
    for name in (*nuisances, *fixed):
        if name == STRENGTH:
            raise InputError("'signal' is the strength of the signal itself, not a nuisance")
        if name not in known:
            raise unknown_name("nuisance", name, known)
    for name in set(nuisances) & set(fixed):
        raise InputError(f"nuisance '{name}' is given a constraint and fixed: choose one")
    primed = {name: _primed(known[name], text) for name, text in nuisances.items()}
    values = {
        name: known[name].centre if value is None else _inside(known[name], value)
        for name, value in fixed.items()
    }
    return [_of_model(model, primed, values) for model in models]


def _of_model(
    model: CountModel, primed: Mapping[str, Parameter], values: Mapping[str, float]
) -> CountModel:
    kept = [primed.get(one.name, one) for one in model.parameters if one.name not in values]
    components = [_held(component, values) for component in model.components]
    return remade(model, parameters=kept, components=components)


def _held(component: Component, values: Mapping[str, float]) -> Component:
    effects = tuple(
        Held(effect=effect, value=jnp.asarray(values[effect.parameter], float))
        if effect.parameter in values
        else effect
        for effect in component.effects
    )
    return Component(component.name, component.nominal, effects)


def _inside(known: Parameter, value: float) -> float:
    if not known.lower <= value <= known.upper:
        raise InputError(
            f"'{known.name}' must lie in [{known.lower:g}, {known.upper:g}], got {value:g}"
        )
    return value


def _primed(known: Parameter, text: str) -> Parameter:
    """The parameter with the constraint that a text describes."""
    kind, colon, rest = text.strip().partition(":")
    if text.strip() == "free":
        return replace(known, sigma=None, constraint="normal")
    if not colon:
        kind, rest = "normal", kind
    if kind not in CONSTRAINTS:
        raise unknown_name("constraint", kind, (*CONSTRAINTS, "free"))
    if kind == "uniform":
        low, high = _numbers(known.name, text, rest.partition("..")[::2])
        if not known.lower <= low < high <= known.upper:
            raise InputError(
                f"'{known.name}': uniform needs LOW < HIGH inside [{known.lower:g}, "
                f"{known.upper:g}], got '{text}'"
            )
        centre = min(max(known.centre, low), high)
        return Parameter(known.name, centre, None, low, high, "uniform")
    centre, sigma = _numbers(known.name, text, rest.replace("+-", "±").partition("±")[::2])
    return replace(known, centre=_inside(known, centre), sigma=sigma, constraint=kind)


def _numbers(name: str, text: str, parts: Iterable[str]) -> tuple[float, float]:
    try:
        first, second = (float(part) for part in parts)
    except ValueError:
        first = second = math.nan
    if not (math.isfinite(first) and math.isfinite(second)):
        raise InputError(f"nuisance '{name}' takes {_FORMS}; got '{text}'")
    return first, second
