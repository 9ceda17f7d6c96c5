"""`dmjax info`."""

from dmjax.cli.common import JSON, emit, show, start


def info(json: JSON = False) -> None:
    """Versions, devices, precision, experiments, models, data sets with their sources."""
    start()
    from dmjax.store.plain import to_json
    from dmjax.studies.facts import facts as gathered

    facts = gathered()
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
