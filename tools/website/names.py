"""The reference of Python names: every public one, in the groups of its kind."""

import dmjax

VERBS = ("verbs", "answers", "comparing", "planning", "scanning")
"""Modules of the verbs."""

GROUPS = {
    "verbs": (
        "Verbs in Python",
        "Every command is a function of the same name. Its keywords are the options of the command "
        "([commands](commands.md)) with underscores for hyphens; what it returns is under "
        "[results](results.md).",
    ),
    "objects": (
        "Objects and functions",
        "What the verbs are made of: mediators, signals, searches, templates, count models. These "
        "are functions of JAX: differentiable, and vmapped over masses.",
    ),
    "results": (
        "Results",
        "What a verb returns. All of them have `.to_xarray()`, `.to_pandas()`, `.save()` and "
        "`.plot()` where that means something; `dmjax.load` reads what was saved "
        "([saved](../saved.md)).",
    ),
}
"""Page → title and first words."""

EXAMPLES = {
    "verbs": 'import dmjax\n\nprint(dmjax.info("ccm120"))',
    "objects": 'import dmjax\n\nprint(dmjax.mediator("b-l", 75.0, 25.0, g=1e-4))',
    "results": (
        'import dmjax\n\ncurve = dmjax.load("limit.json")\nprint(curve.quantity, curve.limit)'
    ),
}
"""Page → what a reader does first."""


LESS_SOUGHT = "---\nsearch:\n  boost: 0.5\n---\n"
"""So that a search shows pages that explain before lists."""


def group_of(name: str, home: str) -> str:
    """The page of a public name.

    >>> group_of("limit", "dmjax.verbs"), group_of("LimitResult", "dmjax.studies.limit_result")
    ('verbs', 'results')
    """
    if name.endswith("Result"):
        return "results"
    return "verbs" if home.split(".")[1] in VERBS else "objects"


def name_page(group: str) -> str:
    """The page of a group in Markdown, whose entries mkdocstrings fills in."""
    title, about = GROUPS[group]
    lines = [LESS_SOUGHT, f"# {title}", "", about, "", "```python", EXAMPLES[group], "```", ""]
    for name, home in sorted(dmjax._HOMES.items(), key=lambda pair: pair[0].lower()):
        if group_of(name, home) == group:
            lines += [f"::: {home}.{name}", "    options:", f'      heading: "dmjax.{name}"', ""]
    return "\n".join(lines)
