"""`info`: what this installation is and knows."""

from importlib.metadata import version
from typing import Any

import jax
import jax.numpy as jnp

from dmjax._version import __version__
from dmjax.conventions import CHANNELS, PROFILES
from dmjax.data import available, load_table, load_toml
from dmjax.models import PRESETS, SPINS


def facts() -> dict[str, Any]:
    """Versions, devices, precision, experiments, models, data sets with their sources."""
    titles = {
        kind: {name: load_toml(kind, name)["title"] for name in available(kind)}
        for kind in ("experiments", "datasets")
    }
    return {
        "dmjax": __version__,
        "versions": {name: version(name) for name in ("jax", "jaxlib", "equinox", "numpyro")},
        "devices": [str(device) for device in jax.devices()],
        "precision": str(jnp.result_type(float)),
        "conventions": list(PROFILES),
        "models": list(PRESETS),
        "spins": list(SPINS),
        "channels": list(CHANNELS),
        **titles,
        "tables": {name: load_table(name).meta for name in available("tables")},
    }
