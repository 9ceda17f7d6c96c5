"""What a fit did with its parameters: pulls, impacts on one of them, correlations."""

from typing import TYPE_CHECKING, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax._version import __version__
from dmjax.errors import InputError
from dmjax.fits.fit import Fit, best_fit, fit
from dmjax.fits.goodness import GoodnessOfFit, goodness_of_fit, profiled
from dmjax.fits.minimise import STATUS_TEXT
from dmjax.likelihood.joint import Data, JointModel, Values, observed_data
from dmjax.likelihood.parameters import index_of
from dmjax.programs import kept
from dmjax.store.fields import column, number
from dmjax.store.result import AbstractResult, container

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Matrix = Float[Array, "parameters parameters"]


class Pulls(NamedTuple):
    """Constrained parameters after the fit, in units of their constraint.

    Attributes:
        names: of the constrained parameters.
        pulls: (best fit − centre)/σ.
        errors: post-fit error/σ; 0 where held at the end of the range.
    """

    names: tuple[str, ...]
    pulls: np.ndarray
    errors: np.ndarray

    def misfit(self) -> str | None:
        """What does not fit together, or None."""
        return _unequal(self.names, self.pulls, self.errors)


class Impacts(NamedTuple):
    """Shift of one parameter when another moves by its post-fit error and the rest is refitted.

    Attributes:
        poi: the parameter that is watched.
        value, error: its best fit.
        names: of the others, largest impact first.
        down, up: shift for −1σ and +1σ.
        status: of the two refits, in words: the worse one.
    """

    poi: str
    value: float
    error: float
    names: tuple[str, ...]
    down: np.ndarray
    up: np.ndarray
    status: tuple[str, ...]

    def misfit(self) -> str | None:
        """What does not fit together, or None."""
        return _unequal(self.names, self.down, self.up, self.status)


class Correlations(NamedTuple):
    """Post-fit correlation matrix.

    Attributes:
        names: of the parameters.
        matrix: from the inverse Hessian; 0 beside the diagonal of a parameter that is held at the
            end of its range or that the data do not determine.
    """

    names: tuple[str, ...]
    matrix: np.ndarray

    def misfit(self) -> str | None:
        """What does not fit together, or None."""
        square = self.matrix.shape == (len(self.names), len(self.names))
        return None if square else "the matrix has not one row and column for each name"


def _unequal(names: tuple[str, ...], *columns) -> str | None:
    """One entry for each of different names."""
    if len(set(names)) != len(names):
        return "a name is given twice"
    if any(np.shape(column) != (len(names),) for column in columns):
        return "not one entry for each name"
    return None


@container
class DiagnosisResult(AbstractResult):
    """All of it for one fit.

    Attributes:
        datasets: names.
        status: of the fit.
        two_nll: −2 ln L of the best fit.
        goodness, pulls, correlations: see there.
        impacts: on the parameter of interest; None where there is no other parameter.
        signal, conventions: of the model; None without a signal.
        configuration: settings of the verb, where it was one.
        version: of the package.
    """

    kind: ClassVar[str] = "diagnosis"
    table: ClassVar[str] = "pulls"

    datasets: list[str]
    status: str
    two_nll: float = number("1")
    goodness: GoodnessOfFit
    pulls: Pulls
    correlations: Correlations
    impacts: Impacts | None
    signal: dict | None = None
    conventions: dict | None = None
    configuration: dict = column(default_factory=dict)
    version: str = __version__

    def plot(self) -> "Figure":
        """Impacts and pulls; of one parameter its pull alone."""
        from dmjax.plots.diagnosis import plot_pulls, plot_tornado

        return plot_pulls(self) if self.impacts is None else plot_tornado(self)


def pulls(joint: JointModel, best: Fit, data: Data | None = None) -> Pulls:
    """Pulls of the constrained parameters.

    Args:
        joint: the model.
        best: its best fit.
        data: that was fitted; None: observed. Pulls are from its auxiliary measurements.
    """
    centres = joint.parameters.centres if data is None else data.centres
    sigmas = np.asarray(joint.parameters.sigmas)
    known = np.isfinite(sigmas)
    shift = np.asarray(best.values - centres)[known]
    return Pulls(
        names=tuple(np.array(joint.parameters.names)[known].tolist()),
        pulls=shift / sigmas[known],
        errors=np.asarray(best.errors)[known] / sigmas[known],
    )


def correlations(joint: JointModel, best: Fit) -> Correlations:
    """Correlation matrix of the best fit."""
    matrix = np.asarray(best.covariance)
    variance = np.diagonal(matrix)
    good = np.isfinite(variance) & (variance > 0)
    scale = np.where(good, 1.0 / np.sqrt(np.where(good, variance, 1.0)), 0.0)
    inside = np.where(good[:, None] & good[None, :], matrix, 0.0)
    found = np.clip(inside * np.outer(scale, scale), -1.0, 1.0)
    np.fill_diagonal(found, 1.0)
    return Correlations(joint.parameters.names, found)


def _step(joint: JointModel, best: Fit) -> Values:
    """Post-fit errors; where the fit gives none, the width of the constraint, or 0."""
    usable = (best.errors > 0) & jnp.isfinite(best.errors)
    sigmas = joint.parameters.sigmas
    return jnp.where(usable, best.errors, jnp.where(jnp.isfinite(sigmas), sigmas, 0.0))


@kept
def _shifted_fits(joint: JointModel, data: Data, best: Fit, moved, sides):
    """Refits with one parameter each held beside its best fit, inside its range."""
    limits, step = joint.parameters, _step(joint, best)

    def one(index, side):
        start = best.values.at[index].add(side * step[index])
        fixed = jnp.zeros(start.shape, bool).at[index].set(True)
        return fit(joint, data, jnp.clip(start, limits.lower, limits.upper), fixed)

    found = jax.vmap(one)(moved, sides)
    return found.values, found.status


def impacts(joint: JointModel, best: Fit, poi: str, data: Data | None = None) -> Impacts:
    """Impact of every other parameter on `poi`.

    A parameter that the fit holds at the end of its range moves by the width of its constraint;
    none moves out of its range.

    Args:
        joint: the model.
        best: its best fit.
        poi: the parameter of interest.
        data: that was fitted; None: observed.

    Returns:
        `Impacts`, sorted by the larger of the two shifts.
    """
    names = joint.parameters.names
    watched = index_of(names, poi)
    others = np.array([i for i in range(len(names)) if i != watched])
    if others.size == 0:
        raise InputError(f"'{poi}' is the only parameter: nothing has an impact on it")
    data = observed_data(joint) if data is None else data
    moved = jnp.asarray(np.tile(others, 2))
    sides = jnp.asarray(np.repeat([-1.0, 1.0], others.size))
    values, status = _shifted_fits(joint, data, best, moved, sides)
    down, up = np.asarray(values[:, watched] - best.values[watched]).reshape(2, -1)
    worst = np.asarray(status).reshape(2, -1).max(axis=0)
    order = np.argsort(-np.maximum(np.abs(down), np.abs(up)), kind="stable")
    return Impacts(
        poi=poi,
        value=float(best.values[watched]),
        error=float(best.errors[watched]),
        names=tuple(names[others[i]] for i in order),
        down=down[order],
        up=up[order],
        status=tuple(STATUS_TEXT[worst[i]] for i in order),
    )


def parameter_of_interest(joint: JointModel, poi: str | None = None) -> str:
    """The parameter asked for, else "signal", else the first free one, else the first."""
    names = joint.parameters.names
    if poi is not None:
        return names[index_of(names, poi)]
    free = np.array(names)[~np.isfinite(np.asarray(joint.parameters.sigmas))].tolist()
    return "signal" if "signal" in names else (free or list(names))[0]


def diagnose(
    joint: JointModel,
    poi: str | None = None,
    toys: int = 0,
    seed: int = 0,
    batch_size: int = 100,
) -> DiagnosisResult:
    """Goodness of fit, pulls, correlations and impacts of the fit to the observed counts.

    Args:
        joint: the model; off measurements are taken with off_term "profile".
        poi: parameter of interest; None: "signal", else the first free one.
        toys, seed, batch_size: for the goodness of fit.

    Returns:
        `DiagnosisResult`.

    >>> from dmjax.likelihood.count_model import CountModel
    >>> from dmjax.likelihood.parameters import Parameter
    >>> from dmjax.likelihood.effects import Component, Scale
    >>> part = Component("all", [1.0], (Scale("n"), Scale("eff", 1.0, 0.1)))
    >>> known = [Parameter("n", 9.0, lower=0.0), Parameter("eff", 0.0, 1.0)]
    >>> found = diagnose(JointModel(CountModel("bin", [part], known, on=[100])))
    >>> found.impacts.names, found.impacts.up.round(2).tolist()  # 100 → 100/1.1
    (('eff',), [-9.09])
    """
    joint = profiled(joint)
    poi = parameter_of_interest(joint, poi)
    best = best_fit(joint)
    alone = len(joint.parameters.names) == 1
    return DiagnosisResult(
        datasets=[model.name for model in joint.models],
        status=STATUS_TEXT[int(best.status)],
        two_nll=float(best.two_nll),
        goodness=goodness_of_fit(joint, best, toys, seed, batch_size),
        pulls=pulls(joint, best),
        correlations=correlations(joint, best),
        impacts=None if alone else impacts(joint, best, poi),
    )
