"""What a prediction says of the range in which it holds."""

import json

import numpy as np
import pytest
from command import run

import dmjax
from dmjax.constants import E_CHARGE, M_PI0, M_PION
from dmjax.experiments import experiment
from dmjax.models import branching_ratios, double_mediator, mediator
from dmjax.prediction.validity import notes, signal_notes

CSI, LAR = "coherent-csi", "coherent-lar"


def codes(name, point, **more) -> set[str]:
    return set(notes(experiment(name), point, **more))


def photon(m_v, m_chi=1.0, eps=1e-4, **more):
    return mediator("dark-photon", m_v, m_chi, eps=eps, **more)


def test_nothing_to_say_where_everything_holds():
    assert codes(CSI, photon(75.0)) == set()


@pytest.mark.parametrize(("m_v", "found"), [(33.0, True), (34.0, False)])
def test_cascade_of_electrons_below_50_mev(m_v, found):
    assert codes(CSI, photon(m_v)) == ({"cascade-fit"} if found else set())
    assert codes(CSI, photon(m_v), channels=("pi0",)) == set()
    assert codes(CSI, mediator("baryonic", m_v, 1.0, g=1e-4)) == set()


def test_isotropic_cascade_behind_the_target():
    assert codes(LAR, photon(75.0)) == {"cascade-isotropic"}
    away = experiment(LAR, isotropic=True)
    assert notes(away, photon(75.0)) == {}


@pytest.mark.parametrize(("eps", "found"), [(0.099, False), (0.101, True)])
def test_large_couplings(eps, found):
    assert codes(CSI, photon(75.0, eps=eps)) == ({"large-coupling"} if found else set())
    b = mediator("baryonic", 75.0, 1.0, g=eps * E_CHARGE)
    assert codes(CSI, b) == ({"large-coupling"} if found else set())


@pytest.mark.parametrize("shift", [-0.1, 0.1])
def test_hadronic_widths(shift):
    found = {"hadronic-widths"} if shift > 0.0 else set()
    assert codes(CSI, photon(2.0 * M_PION + shift)) == found
    assert codes(CSI, mediator("baryonic", M_PI0 + shift, 1.0, g=1e-4)) == found
    assert codes(CSI, mediator("le-lmu", 300.0, 1.0, g=1e-4)) == set()


def test_double_mediator_without_its_loop_mixing():
    plain, mixed = (double_mediator(30.0, eps=1e-6, model_x=m) for m in ("baryonic", "leptophobic"))
    text = notes(experiment(CSI), plain)["no-loop-mixing"]
    assert f"about {float(branching_ratios(mixed.producer)['chi']):.2g} of it" in text
    assert codes(CSI, mixed) == set()


def test_statements_along_a_limit():
    both = [experiment(CSI), experiment(LAR)]
    at_fixed_m_chi = dmjax.signal("dark-photon", m_chi=20.0)
    found = signal_notes(both, at_fixed_m_chi, [10.0, 30.0, 75.0, 300.0], [1e-8, np.inf, 1e-9, 1.0])
    assert set(found) == {
        "cascade-fit", "cascade-isotropic", "virtual-mediator", "hadronic-widths", "large-coupling",
    }  # fmt: skip
    assert found["cascade-isotropic"].endswith("(m_V = 10 to 300 MeV)")
    assert found["virtual-mediator"].endswith("(m_V = 10 to 30 MeV)")
    assert found["hadronic-widths"].endswith("(m_V = 300 MeV)")
    assert signal_notes(both, dmjax.signal("events"), [], 1.0) == {}
    double = dmjax.signal("dark-photon", m_x=75.0)
    assert set(signal_notes([both[0]], double, 30.0, 1e-4)) == {"no-loop-mixing"}


@pytest.mark.parametrize("model", ["dark-photon", "baryonic", "b-l"])
def test_a_point_says_the_same_from_its_signal(model):
    chosen = dmjax.signal(model, coupling="eps")
    for m_v in (20.0, 150.0, 400.0):
        key = {"eps": 0.2} if model == "dark-photon" else {"g": 0.2 * E_CHARGE}
        point = mediator(model, m_v, m_v / 3.0, **key)
        alone = notes(experiment(LAR), point)
        assert set(signal_notes([experiment(LAR)], chosen, m_v, 0.2)) == set(alone)


def test_predict_prints_and_keeps_them(tmp_path):
    line = f"predict {LAR} --mv 20 --eps 1e-4 --cuts"
    shown = run(line).stdout
    assert "note (cascade-fit): cascade: V of 20 MeV" in shown
    assert "137 degrees" in shown
    file = tmp_path / "predicted.json"
    told = json.loads(run(f"{line} --json --out {file}").stdout)
    assert set(told["notes"]) == {"cascade-fit", "cascade-isotropic"}
    assert dmjax.load(file).notes == told["notes"]


def test_every_window_from_the_command_line():
    line = "predict jsns2 --mv 75 --eps 1e-4 --cuts --json"
    first, both = (json.loads(run(line + more).stdout) for more in ("", " --all-windows"))
    assert 1.9 < both["total"] / first["total"] < 2.1
    assert both["time_edges_us"][-1] == 0.79
