"""Keys of the two kinds of description file, detector and beam, and what each may be."""

from dmjax.schema import (
    FRACTION,
    NOT_NEGATIVE,
    POSITIVE,
    Edges,
    Flag,
    Free,
    ListOf,
    Number,
    Numbers,
    Section,
    Text,
    Texts,
    Variants,
)

_ANY = Number()

QUENCHING = Variants(
    {
        "none": Section({}),
        "constant": Section({"value": POSITIVE}),
        "linear": Section({"a": POSITIVE, "b": _ANY, "valid_to": POSITIVE}),
        "polynomial": Section({"a": _ANY, "b": _ANY, "c": _ANY, "d": _ANY, "valid_to": POSITIVE}),
        "points": Section(
            {
                "t_kev": Numbers(POSITIVE, increasing=True),
                "kevee": Numbers(POSITIVE, increasing=True),
            }
        ),
        "lindhard": Section({"k": POSITIVE, "z": Number(1.0, 120.0)}),
    }
)
RESOLUTION = Variants(
    {
        "poisson": Section({}),
        "gamma": Section({"shape_per_kevee": POSITIVE}),
        "gaussian": Section({"coefficient": POSITIVE}),
        "noise": Section({"a": POSITIVE, "b": NOT_NEGATIVE}),
    }
)
EFFICIENCY = Variants(
    {
        "flat": Section({"value": FRACTION}),
        "threshold": Section({"value": FRACTION, "start": POSITIVE}),
        "stepped-sigmoid": Section(
            {
                "amplitude": FRACTION,
                "slope": POSITIVE,
                "midpoint": _ANY,
                "closed_below": _ANY,
                "half_below": _ANY,
            }
        ),
        "shifted-sigmoid": Section(
            {"amplitude": POSITIVE, "slope": POSITIVE, "midpoint": _ANY, "offset": _ANY}
        ),
        "error-function": Section({"amplitude": FRACTION, "midpoint": _ANY, "width": POSITIVE}),
        "tabulated": Section({"table": Text()}),
        "points": Section({"x": Numbers(_ANY, increasing=True), "values": Numbers(FRACTION)}),
        "log-log": Section(
            {"x": Numbers(POSITIVE, increasing=True), "values": Numbers(Number(0.0, 1.0, True))}
        ),
    }
)
TIME_EFFICIENCY = Variants({"exponential": Section({"start_us": _ANY, "rate_per_us": POSITIVE})})
TIME_WINDOW = Section({"start_us": POSITIVE, "stop_us": POSITIVE})
PULSE = Variants(
    {
        "gaussian": Section({"mean_us": _ANY, "sigma_us": POSITIVE}),
        "box": Section({"start_us": _ANY, "width_us": POSITIVE}),
        "triangular": Section({"start_us": _ANY, "width_us": POSITIVE}),
        "double": Section({"width_us": POSITIVE, "separation_us": POSITIVE}),
        "tabulated": Section(
            {
                "edges_us": Numbers(_ANY, increasing=True),
                "fractions": Numbers(NOT_NEGATIVE, shortest=1),
            }
        ),
    }
)
RESPONSE = Section(
    {
        "observable": Text(("pe", "keVee", "keV")),
        "quenching": QUENCHING,
        "efficiency": EFFICIENCY,
    },
    {
        "light_yield": POSITIVE,
        "resolution": RESOLUTION,
        "efficiency_on": Text(("observable", "recoil")),
        "time_efficiency": TIME_EFFICIENCY,
    },
)
_ENDS = {"low": _ANY, "high": _ANY}
_SHAPES = {
    "flat": Section({}, _ENDS),
    "exponential": Section({"scale": POSITIVE}, _ENDS),
    "power": Section({"index": _ANY}, _ENDS),
    "histogram": Section(
        {"edges": Numbers(_ANY, increasing=True), "values": Numbers(NOT_NEGATIVE, shortest=1)}
    ),
    "table": Section({"table": Text()}, {"axis": Text(), "column": Text()}),
}
_ARRIVALS = {name: Section({}) for name in ("pulse", "prompt", "delayed")}
BACKGROUND = Section(
    {"name": Text()},
    {
        "description": Text(),
        "reference_events": POSITIVE,
        "per_kev_kg_day": POSITIVE,
        "factors": Free(POSITIVE),
        "energy": Variants(_SHAPES),
        "time": Variants(_SHAPES | _ARRIVALS),
        "error": NOT_NEGATIVE,
        "pull": Text(),
        "scenario": Text(),
        "assumed": Flag(),
    },
)
DETECTOR = Section(
    {
        "title": Text(),
        "beam": Text(),
        "detector": Section(
            {
                "mass_kg": POSITIVE,
                "distance_m": POSITIVE,
                "angle_deg": Number(0.0, 180.0),
                "pot": POSITIVE,
            },
            {
                "single_radius_fm": Number(2.0, 20.0),
                "recoil": Text(("nucleus", "electron")),
                "years": POSITIVE,
                "signal_error": NOT_NEGATIVE,
            },
        ),
        "target": Free(POSITIVE, least=1),
        "response": RESPONSE,
        "bins": Section({"energy": Edges(), "time_us": Edges()}),
        "selection": Section(
            {"recoil_min_kev": NOT_NEGATIVE, "time_max_us": POSITIVE},
            {"recoil_max_kev": POSITIVE, "time_min_us": _ANY, "more": ListOf(TIME_WINDOW)},
        ),
    },
    {
        "neutrinos": Section({"per_pot": POSITIVE}),
        "neutrino_times": Text(),
        "pulse": PULSE,
        "slices": Section({"table": Text()}),
        "assumed": Texts(),
        "steady_state": ListOf(BACKGROUND),
        "neutrons": ListOf(BACKGROUND),
    },
)
"""Keys of a detector file."""

MESONS = Section({"table": Text(), "per_pot": POSITIVE}, {"per_pot_error": NOT_NEGATIVE})
BEAM = Section(
    {
        "title": Text(),
        "pi0": MESONS,
        "piminus": Section(
            {
                "captured_per_pot": NOT_NEGATIVE,
                "inelastic_per_pot": NOT_NEGATIVE,
                "radiative_fraction": FRACTION,
                "radiative_fraction_error": NOT_NEGATIVE,
            }
        ),
        "cascade": Section({"table": Text()}, {"factor": POSITIVE}),
        "neutrinos": Section(
            {"per_pot": POSITIVE},
            {"kaon_per_pot": NOT_NEGATIVE, "inflight_table": Text()},
        ),
        "pulse": PULSE,
    },
    {
        "eta": MESONS,
        "exchange": Section({"per_pot": NOT_NEGATIVE}),
        "repetition_hz": POSITIVE,
        "assumed": Texts(),
    },
)
"""Keys of a beam file."""
