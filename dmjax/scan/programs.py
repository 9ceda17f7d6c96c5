"""The programs of a scan: pure functions of rows of numbers to values and statuses."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from dmjax.constants import E_CHARGE
from dmjax.conventions import Conventions
from dmjax.likelihood.joint import Data, JointModel
from dmjax.limits.asymptotic_limits import LimitStatus, asymptotic_limits
from dmjax.limits.likelihood_limits import likelihood_limits
from dmjax.limits.test_statistics import Strength
from dmjax.models.couplings import LARGEST_EPS
from dmjax.prediction.points import Kind, Numbers, point_at, ratio_of_strength, visible_of_rows
from dmjax.prediction.search import Search
from dmjax.prediction.templates import SignalCounts, dark_matter_signal, signal_events
from dmjax.scan.rows import coupling_from
from dmjax.scan.status import PointStatus
from dmjax.studies.limits import MOVED, ROUNDS

Columns = dict[str, Array]
"""Name → (rows,); "status" holds `PointStatus`."""

BANDS = ("expected_m2", "expected_m1", "expected", "expected_p1", "expected_p2")
"""Columns of `asymptotics.SIGMAS`."""

COLUMNS = {
    "chi2": ("value", "best_fit", "q0"),
    "asymptotic": ("value", "best_fit", "q0", *BANDS),
    "events": ("value",),
}
"""Method → what it gives, beside the status."""


class How(NamedTuple):
    """What of a program is no array: hashable, so that each has one compilation.

    Attributes:
        kind, conventions, channels, source_errors: of the signal.
        quantity: coupling that is quoted.
        method, cls: see `ScanSettings`.
        median: whether the limit is the one expected without signal.
        long_lived: whether the mediator flies before it decays.
        chosen: strength of the model; None for events.
    """

    kind: Kind
    conventions: Conventions
    channels: tuple[str, ...]
    source_errors: bool
    quantity: str
    method: str
    cls: bool
    median: bool
    long_lived: bool = False
    chosen: Strength | None = None


class Question(eqx.Module):
    """One choice of data sets, model and method: what its programs are given beside the rows.

    Attributes:
        how: the static part.
        searches: detectors in their bins.
        joint, data: model and data; None for events.
        cl: confidence level.
    """

    how: How = eqx.field(static=True)
    searches: tuple[Search, ...]
    joint: JointModel | None
    data: Data | None
    cl: Array


def counts_of_rows(how: How, searches: tuple[Search, ...], rows: Numbers) -> tuple:
    """Signal counts of every search, (rows, bins)."""

    def one(row: Numbers) -> tuple[SignalCounts, ...]:
        point = point_at(how.kind, row)
        fixed = (how.conventions, how.channels, how.long_lived)
        found = (dark_matter_signal(search, point, *fixed) for search in searches)
        if how.source_errors:
            return tuple(found)
        return tuple(SignalCounts(one.nominal, moved=one.moved) for one in found)

    return jax.vmap(one)(rows)


def answer(question: Question, rows: Numbers) -> Columns:
    """Values and statuses of rows; pure, and no row depends on another.

    Args:
        question: what is asked.
        rows: numbers of as many points as the program is compiled for.

    Returns:
        `COLUMNS` of the method and "status". Values are NaN where there is none.
    """
    if question.how.method == "events":
        return _events(question, rows)
    return _limits(question, rows)


def _events(question: Question, rows: Numbers) -> Columns:
    counts = counts_of_rows(question.how, question.searches, rows)
    value = _double(signal_events(counts))
    status = jnp.where(value > 0.0, PointStatus.OK, PointStatus.NO_EVENTS)
    return _finished({"value": value}, status)


def _double(tree):
    """Floating-point leaves in the precision of a likelihood."""
    return jax.tree.map(lambda x: x.astype(float), tree)


def _limits(question: Question, rows: Numbers) -> Columns:
    """Limits whose templates were made at the limit itself where visible decays matter.

    `studies.limits` says why; rows that need it are made again until they stay, the others kept.
    """
    how = question.how
    wide = _double(rows)
    visible = _visible(how.kind, wide)
    rounds = 1 if how.median else 1 + ROUNDS

    def again(state):
        number, active, _, _ = state
        return jnp.any(active) & (number < rounds)

    def once(state):
        number, active, kappa, held = state
        here = eqx.tree_at(lambda n: n.kappa, rows, kappa.astype(rows.kappa.dtype))
        found, at_limit = _limits_at(question, here, wide, kappa, visible)
        moved = jnp.abs(found["value"] / held["value"] - 1.0) > MOVED
        first = number == 0
        made = {
            name: jnp.where(first | (active & (name in ("value", "status"))), x, held[name])
            for name, x in found.items()
        }
        known = jnp.isfinite(found["value"]) & (found["value"] > 0.0)
        onward = active & known & (visible * at_limit**2 > MOVED) & (first | moved)
        return number + 1, onward, jnp.where(onward, at_limit, kappa), made

    names = (*COLUMNS[how.method], "status")
    nothing = {name: jnp.full_like(wide.m_v, jnp.nan) for name in names}
    nothing["status"] = jnp.zeros(wide.m_v.shape, int)
    start = (0, jnp.ones(wide.m_v.shape, bool), wide.kappa, nothing)
    return jax.lax.while_loop(again, once, start)[3]


def _visible(kind: Kind, rows: Numbers) -> Array:
    """Visible over dark width at κ_f = 1; 0 with a producer, whose limits need no second look."""
    if rows.producer is not None:
        return jnp.zeros_like(rows.m_v)
    return visible_of_rows(kind, rows)


def _limits_at(question, rows: Numbers, wide: Numbers, kappa: Array, visible: Array):
    """(columns, κ_f at the limit) with templates at couplings κ_f."""
    how = question.how
    counts = _double(counts_of_rows(how, question.searches, rows))
    events = signal_events(counts)
    asked = (question.joint, how.chosen, question.data, counts, question.cl)
    strengths: Columns = {}
    if how.method == "chi2":
        found = likelihood_limits(*asked)
        code = found.status
    else:
        found = asymptotic_limits(*asked, "qtilde", how.cls)
        strengths |= zip(BANDS, found.expected.T, strict=True)
        code = found.expected_status[:, BANDS.index("expected")] if how.median else found.status
    strengths["value"] = strengths["expected"] if how.median else found.limit
    strengths["best_fit"] = found.best_fit
    kappas = {name: _kappa_at(x, kappa, visible, rows) for name, x in strengths.items()}
    ratio = wide.m_v / wide.m_chi
    columns = {
        name: coupling_from(how.quantity, x, ratio, wide.alpha_d) for name, x in kappas.items()
    }
    columns["q0"] = found.q0
    status = jnp.where(events > 0.0, code, PointStatus.NO_EVENTS)
    beyond = (status == LimitStatus.FOUND) & (kappas["value"] / E_CHARGE > LARGEST_EPS)
    status = jnp.where(beyond, PointStatus.BEYOND, status)
    return _finished(columns, status), kappas["value"]


def _kappa_at(strength: Array, first: Array, visible: Array, rows: Numbers) -> Array:
    """κ_f of strengths whose templates were made at `first`; 0 stays 0, inf stays inf."""
    known = jnp.isfinite(strength) & (strength > 0.0)
    safe = jnp.where(known, strength, 1.0)
    square = ratio_of_strength(safe, first * first * visible) if rows.producer is None else safe
    return jnp.where(known, first * jnp.sqrt(square), jnp.maximum(strength, 0.0))


def _finished(columns: Columns, status: Array) -> Columns:
    """Values where there are any, and statuses of those that are not finite."""
    none = (status == PointStatus.UNREACHED) | (status == PointStatus.NO_EVENTS)
    value = columns["value"]
    broken = ~none & ~jnp.isfinite(value)
    status = jnp.where(broken, PointStatus.FIT_FAILED, status).astype(int)
    none = none | (status == PointStatus.FIT_FAILED)
    made = {name: jnp.where(jnp.isfinite(x), x, jnp.nan) for name, x in columns.items()}
    return made | {"value": jnp.where(none, jnp.nan, value), "status": status}
