"""Small count models for the tests of limits, toys and belts."""

import jax.numpy as jnp

from dmjax.likelihood.count_model import CountModel, Counts
from dmjax.likelihood.effects import Component, Morph, Scale
from dmjax.likelihood.joint import Data, JointModel
from dmjax.likelihood.parameters import Parameter

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
