"""Dark matter with free mass and coupling in a joint model, in place of one fixed mass."""

from collections.abc import Mapping
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.analyses.signal import Y_REF, TemplateTable, template_at
from dmjax.bayes.nested import Hypothesis
from dmjax.bayes.priors import Y_RANGE, Prior, parameter_priors, prior_set
from dmjax.errors import InputError
from dmjax.fits.fit import Fit, fit
from dmjax.likelihood.count_model import log_counts
from dmjax.likelihood.joint import Data, JointModel, joint_expected, observed_data
from dmjax.likelihood.parameters import index_of, named
from dmjax.likelihood.signals import SIGNAL, as_signal, with_signal

Tables = tuple[TemplateTable | None, ...]


class MassFit(NamedTuple):
    """Best fit of a dark-matter signal over masses.

    Attributes:
        m_v, y: where −2 ln L is smallest [MeV, 1].
        two_nll: there.
        values: of the other parameters, by name.
        converged: whether every mass converged.
    """

    m_v: float
    y: float
    two_nll: float
    values: dict[str, float]
    converged: bool


def counts_log_likelihood(joint: JointModel, data: Data, values: Array) -> Float[Array, ""]:
    """ln of the probability of all counts, without constraints: those are the priors'."""
    by_name = named(joint.parameters, values)
    total = jnp.zeros((), values.dtype)
    for model, counts in zip(joint.models, data.counts, strict=True):
        total = total + log_counts(model, by_name, counts)
    return total


def joint_hypothesis(
    name: str,
    joint: JointModel,
    given: Mapping[str, Prior] | None = None,
    data: Data | None = None,
) -> Hypothesis:
    """A joint model with its constraints as priors.

    Args:
        name: a label.
        joint: the model.
        given: name → prior of its free parameters; see `parameter_priors`.
        data: None: observed.
    """
    chosen = observed_data(joint) if data is None else data
    priors = parameter_priors([p for model in joint.models for p in model.parameters], given)
    return Hypothesis(
        name,
        prior_set(priors),
        jax.tree_util.Partial(counts_log_likelihood, joint, chosen),
        jax.tree_util.Partial(joint_expected, joint),
    )


def _tables(joint: JointModel, tables: Mapping[str, TemplateTable]) -> Tables:
    known = {model.name: model for model in joint.models}
    for name, table in tables.items():
        if name not in known:
            raise InputError(f"a table for '{name}', which is not in {', '.join(known)}")
        bins = known[name].observed.on.size
        size = as_signal(table.values).nominal.shape[1]
        if size != bins:
            raise InputError(f"{name}: the table has {size} bins, not {bins}")
    searches = [m.name for m in joint.models if SIGNAL in [c.name for c in m.components]]
    if set(searches) != set(tables) or not tables:
        raise InputError(
            f"a table is needed for each analysis with a signal: {', '.join(searches)}"
        )
    return tuple(tables.get(model.name) for model in joint.models)


def at_mass(joint: JointModel, tables: Tables, m_v: Float[Array, ""]) -> JointModel:
    """The joint model with the signal of one mass [MeV]."""
    pairs = zip(joint.models, tables, strict=True)
    models = tuple(
        model if table is None else with_signal(model, as_signal(template_at(table, m_v)))
        for model, table in pairs
    )
    return eqx.tree_at(lambda j: j.models, joint, models)


def _at_point(joint: JointModel, tables: Tables, values: Array):
    """The joint model at a mass, and its parameters: (m_V, Y, rest) to (rest, strength)."""
    at = index_of(joint.parameters.names, SIGNAL)
    strength = (values[1:2] / Y_REF) ** 2
    full = jnp.concatenate([values[2 : 2 + at], strength, values[2 + at :]])
    return at_mass(joint, tables, values[0]), full


def _dark_log_likelihood(joint: JointModel, data: Data, tables: Tables, values: Array):
    model, full = _at_point(joint, tables, values)
    return counts_log_likelihood(model, data, full)


def _dark_expected(joint: JointModel, tables: Tables, values: Array):
    return joint_expected(*_at_point(joint, tables, values))


def dark_hypothesis(
    joint: JointModel,
    tables: Mapping[str, TemplateTable],
    priors: tuple[Prior, Prior],
    data: Data | None = None,
    name: str = "dark matter",
) -> Hypothesis:
    """Dark matter of any mass and coupling: parameters "m_v", "y" and the nuisances.

    Args:
        joint: with a component and a free parameter "signal" of strength (Y/Y_REF)².
        tables: analysis → its templates against the mass, over at least the prior's range.
        priors: of "m_v" and "y", e.g. from `dark_priors`.
        data: None: observed.
        name: a label.
    """
    matched = _tables(joint, tables)
    low, high = np.log(priors[0].lower), np.log(priors[0].upper)
    for table in tables.values():
        if low < table.log_m_v[0] - 1e-9 or high > table.log_m_v[-1] + 1e-9:
            raise InputError("the prior of m_v leaves the masses of the templates")
    chosen = observed_data(joint) if data is None else data
    merged = {p.name: p for model in joint.models for p in model.parameters}
    rest = parameter_priors([p for n, p in merged.items() if n != SIGNAL])
    return Hypothesis(
        name,
        prior_set((*priors, *rest)),
        jax.tree_util.Partial(_dark_log_likelihood, joint, chosen, matched),
        jax.tree_util.Partial(_dark_expected, joint, matched),
    )


@eqx.filter_jit
def _fit_masses(joint: JointModel, data: Data, tables: Tables, m_v: Float[Array, " masses"]) -> Fit:
    return jax.vmap(lambda m: fit(at_mass(joint, tables, m), data))(m_v)


def below(joint: JointModel, y_max: float) -> JointModel:
    """The joint model with a signal of at most `y_max`."""
    at = index_of(joint.parameters.names, SIGNAL)
    upper = joint.parameters.upper.at[at].set((y_max / Y_REF) ** 2)
    return eqx.tree_at(lambda j: j.parameters.upper, joint, upper)


def best_mass(
    joint: JointModel,
    tables: Mapping[str, TemplateTable],
    m_v: np.ndarray,
    y_max: float = Y_RANGE[1],
    data: Data | None = None,
) -> MassFit:
    """Best fit over a list of masses [MeV], the coupling and the nuisances free at each.

    Args:
        joint, tables, data: as in `dark_hypothesis`.
        m_v: masses.
        y_max: largest Y allowed: where channels close, any number of events is reached by some Y.
    """
    chosen = observed_data(joint) if data is None else data
    joint = below(joint, y_max)
    found = _fit_masses(joint, chosen, _tables(joint, tables), jnp.asarray(m_v))
    best = int(np.argmin(np.asarray(found.two_nll)))
    values = dict(zip(joint.parameters.names, np.asarray(found.values[best]).tolist(), strict=True))
    return MassFit(
        m_v=float(m_v[best]),
        y=Y_REF * float(np.sqrt(values.pop(SIGNAL))),
        two_nll=float(found.two_nll[best]),
        values=values,
        converged=bool(np.all(np.asarray(found.status) == 0)),
    )
