"""Small count models for the tests of limits, toys and belts."""

import jax.numpy as jnp
from jaxtyping import ArrayLike

from dmjax.analyses.ingredients import pull, signal_parts
from dmjax.errors import InputError
from dmjax.likelihood.count_model import CountModel, Counts
from dmjax.likelihood.effects import Component, Morph, Scale
from dmjax.likelihood.joint import Data, JointModel
from dmjax.likelihood.parameters import Parameter
from dmjax.likelihood.signals import SignalLike

SIGNAL = (5.0, 10.0, 3.0)
BACKGROUND = (50.0, 60.0, 20.0)
UP, DOWN = (55.0, 58.0, 23.0), (46.0, 63.0, 18.0)
LUMI = 0.1


def shapes(on=BACKGROUND) -> JointModel:
    """Three bins; a 10 % factor on the signal and a shape on the background."""
    return JointModel(
        CountModel(
            "shapes",
            [
                Component("signal", SIGNAL, (Scale("signal"), Scale("lumi"))),
                Component("b", BACKGROUND, (Morph("shape", jnp.array(UP), jnp.array(DOWN)),)),
            ],
            [
                Parameter("signal", 0.0, lower=0.0),
                Parameter("lumi", 1.0, LUMI, lower=0.0),
                Parameter("shape", 0.0, 1.0, -9.0, 9.0),
            ],
            on=on,
        )
    )


def on_off(on, off, off_term: str = "profile") -> JointModel:
    """A signal over backgrounds measured with the beam off."""
    size = len(on)
    return JointModel(
        CountModel(
            "on-off",
            [Component("signal", [1.0 + i for i in range(size)], (Scale("signal"), Scale("lumi")))],
            [Parameter("signal", 0.0, lower=0.0), Parameter("lumi", 1.0, LUMI, lower=0.0)],
            on=on,
            off=off,
            off_term=off_term,
        )
    )


def known(background: float, on: float, lower: float = 0.0) -> JointModel:
    """One bin over a known background; the signal may be negative where `lower` is."""
    more = Morph("signal", jnp.array([background + 1.0]))
    return JointModel(
        CountModel(
            "known",
            [Component("all", [background], (more,))],
            [Parameter("signal", 0.0, lower=lower)],
            on=[on],
            expected_data=True,
        )
    )


def data_of(joint: JointModel, on, off=None) -> Data:
    """Data of one model with other counts, for one compilation over many."""
    counts = Counts(jnp.asarray(on, float), None if off is None else jnp.asarray(off, float))
    return Data((counts,), joint.parameters.centres)


def projection(
    name: str,
    signal: SignalLike,
    neutrinos: ArrayLike,
    background: ArrayLike | float = 0.0,
    sigma: float = 0.0,
) -> CountModel:
    """The Poisson likelihood of a detector without data; its counts are the expected background.

    μ_b = (1 + σθ)(strength N_χ + N_ν) + N_bg, θ a standard-normal pull "<name>_signal" common to
    all bins: unlike Eq. 6.6, where every bin has its own.

    Args:
        name: of the detector.
        signal: events per bin at strength 1.
        neutrinos: events per bin.
        background: events per bin, or in all bins together, then spread evenly.
        sigma: relative uncertainty of every signal-like yield; 0: none.

    Returns:
        `CountModel` whose data are Asimov counts at strength 0.

    Source: the likelihood in place of [D20] Eqs. 6.6, 6.7.

    >>> model = projection("toy", [1.0, 2.0], [10.0, 20.0], 4.0, 0.085)
    >>> model.observed.on.tolist()
    [12.0, 22.0]
    """
    known = jnp.ravel(jnp.asarray(neutrinos, float))
    if sigma < 0.0:
        raise InputError(f"{name}: sigma must not be negative, got {sigma:g}")
    flat = jnp.ravel(jnp.asarray(background, float))
    if flat.size not in (1, known.size):
        raise InputError(f"{name}: background has {flat.size} bins, neutrinos {known.size}")
    steady = flat if flat.size == known.size else jnp.full(known.shape, flat[0] / known.size)
    nuisance = pull(f"{name}_signal")
    effects = (Scale(nuisance.name, 1.0, sigma),) if sigma > 0.0 else ()
    added = signal_parts(signal, effects, (nuisance,) if sigma > 0.0 else ())
    return CountModel(
        name,
        [Component("neutrinos", known, effects), Component("steady", steady), *added.components],
        added.parameters,
        on=known + steady,
        expected_data=True,
    )
