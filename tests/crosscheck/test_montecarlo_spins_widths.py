"""The Monte Carlo's numeric traces and Breit–Wigner against closed forms and quadrature."""

import numpy as np
import pytest

import montecarlo as mc
from montecarlo.spins import GAMMA, GAMMA5, METRIC
from tolerances import tolerance

NUCLEUS, ELECTRON = mc.csi()[0], mc.lab_electrons()[0]
SCATTERING = [(NUCLEUS, 75.0, 25.0, 80.0), (ELECTRON, 15.0, 5.0, 200.0)]
# [physics.md §2] scalar χ, α_D = ½, m_χ = m_V/3: total yield over the narrow form.
QUOTED = {10.0: 1.043, 30.0: 1.010, 75.0: 0.973, 100.0: 0.961, 130.0: 2.243}


def agree(value: float, error: float, exact: float) -> bool:
    return abs(value - exact) <= tolerance("sigmas") * error


def test_gamma_matrices_obey_their_algebra() -> None:
    for mu in range(4):
        for nu in range(4):
            anti = GAMMA[mu] @ GAMMA[nu] + GAMMA[nu] @ GAMMA[mu]
            assert np.array_equal(anti, 2 * (mu == nu) * METRIC[mu] * np.eye(4))
        assert np.array_equal(GAMMA[mu] @ GAMMA5, -GAMMA5 @ GAMMA[mu])


def closed(recoil, e, m, m1, m2, sign) -> np.ndarray:
    """Σ|M|²/8M² with δ = (m₂² − m₁²)/2 and `sign` −1 for the axial current (m₁m₂ → −m₁m₂)."""
    delta, product = (m2**2 - m1**2) / 2, sign * m1 * m2
    mean = (m1**2 + m2**2) / 2
    moving = e**2 + (e - recoil) ** 2 - delta * (2 * e - recoil) / m
    return moving - mean - m * recoil + product * (1 - recoil / m)


@pytest.mark.parametrize("case", SCATTERING, ids=["nucleus", "electron"])
@pytest.mark.parametrize("dm", ["dirac", "scalar"])
def test_traces_give_the_closed_cross_sections(case: tuple, dm: str) -> None:
    target, m_v, m_chi, energy = case
    cos = np.random.default_rng(1).uniform(-1, 1, 50)
    e = np.full(50, energy)
    recoil, sigma = mc.scatter(e, cos, target, m_v, m_chi, dm, 0.0)
    top = mc.endpoint(e, target, m_chi)
    np.testing.assert_allclose(recoil, top * (1 - cos) / 2, rtol=tolerance("quadrature"))
    exact = top / 2 * mc.dsigma_dt(recoil, e, target, m_v, m_chi, dm)
    np.testing.assert_allclose(sigma, exact, rtol=tolerance("quadrature"))


@pytest.mark.parametrize("case", SCATTERING, ids=["nucleus", "electron"])
@pytest.mark.parametrize(("dm", "gap"), [("majorana", 0.0), ("pseudo-dirac", 4.0)])
def test_traces_of_other_spins(case: tuple, dm: str, gap: float) -> None:
    target, m_v, m_chi, energy = case
    cos = np.random.default_rng(2).uniform(-1, 1, 50)
    e, m = np.full(50, energy), target.mass
    recoil, sigma = mc.scatter(e, cos, target, m_v, m_chi, dm, gap)
    top = mc.endpoint(e, target, m_chi)
    _, before, after, _ = mc.two_body(e, m_chi, m_chi + gap, m)
    bracket = closed(recoil, e, m, m_chi, m_chi + gap, -1 if dm == "majorana" else 1)
    at_same = mc.dsigma_dt(recoil, e, target, m_v, m_chi, "dirac")
    width = top / 2 * after / before  # half the range of T, m₂ in place of m_χ
    exact = width * at_same * bracket / closed(recoil, e, m, m_chi, m_chi, 1)
    np.testing.assert_allclose(sigma, exact, rtol=tolerance("quadrature"))


def test_upscattering_has_a_threshold_and_conserves_mass() -> None:
    m_chi, gap, m = 5.0, 5.0, ELECTRON.mass
    threshold = ((m_chi + gap + m) ** 2 - m_chi**2 - m**2) / (2 * m)
    e = threshold * np.array([0.5, 0.999, 1.001, 3.0])
    recoil, sigma = mc.scatter(e, np.zeros(4), ELECTRON, 15.0, m_chi, "pseudo-dirac", gap)
    assert np.array_equal(sigma > 0, [False, False, True, True])
    open_e, open_recoil = e[2:], recoil[2:]
    # cosθ* = 0: t = −2MT must be that of E*E₂* alone.
    root_s, before, after, _ = mc.two_body(open_e, m_chi, m_chi + gap, m)
    energies = np.sqrt(m_chi**2 + before**2) * np.sqrt((m_chi + gap) ** 2 + after**2)
    t = m_chi**2 + (m_chi + gap) ** 2 - 2 * energies
    np.testing.assert_allclose(-2 * m * open_recoil, t, rtol=tolerance("quadrature"))
    assert np.all(root_s > m + m_chi + gap)


@pytest.mark.parametrize("m_v", QUOTED)
def test_quoted_finite_width_ratios(m_v: float) -> None:
    assert round(mc.yield_ratio(m_v, m_v / 3, 0.5, "scalar", "pi0"), 3) == QUOTED[m_v]


@pytest.mark.parametrize("dm", ["dirac", "scalar"])
@pytest.mark.parametrize("channel", ["pi0", "piminus"])
@pytest.mark.parametrize("m_v", [30.0, 120.0])
def test_sampled_masses_give_the_quadrature(dm: str, channel: str, m_v: float) -> None:
    s_max = np.full(50_000, (mc.M_PI0 if channel == "pi0" else mc.CAPTURE_LIMIT) ** 2)
    means = []
    for seed in range(8):
        mass, weight = mc.sample_mass(np.random.default_rng(seed), m_v, m_v / 3, 0.5, dm, s_max)
        assert np.all((mass >= 2 * m_v / 3) & (mass**2 <= s_max * (1 + 1e-12)))
        factor = mc.phase_space(mass**2, channel) / mc.phase_space(m_v**2, channel)
        means.append(np.mean(weight * factor))
    value, error = mc.mean_and_error(np.array(means))
    assert agree(value, error, mc.yield_ratio(m_v, m_v / 3, 0.5, dm, channel))


def test_narrow_limit() -> None:
    for dm in ("dirac", "scalar"):
        ratio = mc.yield_ratio(75.0, 25.0, 1e-5, dm, "pi0")
        assert ratio == pytest.approx(1, rel=tolerance("gradient"))


def test_widths() -> None:
    """Closed forms at m_χ = 0: κ_D² m/12π and a quarter of it, κ_D² = 4πα_D."""
    assert mc.chi_width(60.0, 0.0, 0.5, "dirac") == pytest.approx(10.0)
    assert mc.chi_width(60.0, 0.0, 0.5, "scalar") == pytest.approx(2.5)
    assert mc.chi_width(60.0, 30.0, 0.5, "scalar") == 0
