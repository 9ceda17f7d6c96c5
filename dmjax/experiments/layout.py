"""Keys of the two kinds of description file, detector and beam, and what each may be."""

from dmjax.schema import (
    ANY,
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

MASS_KG = Number(1e-6, 1e12)
DISTANCE_M = Number(0.01, 1e7)
POT = Number(1.0, 1e30)
_ATOMS = Number(1e-6, 1e6)
_ERROR = Number(0.0, 100.0)
_QUENCHING = Number(1e-6, 1.0)
_INDEX = Number(-10.0, 10.0)

QUENCHING = Variants(
    {
        "none": Section({}),
        "constant": Section({"value": _QUENCHING}),
        "linear": Section({"a": POSITIVE, "b": ANY, "valid_to": POSITIVE}),
        "polynomial": Section({"a": ANY, "b": ANY, "c": ANY, "d": ANY, "valid_to": POSITIVE}),
        "points": Section(
            {
                "t_kev": Numbers(POSITIVE, increasing=True),
                "kevee": Numbers(POSITIVE, increasing=True),
            }
        ),
        "lindhard": Section({"k": _QUENCHING, "z": Number(1.0, 120.0)}),
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
                "midpoint": ANY,
                "closed_below": ANY,
                "half_below": ANY,
            }
        ),
        "shifted-sigmoid": Section(
            {"amplitude": POSITIVE, "slope": POSITIVE, "midpoint": ANY, "offset": ANY}
        ),
        "error-function": Section({"amplitude": FRACTION, "midpoint": ANY, "width": POSITIVE}),
        "tabulated": Section({"table": Text()}),
        "points": Section({"x": Numbers(ANY, increasing=True), "values": Numbers(FRACTION)}),
        "log-log": Section(
            {"x": Numbers(POSITIVE, increasing=True), "values": Numbers(Number(0.0, 1.0, True))}
        ),
    }
)
TIME_EFFICIENCY = Variants({"exponential": Section({"start_us": ANY, "rate_per_us": POSITIVE})})
TIME_WINDOW = Section({"start_us": POSITIVE, "stop_us": POSITIVE})
PULSE = Variants(
    {
        "gaussian": Section({"mean_us": ANY, "sigma_us": POSITIVE}),
        "box": Section({"start_us": ANY, "width_us": POSITIVE}),
        "triangular": Section({"start_us": ANY, "width_us": POSITIVE}),
        "double": Section({"width_us": POSITIVE, "separation_us": POSITIVE}),
        "tabulated": Section(
            {
                "edges_us": Numbers(ANY, increasing=True),
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
        "light_yield": Number(1e-6, 1e6),
        "resolution": RESOLUTION,
        "efficiency_on": Text(("observable", "recoil")),
        "time_efficiency": TIME_EFFICIENCY,
    },
)
_ENDS = {"low": ANY, "high": ANY}
_SHAPES = {
    "flat": Section({}, _ENDS),
    "exponential": Section({"scale": POSITIVE}, _ENDS),
    "power": Section({"index": _INDEX}, _ENDS),
    "histogram": Section(
        {"edges": Numbers(ANY, increasing=True), "values": Numbers(NOT_NEGATIVE, shortest=1)}
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
        "factors": Free(_ATOMS),
        "energy": Variants(_SHAPES),
        "time": Variants(_SHAPES | _ARRIVALS),
        "error": _ERROR,
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
                "mass_kg": MASS_KG,
                "distance_m": DISTANCE_M,
                "angle_deg": Number(0.0, 180.0),
                "pot": POT,
            },
            {
                "single_radius_fm": Number(2.0, 20.0),
                "recoil": Text(("nucleus", "electron")),
                "years": POSITIVE,
                "signal_error": _ERROR,
            },
        ),
        "target": Free(_ATOMS, least=1),
        "response": RESPONSE,
        "bins": Section({"energy": Edges(), "time_us": Edges()}),
        "selection": Section(
            {"recoil_min_kev": NOT_NEGATIVE, "time_max_us": POSITIVE},
            {"recoil_max_kev": POSITIVE, "time_min_us": ANY, "more": ListOf(TIME_WINDOW)},
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
