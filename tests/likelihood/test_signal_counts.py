"""Uncertainties of the sources as pulls of the signal."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax import experiment
from dmjax.analyses.catalogue import analysis, search_of
from dmjax.conventions import CHANNELS, D20, DMJAX
from dmjax.errors import InputError
from dmjax.fits.profiles import all_intervals
from dmjax.flux.capture import CAPTURE, ISOSCALAR
from dmjax.flux.mesons import ETA, MIXING
from dmjax.likelihood.count_terms import expected
from dmjax.likelihood.joint import JointModel
from dmjax.likelihood.signals import with_signal
from dmjax.models import PRESETS, mediator
from dmjax.prediction.search import dark_matter_counts, search
from dmjax.prediction.templates import dark_matter_signal, source_errors
from tolerances import tolerance

PHOTON = PRESETS["dark-photon"]


def point(m_v: float):
    return mediator("dark-photon", m_v, m_v / 3.0, eps=1e-4, alpha_d=0.5)


def close(one, other) -> bool:
    return np.allclose(one, other, rtol=tolerance("identity"), atol=0.0)


def _radiative_fraction(setting):
    return setting.experiment.beam.channels["piminus"].pions.radiative_fraction


def _eta_per_pot(setting):
    return setting.experiment.beam.channels["eta"].mesons.per_pot


def test_raised_captures_are_those_of_a_beam_that_radiates_more():
    setting = search_of("lar2020")
    counts = dark_matter_signal(setting, point(110.0))
    assert close(counts.nominal, dark_matter_counts(setting, point(110.0)))
    pions = setting.experiment.beam.channels["piminus"].pions
    more = pions.radiative_fraction + pions.radiative_fraction_error
    changed = eqx.tree_at(_radiative_fraction, setting, more)
    raised = dark_matter_counts(changed, point(110.0))
    assert set(counts.raised) == {CAPTURE}
    assert close(counts.raised[CAPTURE], raised)


def test_raised_eta_is_that_of_a_beam_with_more_eta():
    detector = experiment("jsns2")
    setting = search(detector, np.array(detector.edges), np.array(detector.time_edges))
    counts = dark_matter_signal(setting, point(200.0))
    mesons = detector.beam.channels["eta"].mesons
    more = mesons.per_pot + mesons.per_pot_error
    changed = eqx.tree_at(_eta_per_pot, setting, more)
    raised = dark_matter_counts(changed, point(200.0))
    assert close(counts.raised[ETA], raised)
    assert float(counts.raised[ETA].sum() / counts.nominal.sum()) > 1.1


def test_only_sources_in_use_have_pulls():
    beam = experiment("jsns2").beam
    assert set(source_errors(beam, DMJAX, CHANNELS, PHOTON)) == {CAPTURE, ETA}
    assert set(source_errors(beam, D20, CHANNELS, PHOTON)) == {ETA}
    assert set(source_errors(beam, DMJAX, ("pi0",), PHOTON)) == set()
    baryons = source_errors(beam, DMJAX, CHANNELS, PRESETS["baryonic"])
    assert set(baryons) == {CAPTURE, ETA, MIXING, ISOSCALAR}
    assert close(baryons[MIXING][1], 0.3) and baryons[ISOSCALAR][0] == "piminus"
    assert set(source_errors(beam, D20, CHANNELS, PRESETS["baryonic"])) == {ETA}
    some = replace(DMJAX, all_captures_radiate=True)
    assert set(source_errors(beam, some, ("piminus",), PHOTON)) == set()


def test_a_fit_shares_the_pull_and_weakens_the_limit():
    shared = ("lar2020", "ccm120")
    signals = {name: dark_matter_signal(search_of(name), point(130.0)) for name in shared}

    def fitted(counts):
        return JointModel([analysis(n, one, systematics=False) for n, one in counts.items()])

    joint = fitted(signals)
    alone = fitted({name: counts.nominal for name, counts in signals.items()})
    assert joint.parameters.names.count(CAPTURE) == 1

    def upper(model):
        ends, names = all_intervals(model, level=2.706), model.parameters.names
        return float(ends.upper[names.index("signal")])

    assert upper(joint) > upper(alone)


def test_captures_three_deviations_down_are_a_log_normal_factor():
    """(1 + error)^−3 of them are left, whatever the error."""
    setting, others = search_of("lar2020"), ("pi0", "eta", "exchange", "cascade")
    model = analysis("lar2020", dark_matter_signal(setting, point(110.0)))
    values = {p.name: jnp.asarray(p.centre) for p in model.parameters}
    without = expected(model, values)
    values |= {"signal": jnp.asarray(1.0), CAPTURE: jnp.asarray(-3.0)}
    rest = dark_matter_counts(setting, point(110.0), channels=others)
    captured = dark_matter_counts(setting, point(110.0), channels=("piminus",))
    error = source_errors(setting.experiment.beam, DMJAX, CHANNELS, point(110.0).charges)[CAPTURE]
    wanted = rest + captured * (1.0 + float(error[1])) ** -3.0
    scale = float(without.max())
    assert np.allclose(expected(model, values) - without, wanted, atol=1e-9 * scale)


def test_templates_of_other_masses_take_their_pulls_along():
    setting = search_of("lar2020")
    first, other = (dark_matter_signal(setting, point(m)) for m in (60.0, 110.0))
    swapped, made = with_signal(analysis("lar2020", first), other), analysis("lar2020", other)
    assert jax.tree.all(jax.tree.map(np.array_equal, swapped, made))
    with pytest.raises(InputError, match="pulls"):
        with_signal(analysis("lar2020", first.nominal), other)
    with pytest.raises(InputError, match="no component"):
        with_signal(analysis("lar2020"), other)
