"""Pulses and what decays make of them: scipy, finite differences, the releases' own tables."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, optimize, special, stats

from dmjax.constants import TAU_MUON_US, TAU_PION_US
from dmjax.errors import InputError
from dmjax.timing import (
    DecayedPulse,
    GaussianPulse,
    PiecewisePulse,
    RepeatedPulse,
    arrival_fractions,
    box_pulse,
    double_pulse,
    own_clock,
    tabulated_pulse,
    triangular_pulse,
)
from dmjax.timing.special import erfcx
from tolerances import tolerance

PROMPT = (TAU_PION_US,)
DELAYED = (TAU_PION_US, TAU_MUON_US)
LIFETIMES = [PROMPT, (TAU_MUON_US,), DELAYED, (1e-3,), (1e3,)]
SNS = GaussianPulse(jnp.asarray(0.7), jnp.asarray(0.15))
PULSES = {
    "box": box_pulse(0.1, 0.3),
    "triangle": triangular_pulse(0.0, 0.29),
    "double": double_pulse(0.1, 0.54),
    "table": tabulated_pulse([0.0, 0.3, 0.5, 1.0], [1.0, 2.0, 0.5]),
    "ramps": PiecewisePulse(*jnp.array([[0.0, 0.5], [0.5, 1.0], [0.2, 2.2], [1.4, 0.2]])),
}


def decayed(pulse, lifetimes):
    return DecayedPulse(pulse, tuple(jnp.asarray(t) for t in lifetimes))


@eqx.filter_jit
def _cdf(pulse, times):
    return jax.vmap(pulse.cdf)(times)


def cdf(pulse, times):
    return np.asarray(_cdf(pulse, jnp.asarray(times)))


def pieces(pulse):
    if isinstance(pulse, RepeatedPulse):
        once, n = pieces(pulse.pulse), len(pulse.starts)
        moved = [np.add(once, [s, s, 0.0, 0.0]) for s in np.asarray(pulse.starts)]
        return np.concatenate(moved) * [1.0, 1.0, 1.0 / n, 1.0 / n]
    leaves = (pulse.left, pulse.right, pulse.density_left, pulse.density_right)
    return np.column_stack([np.asarray(x) for x in leaves])


def gone(delay, lifetimes):
    """Probability that all decays have happened within `delay`."""
    if len(lifetimes) == 1:
        return -np.expm1(-delay / lifetimes[0])
    a, b = lifetimes
    return (a * np.expm1(-delay / a) - b * np.expm1(-delay / b)) / (b - a)


def by_quadrature(pulse, lifetimes, time):
    """∫ density(s) P(decayed by time − s) ds, piece by piece."""
    total = 0.0
    for left, right, low, high in pieces(pulse):
        end = min(right, time)
        if end > left:
            total += integrate.quad(
                lambda s, a=left, w=right - left, y=low, dy=high - low: (
                    (y + dy * (s - a) / w) * gone(time - s, lifetimes)
                ),
                left,
                end,
                epsrel=1e-11,
                epsabs=0.0,
                limit=400,
                points=[max(left, end - 20.0 * lifetimes[0])],
            )[0]
    return total


def test_scaled_error_function():
    x = np.concatenate([np.linspace(0.0, 40.0, 2001), np.geomspace(40.0, 1e8, 100)])
    assert np.allclose(
        jax.vmap(erfcx)(jnp.asarray(x)), special.erfcx(x), rtol=tolerance("identity"), atol=0.0
    )
    slope = jax.vmap(jax.grad(erfcx))(jnp.asarray(x[:500]))
    expected = 2.0 * x[:500] * special.erfcx(x[:500]) - 2.0 / np.sqrt(np.pi)
    assert np.allclose(slope, expected, rtol=tolerance("quadrature"))


@pytest.mark.parametrize("lifetime", [1e-4, TAU_PION_US, 0.15, TAU_MUON_US, 1e4])
def test_decayed_gaussian_is_the_exponentially_modified_one(lifetime):
    times = np.linspace(-3.0, 20.0, 401)
    expected = stats.exponnorm.cdf(times, lifetime / 0.15, loc=0.7, scale=0.15)
    ours = cdf(decayed(SNS, (lifetime,)), times)
    assert np.allclose(ours, expected, rtol=0.0, atol=tolerance("quadrature"))


def test_pion_then_muon_against_convolution_by_quadrature():
    early = lambda s: stats.norm.pdf(s, 0.7, 0.15)  # noqa: E731
    for time in (0.5, 0.9, 2.0, 8.0):
        expected = integrate.quad(
            lambda s, t=time: early(s) * gone(t - s, DELAYED),
            -0.8,
            min(time, 2.2),
            epsabs=1e-13,
            points=[0.7],
        )[0]
        assert np.isclose(
            cdf(decayed(SNS, DELAYED), [time])[0], expected, rtol=tolerance("quadrature")
        )


@pytest.mark.parametrize("name", PULSES)
@pytest.mark.parametrize("lifetimes", LIFETIMES)
def test_decayed_pieces_against_convolution_by_quadrature(name, lifetimes):
    times = np.array([-0.2, 0.02, 0.12, 0.29, 0.5, 0.62, 0.9, 1.7])
    expected = [by_quadrature(PULSES[name], lifetimes, t) for t in times]
    ours = cdf(decayed(PULSES[name], lifetimes), times)
    assert np.allclose(ours, expected, rtol=tolerance("quadrature"), atol=0.0)


@pytest.mark.parametrize("lifetimes", [(), *LIFETIMES[:3]])
@pytest.mark.parametrize("name", ["gaussian", *PULSES])
def test_time_densities_are_normalised_and_rise(name, lifetimes):
    pulse = SNS if name == "gaussian" else PULSES[name]
    pulse = decayed(pulse, lifetimes) if lifetimes else pulse
    rise = cdf(pulse, np.linspace(-2.0, 80.0, 3001))
    assert np.isclose(rise[0], 0.0, atol=tolerance("normalisation"))
    assert np.isclose(rise[-1], 1.0, rtol=tolerance("normalisation"))
    assert np.all((rise >= 0.0) & (rise <= 1.0))
    assert np.all(np.diff(rise) >= -np.finfo(float).eps * 4)
    edges = jnp.linspace(-2.0, 80.0, 400)
    shares = arrival_fractions(pulse, jnp.asarray(0.0), edges)
    assert np.isclose(shares.sum(), 1.0, rtol=tolerance("normalisation"))


@pytest.mark.parametrize("lifetimes", LIFETIMES)
@pytest.mark.parametrize("name", ["gaussian", *PULSES])
def test_single_precision_keeps_its_digits(name, lifetimes):
    pulse = decayed(SNS if name == "gaussian" else PULSES[name], lifetimes)
    single = jax.tree.map(lambda x: x.astype(jnp.float32), pulse)
    times = np.concatenate([np.linspace(-50.0, 50.0, 301), np.linspace(-0.1, 2.0, 300)])
    ours = _cdf(single, jnp.asarray(times, jnp.float32))
    assert ours.dtype == jnp.float32
    assert np.allclose(ours, cdf(pulse, times), rtol=0.0, atol=tolerance("identity", "float32"))


BUILT = {
    "gaussian": (lambda p: GaussianPulse(p[0], p[1]), [0.7, 0.15]),
    "box": (lambda p: box_pulse(p[0], p[1]), [0.1, 0.3]),
    "triangle": (lambda p: triangular_pulse(p[0], p[1]), [0.01, 0.29]),
    "double": (lambda p: double_pulse(p[0], p[1]), [0.1, 0.54]),
    "table": (lambda p: tabulated_pulse(jnp.array([0.0, 0.3, 0.5, 1.0]), p), [1.0, 2.0, 0.5]),
}


@pytest.mark.parametrize("lifetimes", [PROMPT, DELAYED])
@pytest.mark.parametrize("name", BUILT)
def test_every_pulse_parameter_is_differentiable(name, lifetimes):
    build, shape = BUILT[name]
    centre = jnp.array([*shape, *lifetimes])
    times = jnp.array([0.05, 0.21, 0.44, 0.71, 0.9, 3.0])

    def value(p):
        pulse = DecayedPulse(build(p[: len(shape)]), tuple(p[len(shape) :]))
        return jax.vmap(pulse.cdf)(times)

    steps = 1e-6 * centre
    shifts = jnp.concatenate([jnp.diag(steps), -jnp.diag(steps)])
    exact, shifted = jax.jit(
        lambda p: (jax.jacrev(value)(p), jax.vmap(value)(p[None, :] + shifts))
    )(centre)
    plus, minus = jnp.split(shifted, 2)
    numeric = ((plus - minus) / (2.0 * steps[:, None])).T
    size = jnp.max(jnp.abs(exact), axis=0, keepdims=True)
    assert jnp.all(jnp.isfinite(exact))
    assert jnp.all(jnp.abs(exact - numeric) <= tolerance("gradient") * size)


@pytest.mark.parametrize("name", ["gaussian", *PULSES])
def test_no_nan_however_far_the_tail(name):
    pulse = decayed(SNS if name == "gaussian" else PULSES[name], DELAYED)
    times = jnp.array([-1e6, -30.0, 0.0, 30.0, 1e6])
    slopes = jax.vmap(jax.grad(lambda p, t: p.cdf(t), argnums=(0, 1)), in_axes=(None, 0))
    assert all(jnp.all(jnp.isfinite(x)) for x in jax.tree.leaves(jax.jit(slopes)(pulse, times)))


def test_bad_pulses_are_refused():
    with pytest.raises(InputError, match=r"sum to a positive finite number, got 0\.0"):
        tabulated_pulse([0.0, 1.0, 2.0], [0.0, 0.0])
    with pytest.raises(InputError, match="positive finite number, got nan"):
        tabulated_pulse([0.0, 1.0, 2.0], [1.0, np.nan])
    with pytest.raises(InputError, match=r"negative, got -1\.0"):
        tabulated_pulse([0.0, 1.0, 2.0], [3.0, -1.0])
    with pytest.raises(InputError, match=r"edges .* increase"):
        tabulated_pulse([0.0, 2.0, 1.0], [1.0, 1.0])
    with pytest.raises(InputError, match=r"needs n \+ 1 edges"):
        tabulated_pulse([0.0, 1.0], [1.0, 1.0])
    with pytest.raises(InputError, match="width"):
        box_pulse(0.0, 0.0)
    with pytest.raises(InputError, match="width"):
        triangular_pulse(0.0, -0.29)
    with pytest.raises(InputError, match="overlap"):
        double_pulse(0.1, 0.05)
    with pytest.raises(InputError, match="width"):
        GaussianPulse(jnp.asarray(0.7), jnp.asarray(-0.15))
    with pytest.raises(InputError, match="lifetime"):
        decayed(SNS, (np.inf,))
    with pytest.raises(InputError, match="differ"):
        decayed(SNS, (2.2, 2.2))


def offsets(pulse, edges, fractions):
    """How far [µs] each edge of a table must move for our spectrum to hold the same share.

    Both are taken relative to the whole table; edges that hold less than 0.1 % on one side say
    nothing about time.
    """
    share = np.cumsum(fractions)[:-1] / np.sum(fractions)
    inner = np.flatnonzero((share > 1e-3) & (share < 1.0 - 1e-3))
    fine = np.linspace(edges[0], edges[-1], 200_001)
    ours = cdf(pulse, fine)
    ours = (ours - ours[0]) / (ours[-1] - ours[0])
    return np.interp(share[inner], ours, fine) - edges[1:-1][inner]


RELEASE_BIN_US = 0.5
TENTH_OF_A_BIN_US = 0.05
"""Also the rounding of the quoted mean of the SNS pulse, 0.7 µs: one digit."""


def release_times(shared_data, name):
    table = np.loadtxt(shared_data / "coherent" / f"arrivalTimePDF_{name}.txt", delimiter=",")
    return np.append(table[:, 0], table[-1, 0] + RELEASE_BIN_US) - 0.5 * RELEASE_BIN_US, table[:, 1]


@pytest.mark.parametrize(
    ("name", "lifetimes"), [("promptNeutrinos", PROMPT), ("delayedNeutrinos", DELAYED)]
)
def test_sns_spectra_from_first_principles_agree_with_the_release(shared_data, name, lifetimes):
    edges, fractions = release_times(shared_data, name)
    shifts = offsets(decayed(SNS, lifetimes), edges, fractions)
    assert np.all(np.abs(shifts) < TENTH_OF_A_BIN_US)


def test_prompt_and_delayed_tables_ask_for_one_pulse_only_with_pion_decay(shared_data):
    """The pulse that the prompt table asks for, with π decay, fits the delayed table better."""
    edges, prompt = release_times(shared_data, "promptNeutrinos")
    _, late = release_times(shared_data, "delayedNeutrinos")

    def worst_offset(lifetimes):
        def miss(p):
            pulse = GaussianPulse(*jnp.asarray(p))
            pulse = decayed(pulse, lifetimes) if lifetimes else pulse
            return cdf(pulse, edges[1:3]) - np.cumsum(prompt)[:2]

        mean, sigma = optimize.least_squares(miss, [0.7, 0.15]).x
        pulse = decayed(GaussianPulse(jnp.asarray(mean), jnp.asarray(sigma)), DELAYED)
        return np.abs(offsets(pulse, edges, late)).max()

    assert worst_offset(PROMPT) < worst_offset(())


FIGURE_STEP_NS = 10.0
"""Distance of the points read off the figure."""


@pytest.mark.parametrize("window", [(0.0, 400.0), (530.0, 800.0)])
def test_jsns2_prompt_time_as_published(shared_data, window):
    """Two 80 ns boxes 540 ns apart with the pion's lifetime: over four decades, within a step.

    The curve is unnormalised and on a logarithmic axis, so each pulse is compared as the density at
    a time moved by at most one step of the figure.
    """
    path = shared_data / "jsns" / "pion_kaon_neutrino_timing.txt"
    time, density = np.loadtxt(path, delimiter=",").T
    inside = (time > window[0]) & (time < window[1])
    time, density = time[inside], density[inside]
    grid = np.arange(window[0] - 20.0, window[1] + 20.0, 0.5)
    ours = np.gradient(cdf(decayed(double_pulse(0.08, 0.54), PROMPT), grid * 1e-3), grid)
    ours *= np.trapezoid(density, time) / np.trapezoid(np.interp(time, grid, ours), time)
    near = np.abs(grid[None, :] - time[:, None]) <= FIGURE_STEP_NS
    low = np.where(near, ours, np.inf).min(1)
    high = np.where(near, ours, -np.inf).max(1)
    rounding = 1.0 + tolerance("benchmark")
    assert np.all((density * rounding >= low) & (density <= high * rounding))


CCM_BIN_US = 0.03


def test_ccm_prompt_table(shared_data):
    """A box of 11 bins whose neutrinos come late by the pion's lifetime, within half a bin."""
    table = np.loadtxt(shared_data / "ccm" / "arrivalTimePDF_prompt.txt", delimiter=",")
    edges = np.append(table[:, 0], table[-1, 0] + CCM_BIN_US) - 0.5 * CCM_BIN_US
    mean = np.dot(table[:, 0], table[:, 1]) / table[:, 1].sum()
    ours = 0.5 * 11 * CCM_BIN_US + TAU_PION_US
    assert abs(mean - ours) < 0.5 * CCM_BIN_US
    shifts = offsets(decayed(box_pulse(0.0, 11 * CCM_BIN_US), PROMPT), edges, table[:, 1])
    assert np.all(np.abs(shifts[:11]) < 0.5 * CCM_BIN_US)


@pytest.mark.parametrize("lifetimes", [PROMPT, DELAYED])
def test_in_its_own_clock_each_of_two_pulses_is_one_with_all_protons(lifetimes):
    grid = np.linspace(-0.1, 3.0, 60)
    both, one = decayed(double_pulse(0.1, 0.54), lifetimes), decayed(box_pulse(0.0, 0.1), lifetimes)
    assert np.array_equal(cdf(own_clock(both), grid), cdf(one, grid))
    mean = 0.5 * (cdf(one, grid) + cdf(one, grid - 0.54))
    assert np.allclose(cdf(both, grid), mean, atol=tolerance("identity"))
    assert own_clock(SNS) is SNS
