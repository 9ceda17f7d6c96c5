"""Limits, targets and fits of the published results beside print."""

import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.conventions import D20
from dmjax.models import mediator
from dmjax.relic.cosmology import hadron_share
from dmjax.reproduce import TARGETS, ccm_fig3, fig8
from dmjax.reproduce.made import PARTIAL, REPRODUCED
from dmjax.reproduce.reach import projection, target_at
from dmjax.reproduce.writing import recorded
from tolerances import tolerance
from tools.gallery import gallery


def differs(name: str) -> list[str]:
    return [check.what for check in TARGETS[name].make(D20).checks if not check.agrees]


@pytest.fixture(scope="module")
def loose():
    """ε of CCM, loose cut, at 30 MeV by two mediators, without and with the loops of X."""
    x = {"m_chi": fig8.M_CHI, "coupling": "eps", "m_x": fig8.M_X}
    x |= {"kappa_x": fig8.KAPPA_X, "kappa_d_x": fig8.KAPPA_D_X}
    where, mass = ("ccm-loose",), np.array([fig8.AT])
    return {
        how: projection(where, mass, D20, model_x=model, **x)
        for how, model in fig8.PRODUCERS.items()
    }


def test_projections_of_the_paper_are_curves_without_bands(loose):
    for curve in loose.values():
        assert (curve.role, curve.low, curve.high) == ("projection", None, None)
        assert curve.y_quantity == "eps"


def test_loops_cost_a_hundredfold(loose):
    """0.74 % of X decay to dark matter: at most 1/0.0074 fewer events, which go as ε² of V.

    Less is lost, since X with loops decays at once and without them a third flies past.
    """
    ratio = (loose["with loops"].y[0] / loose["without loops"].y[0]) ** 2
    assert 0.5 / 0.0074 < ratio < 1.0 / 0.0074


def test_target_at_one_mass():
    """Another program's 2.68e-14 for Dirac dark matter of 2 MeV at m_V = 6 MeV."""
    eps = target_at(2.0, np.array([6.0]), 0.1).y[0]
    assert np.isclose(eps**2 * 0.1 / 81.0, 2.68e-14, rtol=tolerance("relic"))


def test_no_hadrons_where_everything_is_closed():
    v = mediator("dark-photon", jnp.asarray(0.9), jnp.asarray(0.3), eps=1e-3)
    assert float(hadron_share(v)) == 0.0


def test_excluded_interval_of_a_line():
    line = np.where((ccm_fig3.M_CHI > 9.0) & (ccm_fig3.M_CHI < 50.0), 10.0, 0.1)
    low, high = ccm_fig3.excluded(np.ones_like(line), line)
    assert 9.0 <= low < 12.0 and 38.0 < high <= 50.0
    assert np.isnan(ccm_fig3.excluded(line, 0.01 * line)).all()


@pytest.mark.parametrize("name", ["ccm-fig2", "csi2017", "lar2020"])
def test_fits_agree_with_print(name):
    assert differs(name) == []


def test_gallery_says_what_the_records_say():
    """Every entry has the status, the checks, the command and the figure of its record."""
    names = ("table4", "fig1")
    records = {name: recorded(name, TARGETS[name].make(D20), D20, 1.5) for name in names}
    page = gallery(records)
    for name, record in records.items():
        entry = page.split(f"\n## {name}\n")[1].split("\n## ")[0]
        assert record["status"] in (REPRODUCED, PARTIAL)
        assert f"**{record['status']}**" in entry and record["note"] in entry
        assert f"`dmjax reproduce {name}`" in entry and f"figures/{name}.png" in entry
        assert entry.count("\n| ") == 1 + len(record["checks"])
