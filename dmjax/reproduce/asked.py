"""Limits as the targets ask for them: settings of a verb from a set of conventions."""

from typing import Any

from dmjax.conventions import Conventions, describe


def terms(conventions: Conventions) -> dict[str, Any]:
    """The options of a verb that stand for conventions: name, and changed choices.

    >>> from dmjax.conventions import conventions
    >>> terms(conventions("d20", width="fixed"))
    {'conventions': 'd20', 'choose': (('width', 'fixed'),)}
    """
    return {
        "conventions": conventions.name,
        "choose": tuple(describe(conventions)["changed"].items()),
    }
