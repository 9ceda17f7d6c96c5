"""`dmjax info`."""

from typing import Annotated

import typer

from dmjax.cli.common import emit, show, start


def info(
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of a table.")
    ] = False,
) -> None:
    """Versions, devices, precision, experiments, models, data sets with their sources."""
    from importlib.metadata import version

    import jax

    start()
    from dmjax import __version__
    from dmjax.conventions import CHANNELS, PROFILES
    from dmjax.data import available, load_table, load_toml
    from dmjax.models import PRESETS, SPINS
    from dmjax.store.files import to_json

    facts = {
        "dmjax": __version__,
        "versions": {name: version(name) for name in ("jax", "jaxlib", "equinox", "numpyro")},
        "devices": [str(device) for device in jax.devices()],
        "precision": "float64",
        "conventions": list(PROFILES),
        "models": list(PRESETS),
        "spins": list(SPINS),
        "channels": list(CHANNELS),
        "experiments": {
            name: load_toml("experiments", name)["title"] for name in available("experiments")
        },
        "datasets": {name: load_toml("datasets", name)["title"] for name in available("datasets")},
        "tables": {name: load_table(name).meta for name in available("tables")},
    }
    if json:
        emit(to_json(facts))
        return
    rows = [[key, _brief(value)] for key, value in facts.items() if key != "tables"]
    rows += [[f"table {name}", meta["source"]] for name, meta in facts["tables"].items()]
    show("dmjax", ["", ""], rows)


def _brief(value) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{key}: {text}" for key, text in value.items())
    return ", ".join(value) if isinstance(value, list) else str(value)
