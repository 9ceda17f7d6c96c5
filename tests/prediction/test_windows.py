"""Windows in time: two pulses of one beam, a selection with several windows."""

import tomllib
from importlib.resources import files

import jax.numpy as jnp
import numpy as np
import pytest

import dmjax
from dmjax.analyses.projections import projected, projected_backgrounds
from dmjax.constants import TAU_MUON_US, TAU_PION_US
from dmjax.conventions import D20, conventions
from dmjax.errors import InputError
from dmjax.experiments import experiment
from dmjax.experiments.schema import check_detector
from dmjax.models import mediator
from dmjax.prediction.predict import predict
from dmjax.prediction.windows import in_windows, window_share
from dmjax.timing import DecayedPulse, box_pulse
from tolerances import tolerance

FIRST, SECOND = (0.0, 0.25), (0.54, 0.79)
TAUS = (jnp.asarray(TAU_PION_US), jnp.asarray(TAU_MUON_US))
LIGHT = mediator("dark-photon", 15.0, 5.0, eps=1e-4)


def close(ours, theirs, kind="identity"):
    return np.allclose(ours, theirs, rtol=tolerance(kind), atol=0.0)


@pytest.fixture(scope="module")
def jsns2():
    return experiment("jsns2")


@pytest.fixture(scope="module")
def both(jsns2):
    return predict(jsns2, LIGHT, cuts=True, all_windows=True)


def inside(pulse, window) -> float:
    return float(pulse.cdf(jnp.asarray(window[1])) - pulse.cdf(jnp.asarray(window[0])))


def test_muons_of_the_first_pulse_decay_in_the_second_window():
    """0.087 of their neutrinos there, 0.076 of those of its own pulse."""
    muons = DecayedPulse(box_pulse(0.0, 0.1), TAUS)
    assert round(inside(muons, SECOND), 3) == 0.087
    own = DecayedPulse(box_pulse(0.54, 0.1), TAUS)
    assert round(inside(own, SECOND), 3) == 0.076
    exact = np.exp(-0.54 / TAU_MUON_US) - np.exp(-0.79 / TAU_MUON_US)
    exact *= np.expm1(0.1 / TAU_MUON_US) * TAU_MUON_US / 0.1
    exact *= TAU_MUON_US / (TAU_MUON_US - TAU_PION_US)
    assert close(inside(muons, SECOND), exact, "table")


def test_the_cut_keeps_the_first_pulse(jsns2, both):
    """Half of the signal; both windows together have all of light dark matter."""
    first = predict(jsns2, LIGHT, cuts=True)
    alone = predict(jsns2, LIGHT, recoil_min=3e4)
    assert close(first.total / alone.total, 0.5, "quadrature")
    assert close(both.total, alone.total, "quadrature")
    assert both.background["delayed"] > 2.0 * first.background["delayed"]
    shares = both.background["delayed"] / first.background["delayed"]
    assert close(shares, 1.0 + (0.087 + 0.076) / 0.076, "benchmark")


def test_gaps_between_windows_are_empty(both):
    gap = (both.time_edges_us[:-1] >= 0.25) & (both.time_edges_us[1:] <= 0.54)
    assert gap.sum() == 1
    assert not both.counts[:, gap].any() and both.counts.sum() > 0.0
    assert not any(events[:, gap].any() for events in both.background_counts.values())


def test_in_d20_each_pulse_has_its_own_clock(jsns2):
    ours = predict(jsns2, LIGHT, cuts=True, conventions=conventions("d20", one_clock=True))
    theirs = predict(jsns2, LIGHT, cuts=True, conventions=D20)
    assert close(theirs.total, 2.0 * ours.total)
    assert close(theirs.background["delayed"], 2.0 * ours.background["delayed"])
    with pytest.raises(InputError, match="one clock"):
        predict(jsns2, LIGHT, cuts=True, all_windows=True, conventions=D20)


def test_a_projection_counts_in_every_window():
    one, two = (projected("jsns2", cuts=True, all_windows=every) for every in (False, True))
    assert np.all(np.diff(two.time_edges) > 0.0) and two.time_edges[-1] == SECOND[1]
    delayed = [np.asarray(projected_backgrounds(p)["delayed"]) for p in (one, two)]
    assert close(delayed[1].sum() / delayed[0].sum(), 1.0 + 0.163 / 0.076, "benchmark")
    gap = (two.time_edges[:-1] >= 0.25) & (two.time_edges[1:] <= 0.54)
    assert not delayed[1].reshape(-1, gap.size)[:, gap].any()


def test_windows_keep_the_efficiency_in_time():
    csi = experiment("coherent-csi-2021")
    seen = in_windows(csi, ((0.0, 1.0), (2.0, 3.0)))
    edges = jnp.asarray([0.0, 1.0, 2.0, 3.0])
    assert window_share(seen, edges).tolist() == [1.0, 0.0, 1.0]
    assert in_windows(seen, ((0.0, 1.0),)).response.time_efficiency.inside is not None
    assert window_share(csi, edges).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"all_windows": True}, "goes with cuts"),
        ({"all_windows": True, "cuts": True, "time_max": 1.0}, "without time_max"),
    ],
)
def test_windows_that_cannot_be(jsns2, changes, match):
    with pytest.raises(InputError, match=match):
        predict(jsns2, LIGHT, **changes)


def test_a_selection_of_one_window_has_no_other():
    with pytest.raises(InputError, match="one time window"):
        dmjax.predict(experiment("ccm-tight"), LIGHT, cuts=True, all_windows=True)
    with pytest.raises(InputError, match="goes with cuts"):
        projected("jsns2", all_windows=True)


@pytest.mark.parametrize("ends", [(0.2, 0.5), (0.6, 0.5), (0.6, 0.6)])
def test_windows_of_a_file_follow_each_other(ends):
    spec = tomllib.loads(files("dmjax.data").joinpath("experiments/jsns2.toml").read_text())
    spec["selection"]["more"] = [{"start_us": ends[0], "stop_us": ends[1]}]
    with pytest.raises(InputError, match=r"selection.more\[0\]"):
        check_detector("mine.toml", spec)


def test_a_prediction_that_is_not_finite_is_refused():
    csi = experiment("coherent-csi")
    with pytest.raises(InputError, match="the events of 'pi0' are not finite: masses, couplings"):
        predict(csi, mediator("dark-photon", 75.0, 25.0, eps=1e150), channels=("pi0",))


@pytest.mark.parametrize("latest", [1e-6, 0.5])
def test_bins_below_one_photo_electron_are_counted(latest):
    csi = experiment("coherent-csi")
    point = mediator("dark-photon", 75.0, 25.0, eps=1e-4)
    assert predict(csi, point, channels=("pi0",), recoil_max=latest).total == 0.0
