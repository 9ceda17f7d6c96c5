"""Exported workspaces against pyhf: the same function, the same fit, the same CLs."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.analyses.catalogue import analysis, search_of
from dmjax.analyses.ccm120 import ccm120
from dmjax.analyses.csi2017 import csi2017
from dmjax.analyses.lar2020 import lar2020
from dmjax.errors import InputError
from dmjax.export.check import careful_pyhf, random_points, round_trip
from dmjax.export.pyhf import export_pyhf, from_pyhf, load_pyhf, pyhf_model, to_pyhf
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.effects import Component, Morph, Scale
from dmjax.likelihood.joint import JointModel, observed_data
from dmjax.likelihood.parameters import Parameter
from dmjax.limits.asymptotic_limits import asymptotic_limit
from dmjax.limits.asymptotics import strength_test
from dmjax.limits.test_statistics import strength
from dmjax.models import mediator
from dmjax.prediction.templates import dark_matter_signal
from tolerances import tolerance

N = Parameter("n", 20.0, lower=0.0)
PULL = Parameter("pull", 0.0, 1.0, lower=-9.0, upper=9.0)


def flat(*effects, name="all", nominal=(0.5, 0.3, 0.2)):
    return Component(name, np.array(nominal), effects)


def one(parameters, *components, name="bins", **options):
    counts = {"on": np.array([11.0, 4.0, 7.0])} | options
    return JointModel(CountModel(name, components, parameters, **counts))


def shape(name="shape", **options):
    return Morph(name, jnp.asarray([0.7, 0.3, 0.1]), jnp.asarray([0.45, 0.35, 0.25]), **options)


def every_effect():
    """Free and constrained factors, with an offset too, both kinds of shape, an off measurement."""
    known = [
        N,
        Parameter("b", 8.0, 2.0, lower=0.0),
        Parameter("mu", 0.5, lower=-1.0),
        Parameter("alpha", 0.0, 0.28, lower=-1.0),
        Parameter("shape", 0.0, 1.0, lower=-9.0, upper=9.0),
        Parameter("mirrored", 2.0, 0.5),
    ]
    components = [
        flat(Scale("n"), shape()),
        flat(Scale("b"), name="neutrons", nominal=(0.2, 0.2, 0.6)),
        flat(Scale("mu", 2.0, 2.0), Scale("alpha", 1.0, 1.0), name="offset", nominal=(2.0, 1, 3)),
        flat(
            Morph("mirrored", jnp.asarray([0.4, 0.4, 0.2]), origin=2.0, step=0.5),
            Scale("n", 0.0, 0.3),
            name="second",
        ),
    ]
    return one(known, *components, off=np.array([5.0, 0.0, 3.0]), off_term="profile")


def with_product():
    """A constrained factor on a shape: the one `lumi`."""
    flux = Parameter("flux", 0.0, 1.0, lower=-9.0, upper=9.0)
    morph = Parameter("shape", 0.0, 1.0, lower=-9.0, upper=9.0)
    part = flat(
        Scale("n"), Scale("flux", 1.0, 0.1), Scale("eff", 1.0, 0.05), nominal=(0.2, 0.5, 0.3)
    )
    shaped = flat(shape(), Scale("flux", 2.0, 0.2), name="shaped")
    return one([N, flux, morph, Parameter("eff", 0.0, 1.0)], part, shaped)


def dark_matter():
    """LAr 2020 with a signal like CEvNS but earlier, CEvNS predicted."""
    shape = np.array(lar2020().components[0].nominal).reshape(-1, 10)
    return 30.0 * np.roll(shape, -1, axis=1).ravel()


def published_signal():
    """Two data sets with every normalisation and the pulls of the sources."""
    point = mediator("dark-photon", 110.0, 110.0 / 3.0, eps=1e-4)
    return JointModel(
        [
            analysis(
                name,
                dark_matter_signal(search_of(name), point),
                cevns="predicted",
                systematics=False,
            )
            for name in ("csi2021", "lar2020")
        ]
    )


@pytest.fixture(scope="module")
def csi():
    known = csi2017(window="cuts", off_term="profile")
    signal = np.array(known.components[0].nominal)[::-1]
    return JointModel(csi2017(signal, window="cuts", off_term="profile"))


@pytest.fixture(scope="module")
def analyses(csi):
    return {
        "every effect": (every_effect(), None),
        "product": (with_product(), None),
        "lar2020": (JointModel(lar2020(systematics=False)), "n_cevns"),
        "lar2020 signal": (
            JointModel(lar2020(dark_matter(), cevns="predicted", systematics=False)),
            None,
        ),
        "ccm120": (JointModel(ccm120(signal=[100.0])), None),
        "csi2017": (csi, None),
        "csi2021 and lar2020": (published_signal(), None),
    }


NAMES = (
    "every effect",
    "product",
    "lar2020",
    "lar2020 signal",
    "ccm120",
    "csi2017",
    "csi2021 and lar2020",
)


@pytest.mark.parametrize("name", NAMES)
def test_pyhf_has_the_same_function_and_the_same_fit(analyses, name):
    joint, poi = analyses[name]
    exported = export_pyhf(joint, poi)
    found = round_trip(joint, exported)
    assert found.two_nll_range > 1.0
    assert found.two_nll_difference < tolerance("parity") * found.two_nll_range
    assert found.fit_two_nll < tolerance("fit")
    assert found.fit_sigmas < tolerance("fit_parameter")
    assert json.loads(json.dumps(exported.workspace)) == exported.workspace


@pytest.mark.parametrize(
    ("name", "points"),
    [("lar2020 signal", (0.5, 3.0)), ("ccm120", (3.0, 9.0)), ("csi2017", (1.0, 2.5))],
)
def test_asymptotic_cls_agree_with_pyhf(analyses, name, points):
    joint, _ = analyses[name]
    exported, data = export_pyhf(joint), observed_data(joint)
    chosen = strength(joint)
    test = jax.jit(lambda point: strength_test(joint, chosen, data, point))
    found = [test(jnp.asarray(point)) for point in points]
    with careful_pyhf(exported.workspace) as pyhf:
        model, measured = pyhf_model(exported.workspace)
        for point, ours in zip(points, found, strict=True):
            observed, expected = pyhf.infer.hypotest(
                point, measured, model, test_stat="qtilde", return_expected_set=True
            )
            assert abs(float(ours.cls) - float(observed)) < tolerance("cls")
            bands = np.array([float(value) for value in expected])
            assert np.abs(np.asarray(ours.expected_cls) - bands).max() < tolerance("cls")


def test_upper_limits_agree_with_pyhf():
    """pyhf finds CLs = 0.1 at our observed limit, and in the median at our expected one."""
    joint = JointModel(ccm120(signal=[100.0]))
    chosen, data = strength(joint), observed_data(joint)
    ours = jax.jit(lambda: asymptotic_limit(joint, chosen, data, cl=0.9))()
    exported = export_pyhf(joint)
    with careful_pyhf(exported.workspace) as pyhf:
        model, measured = pyhf_model(exported.workspace)
        at = [
            pyhf.infer.hypotest(float(limit), measured, model, return_expected=True)
            for limit in (ours.limit, ours.expected[2])
        ]
    assert abs(float(at[0][0]) - 0.1) < tolerance("cls")
    assert abs(float(at[1][1]) - 0.1) < tolerance("cls")


def test_parameters_map_both_ways(analyses):
    joint, _ = analyses["product"]
    exported = export_pyhf(joint, units={"n": 4.0})
    for values in random_points(joint, exported, 4, seed=3):
        written = to_pyhf(joint, exported, jnp.asarray(values))
        back = from_pyhf(exported, {name: numbers[0] for name, numbers in written.items()})
        assert np.allclose(list(back.values()), values, rtol=tolerance("identity"), atol=1e-9)
    assert exported.links["flux"].kind == "lumi"


def test_written_strength_of_one_is_the_chosen_point(analyses):
    joint, _ = analyses["lar2020 signal"]
    exported = export_pyhf(joint, units={"signal": 0.04})
    (channel,) = exported.workspace["channels"]
    (signal,) = (sample for sample in channel["samples"] if sample["name"] == "signal")
    assert np.isclose(sum(signal["data"]), 0.04 * 30.0, rtol=tolerance("normalisation"))
    found = round_trip(joint, exported)
    assert found.fit_sigmas < tolerance("fit_parameter")


def test_joint_workspace_passes_the_schema(analyses, csi):
    joint = JointModel([*csi.models, *analyses["lar2020 signal"][0].models])
    exported = export_pyhf(joint)
    load_pyhf().schema.validate(exported.workspace, "workspace.json")
    names = [channel["name"] for channel in exported.workspace["channels"]]
    assert names == ["csi2017", "csi2017_off", "lar2020"]
    found = round_trip(joint, exported)
    assert found.two_nll_difference < tolerance("parity") * found.two_nll_range
    assert found.fit_two_nll < tolerance("fit")


SHAPE = Parameter("shape", 0.0, 1.0)
SECOND = Parameter("second", 0.0, 1.0)
REFUSED = {
    "two shapes with a factor each": (
        lambda: one(
            [SHAPE, PULL, SECOND],
            flat(shape(), Scale("pull", 1.0, 0.1)),
            flat(shape(), Scale("second", 1.0, 0.1), name="other"),
        ),
        "component 'other' has second, shape",
    ),
    "published": (
        lambda: JointModel(lar2020(dark_matter(), cevns="predicted")),
        "profiled as pyhf cannot: export without systematics|bends or holds the template",
    ),
    "free shape": (
        lambda: one([Parameter("shape", 0.0), N], flat(shape(), Scale("n"))),
        "free parameter 'shape'",
    ),
    "two zeros": (
        lambda: one([N], flat(Scale("n")), flat(Scale("n", 1.0, 1.0), name="other")),
        "vanishes at several values",
    ),
    "falling": (lambda: one([N], flat(Scale("n", 99.0, -1.0))), "rising factor"),
    "step": (
        lambda: one([N, SHAPE], flat(shape(step=2.0), Scale("n"))),
        "hold at 0 ± 2",
    ),
    "twice": (lambda: one([N], flat(Scale("n"), Scale("n"))), "acts twice"),
    "integral": (
        lambda: one([N], flat(Scale("n")), off=np.array([1.0, 2.0, 3.0])),
        "off_term 'profile'",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_pyhf_cannot_hold_is_named(name):
    make, said = REFUSED[name]
    with pytest.raises(InputError, match=said):
        export_pyhf(make())


def test_poi_must_be_free_and_known():
    joint = one([N, PULL], flat(Scale("n"), Scale("pull", 1.0, 0.1)))
    with pytest.raises(InputError, match="must be free"):
        export_pyhf(joint, poi="pull")
    with pytest.raises(InputError, match="parameter 'nn'"):
        export_pyhf(joint, poi="nn")
    with pytest.raises(InputError, match="above 0"):
        export_pyhf(joint, units={"n": 0.0})
