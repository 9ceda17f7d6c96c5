"""Every option that verbs take, once: its meaning, how it is read, how a command line spells it."""

from dataclasses import dataclass
from typing import Any

from dmjax.conventions import CHANNELS, WIDTHS
from dmjax.studies.ranges import check_range
from dmjax.studies.readers import (
    Reader,
    assigned,
    flag,
    grid,
    held,
    interval,
    names,
    number,
    numbers,
    one_of,
    path,
    text,
    typed,
    whole,
)

WINDOWS = ("no-cuts", "cuts")
OFF_TERMS = ("integral", "profile")
OBJECTIVES = ("limit", "discovery", "s-over-root-b", "information")
SELECTIONS = ("windows", "learned")
SPINS = ("dirac", "scalar", "majorana", "pseudo-dirac")


@dataclass(frozen=True)
class Option:
    """One option.

    Attributes:
        help: what it means, wherever it stands.
        reader: of its value.
        flag: how a command line spells it, where not as its name with dashes.
        metavar: what is shown for its value.
        many: whether it may be repeated.
        choices: for completion.
    """

    help: str
    reader: Reader = text
    flag: str | None = None
    metavar: str = "TEXT"
    many: bool = False
    choices: tuple[str, ...] = ()


def _number(help: str, flag: str | None = None) -> Option:
    return Option(help, number, flag, "NUMBER")


def _whole(help: str) -> Option:
    return Option(help, whole, None, "WHOLE")


def _switch(help: str) -> Option:
    return Option(help, flag, None, "")


def _choice(help: str, choices: tuple[str, ...]) -> Option:
    return Option(help, one_of(*choices), None, "|".join(choices), choices=choices)


def _channels(name: str, value: object) -> tuple[str, ...]:
    return CHANNELS if value == "all" else names(name, value)


SIGNAL_OPTIONS = {
    "model": Option("Model of V: a preset (see info), or events: one counted number."),
    "charges": Option(
        "Charges of a model of your own, e.g. up=0.33,down=0.33,electron=-1.",
        assigned("charge=number, e.g. up=0.33"),
        metavar="NAME=X,…",
    ),
    "dm": _choice("Dark-matter spin (scalar: complex scalar).", SPINS),
    "mass_ratio": _number("m_V / m_chi, where --mchi is not given; default 3."),
    "m_chi": _number("Dark-matter mass [MeV], in place of a ratio.", "--mchi"),
    "alpha_d": _number("Dark fine-structure constant alpha_D."),
    "splitting": _number("chi_2 - chi_1 [MeV], for pseudo-dirac."),
    "lifetime_ns": _number("Proper lifetime [ns] of what makes chi, in place of its widths."),
    "m_x": _number("Two mediators: mass [MeV] of X, which makes chi; V scatters it.", "--mx"),
    "model_x": Option("Two mediators: model of X; default baryonic, leptophobic: with loops."),
    "kappa_x": _number("Two mediators: coupling of X to matter; default 2e-3."),
    "kappa_d_x": _number("Two mediators: coupling of X to chi; default 1e-7.", "--kappa-dx"),
    "coupling": Option("Quantity that is quoted: Y, eps, g, alpha_B or kappa_V."),
    "channels": Option(
        f"Production channels, comma-separated: {', '.join(CHANNELS)}; or all.", _channels
    ),
    "conventions": Option("Physics profile: dmjax or d20."),
    "choose": Option(
        f"Change one choice of the profile, e.g. width={WIDTHS[0]}; repeat.",
        assigned("key=value, e.g. width=narrow", typed),
        metavar="KEY=VALUE",
        many=True,
    ),
    "source_errors": _switch("Uncertainties of the sources as pulls of the signal."),
}

MODEL_OPTIONS = {
    "window": _choice("Bins: all of the data set (no-cuts), or inside its cuts.", WINDOWS),
    "systematics": _switch(
        "Shapes, clock and template statistics as nuisances; without, totals alone. On for csi2021 "
        "and lar2020."
    ),
    "off_term": _choice(
        "Background under an off measurement: integrated ([D20] Eq. 6.4), or its best fit.",
        OFF_TERMS,
    ),
    "integrate": Option(
        "Nuisance that is integrated out instead of profiled, e.g. csi_signal; "
        "csi_signal:per-bin is Eq. 6.4 as printed."
    ),
    "nuisance": Option(
        "Another constraint, e.g. csi_time=0.0±0.025, csi_n_brn=log-normal:18±5, gamma:…, "
        "uniform:0..50, or free.",
        assigned("NAME=CENTRE±SIGMA", str),
        metavar="NAME=PRIOR,…",
    ),
    "fix": Option("Nuisances held at their centre or a value.", held, metavar="NAME[=VALUE],…"),
}

WHERE_OPTIONS = {
    "where": Option("Data sets or detectors, by name or as your own .toml; several: joint.", names),
    "experiment": Option("Detector, e.g. coherent-csi, or your own my_detector.toml."),
    "dataset": Option("Data set: csi2017."),
    "m_v": Option(
        "Mediator masses [MeV]: 75, 30,75,120 or low:high:points.", grid, "--mv", "MASSES"
    ),
    "mass": _number("Mediator mass [MeV].", "--mv"),
    "out": Option("Write the result here.", path, metavar="PATH"),
}

CURVE_OPTIONS = {
    "curve": Option("Shipped curve, e.g. lsnd; your own mine.toml[:NAME]; or a saved limit."),
    "axis": _choice("Mass on the axis.", ("m_V", "m_chi")),
    "results": Option("Saved limits, curves and lines, drawn with the others.", names),
    "curves": Option("Curves to draw, comma-separated, as of recast; all; or none.", names),
    "y_limits": Option("Ends of the axis of the coupling.", interval, "--ylim", "LOW,HIGH"),
}

STATISTICS_OPTIONS = {
    "method": Option("How it is done; see the command's own help."),
    "cl": _number("Confidence level."),
    "bands": _switch("The 1 and 2 sigma bands expected without signal."),
    "cls": _switch("CLs, or the p-value of signal and background alone."),
    "toys": _whole("Toys at each point."),
    "strengths": _whole("Signal strengths at which toys are thrown, per mass."),
    "seed": _whole("Seed of every random number."),
    "batch_size": _whole("Toys held in memory at once."),
    "test": _choice(
        "Test statistic: q0 (discovery), q, qtilde (limits), t (unified).",
        ("q0", "q", "qtilde", "t"),
    ),
    "events": Option("True or tested signal events, comma-separated.", numbers, metavar="NUMBERS"),
    "shift": Option(
        "Move the truth of a nuisance: name=standard deviations; repeat.",
        assigned("name=number"),
        metavar="NAME=X",
        many=True,
    ),
    "nested": _switch("Give every toy a belt of its own, at its own best fit."),
    "belt_toys": _whole("Toys in the belt of each toy, with --nested."),
    "expected": _switch("The limit expected of a detector without signal, not that of data."),
    "years": _number("Exposure of a projection in years of the detector's file."),
    "pot": _number("Protons on target."),
    "background": Option("Level of steady background of a projection, by its name in the file."),
    "poi": Option("Parameter of interest; default: signal, or the first free."),
    "signal": Option("What is fitted: none, dark-matter (at --mv) or nsi (csi2017)."),
    "counting": _switch("Only count inside the cuts."),
    "rn": Option("With --counting: R_n [fm] for neutrinos.", numbers, metavar="NUMBERS"),
    "quarks": Option("Quarks with NSI: u, d, or u=d (one value for both)."),
    "couplings": Option("Free NSI couplings: both, ee or mumu."),
    "dark": _switch("Beside it: dark photons fitted in the same regions."),
    "points": _whole("Points per axis of the figure; 0: none."),
    "figure": Option("Draw it into this file, as .png and .pdf.", path, metavar="FILE"),
    "figures": Option("Draw figures into this folder.", path, metavar="FOLDER"),
    "check": _switch("Read the export back with the other program, and compare."),
    "reference": _number("Coupling at which the written signal strength is 1.", "--y"),
}

BAYES_OPTIONS = {
    "prior": Option(
        "Prior of mass and coupling: log-uniform, uniform, uniform-mass, uniform-coupling; of a "
        "limit (one mass): uniform-strength (flat in events), uniform-coupling, log-uniform."
    ),
    "priors": Option("Priors, comma-separated, or all.", names, "--prior"),
    "signals": Option("Hypotheses: none, dark-photon, nsi; comma-separated.", names, "--signal"),
    "m_v_range": Option("Range of the prior of m_V [MeV].", interval, "--mv-range", "LOW,HIGH"),
    "y_range": Option("Range of the prior of Y.", interval, None, "LOW,HIGH"),
    "eps_range": Option("Range of the uniform priors of NSI.", interval, None, "LOW,HIGH"),
    "nodes": _whole("Masses at which templates are computed."),
    "chains": _whole("NUTS chains."),
    "warmup": _whole("NUTS warm-up per chain."),
    "draws": _whole("Draws kept (NUTS: per chain)."),
    "min_ess": _number("Effective draws demanded."),
    "live": _whole("Live points of nested sampling."),
    "grid": _switch("Check with the dense grid."),
    "nuts": _switch("Sample dark matter by NUTS too, against the grid."),
}

PREDICT_OPTIONS = {
    "eps": _number("Kinetic mixing (dark-photon)."),
    "g": _number("Gauge coupling (other models)."),
    "cuts": _switch("The experiment's own selection."),
    "all_windows": _switch("With --cuts: every time window of the selection, not the first alone."),
    "recoil_min": _number("Lowest recoil [keV]."),
    "recoil_max": _number("Highest recoil [keV]."),
    "time_max": _number("Latest arrival [us]."),
    "efficiency": _switch("Apply resolution and efficiency."),
    "isotropic": _switch("Average the flux over all directions."),
    "nsi": Option(
        "Neutrino NSI of the background, e.g. ee.u=0.1,emu.d=-0.05.",
        assigned("flavours.quark=number, e.g. ee.u=0.1"),
        metavar="NAME=X,…",
    ),
    "nsi_mass": _number("Mass of the NSI mediator [MeV]; heavy without."),
}

ANSWER_OPTIONS = {
    "chi_masses": Option(
        "Dark-matter masses [MeV]: 20, 5,20,50 or low:high:points.", grid, "--mchi", "MASSES"
    ),
    "omega_h2": _number("Relic density that is wanted."),
    "levels": Option("Confidence levels, comma-separated.", numbers, "--cl", metavar="NUMBERS"),
    "coupling_range": Option(
        "Couplings allowed: the axis of a region, the range of a prior.",
        interval,
        None,
        "LOW,HIGH",
    ),
    "coupling_points": _whole("Couplings of the grid, equal steps of the logarithm."),
    "expected_at": _number("Coupling of a signal whose expected p-values are given beside."),
    "injected": Option(
        "Injected signals in units of the median expected limit, comma-separated.",
        numbers,
        "--strengths",
        "NUMBERS",
    ),
    "power_constrained": _switch(
        "Raise a limit below the expected median - 1 sigma to it (arXiv:1105.3166)."
    ),
}


def read_option(option: str, name: str, value: Any) -> Any:
    """The value of an option, read and inside its range.

    Args:
        option: key of `OPTIONS`.
        name: how errors name it.
        value: as it was given.

    Raises:
        InputError: what cannot be read, or a number out of its range.

    >>> read_option("m_v", "--mv", "30,75")
    (30.0, 75.0)
    """
    found = OPTIONS[option].reader(name, value)
    check_range(name, option, found)
    return found


CUT_OPTIONS = {
    "objective": _choice("What windows are chosen for.", OBJECTIVES),
    "selection": _choice(
        "What is chosen: windows, or beside them the region that a small network learns.",
        SELECTIONS,
    ),
    "starts": _whole("Starts of the search beside the published windows."),
    "floor": Option(
        "Where it may stand [m]: from, to along the beam, from, to across it.",
        numbers,
        metavar="NUMBERS",
    ),
}


OPTIONS: dict[str, Option] = (
    WHERE_OPTIONS
    | CURVE_OPTIONS
    | SIGNAL_OPTIONS
    | MODEL_OPTIONS
    | STATISTICS_OPTIONS
    | BAYES_OPTIONS
    | PREDICT_OPTIONS
    | ANSWER_OPTIONS
    | CUT_OPTIONS
)
"""Name → option. A name means the same in every verb, file and command."""


def spelled(name: str) -> str:
    """How a command line spells an option.

    >>> spelled("m_v"), spelled("mass_ratio")
    ('--mv', '--mass-ratio')
    """
    known = OPTIONS.get(name)
    return (known and known.flag) or "--" + name.replace("_", "-")
