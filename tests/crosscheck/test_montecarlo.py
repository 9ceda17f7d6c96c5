"""The brute-force Monte Carlo against kinematics, itself, quoted numbers and the NumPy baseline."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad

import montecarlo as mc
from tolerances import tolerance

POINT = (75.0, 25.0)
REFERENCE = json.loads((Path(__file__).parent / "reference/coherent_csi.json").read_text())


def agree(first: np.ndarray, second: np.ndarray) -> bool:
    """Two (value, error) pairs within so many of their combined errors."""
    return abs(first[0] - second[0]) <= tolerance("sigmas") * np.hypot(first[1], second[1])


def reference(kind: str, **keys: object) -> dict:
    """The one stored record with these entries."""
    (record,) = [r for r in REFERENCE[kind] if all(r.get(k) == v for k, v in keys.items())]
    return record


@pytest.fixture(scope="module")
def pions(shared_data: Path) -> np.ndarray:
    return mc.read_pi0(shared_data / "coherent/Pi0_Info.txt")


@pytest.fixture(scope="module")
def isotropic_runs(pions: np.ndarray) -> dict[str, tuple[float, float]]:
    """Counted and expected flux at 90°, mean energies and events, from ten batches."""
    runs = []
    for seed in range(10):
        rng = np.random.default_rng([1, seed])
        chi, v, parents = mc.meson_batch(rng, pions, *POINT, "isotropic", 20)
        mask, solid_angle = mc.in_band(chi, 90.0, 2.0)
        e, weight = chi[0, mask], 1 / v.shape[1] / solid_angle
        e_point, w_point = mc.point_detector(v, parents, *POINT, 90.0, "isotropic")
        flux = [mask.sum() * weight, w_point.sum() / v.shape[1]]
        means = [e.mean(), np.average(e_point, weights=w_point)]
        scale = weight * mc.pi0_yield(POINT[0], 1e-4) * 1e-8 * 0.5 * 1e23 * 14.6 / 19.3**2
        events = [
            scale * sum(n.per_kg * mc.sample_recoil(rng, e, n, *POINT, "dirac", w)[1].sum()
                        for n in mc.csi())
            for w in ((0.0, 10.0), (0.014, 0.026))
        ]  # fmt: skip
        runs.append(flux + means + events)
    names = ("flux", "flux_point", "energy", "energy_point", "all_recoils", "window_14_26")
    return dict(zip(names, zip(*mc.mean_and_error(np.array(runs)), strict=True), strict=True))


def test_four_momentum_is_conserved(pions: np.ndarray) -> None:
    chi, v, parents = mc.meson_batch(np.random.default_rng(2), pions, *POINT, "dirac", 1)
    first, second = np.split(chi, 2, axis=1)
    slack = tolerance("identity") * parents[0] ** 2
    assert np.all(np.abs(first + second - v) * parents[0] <= slack)
    for momentum, mass in ((chi, POINT[1]), (v, POINT[0]), (parents - v, 0.0)):
        squared = momentum[0] ** 2 - np.sum(momentum[1:] ** 2, axis=0)
        energy_squared = np.tile(parents[0] ** 2, squared.size // parents.shape[1])
        assert np.all(np.abs(squared - mass**2) <= tolerance("identity") * energy_squared)


@pytest.mark.parametrize("kind", ["flux", "energy"])
def test_counting_and_point_detector_agree(isotropic_runs: dict, kind: str) -> None:
    assert agree(isotropic_runs[kind], isotropic_runs[f"{kind}_point"])


@pytest.mark.parametrize("decay", ["scalar", "dirac"])
def test_polarised_estimators_agree(pions: np.ndarray, decay: str) -> None:
    runs = []
    for seed in range(8):
        rng = np.random.default_rng([3, seed])
        chi, v, parents = mc.meson_batch(rng, pions, *POINT, decay, 15)
        mask, solid_angle = mc.in_band(chi, 90.0, 2.0)
        e_point, w_point = mc.point_detector(v, parents, *POINT, 90.0, decay)
        counted = [mask.sum() / solid_angle / v.shape[1], chi[0, mask].mean()]
        runs.append([*counted, w_point.sum() / v.shape[1], np.average(e_point, weights=w_point)])
    flux, energy, flux_point, energy_point = zip(*mc.mean_and_error(np.array(runs)), strict=True)
    assert agree(flux, flux_point)
    assert agree(energy, energy_point)
    stored = reference("flux", m_v=POINT[0], m_chi=POINT[1], decay=decay, angle_deg=90.0)
    assert agree(flux, stored["dn_domega"])
    assert agree(energy, stored["mean_energy"])


QUOTED = {"flux": 0.1338, "energy": 68.0, "all_recoils": 5.99, "window_14_26": 0.590}


@pytest.mark.parametrize("name", QUOTED)
def test_quoted_numbers(isotropic_runs: dict, name: str) -> None:
    assert isotropic_runs[name][0] == pytest.approx(QUOTED[name], rel=tolerance("benchmark"))


def test_stored_reference_is_this_monte_carlo(isotropic_runs: dict) -> None:
    keys = {"channel": "pi0", "m_v": POINT[0], "m_chi": POINT[1], "decay": "isotropic"}
    flux = reference("flux", angle_deg=90.0, **keys)
    events = reference("events", dm="dirac", **keys)
    assert agree(isotropic_runs["flux"], flux["dn_domega"])
    assert agree(isotropic_runs["energy"], flux["mean_energy"])
    for name in ("all_recoils", "window_14_26"):
        assert agree(isotropic_runs[name], events[name])
        assert events[name][0] == pytest.approx(QUOTED[name], rel=tolerance("benchmark"))


@pytest.mark.parametrize("decay", ["isotropic", "scalar", "dirac"])
def test_decay_angles_follow_their_density(decay: str) -> None:
    r, cos = 0.4, mc.sample_cos(np.random.default_rng(4), 200_000, decay, 0.4)
    norm, second = (
        quad(lambda c, n=n: c**n * mc.decay_density(np.array(c), decay, r), -1, 1)[0]
        for n in (0, 2)
    )
    assert norm == pytest.approx(1, rel=tolerance("quadrature"))
    error = np.std(cos**2) / np.sqrt(cos.size)
    assert agree((np.mean(cos**2), error), (second, 0.0))


def test_capture_is_isotropic_in_a_box() -> None:
    m_x, m_chi = 120.0, 40.0
    energy_x = mc.capture_energy(m_x)
    chi = mc.at_rest_batch(np.random.default_rng(5), np.full(200_000, energy_x), m_x, m_chi)
    mask, solid_angle = mc.in_band(chi, 60.0, 5.0)
    n = chi.shape[1] / 2
    assert agree((mask.sum() / n, np.sqrt(mask.sum()) / n), (solid_angle / (2 * np.pi), 0.0))
    half = np.sqrt(energy_x**2 - m_x**2) * np.sqrt(m_x**2 / 4 - m_chi**2) / m_x
    place = (chi[0] - energy_x / 2) / half
    assert np.abs(place).max() == pytest.approx(1, rel=tolerance("benchmark"))
    assert agree((np.mean(place**2), np.std(place**2) / np.sqrt(place.size)), (1 / 3, 0.0))
    assert mc.capture_yield(138.2, 1.0) > 0
    assert mc.capture_yield(138.3, 1.0) == 0


@pytest.mark.parametrize("dm", ["dirac", "scalar"])
@pytest.mark.parametrize("window", [(0.0, 10.0), (0.014, 0.026)])
def test_sampled_recoils_integrate_the_cross_section(dm: str, window: tuple) -> None:
    energy, (nucleus, _) = 80.0, mc.csi()
    m = nucleus.mass
    t_max = 2 * m * (energy**2 - POINT[1] ** 2) / (m**2 + POINT[1] ** 2 + 2 * m * energy)
    rng, e = np.random.default_rng(6), np.full(100_000, energy)
    _, sigma = mc.sample_recoil(rng, e, nucleus, *POINT, dm, window)
    top = min(window[1], t_max)
    scale = mc.dsigma_dt(np.array(0.01), energy, nucleus, *POINT, dm)
    exact = quad(
        lambda t: mc.dsigma_dt(np.array(t), energy, nucleus, *POINT, dm) / scale, window[0], top
    )[0]
    error = np.std(sigma) / np.sqrt(sigma.size)
    assert agree((np.mean(sigma), error), (exact * scale, 0.0))


def test_acceptance_is_taken_at_bin_centres() -> None:
    values = mc.acceptance(np.array([4.9, 5.2, 6.1, 6.9, 200.0]))
    assert values[0] == 0
    assert values[2] == values[3]
    assert values[4] == pytest.approx(0.6655, rel=tolerance("identity"))
    assert values[1] == pytest.approx(
        0.5 * 0.6655 / (1 + np.exp(-0.4942 * (5.5 - 10.8507))), rel=tolerance("identity")
    )


@pytest.mark.parametrize("channel", ["pi0", "piminus"])
@pytest.mark.parametrize("dm", ["dirac", "scalar"])
@pytest.mark.parametrize("m_v", [75.0, 120.0])
def test_baseline_agrees(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch, channel: str, dm: str, m_v: float
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "bench")
    import baseline

    stored = reference("events", channel=channel, dm=dm, m_v=m_v, decay="isotropic")
    table = baseline.load(shared_data)
    made = baseline.predict(m_v, m_v / 3, 1e-4, 0.5, table, dm=dm, pot=1e23, mass_kg=14.6)
    counts, errors = np.array(stored["counts"])
    slack = tolerance("sigmas") * errors + tolerance("benchmark") * counts
    assert np.all(np.abs(made[channel][5:12, :3] - counts) <= slack)
    total = made[channel][5:12, :3].sum()
    assert total == pytest.approx(counts.sum(), rel=tolerance("benchmark"))


def test_baseline_background_integral(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "bench")
    import baseline

    for n, m, s in ((0, 0, 0.5), (7, 0, 2.0), (0, 9, 1e-3), (40, 35, 12.0), (200, 200, 30.0)):
        (made,) = baseline.log_nbg_sum(np.array([s]), np.array([n]), np.array([m]))
        assert abs(made - baseline.log_nbg_quad(s, n, m)) <= tolerance("nbg")
