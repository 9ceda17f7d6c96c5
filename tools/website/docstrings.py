"""Docstrings as Markdown: doctests become code blocks, which no Markdown parser knows."""

from griffe import Extension, Object  # pyright: ignore[reportMissingImports]

FENCE = "```"
PROMPT = ">>> "


def fenced(text: str) -> str:
    """A docstring whose doctests, each up to a blank line, are fenced blocks of Python.

    >>> fenced("Sum.\\n\\n>>> 1 + 1\\n2").splitlines()
    ['Sum.', '', '```pycon', '>>> 1 + 1', '2', '```']
    """
    lines: list[str] = []
    indent = None
    for line in text.splitlines():
        if indent is None and line.lstrip().startswith(PROMPT):
            indent = line[: len(line) - len(line.lstrip())]
            lines.append(f"{indent}{FENCE}pycon")
        elif indent is not None and not line.strip():
            lines.append(indent + FENCE)
            indent = None
        lines.append(line)
    return "\n".join(lines if indent is None else [*lines, indent + FENCE])


class Examples(Extension):
    """Fences the doctests of every docstring as it is collected."""

    def on_instance(self, *, obj: Object, **_: object) -> None:
        """Called for every module, class, function and attribute."""
        if obj.docstring is not None and PROMPT in obj.docstring.value:
            obj.docstring.value = fenced(obj.docstring.value)
