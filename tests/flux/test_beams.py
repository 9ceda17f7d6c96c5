"""Beams: complete descriptions, mesons as the detector sees them, η derived from π⁰.

References are evaluated parent by parent: a parent of Lorentz factor γ at angle ψ to the line of
sight gives dN/dE dΩ = (k/k′) f(E′)/4π, E′ = γ(E − βk cosψ), f uniform between γ_V(E* ∓ β_V p*).
"""

from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.constants import BR_PI0_TWO_PHOTONS, M_PI0
from dmjax.data import available, load_table, load_toml
from dmjax.experiments import experiment
from dmjax.flux import with_harmonics
from dmjax.prediction.backgrounds import exposed
from dmjax.sources import NeutralMesons, doppler_density, doppler_table
from tolerances import tolerance
from tools.tables.eta_scaling import (
    M_ETA,
    M_NUCLEON,
    centre_of_mass,
    largest_energy,
    scaled_etas,
)
from tools.tables.eta_scaling import (
    M_PI0 as M_PI0_LIST,
)
from tools.tables.meson_tables import TARGETS

DETECTORS = [("sns", 90.0), ("sns", 137.0), ("lujan", 90.0), ("mlf", 29.0)]
K_EDGES = np.concatenate([[0.0], np.geomspace(0.5, 4000.0, 400)])
K = 0.5 * (K_EDGES[1:] + K_EDGES[:-1])


def _box(mass, m_v, m_chi):
    """Edges of the χ energy in the meson frame."""
    e_v, p_v = (mass**2 + m_v**2) / (2 * mass), (mass**2 - m_v**2) / (2 * mass)
    swing = p_v * np.sqrt(0.25 - (m_chi / m_v) ** 2)
    return 0.5 * e_v - swing, 0.5 * e_v + swing


def _moments(density, m_chi):
    """dN/dΩ, mean energy and dN/dΩ above 100 MeV from dN/dk dΩ at K."""
    energy, flux = np.sqrt(K**2 + m_chi**2), density * np.diff(K_EDGES)
    return flux.sum(), np.dot(flux, energy) / flux.sum(), flux[energy > 100.0].sum()


def _by_parents(points, weight, angle, m_v, m_chi, mass, azimuths):
    """Reference: every parent at random azimuths, summed at each χ momentum.

    φ = πu² with one u in each of n equal steps and weight 2u: dense where fast parents point at
    the detector.
    """
    rng = np.random.default_rng(7)
    u = (np.arange(azimuths) + rng.random((len(points), azimuths))) / azimuths
    phi, share = np.pi * u**2, 2 * u / azimuths
    gamma, cos_theta = 1.0 + points[:, :1] / mass, points[:, 1:]
    sin_theta = np.sqrt(np.clip(1.0 - cos_theta**2, 0.0, None))
    cos_psi = cos_theta * np.cos(angle) + sin_theta * np.sin(angle) * np.cos(phi)
    drag = (np.sqrt(gamma**2 - 1.0) * cos_psi).ravel()
    gamma, weight = np.repeat(gamma, azimuths), (weight[:, None] * share).ravel()
    low, high = _box(mass, m_v, m_chi)
    density = np.zeros_like(K)
    for i, k in enumerate(K):
        energy = np.hypot(k, m_chi)
        inside = gamma * energy - drag * k
        hit = (inside > low) & (inside < high)
        k_inside = np.sqrt(inside[hit] ** 2 - m_chi**2)
        density[i] = np.sum(weight[hit] / k_inside) * k**2 / energy * 2 / (high - low)
    return density / (4 * np.pi)


@eqx.filter_jit
def _by_table(table, low, high, m_chi):
    """dN/dk dΩ at K from η: (k²/4πE) ∫ dk′ f(E′) η(a, ln E′/E)/E′², k′ between low and high."""
    x, w = (jnp.asarray(v) for v in np.polynomial.legendre.leggauss(24))
    k_in = 0.5 * (low + high) + 0.5 * (high - low) * x
    e_in = jnp.sqrt(k_in**2 + m_chi**2)
    height = 2 / (jnp.hypot(high, m_chi) - jnp.hypot(low, m_chi))

    def at(k):
        energy = jnp.hypot(k, m_chi)
        log_g = jnp.log(e_in) - jnp.log(energy)
        eta = jax.vmap(lambda g: doppler_density(table, jnp.arctan2(k, m_chi), g))(log_g)
        return k**2 / energy * 0.5 * (high - low) * height * jnp.sum(w * eta / e_in**2)

    return jax.vmap(at)(jnp.asarray(K)) / (4 * jnp.pi)


def _mesons(points, weight, mass=M_PI0):
    values = (mass, BR_PI0_TWO_PHOTONS, 1.0, 0.0, points[:, 0], points[:, 1], weight)
    return NeutralMesons(*(jnp.asarray(v, float) for v in values))


def _cells(name):
    columns = load_table(name).columns
    points = np.column_stack([columns["kinetic_energy"], columns["cos_theta"]])
    return points, columns["weight"]


def _raw_pions(folder):
    rows = np.loadtxt(folder / "Pi0_Info.txt")
    momentum = np.sqrt((rows[:, 1:4] ** 2).sum(axis=1))
    return np.column_stack([rows[:, 5], -rows[:, 3] / momentum])


def _table_moments(table, m_v, m_chi, mass):
    low, high = (np.sqrt(e**2 - m_chi**2) for e in _box(mass, m_v, m_chi))
    density = _by_table(table, *map(jnp.asarray, (low, high, m_chi)))
    return _moments(np.asarray(density), m_chi)


@cache
def _average(beam):
    return doppler_table(_mesons(*_cells(f"pi0_{beam}")), None)


@pytest.mark.parametrize("beam", available("beams"))
def test_beam_is_complete(beam):
    spec = load_toml("beams", beam)
    for part in ("pi0", "eta", "cascade"):
        if part in spec:
            assert spec[part]["table"] in available("tables")
    for part in ("pi0", "exchange", "neutrinos"):
        assert 0.0 < spec[part]["per_pot"] < 1.0
    assert {"captured_per_pot", "inelastic_per_pot", "radiative_fraction"} <= spec["piminus"].keys()
    assert spec["pulse"]["kind"] in ("gaussian", "triangular", "box", "double")


def test_charged_pions_add_up():
    """Fates of π± that are used here stay below the π⁻ and π⁺ made ([D20] Table 3)."""
    made = {"sns": (0.1098, 0.0470), "lujan": (0.0665, 0.0259), "mlf": (0.5260, 0.4962)}
    for beam, (plus, minus) in made.items():
        spec = load_toml("beams", beam)
        absorbed = spec["piminus"]["captured_per_pot"] + spec["piminus"]["inelastic_per_pot"]
        assert 0.9 * minus < absorbed < minus
        assert spec["neutrinos"]["per_pot"] + spec["exchange"]["per_pot"] < plus


@pytest.mark.parametrize("name", [t for t in available("tables") if t[:3] in ("pi0", "eta")])
def test_meson_cells_are_a_distribution(name):
    points, weight = _cells(name)
    assert np.isclose(weight.sum(), 1.0, rtol=tolerance("normalisation"))
    assert np.all(weight > 0) and np.all(points[:, 0] >= 0) and np.all(np.abs(points[:, 1]) <= 1)


@pytest.mark.parametrize("m_v", [5.0, 130.0])
@pytest.mark.parametrize(("beam", "angle"), DETECTORS)
def test_flux_is_that_of_the_whole_list(beam, angle, m_v, shared_data):
    """Shipped cells and Doppler table against every simulated π⁰, one by one."""
    raw = _raw_pions(shared_data / TARGETS[beam].folder)
    weight, radians = np.full(len(raw), 1 / len(raw)), np.radians(angle)
    m_chi, azimuths = m_v / 3, 2**18 // len(raw) + 8
    reference = _by_parents(raw, weight, radians, m_v, m_chi, M_PI0, azimuths)
    table = doppler_table(_mesons(*_cells(f"pi0_{beam}")), radians)
    ours, reference = _table_moments(table, m_v, m_chi, M_PI0), _moments(reference, m_chi)
    assert np.allclose(ours[:2], reference[:2], rtol=tolerance("template"))


def test_quoted_flux_at_the_sns():
    """At m_V = 75, m_χ = 25 MeV towards 90°: 0.1338 χ per sr and π⁰ → γV, 68.0 MeV on average."""
    table = doppler_table(_mesons(*_cells("pi0_sns")), 0.5 * np.pi)
    per_sr, mean, _ = _table_moments(table, 75.0, 25.0, M_PI0)
    assert np.isclose(per_sr, 0.1338, rtol=tolerance("benchmark"))
    assert np.isclose(mean, 68.0, rtol=tolerance("template"))


@pytest.mark.parametrize("ratio", [2.3, 3.0, 40.0])
@pytest.mark.parametrize("m_v", [5.0, 30.0, 75.0, 130.0])
@pytest.mark.parametrize("beam", sorted(TARGETS))
def test_isotropic_average_holds_two_chi_per_mediator(beam, m_v, ratio):
    per_sr, _, _ = _table_moments(_average(beam), m_v, m_v / ratio, M_PI0)
    assert np.isclose(4 * np.pi * per_sr, 2.0, rtol=tolerance("template"))


def test_isotropic_average_is_the_average_over_angles():
    mesons = _mesons(*_cells("pi0_lujan"))
    cosines, weights = np.polynomial.legendre.leggauss(8)
    towards = [
        _table_moments(doppler_table(mesons, np.arccos(c)), 75.0, 25.0, M_PI0) for c in cosines
    ]
    mean = np.dot(0.5 * weights, [[n, n * e] for n, e, _ in towards])
    per_sr, energy, _ = _table_moments(_average("lujan"), 75.0, 25.0, M_PI0)
    assert np.allclose([per_sr, per_sr * energy], mean, rtol=tolerance("template"))


def test_scaled_eta_keeps_transverse_mass_and_reaches_its_own_limit():
    root_s, y_cm = centre_of_mass(3000.0)
    assert np.isclose(root_s, 3026.5, rtol=tolerance("table"))
    m_t = np.array([560.0, 700.0, 900.0])
    p_t = np.sqrt(m_t**2 - M_PI0_LIST**2)
    top = largest_energy(M_PI0_LIST, root_s)
    assert np.isclose(top + np.sqrt(4 * M_NUCLEON**2 + top**2 - M_PI0_LIST**2), root_s)
    for sign in (0.0, 1.0 - 1e-12):  # at rest along the beam; as fast as it can be
        y = sign * np.arccosh(top / m_t) + y_cm
        kinetic, cosine = scaled_etas(p_t, m_t * np.sinh(y), 3000.0).T
        energy, p_z = kinetic + M_ETA, cosine * np.sqrt(kinetic * (kinetic + 2 * M_ETA))
        assert np.allclose(energy**2 - p_z**2, m_t**2, rtol=tolerance("identity"))
        in_cm = energy * np.cosh(y_cm) - p_z * np.sinh(y_cm)
        expected = m_t if sign == 0 else largest_energy(M_ETA, root_s)
        assert np.allclose(in_cm, expected, rtol=tolerance("quadrature"))


def test_scaled_eta_drops_what_cannot_be():
    soft, too_fast = (300.0, 500.0), (600.0, 6000.0)
    assert len(scaled_etas(*np.array([soft, too_fast]).T, 3000.0)) == 0


def _phase_space_etas():
    """NN → NNη by phase space, isotropic: dN/dE* ∝ p* √(1 − 4m_N²/M_NN²), as weighted points."""
    root_s, y_cm = centre_of_mass(3000.0)
    energy = np.linspace(M_ETA, largest_energy(M_ETA, root_s), 202)[1:-1, None]
    momentum = np.sqrt(energy**2 - M_ETA**2)
    pair = root_s**2 + M_ETA**2 - 2 * root_s * energy
    cosine = ((np.arange(200) + 0.5) / 100 - 1)[None, :]
    weight = momentum * np.sqrt(1 - 4 * M_NUCLEON**2 / pair) * np.ones_like(cosine)
    in_lab = energy * np.cosh(y_cm) + momentum * cosine * np.sinh(y_cm)
    p_z = momentum * cosine * np.cosh(y_cm) + energy * np.sinh(y_cm)
    points = np.stack([in_lab - M_ETA, p_z / np.sqrt(in_lab**2 - M_ETA**2)], axis=-1)
    return points.reshape(-1, 2), weight.ravel() / weight.sum()


@pytest.mark.parametrize("m_v", [200.0, 400.0])
def test_shape_of_the_eta_is_known_to_its_error(m_v):
    """Towards JSNS²: table against parents one by one, and m_T scaling against phase space."""
    radians, m_chi, shipped = np.radians(29.0), m_v / 3, _cells("eta_mlf")
    table = doppler_table(_mesons(*shipped, M_ETA), radians)
    scaled = _moments(_by_parents(*shipped, radians, m_v, m_chi, M_ETA, 64), m_chi)
    ours = _table_moments(table, m_v, m_chi, M_ETA)
    assert np.allclose(ours, scaled, rtol=tolerance("template"))
    flat = _moments(_by_parents(*_phase_space_etas(), radians, m_v, m_chi, M_ETA, 8), m_chi)
    spec = load_toml("beams", "mlf")["eta"]
    allowed = spec["per_pot_error"] / spec["per_pot"]
    for ours_part, flat_part in ((scaled[0], flat[0]), (scaled[2], flat[2])):
        assert abs(flat_part / ours_part - 1.0) < allowed


def test_a_beam_is_prepared_for_flight_once():
    """Detectors that see a beam at one angle hold the same arrays."""
    beam = experiment("ccm-tight").beam
    ready = with_harmonics(beam)
    assert with_harmonics(exposed(experiment("ccm-tight"), years=3.0).beam) is ready
    assert with_harmonics(experiment("ccm120").beam) is ready
    assert with_harmonics(experiment("coherent-csi").beam) is not ready
