"""Toys, banded limits and joint posteriors of the published data sets."""

import jax
import jax.numpy as jnp
import numpy as np

from dmjax.limits.asymptotic_limits import asymptotic_limits
from dmjax.limits.likelihood_limits import likelihood_limits
from dmjax.limits.toys import converged, throw_toys
from dmjax.prediction.signal import Signal
from dmjax.studies.limits import run_limit
from dmjax.studies.posterior import run_posterior
from dmjax.studies.question import asked_of
from dmjax.studies.rules import settle
from dmjax.studies.setting import one_mass, setting_of, signal_of
from dmjax.studies.settings import LimitSettings, ModelOptions, PosteriorSettings
from measure import median, row, seconds

JOINT = ("csi2021", "lar2020", "ccm120")


def toys(repeats: int) -> list[dict]:
    """Free and conditional fits of 10⁴ toys (10⁶ on a GPU): 4 parameters, and 13 with shapes."""
    return [one for name in ("csi2017", "lar2020") for one in _toys(name, repeats)]


def _toys(name: str, repeats: int) -> list[dict]:
    setting = setting_of((name,), ModelOptions(systematics=True), Signal())
    joint, chosen, _, _ = one_mass(setting, 30.0)
    gpu = jax.default_backend() != "cpu"
    number, batch = (1_000_000, 20_000) if gpu else (10_000, 1000)
    found = []

    def throw():
        args = joint, chosen, joint.parameters.centres, jnp.zeros(1), number, jax.random.key(1)
        found.append(throw_toys(*args, test="q0", batch_size=batch))
        return found[-1].statistic

    first = seconds(throw)
    again = median(throw, min(repeats, 3))
    lost = int(np.sum(~converged(found[-1])))
    label = f"{number} toys, {len(joint.parameters.names)} parameters"
    return [
        row(f"{label}: first call", first, "s"),
        row(f"{label}, compiled", again, "s", None if gpu else 5.0),
        row(f"{label}: fits that did not converge", lost),
    ]


def strengths(repeats: int) -> list[dict]:
    """Limits from templates that are there: by the rise of one likelihood, with bands of three."""
    rows, masses = [], np.geomspace(2.0, 137.0, 100)
    for label, where, find, most in (
        ("csi2017", ("csi2017",), likelihood_limits, 0.15),
        ("three data sets, with bands", JOINT, asymptotic_limits, 10.0),
    ):
        settings = settle(LimitSettings, {"where": where, "m_v": masses})
        asked = asked_of(setting_of(where, settings, signal_of(settings)), settings)
        question = asked.joint, asked.chosen, asked.data, asked.counts

        def limits(find=find, question=question):
            return find(*question).limit

        rows.append(row(f"limits of 100 templates, {label}: first call", seconds(limits), "s"))
        again = 10.0 * median(limits, min(repeats, 5))
        rows.append(row(f"limit of a template, {label}, compiled", again, "ms/point", most))
    return rows


def bands(repeats: int) -> list[dict]:
    """Observed limit and five expected ones at 100 masses, one data set and three."""
    rows, masses = [], np.geomspace(2.0, 137.0, 100)
    for label, where in (("csi2017", ("csi2017",)), ("three data sets", JOINT)):
        asked = {"where": where, "m_v": masses, "method": "asymptotic", "bands": True}
        settings = settle(LimitSettings, asked)

        def scan(settings=settings):
            return run_limit(settings).limit

        rows.append(row(f"100 masses with bands, {label}: first call", seconds(scan), "s"))
        again = median(scan, min(repeats, 5))
        rows.append(row(f"100 masses with bands, {label}, compiled", again, "s", 3.0))
    return rows


def joint(repeats: int) -> list[dict]:
    """The posterior of (m_V, Y) and every nuisance in three data sets, twice."""
    made = {}
    rows = []
    for method in ("nuts", "nested"):
        settings = settle(PosteriorSettings, {"where": JOINT, "method": method})
        time = seconds(lambda s=settings: made.update({s.method: run_posterior(s)}) or 0.0)
        rows.append(row(f"joint posterior, three data sets, {method}", time, "s", 300.0))
    found = made["nuts"].parameters.values()
    ess, r_hat = min(p["ess"] for p in found), max(p["r_hat"] for p in found)
    rows += [
        row("joint posterior, NUTS: smallest ESS", ess, least=1000.0),
        row("joint posterior, NUTS: largest split R-hat", r_hat, most=1.01),
        row("joint posterior, NUTS: divergences", made["nuts"].divergences),
        row("joint posterior, nested: error of ln Z", made["nested"].error),
    ]
    return rows
