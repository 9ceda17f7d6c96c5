"""Toys, banded limits and joint posteriors of the published data sets."""

import jax
import jax.numpy as jnp
import numpy as np

from dmjax.limits.toys import converged, throw_toys
from dmjax.studies.family import Family, one_mass
from dmjax.studies.limits import limit_scan
from dmjax.studies.plan import Plan
from dmjax.studies.posterior import PosteriorSettings, run_posterior
from measure import median, row, seconds

JOINT = Family(("csi2021", "lar2020", "ccm120"))


def toys(repeats: int) -> list[dict]:
    """Free and conditional fits of 10⁴ toys (10⁶ on a GPU), three nuisances and the strength."""
    family = Family(("csi2017",), systematics=True)
    joint, chosen, _, _ = one_mass(family, 30.0)
    gpu = jax.default_backend() != "cpu"
    number, batch = (1_000_000, 20_000) if gpu else (10_000, 100)
    found = []

    def throw():
        args = joint, chosen, joint.parameters.centres, jnp.zeros(1), number, jax.random.key(1)
        found.append(throw_toys(*args, test="q0", batch_size=batch))
        return found[-1].statistic

    first = seconds(throw)
    again = median(throw, min(repeats, 3))
    lost = int(np.sum(~converged(found[-1])))
    names = len(joint.parameters.names)
    return [
        row(f"{number} toys, {names} parameters: first call", first, "s"),
        row(f"{number} toys, {names} parameters, compiled", again, "s", None if gpu else 10.0),
        row(f"{number} toys: fits that did not converge", lost),
    ]


def bands(repeats: int) -> list[dict]:
    """Observed limit and five expected ones at 100 masses, one data set and three."""
    rows, masses = [], np.geomspace(2.0, 137.0, 100)
    for label, family in (("csi2017", Family(("csi2017",))), ("three data sets", JOINT)):

        def scan(family=family):
            return limit_scan(family, masses, Plan(method="asymptotic")).limit

        rows.append(row(f"100 masses with bands, {label}: first call", seconds(scan), "s"))
        again = median(scan, min(repeats, 5))
        rows.append(row(f"100 masses with bands, {label}, compiled", again, "s", 3.0))
    return rows


def joint(repeats: int) -> list[dict]:
    """The posterior of (m_V, Y) and every nuisance in three data sets, twice."""
    made = {}
    rows = []
    for method in ("nuts", "nested"):
        settings = PosteriorSettings(JOINT, method=method)
        time = seconds(lambda s=settings: made.update({s.method: run_posterior(s)}) or 0.0)
        rows.append(row(f"joint posterior, three data sets, {method}", time, "s", 300.0))
    found = made["nuts"]["parameters"].values()
    ess, r_hat = min(p["ess"] for p in found), max(p["r_hat"] for p in found)
    rows += [
        row("joint posterior, NUTS: smallest ESS", ess, least=1000.0),
        row("joint posterior, NUTS: largest split R-hat", r_hat, most=1.01),
        row("joint posterior, NUTS: divergences", made["nuts"]["divergences"]),
        row("joint posterior, nested: error of ln Z", made["nested"]["error"]),
    ]
    return rows
