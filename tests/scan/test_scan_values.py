"""Numbers of scans: those of the other verbs at the same points, whatever the chunks."""

import numpy as np
import pytest

import dmjax
from dmjax.scan import devices, programs
from dmjax.scan.engine import Engine
from dmjax.scan.run import run_scan
from dmjax.scan.status import STATUS_TEXT, PointStatus
from scan_setups import CONTENT, GRID, same_bits, settings
from tolerances import tolerance

LIMITS = CONTENT | {"method": {"name": "chi2"}}


@pytest.fixture(scope="module")
def full():
    return run_scan(settings())


def test_events_are_those_of_templates_at_every_point(full):
    masses = full.axes["m_v"]["values"]
    for j, m_chi in enumerate(full.axes["m_chi"]["values"]):
        signal = dmjax.signal(m_chi=m_chi, channels=("piminus",))
        search = dmjax.dataset("ccm120").search()
        found = np.asarray(dmjax.templates([search], signal, masses)[0].nominal.sum(1))
        ours = full.gridded()[:, j]
        here = full.gridded("status")[:, j] == PointStatus.OK
        assert np.allclose(ours[here], found[here], rtol=tolerance("identity"))
        assert np.all(found[~here] == 0.0) and np.all(np.isnan(ours[~here]))


def test_closed_regions_are_a_status(full):
    m_v, m_chi = (np.array(full.axes[name]["values"]) for name in ("m_v", "m_chi"))
    closed = m_v[:, None] <= 2.0 * m_chi[None, :]
    assert np.array_equal(full.texts() == STATUS_TEXT[PointStatus.CLOSED], closed)
    assert 0 < closed.sum() < closed.size


@pytest.mark.parametrize("batch", [1, 7, 40])
def test_chunks_do_not_change_a_bit(full, batch):
    found = run_scan(settings(run={"batch": batch}))
    assert same_bits(found.value, full.value) and same_bits(found.status, full.status)


def test_a_row_does_not_depend_on_its_neighbours(full):
    engine = Engine(settings(run={"batch": 40}))
    wanted = np.zeros(full.shape, bool)
    wanted[5, 1] = True
    alone = engine.chunk(0, wanted)
    assert same_bits(alone["value"][5, 1], full.gridded()[5, 1])
    assert (alone["status"] == PointStatus.OK).sum() == 1


def test_limits_are_those_of_the_limit_verb():
    grid = {"m_v": [30.0, 75.0], "m_chi": [4.0, 10.0, 20.0], "method": ["chi2", "asymptotic"]}
    found = dmjax.scan(CONTENT | {"grid": grid, "method": {}})
    for method in grid["method"]:
        for m_chi in grid["m_chi"]:
            masses = [m for m in grid["m_v"] if m > 2.0 * m_chi]
            asked = {"m_v": masses, "m_chi": m_chi, "channels": "piminus", "method": method}
            limit = dmjax.limit("ccm120", **asked)
            part = found.select(method=method, m_chi=m_chi)
            here = np.isin(part.axes["m_v"]["values"], masses)
            assert np.allclose(part.value[here], limit.limit, rtol=tolerance("limit"))
            assert np.allclose(part.best_fit[here], limit.best_fit, rtol=tolerance("limit"))
            assert part.texts()[here].tolist() == limit.status
            if method == "asymptotic":
                median = limit.expected[:, 2]
                assert np.allclose(part.expected[here], median, rtol=tolerance("limit"))


def test_one_program_for_a_question_however_many_points(monkeypatch):
    devices._program.cache_clear()
    calls = []
    real = programs.answer
    monkeypatch.setattr(devices, "answer", lambda *a: calls.append(1) or real(*a))
    grid = GRID | {"alpha_d": [0.1, 0.5], "reference": [1e-11, 1e-10]}
    found = run_scan(settings(grid=grid, run={"batch": 17}))
    assert len(calls) == 1
    value = found.gridded()
    lower, higher = value[..., 0], value[..., 1]
    seen = np.isfinite(lower)
    assert np.all(higher[seen] > lower[seen])
    devices._program.cache_clear()


def test_a_mediator_that_flies_is_followed():
    grid = {"m_v": [30.0], "m_chi": [5.0], "lifetime_ns": [1e-6, 30.0]}
    found = run_scan(settings(grid=grid))
    search = dmjax.dataset("ccm120").search()
    for i, lifetime in enumerate(grid["lifetime_ns"]):
        signal = dmjax.signal(m_chi=5.0, lifetime_ns=lifetime, channels=("piminus",))
        wanted = float(dmjax.templates([search], signal, [30.0])[0].nominal.sum())
        assert found.value[i] == pytest.approx(wanted, rel=tolerance("identity"))
    assert found.value[1] < 0.9 * found.value[0]


def test_templates_in_float32_keep_their_digits(full):
    found = run_scan(settings(run={"batch": 10, "dtype": "float32"}))
    assert np.array_equal(found.status, full.status)
    seen = full.has_value().ravel()
    allowed = tolerance("template", "float32")
    assert np.allclose(found.value[seen], full.value[seen], rtol=allowed)
    assert not np.array_equal(found.value[seen], full.value[seen])


def test_a_point_that_fails_has_a_status_and_the_others_go_on(monkeypatch, full):
    real = devices.program

    def failing(chosen):
        def run(question, rows):
            if np.any(np.isclose(rows.m_chi, 7.0)):
                raise RuntimeError("out of memory")
            return real(chosen)(question, rows)

        return run

    monkeypatch.setattr("dmjax.scan.engine.program", failing)
    found = run_scan(settings())
    bad = found.gridded("status")[:, 1]
    assert set(bad[full.gridded("status")[:, 1] == PointStatus.OK]) == {PointStatus.FAILED}
    others = [0, 2, 3, 4]
    assert same_bits(found.gridded()[:, others], full.gridded()[:, others])


def test_a_detector_without_data_gives_the_expected_limit():
    content = {
        "experiment": "ccm-tight",
        "data": {"years": 3, "window": "cuts"},
        "signal": {"channels": "piminus"},
        "grid": {"m_v": [40.0, 75.0], "mass_ratio": [2.5, 3.0]},
    }
    found = dmjax.scan(content)
    asked = {"expected": True, "years": 3, "window": "cuts", "method": "asymptotic"}
    limit = dmjax.limit("ccm-tight", m_v=[40.0, 75.0], channels="piminus", **asked)
    assert np.allclose(found.gridded()[:, 1], limit.limit, rtol=tolerance("limit"))
    assert "expected" in found.meaning


def test_models_with_limits_of_other_quantities_need_one_coupling():
    grid = {"m_v": [30.0], "model": ["dark-photon", "baryonic"]}
    with pytest.raises(dmjax.InputError, match="quoted in Y and alpha_B: give one coupling"):
        run_scan(settings(grid=grid))
