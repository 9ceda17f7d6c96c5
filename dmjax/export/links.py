"""Which pyhf modifier carries a parameter, so that the likelihood stays the same function.

A free parameter multiplies its components and becomes a `normfactor`. A constrained one becomes
the unit-normal pull of a `histosys`: of a shape, or of a factor a + s v, whose alternates are the
template times the factor at ±1σ; that is linear, hence exact, as long as it meets no other linear
factor or shape in the same component. Of those that do, one parameter of a workspace can be `lumi`,
the only linear constrained factor that the format has. An exponential factor, and a log-normal
number of events, is a `normsys`, which multiplies anything.
"""

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from dmjax.errors import InputError
from dmjax.likelihood.effects import Component, Morph, Scale, Share
from dmjax.likelihood.joint import JointModel
from dmjax.likelihood.parameters import Parameter, index_of, merge
from dmjax.likelihood.smooth_effects import Exponential, Growth

Known = Scale | Morph | Share | Exponential | Growth
"""Effects that pyhf has modifiers for."""
_FAR = 10.0
"""Standard deviations, or largest possible counts, where a range without an end is cut."""


class Link(NamedTuple):
    """A parameter as it is written: value = origin + step × written, or origin × step^written.

    Attributes:
        name: in the workspace.
        kind: "normfactor", "histosys", "lumi" or, with the second map, "normsys".
        origin, step: of the map.
        start, lower, upper: where fits start and stay, written.
        sigma: width of the constraint, written; None where it is free.
    """

    name: str
    kind: str
    origin: float
    step: float
    start: float
    lower: float
    upper: float
    sigma: float | None

    def value(self, written: float) -> float:
        """Of the parameter."""
        if self.kind == "normsys":
            return self.origin * self.step**written
        return self.origin + self.step * written

    def written(self, value: float) -> float:
        """The inverse of `value`."""
        if self.kind == "normsys":
            return math.log(max(value, 1e-300) / self.origin) / math.log(self.step)
        return (value - self.origin) / self.step


def links(joint: JointModel, units: Mapping[str, float] | None = None) -> dict[str, Link]:
    """How every parameter of a joint model is written.

    Args:
        joint: the model.
        units: free parameters whose written value is value/unit, e.g. the strength of the signal
            point that shall be 1.

    Returns:
        Parameter → `Link`.

    Raises:
        InputError: an effect that no modifier can express exactly, named.
    """
    for name in units or {}:
        index_of(joint.parameters.names, name)
    for label, component in components(joint):
        _check_once(label, component)
    product = _product_parameter(joint)
    found = {}
    for parameter in merge(*(model.parameters for model in joint.models)):
        if parameter.kind == "log-normal":
            found[parameter.name] = _log_normal(joint, parameter)
        elif parameter.kind not in ("normal", "free"):
            raise InputError(f"'{parameter.name}' is {parameter.kind}: pyhf has no such constraint")
        elif parameter.sigma is None:
            found[parameter.name] = _free(joint, parameter, (units or {}).get(parameter.name, 1.0))
        elif parameter.name == product:
            found[parameter.name] = _lumi(joint, parameter)
        else:
            found[parameter.name] = _pull(joint, parameter)
    return found


def components(joint: JointModel) -> Iterator[tuple[str, Component]]:
    """Every component with a label for messages."""
    for model in joint.models:
        for component in model.components:
            yield f"{model.name}: component '{component.name}'", component


def _uses(joint: JointModel, name: str) -> list[tuple[str, Component, Known]]:
    return [
        (label, component, effect)
        for label, component in components(joint)
        for effect in component.effects
        if effect.parameter == name and isinstance(effect, Known)
    ]


def _check_once(label: str, component: Component) -> None:
    seen = set()
    for effect in component.effects:
        if not isinstance(effect, Known):
            name = getattr(effect, "effect", effect).parameter
            raise InputError(
                f"{label}: '{name}' bends or holds the template as no pyhf modifier does: export "
                "without systematics (--no-systematics), which keeps totals alone"
            )
        if effect.parameter in seen:
            raise InputError(f"{label}: '{effect.parameter}' acts twice, which pyhf cannot hold")
        seen.add(effect.parameter)


def _product_parameter(joint: JointModel) -> str | None:
    """The one constrained parameter that must be a factor, `lumi`; None where none must be."""
    sigmas = {
        p.name: p.sigma if p.kind == "normal" else None
        for model in joint.models
        for p in model.parameters
    }
    factors = {
        label: [e.parameter for e in c.effects if isinstance(e, Scale) and sigmas[e.parameter]]
        for label, c in components(joint)
    }
    shapes = {
        label: [e.parameter for e in c.effects if isinstance(e, Morph | Share)]
        for label, c in components(joint)
    }

    def too_many(label: str, product: str | None) -> bool:
        held = [name for name in factors[label] if name != product]
        return len(held) > (0 if shapes[label] else 1)

    known = dict.fromkeys(name for held in factors.values() for name in held)
    candidates = [name for name in known if _scales(joint, name)]
    for product in (None, *candidates):
        if not any(too_many(label, product) for label in factors):
            return product
    worst = [label for label in factors if too_many(label, None)]
    held = "; ".join(f"{label} has {', '.join(factors[label] + shapes[label])}" for label in worst)
    raise InputError(
        "not expressible in a pyhf workspace, which can hold one constrained factor ('lumi') in "
        f"products: {held}; leave out systematics, or export fewer data sets"
    )


def _scales(joint: JointModel, name: str) -> bool:
    """Whether a parameter is the same factor, but for a constant, wherever it acts."""
    uses = [effect for _, _, effect in _uses(joint, name)]
    parameter = next(p for model in joint.models for p in model.parameters if p.name == name)
    rates = {_rate(e, parameter.centre) for e in uses if isinstance(e, Scale)}
    return all(isinstance(e, Scale) for e in uses) and len(rates) == 1 and None not in rates


def _rate(scale: Scale, centre: float) -> float | None:
    """Relative slope at the centre; None where the factor is not positive there."""
    there = scale.intercept + scale.slope * centre
    return float(f"{scale.slope / there:.12g}") if there > 0 and scale.slope else None


def _free(joint: JointModel, parameter: Parameter, unit: float) -> Link:
    if not (unit > 0 and math.isfinite(unit)):
        raise InputError(f"the unit of '{parameter.name}' must be a number above 0, got {unit:g}")
    zeros, most = set(), 1.0
    for model in joint.models:
        room = _FAR * (float(model.observed.on.sum()) + _FAR)
        for component in model.components:
            for effect in component.effects:
                if effect.parameter != parameter.name:
                    continue
                if not isinstance(effect, Scale) or effect.slope <= 0:
                    raise InputError(
                        f"{model.name}: component '{component.name}': the free parameter "
                        f"'{parameter.name}' must be a rising factor for pyhf: shapes and "
                        "falling factors need a constraint there"
                    )
                zeros.add(0.0 - effect.intercept / effect.slope)
                total = effect.slope * unit * float(component.nominal.sum())
                most = max(most, room / total if total > 0 else 1.0)
    if len(zeros) > 1:
        raise InputError(
            f"the free parameter '{parameter.name}' vanishes at several values "
            f"({', '.join(f'{z:g}' for z in sorted(zeros))}): no pyhf normfactor does"
        )
    origin = zeros.pop()
    lower, upper = ((end - origin) / unit for end in (parameter.lower, parameter.upper))
    lower, upper = max(lower, -most), min(upper, most)
    start = (parameter.centre - origin) / unit
    if not lower < start < upper:
        start = min(1.0, 0.5 * (lower + upper))
    return Link(parameter.name, "normfactor", origin, unit, start, lower, upper, None)


def _pull(joint: JointModel, parameter: Parameter) -> Link:
    centre, sigma = parameter.centre, float(parameter.sigma or 1.0)
    for label, _, effect in _uses(joint, parameter.name):
        if isinstance(effect, Scale):
            continue
        if isinstance(effect, Exponential | Growth) and (centre, sigma) != (0.0, 1.0):
            raise InputError(
                f"{label}: the factor of '{parameter.name}' needs a constraint of 0 ± 1 for pyhf, "
                f"not {centre:g} ± {sigma:g}"
            )
        held = (effect.origin, effect.step) if isinstance(effect, Morph) else (0.0, 1.0)
        if held != (centre, sigma):
            raise InputError(
                f"{label}: the alternates of '{parameter.name}' hold at {held[0]:g} ± "
                f"{held[1]:g}, its constraint at {centre:g} ± {sigma:g}: pyhf needs them equal"
            )
    lower, upper = ((end - centre) / sigma for end in (parameter.lower, parameter.upper))
    ends = max(lower, -_FAR), min(upper, _FAR)
    return Link(parameter.name, "histosys", centre, sigma, 0.0, *ends, 1.0)


def _log_normal(joint: JointModel, parameter: Parameter) -> Link:
    for label, _, effect in _uses(joint, parameter.name):
        if not isinstance(effect, Scale) or effect.intercept != 0.0:
            raise InputError(f"{label}: the log-normal '{parameter.name}' must be a plain factor")
    step = 1.0 + float(parameter.sigma or 0.0) / parameter.centre
    return Link(parameter.name, "normsys", parameter.centre, step, 0.0, -_FAR, _FAR, 1.0)


def _lumi(joint: JointModel, parameter: Parameter) -> Link:
    scale = next(e for _, _, e in _uses(joint, parameter.name) if isinstance(e, Scale))
    step = (scale.intercept + scale.slope * parameter.centre) / scale.slope
    sigma = float(parameter.sigma or 1.0)
    ends = (
        max(parameter.lower, parameter.centre - _FAR * sigma),
        min(parameter.upper, parameter.centre + _FAR * sigma),
    )
    lower, upper = sorted(1.0 + (end - parameter.centre) / step for end in ends)
    origin = parameter.centre - step
    return Link("lumi", "lumi", origin, step, 1.0, max(lower, 0.0), upper, abs(sigma / step))
