"""The signal of an analysis: binned counts of one model family at a reference coupling.

At fixed masses the counts scale as ε⁴α_D, that is as Y² at fixed α_D and mass ratio, so one
template per mass serves every coupling.
"""

from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.analyses.datasets import Dataset
from dmjax.batches import in_blocks
from dmjax.constants import M_CAPTURE_MAX
from dmjax.conventions import CHANNELS, Conventions, check_channels
from dmjax.errors import unknown_name
from dmjax.experiments import Experiment
from dmjax.models import SPINS, eps_from_y, mediator
from dmjax.models.vector import check_dark_sector
from dmjax.prediction.recoils import expected_counts
from dmjax.response import RecoilGrid, accepted_recoils

Scalar = Float[Array, ""]
Y_REF = 1e-10
"""Y at which every template is computed; N_χ(Y) = (Y/Y_REF)² template."""


class Signal(eqx.Module):
    """Dark photons with m_V/m_χ and α_D fixed, in the bins of a data set.

    Attributes:
        experiment, recoils, time_edges: detector, energy bins, time bins.
        alpha_d, mass_ratio: α_D and m_V/m_χ.
        dm, conventions, channels: spin, profile, production channels.
    """

    experiment: Experiment
    recoils: RecoilGrid
    time_edges: Float[Array, " times_plus_1"]
    alpha_d: Scalar
    mass_ratio: Scalar
    dm: str = eqx.field(static=True)
    conventions: Conventions = eqx.field(static=True)
    channels: tuple[str, ...] = eqx.field(static=True)


def signal(
    data: Dataset,
    *,
    dm: str = "dirac",
    alpha_d: float = 0.5,
    mass_ratio: float = 3.0,
    channels: tuple[str, ...] = CHANNELS,
) -> Signal:
    """The dark-photon signal in the bins of a data set, in the data set's conventions."""
    check_channels(channels)
    if dm not in SPINS:
        raise unknown_name("dark-matter spin", dm, SPINS)
    check_dark_sector(mass_ratio, alpha_d)
    return Signal(
        experiment=data.experiment,
        recoils=accepted_recoils(data.experiment.response, data.pe_edges),
        time_edges=jnp.asarray(data.time_edges),
        alpha_d=jnp.asarray(alpha_d, float),
        mass_ratio=jnp.asarray(mass_ratio, float),
        dm=dm,
        conventions=data.conventions,
        channels=channels,
    )


def signal_template(model: Signal, m_v: Scalar) -> Float[Array, " bins"]:
    """Expected events per bin at Y = Y_REF for one mass [MeV], energy-major, flattened."""
    eps = eps_from_y(Y_REF, model.alpha_d, model.mass_ratio).astype(m_v.dtype)
    point = mediator(
        "dark-photon",
        m_v,
        m_v / model.mass_ratio.astype(m_v.dtype),
        eps=eps,
        alpha_d=model.alpha_d.astype(m_v.dtype),
        dm=model.dm,
    )
    counts = expected_counts(
        model.experiment, point, model.recoils, model.time_edges, model.conventions, model.channels
    )
    return counts.sum(0).ravel()


@eqx.filter_jit
def _template_block(model: Signal, m_v: Float[Array, " masses"]) -> Float[Array, "masses bins"]:
    return jax.vmap(signal_template, in_axes=(None, 0))(model, m_v)


def template_table(model: Signal, m_v: np.ndarray, batch_size: int = 64) -> np.ndarray:
    """Templates of many masses, (masses, bins), in blocks of one compiled shape.

    Memory is bounded by `batch_size`; blocks are padded, so that no number of masses recompiles.
    """
    masses = np.asarray(m_v, float)
    return np.asarray(in_blocks(partial(_template_block, model), masses, batch_size))


class TemplateTable(NamedTuple):
    """Templates on a fine mass grid, for samplers that need thousands of single masses.

    Attributes:
        log_m_v: increasing nodes, ln MeV.
        values: counts at Y_REF, (nodes, bins): an array, or a tree of them.
    """

    log_m_v: Float[Array, " nodes"]
    values: Any


def mass_nodes(m_min: float, m_max: float, nodes: int) -> np.ndarray:
    """Equal steps in ln m_V [ln MeV], with a double node where π⁻ capture closes with a step."""
    log_m_v = np.linspace(np.log(m_min), np.log(m_max), nodes)
    step = np.log(M_CAPTURE_MAX) + np.array([-1e-9, 1e-9])
    return np.union1d(log_m_v, step[(step > log_m_v[0]) & (step < log_m_v[-1])])


def interpolation_table(
    model: Signal, m_min: float, m_max: float, nodes: int = 1000
) -> TemplateTable:
    """Templates at `mass_nodes`.

    Linear interpolation with step h is off by (h²/8) d²T/d(ln m)², 1e−4 for 1000 nodes.
    """
    log_m_v = mass_nodes(m_min, m_max, nodes)
    values = template_table(model, np.exp(log_m_v))
    return TemplateTable(jnp.asarray(log_m_v), jnp.asarray(values))


def template_at(table: TemplateTable, m_v: Scalar) -> Any:
    """Events per bin at Y_REF, linear in ln m_V between the nodes, constant beyond the ends."""
    log_m_v = jnp.log(m_v)
    last = table.log_m_v.shape[0] - 2
    i = jnp.clip(jnp.searchsorted(table.log_m_v, log_m_v) - 1, 0, last)
    low, high = table.log_m_v[i], table.log_m_v[i + 1]
    share = jnp.clip((log_m_v - low) / (high - low), 0.0, 1.0)
    return jax.tree.map(lambda rows: rows[i] + share * (rows[i + 1] - rows[i]), table.values)
