"""COHERENT CsI 2017 with non-standard neutrino interactions, and its bins inside the cuts."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.analyses.csi2017 import NAME
from dmjax.analyses.datasets import Dataset, load_dataset, window_edges
from dmjax.errors import InputError, unknown_name
from dmjax.likelihood.count_model import CountModel, remade
from dmjax.likelihood.effects import AbstractOffset, Component, Scale
from dmjax.likelihood.parameters import Parameter
from dmjax.prediction.neutrinos import neutrino_spectra
from dmjax.programs import kept
from dmjax.response import accepted_recoils
from dmjax.scattering.nsi import nsi

Scalar = Float[Array, ""]
Bins = Float[Array, " bins"]

QUARKS = {"u": ("u",), "d": ("d",), "u=d": ("u", "d")}
"""Named choice → the quarks that carry the one coupling ε_αα of a flavour."""

FLAVOURS = {"eps_ee": "ee", "eps_mumu": "mumu"}
"""Parameter → flavour pair; stopped pions make no ν_τ."""

EPS_RANGE = (-1.0, 1.0)
"""Range of every ε: for u quarks from −10 to 10 times the change that cancels the weak charge."""

REGIONS = ("cuts", "no-cuts", "outside")
"""Bins of the data set: in the cuts (16 ≤ PE < 30, t < 1.5 µs), all, and all but the cuts."""


class Quadratic(AbstractOffset):
    """offset = value × linear + value² × quadratic: what a coupling adds to |SM + NSI|²."""

    parameter: str = eqx.field(static=True)
    linear: Bins
    quadratic: Bins

    def offset(self, value: Scalar, nominal: Bins) -> Bins:
        """The interference and the square."""
        dtype = nominal.dtype
        return value * (self.linear.astype(dtype) + value * self.quadratic.astype(dtype))


class Parabola(NamedTuple):
    """Events per bin as a + bε + cε².

    Attributes:
        at_zero, linear, quadratic: (energy, time).
    """

    at_zero: Float[Array, "energy time"]
    linear: Float[Array, "energy time"]
    quadratic: Float[Array, "energy time"]


@kept
def _spectra(data: Dataset, edges: tuple, pair: str, quarks: tuple[str, ...], eps: Scalar):
    recoils = accepted_recoils(data.experiment.response, np.array(edges))
    interaction = nsi({pair: {quark: eps for quark in quarks}})
    model = data.conventions, data.radius_fm, interaction
    spectra = neutrino_spectra(data.experiment, recoils, *model)
    return spectra["prompt"], spectra["delayed"]


def nsi_parabolas(data: Dataset, pair: str, quarks: str = "u") -> tuple[Parabola, Parabola]:
    """Prompt and delayed events of a data set against one flavour-diagonal coupling.

    The weak charge is linear in ε, so three couplings give the counts at all. Times do not change.

    Args:
        data: in any window.
        pair: "ee" (ν_e, delayed only) or "mumu" (ν_µ prompt, ν̄_µ delayed).
        quarks: a key of `QUARKS`.

    >>> prompt, delayed = nsi_parabolas(load_dataset("csi2017", "cuts"), "ee")
    >>> float(abs(prompt.quadratic).max()), bool(delayed.quadratic.min() > 0)
    (0.0, True)
    """
    if quarks not in QUARKS:
        raise unknown_name("choice of quarks", quarks, QUARKS)
    edges = tuple(data.pe_edges.tolist())
    plain = data._replace(name="", window="", pe_edges=None, time_edges=None)
    zero, up, down = (
        _spectra(plain, edges, pair, QUARKS[quarks], jnp.asarray(eps, float))
        for eps in (0.0, 1.0, -1.0)
    )
    found = []
    for i, counts in enumerate((data.prompt, data.delayed)):
        seen = zero[i] > 0
        safe = jnp.where(seen, zero[i], 1.0)
        linear = jnp.where(seen, 0.5 * (up[i] - down[i]) / safe, 0.0)
        quadratic = jnp.where(seen, (0.5 * (up[i] + down[i]) - zero[i]) / safe, 0.0)
        found.append(Parabola(counts, counts * linear[:, None], counts * quadratic[:, None]))
    return found[0], found[1]


def csi2017_nsi(
    region: str = "no-cuts",
    quarks: str = "u",
    *,
    off_term: str = "integral",
    eps_range: tuple[float, float] = EPS_RANGE,
    data: Dataset | None = None,
) -> CountModel:
    """The CsI 2017 analysis with ε_ee and ε_µµ: s = (1 + α) N_ν(ε_ee, ε_µµ) + N_BRN.

    Args:
        region: one of `REGIONS`.
        quarks: a key of `QUARKS`.
        off_term: see `csi2017`.
        eps_range: of both couplings.
        data: loaded without cuts, in place of the default profile.

    Returns:
        `CountModel` with the free parameters "eps_ee" and "eps_mumu" beside "csi_signal".

    >>> [p.name for p in csi2017_nsi("cuts").parameters]
    ['csi_signal', 'eps_ee', 'eps_mumu']
    """
    chosen = load_dataset(NAME, "no-cuts") if data is None else data
    alpha = Parameter("csi_signal", 0.0, chosen.sigma_alpha, lower=-1.0)
    scale = Scale(alpha.name, 1.0, 1.0)
    parabolas = {name: nsi_parabolas(chosen, pair, quarks) for name, pair in FLAVOURS.items()}
    components = [Component("brn", jnp.ravel(chosen.neutrons))]
    for i, name in enumerate(("prompt", "delayed")):
        effects = [
            Quadratic(eps, found[i].linear.ravel(), found[i].quadratic.ravel())
            for eps, found in parabolas.items()
        ]
        nominal = (chosen.prompt, chosen.delayed)[i].ravel()
        components.append(Component(name, nominal, (*effects, scale)))
    couplings = [Parameter(eps, 0.0, lower=eps_range[0], upper=eps_range[1]) for eps in FLAVOURS]
    model = CountModel(
        NAME,
        components,
        [alpha, *couplings],
        on=chosen.on,
        off=chosen.off,
        off_term=off_term,
        axes=[("pe", chosen.pe_edges), ("time_us", chosen.time_edges)],
    )
    return in_region(model, region)


def region_mask(region: str) -> np.ndarray:
    """Which bins of the data set without cuts a region holds, flattened."""
    if region not in REGIONS:
        raise unknown_name("region", region, REGIONS)
    whole, cut = (window_edges(NAME, window) for window in ("no-cuts", "cuts"))
    held = [
        (edges[:-1] >= ends[0]) & (edges[1:] <= ends[-1])
        for edges, ends in zip(whole, cut, strict=True)
    ]
    inside = np.logical_and.outer(*held).ravel()
    return {"cuts": inside, "outside": ~inside, "no-cuts": np.ones_like(inside)}[region]


def in_region(model: CountModel, region: str) -> CountModel:
    """An analysis of the data set without cuts, in the bins of one region."""
    return model if region == "no-cuts" else select_bins(model, region_mask(region), region)


def renamed(model: CountModel, names: Mapping[str, str]) -> CountModel:
    """A model whose parameters of some names have others, so that a joint model keeps them apart.

    Args:
        model: any.
        names: old → new; other parameters keep theirs.

    >>> [p.name for p in renamed(csi2017_nsi("cuts"), {"eps_ee": "first"}).parameters]
    ['csi_signal', 'first', 'eps_mumu']
    """

    def new(thing, key: str):
        return replace(thing, **{key: names.get(getattr(thing, key), getattr(thing, key))})

    return remade(
        model,
        name=" ".join([model.name, *names.values()]),
        components=[
            Component(c.name, c.nominal, tuple(new(effect, "parameter") for effect in c.effects))
            for c in model.components
        ],
        parameters=[new(parameter, "name") for parameter in model.parameters],
    )


def select_bins(model: CountModel, keep: np.ndarray, label: str) -> CountModel:
    """A model in some of its bins, which become one flat list.

    Args:
        model: any.
        keep: True for the bins to keep, (bins,), at least one.
        label: added to the model's name.
    """
    if keep.shape != model.observed.on.shape or not keep.any():
        raise InputError(f"{model.name}: the selection needs one flag per bin and at least one bin")
    rows = np.flatnonzero(keep)

    def kept(leaf):
        return leaf[rows] if eqx.is_array(leaf) and leaf.shape == keep.shape else leaf

    components, observed = jax.tree.map(kept, (model.components, model.observed))
    changes = observed._asdict() | {"components": components, "axes": ()}
    return remade(model, name=f"{model.name} {label}", **changes)
