"""Cross sections and recoil kinematics against Dirac traces and four-vectors worked out by hand.

Amplitudes are summed numerically with explicit 4 × 4 gamma matrices: no trace identity is shared
with the package.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dirac import GAMMA, METRIC, dark_tensor, fermion_tensor
from dmjax.constants import M_ELECTRON
from dmjax.kinematics import momentum_min, recoil_max, recoil_range
from dmjax.models import SPINS, mediator
from dmjax.models.vector import mass_gap
from dmjax.nuclei import Radii, nucleus
from dmjax.scattering import chi_electron, chi_nucleus, chi_target
from tolerances import tolerance

TARGETS = {"electron": M_ELECTRON, "proton": 938.272, "argon": 37215.5}
SPLITTING = 4.0
RADII = Radii(jnp.asarray(3.427))


def close(ours, theirs, kind="identity"):
    return np.allclose(ours, theirs, rtol=tolerance(kind), atol=0.0)


def scattered(m_target, m1, m2, k, cosine):
    """Four-vectors of χ₁ N → χ₂ N at a centre-of-mass angle, boosted back to the laboratory."""
    e = np.hypot(k, m1)
    p, target = np.array([e, 0, 0, k]), np.array([m_target, 0, 0, 0])
    total = p + target
    s = total @ METRIC @ total
    e_out = (s + m2**2 - m_target**2) / (2 * np.sqrt(s))
    k_out = np.sqrt(e_out**2 - m2**2)
    sine = np.sqrt(1 - cosine**2)
    gamma, boost = total[0] / np.sqrt(s), k / np.sqrt(s)
    p_out = np.array(
        [
            gamma * e_out + boost * k_out * cosine,
            k_out * sine,
            0.0,
            gamma * k_out * cosine + boost * e_out,
        ]
    )
    return p, target, p_out, total - p_out


def brute_force(dm, m_target, m_v, m1, m2, k, cosine):
    """(T, dσ/dT) of V exchange on a spin-½ point target."""
    p, target, p_out, recoil = scattered(m_target, m1, m2, k, cosine)
    dark = dark_tensor(dm, p, m1, p_out, m2)
    matter = fermion_tensor(target, m_target, recoil, m_target, list(GAMMA))
    lower = METRIC @ matter @ METRIC
    q = p - p_out
    squared = np.real(np.sum(dark * lower)) / (q @ METRIC @ q - m_v**2) ** 2
    return recoil[0] - m_target, squared / (32 * np.pi * m_target * k**2)


def point(dm, m_v=75.0, m_chi=25.0, model="dark-photon", **more):
    splitting = SPLITTING if dm == "pseudo-dirac" else 0.0
    coupling = {"eps": 1e-4} if model == "dark-photon" else {"g": 1e-4}
    return mediator(model, m_v, m_chi, dm=dm, splitting=splitting, **coupling, **more)


@pytest.mark.parametrize("cosine", [-0.95, -0.3, 0.4, 0.9])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dm", SPINS)
def test_cross_sections_are_the_traces(dm, target, cosine):
    """The upscatter threshold on an electron at rest is above 400 MeV: use a fast χ throughout."""
    v, m_target, k = point(dm), TARGETS[target], 900.0
    m2 = 25.0 + float(v.splitting)
    t, expected = brute_force(dm, m_target, 75.0, 25.0, m2, k, cosine)
    assert close(chi_target(v, m_target, jnp.asarray(k), jnp.asarray(t)), expected, "quadrature")


@pytest.mark.parametrize("dm", SPINS)
def test_heavy_mediator_adds_nothing_longitudinal(dm):
    """q_µ of the propagator's second term vanishes on the conserved current of the target."""
    m_target = TARGETS["proton"]
    m2 = 25.0 + (SPLITTING if dm == "pseudo-dirac" else 0.0)
    p, target, p_out, recoil = scattered(m_target, 25.0, m2, 200.0, 0.1)
    matter = fermion_tensor(target, m_target, recoil, m_target, list(GAMMA))
    q = METRIC @ (p - p_out)
    assert abs(q @ matter @ q) < tolerance("quadrature") * np.abs(matter).max() * (q @ q)


@pytest.mark.parametrize("t", [0.3, 5.0, 30.0])
def test_electron_cross_section_is_equation_2_7(t):
    """[D20] Eq. 2.7 per electron, with E_r the total recoil energy and s = m_e² + m_χ² + 2m_eE."""
    me, m, mv, k = M_ELECTRON, 5.0, 15.0, 120.0
    e, e_r = np.hypot(k, m), M_ELECTRON + t
    s = me**2 + m**2 + 2 * me * e
    triangle = (s - me**2 - m**2) ** 2 - 4 * me**2 * m**2
    bracket = me * (e**2 + (me + e - e_r) ** 2) + (me**2 + m**2) * (me - e_r)
    expected = me**2 * bracket / (np.pi * triangle * (2 * me * (me - e_r) - mv**2) ** 2)
    for model, charge in (("dark-photon", -1.0), ("t3r-1", 2.0), ("t3r-2", 0.0)):
        v = point("dirac", mv, m, model)
        ours = chi_electron(v, jnp.asarray(k), jnp.asarray(t))
        assert close(ours, charge**2 * expected, "quadrature")


def test_nucleus_is_equation_2_6_for_a_heavy_target():
    """[D20] Eq. 2.6 drops m_χ²T/M and, in its bracket, nothing else."""
    argon, k, t, m = nucleus("Ar40"), 80.0, 0.05, 25.0
    mass, e = float(argon.mass), np.hypot(80.0, 25.0)
    printed = 2 * e**2 * mass * (1 - t / e - mass * t / (2 * e**2)) + mass * t**2
    printed /= 4 * np.pi * k**2 * (2 * mass * t + 75.0**2) ** 2
    v = point("dirac")
    ours = float(chi_target(v, argon.mass, jnp.asarray(k), jnp.asarray(t)))
    dropped = m**2 * t / (4 * np.pi * k**2 * (2 * mass * t + 75.0**2) ** 2)
    assert close(ours, printed - dropped)
    form = float(chi_nucleus(v, argon, RADII, jnp.asarray(k), jnp.asarray(t))) / ours
    assert 0.5 * 18**2 < form < 18**2


def test_models_differ_by_their_charges_alone():
    """B against A′ in detection: A²/Z²; on electrons, nothing."""
    argon = nucleus("Ar40")
    where = (argon, RADII, jnp.asarray(80.0), jnp.asarray(0.05))
    sigma = {name: chi_nucleus(point("dirac", model=name), *where) for name in MODELS}
    for name, charge in MODELS.items():
        assert close(sigma[name] / sigma["dark-photon"], (charge / 18.0) ** 2)


MODELS = {"dark-photon": 18.0, "baryonic": 40.0, "b-l": 40.0, "leptonic": 0.0, "t3r-2": 8.0}


def test_spins_at_zero_recoil():
    """Dirac, scalar and pseudo-Dirac agree; Majorana is suppressed by the velocity squared."""
    zero, k = jnp.asarray(0.0), jnp.asarray(7.0)
    dirac, scalar, majorana = (
        float(chi_target(point(dm), 1e5, k, zero)) for dm in ("dirac", "scalar", "majorana")
    )
    assert close(dirac, scalar)
    assert close(majorana / dirac, 49.0 / (49.0 + 625.0))
    degenerate = mediator("dark-photon", 75.0, 25.0, eps=1e-4, dm="pseudo-dirac")
    assert close(
        chi_target(degenerate, 1e5, k, jnp.asarray(1e-4)),
        chi_target(point("dirac"), 1e5, k, jnp.asarray(1e-4)),
    )


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("splitting", [0.0, 0.5, 4.0])
def test_recoil_range_against_a_scan_of_angles(target, splitting):
    m_target, m1 = TARGETS[target], 25.0
    m2 = m1 + splitting
    threshold = ((m_target + m2) ** 2 - m_target**2 - m1**2) / (2 * m_target)
    for energy in (1.0001 * threshold, 1.3 * threshold, 10.0 * threshold):
        k = np.sqrt(energy**2 - m1**2)
        recoils = [scattered(m_target, m1, m2, k, c)[3][0] - m_target for c in (-1.0, 0.2, 1.0)]
        gap = m2**2 - m1**2
        low, high = recoil_range(jnp.asarray(m_target), jnp.asarray(m1), jnp.asarray(k), gap)
        assert close(high, recoils[0], "gradient")
        # The four-vectors lose M to rounding: allow for it on the scale of M.
        rounding = {"rtol": tolerance("quadrature"), "atol": tolerance("identity") * m_target}
        assert np.allclose(low, recoils[2], **rounding)
        assert low <= recoils[1] <= high
        if splitting == 0.0:
            assert low == 0.0 and close(high, recoil_max(m_target, m1, k))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("splitting", [0.0, 0.5, 4.0])
def test_smallest_momentum_inverts_the_range(target, splitting):
    """Going down in momentum at fixed T, the recoil becomes unreachable exactly at p_min."""
    m_target, m1 = jnp.asarray(TARGETS[target]), jnp.asarray(25.0)
    gap = float(mass_gap(point("dirac"))) if splitting == 0.0 else splitting * (50.0 + splitting)
    for t in (1e-4, 0.02, 3.0, 200.0):
        p = momentum_min(m_target, m1, jnp.asarray(t), gap)
        low, high = recoil_range(m_target, m1, p, gap)
        edge = high if abs(float(high) - t) < abs(float(low) - t) else low
        assert close(edge, t, "gradient")
        below = recoil_range(m_target, m1, jnp.sqrt(0.999) * p, gap)
        above = recoil_range(m_target, m1, jnp.sqrt(1.001) * p, gap)
        assert not below[0] <= t <= below[1] and above[0] < t < above[1]


@pytest.mark.parametrize("m_chi", [0.0, 1e-3, 25.0, 500.0])
def test_elastic_limit_is_the_closed_form(m_chi):
    m_target = TARGETS["argon"]
    t = np.geomspace(1e-7, 50.0, 40)
    energy = 0.5 * t + 0.5 * np.sqrt((t + 2 * m_target) * (t + 2 * m_chi**2 / m_target))
    a, b = 0.5 * t, energy - 0.5 * t
    excess = 0.25 * t * (t + 2 * m_target + 2 * m_chi**2 / m_target)
    expected = np.sqrt(a * a + 2 * a * b + excess)
    masses = jnp.asarray(m_target), jnp.asarray(m_chi)
    ours = jax.vmap(lambda x: momentum_min(*masses, x))(jnp.asarray(t))
    assert close(ours, expected)


def test_threshold_is_where_both_ends_meet():
    m_target, m1, gap = jnp.asarray(938.272), jnp.asarray(25.0), 4.0 * 54.0
    energy = ((938.272 + 29.0) ** 2 - 938.272**2 - 625.0) / (2 * 938.272)
    threshold = np.sqrt(energy**2 - 625.0)
    closed = recoil_range(m_target, m1, jnp.asarray(threshold * (1 - 1e-9)), gap)
    assert closed == (0.0, 0.0)
    low, high = recoil_range(m_target, m1, jnp.asarray(threshold * (1 + 1e-12)), gap)
    assert low > 0 and close(low, high, "gradient")


@pytest.mark.parametrize("splitting", [0.0, 4.0])
def test_kinematic_slopes_on_both_sides_of_threshold(splitting):
    gap = splitting * (50.0 + splitting)
    m_target, m1 = jnp.asarray(938.272), jnp.asarray(25.0)
    threshold = ((938.272 + 25.0 + splitting) ** 2 - 938.272**2 - 625.0) / (2 * 938.272)

    def ends(e):
        return jnp.stack(recoil_range(m_target, m1, e, gap))

    for factor in (0.9, 0.999, 1.02, 1.5):
        e, step = jnp.asarray(threshold * factor), 1e-5
        exact = jax.jacfwd(ends)(e)
        assert close(exact, (ends(e + step) - ends(e - step)) / (2 * step), "gradient") or (
            factor < 1.0 and jnp.all(exact == 0.0)
        )
    edge = jax.jacfwd(ends)(jnp.asarray(threshold))
    assert jnp.all(jnp.isfinite(edge))
    assert jnp.isfinite(
        jax.grad(momentum_min, argnums=(1, 2))(m_target, m1, jnp.asarray(0.0), gap)[0]
    )


@pytest.mark.parametrize("dm", SPINS)
@pytest.mark.parametrize(("m_target", "t"), [(M_ELECTRON, 20.0), (37215.5, 0.05)])
def test_cross_section_slopes_match_finite_differences(dm, m_target, t):
    """In m_V, m_χ, splitting, k and T."""

    def sigma(x):
        splitting = x[2] if dm == "pseudo-dirac" else 0.0
        v = mediator("dark-photon", x[0], x[1], eps=1e-4, dm=dm, splitting=splitting)
        return chi_target(v, m_target, x[3], x[4])

    inside = jnp.array([75.0, 20.0, 4.0, 600.0, t])
    exact = jax.grad(sigma)(inside)
    steps = jnp.diag(1e-6 * inside)
    numeric = jnp.stack([(sigma(inside + s) - sigma(inside - s)) / (2 * s.sum()) for s in steps])
    scale = jnp.maximum(jnp.abs(exact), sigma(inside) / inside)
    assert jnp.all(jnp.abs(exact - numeric) <= tolerance("gradient") * scale)


@pytest.mark.parametrize("dm", SPINS)
def test_beyond_the_range_the_bracket_is_clipped(dm):
    """A recoil above the energy of χ: exactly 0 with zero gradient, whatever the formula says."""

    def sigma(k, t):
        return chi_target(point(dm), TARGETS["argon"], k, t)

    where = jnp.asarray(1.0), jnp.asarray(40.0)
    assert sigma(*where) == 0.0
    assert jax.grad(sigma, argnums=(0, 1))(*where) == (0.0, 0.0)


@pytest.mark.parametrize("dm", SPINS)
@pytest.mark.parametrize("m_target", TARGETS.values())
def test_float32_keeps_its_digits(dm, m_target):
    k, t = 600.0, 0.3 * float(recoil_max(m_target, 25.0, np.hypot(600.0, 25.0)))
    double = chi_target(point(dm), m_target, jnp.asarray(k), jnp.asarray(t))
    single = mediator(
        "dark-photon",
        jnp.float32(75.0),
        jnp.float32(25.0),
        eps=jnp.float32(1e-4),
        dm=dm,
        splitting=jnp.float32(SPLITTING) if dm == "pseudo-dirac" else 0.0,
    )
    ours = chi_target(single, m_target, jnp.float32(k), jnp.float32(t))
    assert ours.dtype == jnp.float32
    assert np.allclose(float(ours), double, rtol=tolerance("identity", "float32"))
