"""Keys of the description of a data set of one's own, what each may be, and how they agree."""

from typing import Any

from dmjax.errors import InputError
from dmjax.experiments.layout import DISTANCE_M, MASS_KG, POT
from dmjax.schema import (
    POSITIVE,
    Edges,
    Flag,
    ListOf,
    Section,
    Text,
    Texts,
    check,
    complaint,
    unknown,
)

OWN_NEUTRINOS = "neutrinos"
"""Component of the predicted neutrinos."""
SIGNAL = "signal"
"""Component of the signal, as nuisances name it."""

ALTERNATE = Section({"nuisance": Text(), "up": Text()}, {"down": Text()})
BACKGROUND = Section(
    {"name": Text(), "shape": Text()},
    {
        "events": POSITIVE,
        "error": POSITIVE,
        "constraint": Text(("normal", "log-normal", "gamma")),
        "free": Flag(),
        "alternates": ListOf(ALTERNATE),
    },
)
NUISANCE = Section(
    {"name": Text()},
    {
        "error": POSITIVE,
        "acts_on": Texts(),
        "form": Text(("factor", "linear", "log-normal", "added")),
    },
)
DATASET = Section(
    {"dataset": Text(), "detector": Text(), "counts": Text()},
    {
        "title": Text(),
        "mass_kg": MASS_KG,
        "distance_m": DISTANCE_M,
        "pot": POT,
        "axes": Section({}, {"energy": Edges(), "slices": Edges(), "time_us": Edges()}),
        "off_counts": Text(),
        "clock_us": POSITIVE,
        "neutrinos": Text(("predicted", "free", "none")),
        "neutrino_error": POSITIVE,
        "background": ListOf(BACKGROUND),
        "nuisance": ListOf(NUISANCE),
    },
)
"""All keys of a data-set file."""


def check_dataset(file: str, spec: dict[str, Any]) -> None:
    """Raise InputError, one line, at the first thing wrong in a data-set description.

    >>> check_dataset("mine.toml", {"dataset": "mine", "detector": "jsns2", "count": "on.csv"})
    Traceback (most recent call last):
        ...
    dmjax.errors.InputError: mine.toml: missing key counts: must be a non-empty text
    """
    check(file, "", spec, DATASET)
    backgrounds, nuisances = spec.get("background", []), spec.get("nuisance", [])
    _check_distinct(file, "background", backgrounds, (SIGNAL, OWN_NEUTRINOS))
    _check_distinct(file, "nuisance", nuisances, (SIGNAL,))
    for one in backgrounds:
        _check_rate(file, one)
    if spec.get("neutrinos", "predicted") != "predicted" and "neutrino_error" in spec:
        rule = "left out unless neutrinos = 'predicted'"
        raise complaint(file, "neutrino_error", spec["neutrino_error"], rule)
    _check_nuisances(file, spec, backgrounds, nuisances)
    if spec.get("neutrinos") == "none" and not (backgrounds or "off_counts" in spec):
        raise InputError(
            f"{file}: no background at all: give [[background]], off_counts or neutrinos"
        )


def _check_distinct(file: str, kind: str, listed: list[dict], taken: tuple[str, ...]) -> None:
    seen = set()
    for i, one in enumerate(listed):
        if one["name"] in taken:
            rule = f"another name: '{one['name']}' is the {one['name']} of the data set itself"
            raise complaint(file, f"{kind}[{i}].name", one["name"], rule)
        if one["name"] in seen:
            raise InputError(f"{file}: {kind} '{one['name']}' is given twice: name each once")
        seen.add(one["name"])


def _check_rate(file: str, background: dict[str, Any]) -> None:
    label = f"background '{background['name']}'"
    free = background.get("free", False)
    if not free and "events" not in background:
        raise InputError(
            f"{file}: {label} has no rate: give events = N, with its relative error = E where it "
            "is not known exactly, or free = true"
        )
    if "constraint" in background and "error" not in background:
        raise InputError(f"{file}: {label} has a constraint but no error: give its relative error")
    if free and "error" in background:
        raise InputError(f"{file}: {label} is free: leave out its error, or free")
    used = [one["nuisance"] for one in background.get("alternates", [])]
    for name in used:
        if used.count(name) > 1:
            raise InputError(f"{file}: {label} has two alternates of nuisance '{name}'")


def _check_nuisances(file: str, spec: dict, backgrounds: list[dict], nuisances: list[dict]) -> None:
    names = [one["name"] for one in nuisances]
    components = [one["name"] for one in backgrounds] + [SIGNAL]
    if spec.get("neutrinos", "predicted") != "none":
        components.append(OWN_NEUTRINOS)
    shaped = {one["nuisance"] for some in backgrounds for one in some.get("alternates", [])}
    for name in sorted(shaped - set(names)):
        if not names:
            raise InputError(f"{file}: nuisance '{name}' is not defined: add it as [[nuisance]]")
        raise unknown(file, "nuisance", name, names)
    for one in nuisances:
        label = f"nuisance '{one['name']}'"
        for target in one.get("acts_on", []):
            if target not in components:
                raise unknown(file, f"component in acts_on of {label}:", target, components)
        if ("error" in one) != ("acts_on" in one):
            raise InputError(f"{file}: {label} needs both error and acts_on, or neither")
        if "form" in one and "error" not in one:
            raise InputError(f"{file}: {label} has a form but no error and acts_on")
        if "error" not in one and one["name"] not in shaped:
            raise InputError(
                f"{file}: {label} acts on nothing: give error and acts_on, or alternates of a "
                "background"
            )
