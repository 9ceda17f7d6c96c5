"""A joint model as plain functions of named parameters, for programs that minimise any −ln L."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from dmjax.likelihood.joint import (
    Data,
    JointModel,
    asimov_data,
    integrated_index,
    log_likelihood,
    observed_data,
)

Scalar = Float[Array, ""]
Params = Mapping[str, ArrayLike]


class Functions(NamedTuple):
    """A likelihood in the form of everwillow and its kin: pure, of dictionaries.

    Attributes:
        nll: (params, data) → −ln L with constraints, a scalar.
        predict: params → data without fluctuations, in the form that `nll` takes.
        params: parameter → where fits start.
        bounds: parameter → (lower, upper), infinite where there is no bound.
        data: what was observed.
    """

    nll: Callable[[Params, Data], Scalar]
    predict: Callable[[Params], Data]
    params: dict[str, Scalar]
    bounds: dict[str, tuple[float, float]]
    data: Data


def functions_of(joint: JointModel) -> Functions:
    """−ln L of a joint model as a function of named parameters and data, with what it takes.

    −ln L = −Σ_bins ln P(n | μ(params)) − Σ ln constraint(params), with all constants.

    Args:
        joint: the model, e.g. of `dmjax.analyses.ccm120.ccm120`; an integrated parameter is none
            of `params`.

    Returns:
        `Functions`; pure, with derivatives; `jit` and `vmap` them as you like. Outside `bounds`
        −ln L has no meaning.

    >>> from dmjax.analyses.ccm120 import ccm120
    >>> made = functions_of(JointModel(ccm120(signal=[1.0])))
    >>> made.bounds["signal"], float(made.params["ccm_signal"])
    ((0.0, inf), 0.0)
    >>> twice = -2.0 * (made.nll(made.params | {"signal": 16.5}, made.data)
    ...     - made.nll(made.params, made.data))
    >>> bool(twice > 0.0)
    True
    """
    parameters = joint.parameters
    skipped = integrated_index(joint)
    at = {name: i for i, name in enumerate(parameters.names) if i != skipped}

    def values_of(params: Params) -> Float[Array, " parameters"]:
        given = jnp.stack([jnp.asarray(params[name], parameters.centres.dtype) for name in at])
        return parameters.centres.at[jnp.asarray(list(at.values()))].set(given)

    return Functions(
        nll=lambda params, data: -log_likelihood(joint, values_of(params), data),
        predict=lambda params: asimov_data(joint, values_of(params)),
        params={name: parameters.centres[i] for name, i in at.items()},
        bounds={n: (float(parameters.lower[i]), float(parameters.upper[i])) for n, i in at.items()},
        data=observed_data(joint),
    )
