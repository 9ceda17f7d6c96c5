"""Signals of many masses in published data sets, as one joint model with a strength."""

from dataclasses import asdict, dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.analyses.catalogue import ANALYSES, analysis, known_analysis, search_of
from dmjax.analyses.csi2017 import NAME as CSI2017
from dmjax.analyses.datasets import load_dataset
from dmjax.analyses.signal import Y_REF
from dmjax.batches import in_blocks
from dmjax.conventions import CHANNELS, DMJAX, Conventions, check_channels, describe
from dmjax.data import available, load_toml
from dmjax.errors import InputError, unknown_name
from dmjax.likelihood.joint import Data, JointModel, observed_data
from dmjax.likelihood.signals import with_signals
from dmjax.limits.test_statistics import Strength, strength
from dmjax.models import eps_from_y, mediator
from dmjax.models.vector import check_dark_sector, check_masses
from dmjax.prediction.search import Search, search
from dmjax.prediction.templates import SignalCounts, dark_matter_signal

ALPHA_REF = 1e-8
"""α_B = g²/4π at which the templates of a baryonic mediator are computed."""

QUANTITIES = {"dark-photon": "Y", "baryonic": "alpha_B", "events": "events"}
"""What a limit is quoted in, by model; "events" is one count without any model."""

_BLOCK = 32

Signals = tuple[SignalCounts, ...]
"""Signals of many masses, (masses, bins), one entry per data set."""


@dataclass(frozen=True)
class Family:
    """A signal in some data sets, for any mass.

    Attributes:
        datasets: names of analyses.
        model: a key of `QUANTITIES`.
        mass_ratio, alpha_d, dm, channels, conventions: of the prediction.
        window: of csi2017: "cuts" or "no-cuts".
        systematics: with the shape and response nuisances of the releases.
    """

    datasets: tuple[str, ...]
    model: str = "dark-photon"
    mass_ratio: float = 3.0
    alpha_d: float = 0.5
    dm: str = "dirac"
    channels: tuple[str, ...] = CHANNELS
    conventions: Conventions = DMJAX
    window: str = "no-cuts"
    systematics: bool = False

    def __post_init__(self):
        if not self.datasets:
            raise InputError("name at least one data set")
        if len(set(self.datasets)) < len(self.datasets):
            raise InputError(f"data sets must differ, got {', '.join(self.datasets)}")
        for name in self.datasets:
            known_analysis(name)
        if self.model not in QUANTITIES:
            raise unknown_name("model", self.model, QUANTITIES)
        check_channels(self.channels)
        check_dark_sector(self.mass_ratio, self.alpha_d)


def describe_family(family: Family) -> dict:
    """A family as plain JSON types, with the name of its conventions."""
    chosen = describe(family.conventions)
    plain = asdict(family) | {"datasets": list(family.datasets), "channels": list(family.channels)}
    plain |= {"conventions": chosen["conventions"], "conventions_changed": chosen["changed"]}
    return plain | {"quantity": QUANTITIES[family.model]}


def dataset_of(name: str) -> str:
    """A data set by its own name or by the experiment that took it."""
    homes = {load_toml("datasets", known)["experiment"]: known for known in available("datasets")}
    return homes.get(name, name)


def coupling(family: Family, strength) -> np.ndarray:
    """What a limit is quoted in, of a strength: couplings enter the counts squared."""
    strength = np.asarray(strength, float)
    if family.model == "events":
        return strength
    unit = Y_REF if family.model == "dark-photon" else ALPHA_REF
    return unit * np.sqrt(np.maximum(strength, 0.0))


def coupling_error(family: Family, strength, error) -> np.ndarray:
    """Error of `coupling` from the error of the strength; inf where there is no limit."""
    strength, error = np.asarray(strength, float), np.asarray(error, float)
    if family.model == "events":
        return error
    exists = np.isfinite(strength) & (strength > 0)
    safe = np.where(exists, strength, 1.0)
    slope = 0.5 * coupling(family, safe) / safe
    return np.where(exists, slope * error, np.inf)


def _setting(family: Family, name: str) -> Search:
    if name != CSI2017:
        return search_of(name)
    data = load_dataset(name, family.window, family.conventions)
    return search(data.experiment, data.pe_edges, data.time_edges)


@eqx.filter_jit
def _counts(setting: Search, m_v, ratio, alpha_d, unit, family: Family):
    key = "eps" if family.model == "dark-photon" else "g"

    def one(mass):
        point = mediator(
            family.model, mass, mass / ratio, **{key: unit}, alpha_d=alpha_d, dm=family.dm
        )
        return dark_matter_signal(setting, point, family.conventions, family.channels)

    return jax.vmap(one)(m_v)


def templates(family: Family, m_v) -> Signals:
    """Counts at strength 1 of every mass, (masses, bins), one entry per data set.

    Args:
        family: the signal.
        m_v: mediator masses [MeV], (masses,); not used by the model "events".

    Raises:
        InputError: no or bad masses; "events" for a data set of several bins.
    """
    if family.model == "events":
        sizes = {name: analysis(name).observed.on.size for name in family.datasets}
        wrong = [name for name, size in sizes.items() if size > 1]
        if wrong:
            raise InputError(f"model 'events' is for data sets of one bin, not {wrong[0]}")
        return tuple(SignalCounts(jnp.ones((1, 1)), {}) for _ in family.datasets)
    m_v = np.atleast_1d(np.asarray(m_v, float))
    if m_v.size == 0:
        raise InputError("no masses given: pass --mv, or --mv-min, --mv-max and --points")
    check_masses(m_v, m_v / family.mass_ratio)
    if family.model == "dark-photon":
        unit = jnp.asarray(eps_from_y(Y_REF, family.alpha_d, family.mass_ratio), float)
    else:
        unit = jnp.sqrt(4.0 * jnp.pi * jnp.asarray(ALPHA_REF, float))
    ratio, alpha_d = jnp.asarray(family.mass_ratio, float), jnp.asarray(family.alpha_d, float)
    found = []
    for name in family.datasets:
        setting = _setting(family, name)

        def block(masses, setting=setting):
            return _counts(setting, masses, ratio, alpha_d, unit, family)

        found.append(in_blocks(block, m_v, _BLOCK))
    return tuple(found)


def at_index(counts: Signals, i: int) -> Signals:
    """The signals of mass number i."""
    return jax.tree.map(lambda rows: rows[i], counts)


def signal_events(counts: Signals) -> Float[Array, " masses"]:
    """Events of all data sets at strength 1."""
    return jnp.sum(jnp.stack([jnp.sum(one.nominal, axis=1) for one in counts]), axis=0)


def strength_model(family: Family, counts: Signals, off_term: str = "profile") -> JointModel:
    """The joint model of the first mass.

    Args:
        family, counts: from `templates`.
        off_term: of CsI 2017: "profile", which suits toys, or "integral" (Eq. 6.4).
    """
    models = []
    for name, first in zip(family.datasets, at_index(counts, 0), strict=True):
        wanted: dict[str, Any] = {"systematics": family.systematics, "cevns": "predicted"}
        options = {key: wanted[key] for key in ANALYSES[name].options if key in wanted}
        if name == CSI2017:
            data = load_dataset(name, family.window, family.conventions)
            options |= {"data": data, "off_term": off_term}
        models.append(analysis(name, first, **options))
    return JointModel(models)


def at_mass(joint: JointModel, counts: Signals, i: int) -> JointModel:
    """The joint model of mass number i."""
    return with_signals(joint, at_index(counts, i))


def one_mass(family: Family, m_v: float | None) -> tuple[JointModel, Strength, Data, float]:
    """(joint model, strength, observed data, signal events at strength 1) of one mass."""
    counts = templates(family, [] if m_v is None else [m_v])
    joint = strength_model(family, counts)
    events = float(signal_events(counts)[0])
    if not events > 0:
        raise InputError(f"no signal events at m_v = {m_v} MeV: choose an open mass")
    return joint, strength(joint), observed_data(joint), events
