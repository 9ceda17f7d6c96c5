"""Workspaces of others as joint models, against pyhf itself."""

import copy
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.errors import InputError
from dmjax.export.check import careful_pyhf
from dmjax.export.pyhf import export_pyhf, load_pyhf, pyhf_model, to_pyhf
from dmjax.export.pyhf_import import import_pyhf
from dmjax.fits.fit import best_fit
from dmjax.likelihood.joint import JointModel, log_likelihood, observed_data
from dmjax.likelihood.parameters import values_of
from dmjax.likelihood.smooth_effects import Exponential
from tolerances import tolerance


def _modifier(name, kind, data=None):
    return {"name": name, "type": kind, "data": data}


WORKSPACE = {
    "channels": [
        {
            "name": "signal_region",
            "samples": [
                {
                    "name": "signal",
                    "data": [5.0, 10.0, 3.0],
                    "modifiers": [
                        _modifier("mu", "normfactor"),
                        _modifier("lumi", "lumi"),
                        _modifier("energy", "normsys", {"hi": 1.1, "lo": 0.85}),
                    ],
                },
                {
                    "name": "background",
                    "data": [50.0, 60.0, 20.0],
                    "modifiers": [
                        _modifier(
                            "energy",
                            "histosys",
                            {"hi_data": [55.0, 58.0, 23.0], "lo_data": [46.0, 63.0, 18.0]},
                        ),
                        _modifier("rate", "normsys", {"hi": 1.3, "lo": 0.8}),
                        _modifier("mc", "staterror", [3.0, 4.0, 0.0]),
                    ],
                },
                {
                    "name": "other",
                    "data": [8.0, 4.0, 2.0],
                    "modifiers": [
                        _modifier("lumi", "lumi"),
                        _modifier("mc", "staterror", [1.0, 0.5, 0.0]),
                    ],
                },
            ],
        },
        {
            "name": "control_region",
            "samples": [
                {
                    "name": "background",
                    "data": [200.0, 150.0],
                    "modifiers": [
                        _modifier("rate", "normsys", {"hi": 1.3, "lo": 0.8}),
                        _modifier("uncorrelated", "shapesys", [15.0, 12.0]),
                    ],
                },
                {
                    "name": "data-driven",
                    "data": [20.0, 30.0],
                    "modifiers": [_modifier("driven", "shapefactor")],
                },
            ],
        },
    ],
    "observations": [
        {"name": "signal_region", "data": [63, 78, 24]},
        {"name": "control_region", "data": [215, 190]},
    ],
    "measurements": [
        {
            "name": "m",
            "config": {
                "poi": "mu",
                "parameters": [
                    {
                        "name": "lumi",
                        "auxdata": [1.0],
                        "sigmas": [0.02],
                        "inits": [1.0],
                        "bounds": [[0.5, 1.5]],
                    },
                    {"name": "driven", "bounds": [[0.0, 5.0], [0.0, 5.0]], "inits": [1.0, 1.0]},
                ],
            },
        }
    ],
    "version": "1.0.0",
}


@pytest.fixture(scope="module")
def theirs():
    with careful_pyhf(WORKSPACE):
        yield pyhf_model(WORKSPACE)


@pytest.fixture(scope="module")
def ours():
    return import_pyhf(WORKSPACE)


def _ours(joint: JointModel, model, flat) -> jnp.ndarray:
    """pyhf's flat parameters in our order."""
    at = {}
    for name in model.config.par_order:
        values = flat[model.config.par_slice(name)]
        at |= {name: values[0]} | {f"{name}[{i}]": v for i, v in enumerate(values)}
    return jnp.asarray([at[name] for name in joint.parameters.names])


def test_every_modifier_gives_pyhfs_likelihood(ours, theirs):
    model, data = theirs
    rng = np.random.default_rng(3)
    points = []
    for _ in range(8):
        flat = np.array(model.config.suggested_init())
        for name in model.config.par_order:
            place = model.config.par_slice(name)
            spread = {"energy": 1.2, "rate": 1.2, "lumi": 0.02}.get(name, 0.1)
            flat[place] += spread * rng.standard_normal(flat[place].size)
        flat[model.config.par_slice("mc")][2] = 1.0
        points.append(flat)
    measured = observed_data(ours)
    first = [float(log_likelihood(ours, _ours(ours, model, p), measured)) for p in points]
    second = [float(model.logpdf(p, data)[0]) for p in points]
    assert np.ptp(second) > 1.0
    assert np.allclose(np.diff(first), np.diff(second), atol=tolerance("parity"))


def test_and_pyhfs_fit(ours, theirs):
    model, data = theirs
    fitted = np.asarray(load_pyhf().infer.mle.fit(data, model))
    found, measured = best_fit(ours, observed_data(ours)), observed_data(ours)
    at_theirs = -2.0 * float(log_likelihood(ours, _ours(ours, model, fitted), measured))
    assert int(found.status) == 0
    assert abs(at_theirs - float(found.two_nll)) < tolerance("fit")


def test_an_exported_model_comes_back(tmp_path):
    from counting_models import shapes

    joint = shapes((52.0, 71.0, 19.0))
    exported = export_pyhf(joint)
    path = tmp_path / "workspace.json"
    path.write_text(json.dumps(exported.workspace))
    back = import_pyhf(path)
    changes = []
    points = [{"signal": s, "lumi": 1.0 + 0.1 * x, "shape": x} for s, x in ((0, 0), (2, 1.5))]
    for values in points:
        here = values_of(joint.parameters, values)
        written = {name: v[0] for name, v in to_pyhf(joint, exported, here).items()}
        there = values_of(back.parameters, written)
        first = log_likelihood(joint, here, observed_data(joint))
        changes.append((first, log_likelihood(back, there, observed_data(back))))
    (a, b), (c, d) = changes
    assert np.isclose(c - a, d - b, rtol=tolerance("parity"))


def test_the_exponential_is_smooth_at_its_joints():
    effect = Exponential("x", 1.4, 0.7)
    for derivative in (effect.factor, jax.grad(effect.factor), jax.grad(jax.grad(effect.factor))):
        for joint in (-1.0, 1.0):
            low, high = (float(derivative(jnp.asarray(joint + d))) for d in (-1e-9, 1e-9))
            assert np.isclose(low, high, rtol=tolerance("parity"))


def _changed(change) -> dict:
    spec = copy.deepcopy(WORKSPACE)
    change(spec)
    return spec


def _first(spec: dict) -> dict:
    return spec["channels"][0]["samples"][0]["modifiers"][2]


WRONG = [
    (lambda s: _first(s).update(type="custom"), "modifier 'energy' of type 'custom' is not read"),
    (lambda s: _first(s)["data"].update(hi=0.0), "normsys 'energy' needs hi and lo above 0"),
    (lambda s: s.pop("observations"), "not a pyhf workspace: KeyError 'observations'"),
    (
        lambda s: s["measurements"][0]["config"]["parameters"][0].pop("sigmas"),
        "lumi 'lumi' needs auxdata and sigmas",
    ),
    (
        lambda s: s["measurements"][0]["config"]["parameters"][0].update(fixed=True),
        "parameter 'lumi' is fixed in measurement 'm'",
    ),
]


@pytest.mark.parametrize(("change", "message"), WRONG)
def test_what_the_likelihood_has_not_is_refused_in_one_line(change, message):
    with pytest.raises(InputError, match=message) as raised:
        import_pyhf(_changed(change))
    assert "\n" not in str(raised.value)


def test_files_and_measurements_that_are_not_there(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        import_pyhf(tmp_path / "none.json")
    with pytest.raises(InputError, match="unknown measurement 'n'"):
        import_pyhf(WORKSPACE, measurement="n")
