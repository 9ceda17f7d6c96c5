"""The published data sets as analyses, by name."""

from collections.abc import Iterable
from functools import partial

from dmjax.analyses.analysis import Analysis
from dmjax.analyses.ccm120 import ccm120, ccm120_search
from dmjax.analyses.csi2017 import csi2017, csi2017_search
from dmjax.analyses.csi2021 import csi2021, csi2021_unbinned
from dmjax.analyses.csi2021_cevns import csi2021_search
from dmjax.analyses.csi2021_shapes import UNBINNED
from dmjax.analyses.ge2024 import ge2024, ge2024_search
from dmjax.analyses.lar2020 import lar2020, lar2020_search
from dmjax.analyses.missing_energy import MISSING_ANALYSES, missing_analysis, names_missing
from dmjax.analyses.own import own_analysis
from dmjax.data import available, load_toml
from dmjax.errors import InputError, unknown_name
from dmjax.experiments.missing_energy import MissingEnergy
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.signals import SignalLike
from dmjax.prediction.search import Search

ANALYSES: dict[str, Analysis] = {
    "csi2017": Analysis(
        "csi2017",
        csi2017,
        csi2017_search,
        ("systematics", "window", "off_term", "conventions"),
    ),
    "csi2021": Analysis("csi2021", csi2021, csi2021_search, ("cevns", "systematics")),
    "csi2021-sideband": Analysis(
        "csi2021-sideband",
        partial(csi2021, region="sideband"),
        partial(csi2021_search, "sideband"),
        ("cevns", "systematics"),
    ),
    "csi2021-unbinned": Analysis(
        "csi2021-unbinned",
        csi2021_unbinned,
        partial(csi2021_search, binning=UNBINNED),
        ("cevns", "systematics"),
    ),
    "lar2020": Analysis("lar2020", lar2020, lar2020_search, ("cevns", "systematics")),
    "ccm120": Analysis("ccm120", ccm120, ccm120_search, ("systematics",)),
    "ge2024": Analysis("ge2024", ge2024, ge2024_search, ("cevns", "conventions")),
}
"""Every analysis of χ that scatters, fitted alone or jointly; see `MISSING_ANALYSES` too."""


def data_of(name: str) -> str:
    """The data set of an experiment with data, or the name itself.

    >>> data_of("coherent-csi"), data_of("lar2020")
    ('csi2017', 'lar2020')
    """
    homes = {load_toml("datasets", known)["experiment"]: known for known in available("datasets")}
    return homes.get(name, name)


def notes_of(names: Iterable[str]) -> list[str]:
    """What must be said beside every number of some data sets: "name: text" each.

    >>> [line[:17] for line in notes_of(["lar2020", "ccm120"])]
    ['ccm120: one count']
    """
    described = [name for name in names if name in available("datasets")]
    notes = {name: load_toml("datasets", name).get("note") for name in described}
    return [f"{name}: {note}" for name, note in notes.items() if note]


def dataset(name: str) -> Analysis:
    """The data set of a name, of an experiment that has one data set, or of your own .toml file.

    Its `search()` is the detector in the bins of the data; its `build(signal, …)` the count model.

    Raises:
        InputError: an unknown name, with the nearest one, or anything wrong in the file.

    >>> dataset("coherent-csi").name
    'csi2017'
    """
    if not name.endswith(".toml"):
        return known_analysis(data_of(name))
    return missing_analysis(name) if names_missing(name) else own_analysis(name)


def known_analysis(name: str) -> Analysis:
    """The entry of a name; InputError with the nearest name where there is none."""
    every = ANALYSES | MISSING_ANALYSES
    if name not in every:
        raise unknown_name("data set", name, every)
    return every[name]


def analysis(name: str, signal: SignalLike | None = None, **options) -> CountModel:
    """A published data set as a count model.

    Args:
        name: one of `ANALYSES`.
        signal: events at strength 1, e.g. from `dark_matter_signal(search_of(name), point)`.
        options: see the builder: cevns ("free" or "predicted"), systematics, window, …

    Returns:
        `CountModel`; join several in a `JointModel`.

    >>> analysis("lar2020").observed.on.size
    960
    """
    try:
        return known_analysis(name).build(signal, **options)
    except TypeError as problem:
        if "unexpected keyword" not in str(problem):
            raise
        raise InputError(f"{name}: {str(problem).split(') ')[-1]}") from problem


def search_of(name: str) -> Search | MissingEnergy:
    """The detector of a data set in the bins of its analysis, or what misses energy."""
    return known_analysis(name).search()
