"""The page of file formats: every key of every file that users write, and the schemas."""

from collections.abc import Iterator

from dmjax.scan.settings import CHOICES, NUMBERS, SECTIONS, UNITS
from dmjax.schema import Free, ListOf, Rule, Section, Variants, words
from tools.website.names import LESS_SOUGHT
from tools.website.schemas import FILES

HEAD = """# File formats

Keys of the files that you write, from the rules by which they are read. A broken rule ends in one
line that names file, key and rule. The schemas are for editors, and accept what dmjax accepts; that
lists increase, that bins are whole and what keys say of each other is checked by dmjax alone.

```toml
#:schema ./detector.schema.json
title = "146 kg of CsI at 25 m"
beam = "sns"
```

What dmjax writes is described in [saved](../saved.md), its fields in [results](results.md).
"""
TITLES = {
    "detector": (
        "Detector file",
        "Read by `dmjax.experiment`; how to write one: [detectors](../detectors.md).",
    ),
    "beam": (
        "Beam file",
        "Named by the key `beam` of a detector; see [detectors](../detectors.md#beam-file).",
    ),
    "dataset": (
        "Data-set file",
        "Named wherever a data set is; how to write one: [datasets](../datasets.md).",
    ),
}


def keys(rule: Rule, name: str = "", needed: bool = True) -> Iterator[tuple[str, bool, str]]:
    """Every key at and below a rule: dotted name, whether it is required, what it must be."""
    if name:
        yield name, needed, words(rule)
    if isinstance(rule, ListOf):
        yield from keys_of(rule.each, f"{name}[]")
    elif isinstance(rule, Section):
        yield from keys_of(rule, name)
    elif isinstance(rule, Variants):
        for kind, one in rule.kinds.items():
            yield from keys_of(one, f"{name}({kind})")
    elif isinstance(rule, Free):
        yield f"{name}.NAME", rule.least > 0, rule.each.rule()


def keys_of(section: Section, name: str) -> Iterator[tuple[str, bool, str]]:
    """The keys of a table."""
    dot = f"{name}." if name else ""
    for part, needed in ((section.required, True), (section.optional, False)):
        for key, rule in part.items():
            yield from keys(rule, dot + key, needed)


def format_page() -> str:
    """The page in Markdown."""
    lines = [LESS_SOUGHT, HEAD]
    for kind, rule in FILES.items():
        title, about = TITLES[kind]
        lines += [
            f"## {title}",
            "",
            f"{about} Schema: [{kind}.schema.json]({kind}.schema.json).",
            "",
        ]
        lines += ["`key(kind).other` is a key of the table `key` where its `kind` is that.", ""]
        lines += ["| key | | must be |", "|---|---|---|"]
        lines += [_row(*one) for one in keys(rule)]
        lines += [""]
    return "\n".join([*lines, *_scan()])


def _row(name: str, needed: bool, rule: str) -> str:
    return f"| `{name}` | {'required' if needed else ''} | {rule.replace('|', chr(92) + '|')} |"


def _scan() -> Iterator[str]:
    yield "## Scan file\n"
    yield "Read by `dmjax scan`; how to write one: [scans](../scans.md).\n"
    yield "| table | keys |\n|---|---|"
    for table, fields in SECTIONS.items():
        named = f"`[{table}]`" if table else "top"
        yield f"| {named} | {', '.join(f'`{key}`' for key in fields)} |"
    axes = [f"`{name}` [{UNITS[name]}]" if name in UNITS else f"`{name}`" for name in NUMBERS]
    yield f"| `[grid]`, numbers | {', '.join(axes)} |"
    yield f"| `[grid]`, choices | {', '.join(f'`{name}`' for name in CHOICES)} |"
    yield ""
