"""−ln L as plain functions, in the hands of minimisers that are not ours."""

import jax
import numpy as np
import pytest
import scipy.optimize

from dmjax.analyses.ccm120 import ccm120
from dmjax.export.functions import functions_of
from dmjax.fits.fit import best_fit
from dmjax.likelihood.joint import JointModel, observed_data
from dmjax.limits.asymptotic_limits import asymptotic_limit
from dmjax.limits.test_statistics import strength
from tolerances import tolerance


@pytest.fixture(scope="module")
def joint():
    return JointModel(ccm120(signal=[1.0]))


def test_another_minimiser_finds_our_fit(joint):
    made, best = functions_of(joint), best_fit(joint)
    names = list(made.params)
    value = jax.jit(
        jax.value_and_grad(lambda x: made.nll(dict(zip(names, x, strict=True)), made.data))
    )
    found = scipy.optimize.minimize(
        lambda x: tuple(np.asarray(part, float) for part in value(x)),
        np.ones(len(names)),
        jac=True,
        bounds=[made.bounds[name] for name in names],
    )
    ours = [float(best.values[joint.parameters.names.index(name)]) for name in names]
    assert np.allclose(found.x / 100.0, np.array(ours) / 100.0, atol=tolerance("fit_parameter"))
    assert np.isclose(2.0 * found.fun, float(best.two_nll), rtol=tolerance("fit_parameter"))


def test_everwillow_has_our_cls_at_our_limit(joint):
    states = pytest.importorskip("everwillow.statelib", reason="everwillow is not installed")
    from everwillow.hypotest.calculators import AsymptoticCalculator
    from everwillow.hypotest.distributions import QTildeAsymptotic
    from everwillow.hypotest.test_statistics import QTilde

    made, chosen = functions_of(joint), strength(joint)
    ours = asymptotic_limit(joint, chosen, observed_data(joint), cl=0.9)
    begin = states.State.from_pytree(made.params | {"signal": ours.limit / 10.0})
    theirs = AsymptoticCalculator(
        nll_fn=made.nll,
        params=begin,
        observation=made.data,
        poi_key="signal",
        predict_fn=lambda state: made.predict(state.to_pytree()),
        test_statistic=QTilde(),
        distribution=QTildeAsymptotic(),
    )
    cls = theirs.cls(theirs.test(ours.limit))
    assert np.isclose(cls, 0.1, rtol=tolerance("fit_parameter"))
