"""Make the shipped tables: `python -m tools.tables.build SOURCE_DIR [OUT_DIR]`.

SOURCE_DIR holds the COHERENT releases and the GEANT4 lists behind arXiv:2006.09386 in folders
`coherent/`, `csi2021/`, `lar2020/`, `ccm/`, `jsns/`, published limits, hadrons and
cosmology in `beams/` and `limits/`.
Everything is re-tabulated; each module of `TABLE_MODULES` says how and offers its tables as
`BUILDERS`: name → function of SOURCE_DIR.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dmjax.data import Table
from tools.tables import (
    csi2021_tables,
    lar_tables,
    limit_tables,
    meson_tables,
    neutrino_tables,
    release_tables,
    relic_tables,
    response_tables,
)

TABLE_MODULES = (
    meson_tables,
    release_tables,
    neutrino_tables,
    response_tables,
    lar_tables,
    csi2021_tables,
    limit_tables,
    relic_tables,
)
BUILDERS: dict[str, Callable[[Path], Table]] = {
    name: builder for module in TABLE_MODULES for name, builder in module.BUILDERS.items()
}
INPUT_FOLDERS = ("coherent", "csi2021", "lar2020", "ccm", "jsns", "beams", "limits")
INPUT_FOLDERS = ("coherent", "csi2021", "lar2020", "ccm", "jsns", "beams")
TABLES = Path(__file__).parents[2] / "dmjax" / "data" / "tables"
USAGE = "python -m tools.tables.build SOURCE_DIR [OUT_DIR], SOURCE_DIR holding " + ", ".join(
    f"{name}/" for name in INPUT_FOLDERS
)


def format_table(table: Table) -> str:
    """The text of a table file: header, names, rows with seven digits."""
    meta = table.meta | {"command": "python -m tools.tables.build SOURCE_DIR"}
    lines = [f"# {key}: {value}" for key, value in meta.items()]
    lines.append(",".join(table.columns))
    rows = np.column_stack(list(table.columns.values()))
    lines += [",".join(f"{value:.7g}" for value in row) for row in rows]
    return "\n".join(lines) + "\n"


def build(source: Path, out: Path) -> list[Path]:
    """Write every table below `out`; returns the paths written."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, builder in BUILDERS.items():
        path = out / f"{name}.csv"
        partial = path.with_suffix(".partial")
        partial.write_text(format_table(builder(source)))
        partial.rename(path)
        written.append(path)
    return written


def main(arguments: list[str]) -> int:
    """Command-line entry: SOURCE_DIR, optionally OUT_DIR (default: the package's own tables)."""
    complete = len(arguments) in (1, 2) and all(
        (Path(arguments[0]) / name).is_dir() for name in INPUT_FOLDERS
    )
    if not complete:
        sys.stderr.write(f"usage: {USAGE}\n")
        return 2
    out = Path(arguments[1]) if len(arguments) == 2 else TABLES
    for path in build(Path(arguments[0]), out):
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
