"""The table of charge radii: `python -m tools.tables.radii_table FILE [OUT]`.

FILE holds the experimental rms charge radii of I. Angeli and K. P. Marinova, ADNDT 99 (2013) 69, as
the IAEA distributes them (charge_radii.csv: z, symbol, n, a, radius, …; `#` starts a comment; some
Python packages carry it, e.g. nucleardatapy as data/nuclei/radch/2013-Angeli.csv).
"""

import sys
from pathlib import Path

import numpy as np
import periodictable

from dmjax.data import Table

OUT = Path(__file__).parents[2] / "dmjax" / "data" / "tables" / "charge_radii.csv"
USAGE = "python -m tools.tables.radii_table FILE [OUT]"
COMMAND = "python -m tools.tables.radii_table FILE"


def measured(text: str) -> dict[tuple[int, int], float]:
    """(Z, A) → rms charge radius [fm] of the rows that have one."""
    rows = (line.split(",") for line in text.splitlines() if line and not line.startswith("#"))
    cells = [row for row in rows if row[0].strip().isdigit() and row[4].strip()]
    return {(int(row[0]), int(row[3])): float(row[4]) for row in cells}


def natural() -> list[tuple[int, int]]:
    """(Z, A) of every isotope with a natural abundance."""
    return [
        (element.number, a)
        for element in periodictable.elements
        for a in element.isotopes
        if element.number and element[a].abundance
    ]


def radii(text: str) -> Table:
    """Radii of the natural isotopes; those not measured scale as A^{1/3} from the nearest one.

    An element without any measured radius is left out.
    """
    known, rows = measured(text), []
    for z, a in natural():
        near = sorted((abs(a - other), other) for element, other in known if element == z)
        if near:
            other = near[0][1]
            radius = known[z, other] * (a / other) ** (1.0 / 3.0)
            rows.append((z, a, round(radius, 4), float(other == a)))
    meta = {
        "title": "rms charge radii of the natural isotopes",
        "source": "I. Angeli, K. P. Marinova, ADNDT 99 (2013) 69, as on the IAEA's page of charge "
        "radii; measured = 0: scaled as A^(1/3) from the nearest isotope, our choice",
        "licence": "published numbers",
        "units": "radius fm; z, a, measured 1",
        "command": COMMAND,
    }
    return Table(meta, dict(zip(("z", "a", "radius", "measured"), np.array(rows).T, strict=True)))


def main(arguments: list[str]) -> int:
    """Command-line entry: FILE, optionally OUT (default: the package's own table)."""
    if len(arguments) not in (1, 2) or not Path(arguments[0]).is_file():
        sys.stderr.write(f"usage: {USAGE}\n")
        return 2
    table = radii(Path(arguments[0]).read_text())
    lines = [f"# {key}: {value}" for key, value in table.meta.items()]
    lines.append(",".join(table.columns))
    lines += [
        f"{z:g},{a:g},{r:.4f},{m:g}" for z, a, r, m in zip(*table.columns.values(), strict=True)
    ]
    out = Path(arguments[1]) if len(arguments) == 2 else OUT
    partial = out.with_suffix(".partial")
    partial.write_text("\n".join(lines) + "\n")
    partial.rename(out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
