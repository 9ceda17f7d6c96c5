"""Curves as one HTML page that needs nothing else: data and script inside, no network."""

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from dmjax.constants import E_CHARGE
from dmjax.plots.world import COLOURS, OWN, TARGET
from dmjax.recast.curve import Curve, setting_of, terms_of
from dmjax.recast.quantities import eps_of
from dmjax.store.writing import write_text

DASHES = ("", "9 3", "2 3", "9 3 2 3")
"""Of curves one after the other: colour is never the only difference."""
PROJECTED = "14 6"


def page_of(curves: Sequence[Curve], left_out: dict[str, str] | None = None) -> str:
    """The page of curves of one set of terms.

    Args:
        curves: with α_D, recast to the same terms (see `studies.world.run_world`).
        left_out: name → why a curve is not there; said on the page.

    Returns:
        HTML. Axes that the terms do not allow are greyed, with the reason.
    """
    template = files("dmjax.data").joinpath("pages", "explorer.html").read_text("utf-8")
    data = json.dumps(_data(curves, left_out or {}), allow_nan=False)
    return template.replace("DATA", data.replace("<", "\\u003c"), 1)


def write_page(path: Path, curves: Sequence[Curve], left_out: dict[str, str] | None = None) -> Path:
    """Write `page_of` curves, whole or not at all."""
    return write_text(path, page_of(curves, left_out))


def _data(curves: Sequence[Curve], left_out: dict[str, str]) -> dict[str, Any]:
    terms = terms_of(curves[0])
    refused_x = {} if terms.mass_ratio is not None else {"m_chi": "m_chi is fixed"}
    refused_y = {} if terms.producer is None else {"Y": "of one mediator, not of two"}
    notes = [f"{one.label}: {note}" for one in curves for note in one.notes]
    wanted = curves[0].y_quantity
    return {
        "title": terms.words(),
        "e_charge": E_CHARGE,
        "x": "m_V" if refused_x else curves[0].x_quantity,
        "y": wanted if wanted in {"Y", "eps", "g", "alpha_B"} - refused_y.keys() else "eps",
        "refused_x": refused_x,
        "refused_y": refused_y,
        "curves": [_points(one, i) | _look(one, i) for i, one in enumerate(curves)],
        "notes": [*notes, *(f"left out: {name}: {why}" for name, why in left_out.items())],
    }


def _points(curve: Curve, number: int) -> dict[str, Any]:
    """ε and both masses at each point, and what is told of a curve."""
    at = setting_of(curve)
    m_chi = at.m_v if at.m_chi is None else at.m_chi
    return {
        "name": f"{curve.name}-{number}",
        "label": curve.label,
        "source": curve.source,
        "cl": curve.cl,
        "alpha_d": curve.alpha_d,
        "m_V": at.m_v.tolist(),
        "m_chi": np.asarray(m_chi).tolist(),
        "eps": eps_of(curve.y_quantity, curve.y, at).tolist(),
        "piece": curve.piece.tolist(),
    }


def _look(curve: Curve, number: int) -> dict[str, Any]:
    own = bool(curve.simulated) and curve.role in ("exclusion", "projection")
    palette = OWN if own else COLOURS
    colour = TARGET if curve.role == "target" else palette[number % len(palette)]
    dash = "" if own or curve.role == "target" else DASHES[number % len(DASHES)]
    dash = PROJECTED if curve.role == "projection" else dash
    return {"colour": colour, "dash": dash, "width": 3.2 if own else 1.8}
