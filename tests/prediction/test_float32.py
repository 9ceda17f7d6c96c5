"""JAX's default precision: a verb works and says what it lost, or says that it needs float64."""

import json
import subprocess
import sys

import jax.numpy as jnp
import numpy as np
import pytest

import dmjax
from dmjax.errors import InputError
from dmjax.models import mediator
from dmjax.models.vector import NEAREST_IN_FLOAT32

CODE = """
import json, sys
import dmjax

point = dmjax.mediator("dark-photon", 75.0, 25.0, eps=1e-4)
found = dmjax.predict(dmjax.experiment("coherent-csi"), point, channels=("pi0", "piminus"))
refused = {}
verbs = "check fit limit toys coverage inject significance regions posterior evidence nsi diagnose"
for name in [*verbs.split(), "export_pyhf"]:
    try:
        getattr(dmjax, name)(*(() if name == "nsi" else ("csi2017",)))
    except dmjax.InputError as problem:
        refused[name] = str(problem)
json.dump([found.dtype, found.total, found.numerical_error, refused], sys.stdout)
"""


def test_a_prediction_states_its_precision_and_its_measured_error():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    dtype, total, error, refused = json.loads(done.stdout)
    point = mediator("dark-photon", 75.0, 25.0, eps=1e-4)
    ours = dmjax.predict(dmjax.experiment("coherent-csi"), point, channels=("pi0", "piminus"))
    assert (dtype, ours.dtype) == ("float32", "float64")
    assert abs(total / ours.total - 1.0) < error - ours.numerical_error + 1e-5
    assert error < ours.numerical_error + 1e-3
    assert len(refused) == 13
    assert all("jax_enable_x64" in said and said.isprintable() for said in refused.values())


def test_masses_that_float32_cannot_tell_from_the_threshold_are_refused():
    """At m_V/m_χ = 2.0000001 the decay would be closed by rounding, and every total 0."""
    single = jnp.float32(1e-4)
    for ratio in (2.0000001, 2.0 + NEAREST_IN_FLOAT32):
        with pytest.raises(InputError, match=r"float32 does not resolve.*jax_enable_x64"):
            mediator("dark-photon", np.float32(75.0), 75.0 / ratio, eps=single)
        assert float(mediator("dark-photon", 75.0, 75.0 / ratio, eps=1e-4).m_v) == 75.0
    assert float(mediator("dark-photon", np.float32(75.0), 37.0, eps=single).m_chi) == 37.0
