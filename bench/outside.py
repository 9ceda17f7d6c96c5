"""dmjax and pyhf on one exported likelihood: value, fit and CLs, in the same process."""

import warnings

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from dmjax.export.check import careful_pyhf
from dmjax.export.pyhf import export_pyhf, pyhf_model
from dmjax.fits.fit import best_fit
from dmjax.likelihood.joint import log_likelihood
from dmjax.limits.asymptotics import strength_test
from dmjax.prediction.signal import Signal
from dmjax.studies.setting import one_mass, setting_of
from dmjax.studies.settings import ModelOptions
from measure import median, row

POINT = 1.0


def against_pyhf(repeats: int) -> list[dict]:
    """CsI 2021 with a dark photon of 30 MeV, totals alone moving: both know the same function."""
    options = ModelOptions(systematics=False)
    setting = setting_of(("csi2021",), options, Signal())
    joint, chosen, data, _ = one_mass(setting, 30.0)
    exported = export_pyhf(joint)
    start, tested = joint.parameters.centres, eqx.filter_jit(strength_test)
    ours = {
        "likelihood": jax.jit(lambda: log_likelihood(joint, start, data)),
        "fit": lambda: best_fit(joint, data).values,
        "CLs": lambda: tested(joint, chosen, data, jnp.asarray(POINT), "qtilde"),
    }
    rows = []
    with warnings.catch_warnings(), careful_pyhf(exported.workspace) as pyhf:
        warnings.simplefilter("ignore")
        model, measured = pyhf_model(exported.workspace)
        begin = np.asarray(model.config.suggested_init())
        theirs = {
            "likelihood": lambda: np.asarray(model.logpdf(begin, measured)),
            "fit": lambda: np.asarray(pyhf.infer.mle.fit(measured, model)),
            "CLs": lambda: np.asarray(pyhf.infer.hypotest(POINT, measured, model)),
        }
        for name, call in theirs.items():
            outside = 1e3 * median(call, 2 if name == "CLs" else repeats)
            own = 1e3 * median(ours[name], repeats)
            rows.append(row(f"{name}, pyhf", outside, "ms"))
            rows.append(row(f"{name}, dmjax", own, "ms"))
            rows.append(row(f"{name}: pyhf over dmjax", outside[0] / own[0]))
    return rows
