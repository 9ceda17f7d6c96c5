"""Dark matter with free mass and coupling in a joint model, in place of one fixed mass."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.bayes.nested import Hypothesis
from dmjax.bayes.priors import Prior, parameter_priors, prior_set
from dmjax.errors import InputError
from dmjax.fits.fit import Fit, fit
from dmjax.likelihood.joint import (
    Data,
    JointModel,
    counts_log_likelihood,
    joint_expected,
    observed_data,
)
from dmjax.likelihood.parameters import Parameter, index_of, merge
from dmjax.likelihood.signals import SIGNAL, with_signal
from dmjax.prediction.tables import (
    SignalTable,
    counts_at,
    coupling_at,
    coupling_name,
    strength_at,
)
from dmjax.programs import kept


class MassFit(NamedTuple):
    """Best fit of a dark-matter signal over masses.

    Attributes:
        m_v, coupling: where −2 ln L is smallest [MeV, in the quantity of the signal].
        two_nll: there.
        values: of the other parameters, by name.
        converged: whether every mass converged.
    """

    m_v: float
    coupling: float
    two_nll: float
    values: dict[str, float]
    converged: bool


def joint_hypothesis(name: str, joint: JointModel) -> Hypothesis:
    """A joint model with its constraints as priors.

    Args:
        name: a label.
        joint: the model.
    """
    priors = parameter_priors([p for model in joint.models for p in model.parameters])
    return Hypothesis(
        name,
        prior_set(priors),
        jax.tree_util.Partial(_log_likelihood, joint, observed_data(joint)),
        jax.tree_util.Partial(joint_expected, joint),
    )


def _log_likelihood(joint: JointModel, data: Data, values: Array) -> Float[Array, ""]:
    """The constraints of the parameters are the priors'."""
    return counts_log_likelihood(joint, values, data)


def holders(joint: JointModel) -> tuple[int, ...]:
    """Positions of the models that have a signal, in the order of a table's searches."""
    return tuple(
        i for i, m in enumerate(joint.models) if SIGNAL in [part.name for part in m.components]
    )


def check_table(joint: JointModel, table: SignalTable, mass: Prior | None = None) -> None:
    """Raise InputError unless the table is of the searches with a signal, over the prior's masses.

    Args:
        joint: the model.
        table: its signal.
        mass: prior of "m_v", or None.
    """
    searches = [joint.models[i] for i in holders(joint)]
    if not searches or len(searches) != len(table.counts):
        raise InputError(
            f"a table of {len(table.counts)} searches for {len(searches)} analyses with a signal"
        )
    for model, counts in zip(searches, table.counts, strict=True):
        size = counts.nominal.shape[1]
        if size != model.observed.on.size:
            raise InputError(
                f"{model.name}: the table has {size} bins, not {model.observed.on.size}"
            )
    if mass is not None:
        low, high = np.log(mass.lower), np.log(mass.upper)
        if low < table.log_m_v[0] - 1e-9 or high > table.log_m_v[-1] + 1e-9:
            raise InputError("the prior of m_v leaves the masses of the templates")


def at_mass(joint: JointModel, table: SignalTable, m_v: Float[Array, ""]) -> JointModel:
    """The joint model with the signal of one mass [MeV]."""
    models = list(joint.models)
    for i, counts in zip(holders(joint), counts_at(table, m_v), strict=True):
        models[i] = with_signal(models[i], counts)
    return eqx.tree_at(lambda j: j.models, joint, tuple(models))


def _at_point(joint: JointModel, table: SignalTable, values: Array):
    """The joint model at a mass, and its parameters: (m_V, coupling, rest) → (rest, strength)."""
    at = index_of(joint.parameters.names, SIGNAL)
    strength = strength_at(table, values[0], values[1])[None]
    full = jnp.concatenate([values[2 : 2 + at], strength, values[2 + at :]])
    return at_mass(joint, table, values[0]), full


def _dark_log_likelihood(joint: JointModel, data: Data, table: SignalTable, values: Array):
    model, full = _at_point(joint, table, values)
    return counts_log_likelihood(model, full, data)


def _dark_expected(joint: JointModel, table: SignalTable, values: Array):
    return joint_expected(*_at_point(joint, table, values))


def dark_hypothesis(
    joint: JointModel,
    table: SignalTable,
    priors: tuple[Prior, Prior],
    data: Data | None = None,
    name: str = "dark matter",
) -> Hypothesis:
    """Dark matter of any mass and coupling: parameters "m_v", the coupling and the nuisances.

    Args:
        joint: with a component and a free parameter "signal"; nothing integrated.
        table: the signal in its searches, over at least the prior's masses.
        priors: of "m_v" and of the coupling (`coupling_name`), e.g. from `dark_priors`.
        data: None: observed.
        name: a label.

    Raises:
        InputError: a table of other searches or masses, or a prior of another coupling.
    """
    check_table(joint, table, priors[0])
    if (wanted := coupling_name(table)) != priors[1].name:
        raise InputError(f"the signal's coupling is '{wanted}', the prior is of '{priors[1].name}'")
    chosen = observed_data(joint) if data is None else data
    return Hypothesis(
        name,
        prior_set((*priors, *parameter_priors(nuisances(joint)))),
        jax.tree_util.Partial(_dark_log_likelihood, joint, chosen, table),
        jax.tree_util.Partial(_dark_expected, joint, table),
    )


def nuisances(joint: JointModel) -> tuple[Parameter, ...]:
    """Every parameter but the strength of the signal, in order."""
    every = merge(*(model.parameters for model in joint.models))
    return tuple(p for p in every if p.name != SIGNAL)


@kept
def _fit_masses(
    joint: JointModel, data: Data, table: SignalTable, tops, m_v: Float[Array, " masses"]
) -> Fit:
    def one(mass, top):
        return fit(below(at_mass(joint, table, mass), top), data)

    return jax.vmap(one)(m_v, tops)


def below(joint: JointModel, top: Float[Array, ""]) -> JointModel:
    """The joint model with a signal of at most this strength."""
    at = index_of(joint.parameters.names, SIGNAL)
    upper = joint.parameters.upper.at[at].set(top)
    return eqx.tree_at(lambda j: j.parameters.upper, joint, upper)


def best_mass(
    joint: JointModel,
    table: SignalTable,
    m_v: np.ndarray,
    largest: float,
    data: Data | None = None,
) -> MassFit:
    """Best fit over a list of masses [MeV], the coupling and the nuisances free at each.

    Args:
        joint, table, data: as in `dark_hypothesis`.
        m_v: masses.
        largest: coupling allowed: where channels close, any number of events is reached by some.
    """
    check_table(joint, table)
    chosen = observed_data(joint) if data is None else data
    masses = jnp.asarray(m_v)
    tops = top_strengths(table, masses, largest)
    found = _fit_masses(joint, chosen, table, tops, masses)
    best = int(np.argmin(np.asarray(found.two_nll)))
    values = dict(zip(joint.parameters.names, np.asarray(found.values[best]).tolist(), strict=True))
    strength = values.pop(SIGNAL)
    at = coupling_at(table, masses[best], jnp.asarray(strength)) if strength > 0 else 0.0
    return MassFit(
        m_v=float(m_v[best]),
        coupling=float(at),
        two_nll=float(found.two_nll[best]),
        values=values,
        converged=bool(np.all(np.asarray(found.status) == 0)),
    )


def top_strengths(table: SignalTable, m_v: Float[Array, " masses"], largest: float):
    """Strength of the largest coupling at each mass, (masses,)."""
    return jax.vmap(lambda m: strength_at(table, m, jnp.asarray(largest)))(m_v)
