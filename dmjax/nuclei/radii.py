"""rms charge radii of the natural isotopes, from the shipped table."""

from functools import cache

from dmjax.data import load_table


@cache
def charge_radii() -> dict[tuple[int, int], float]:
    """(Z, A) → rms charge radius [fm] (Angeli, Marinova, ADNDT 99 (2013) 69).

    Natural isotopes of every element up to uranium but protactinium; ³³S, ⁵⁰V and ¹⁸⁰Ta, which were
    not measured, scaled as A^{1/3} from their neighbour.

    >>> charge_radii()[18, 40], charge_radii()[82, 208]
    (3.4274, 5.5012)
    """
    columns = load_table("charge_radii").columns
    places = zip(columns["z"].astype(int).tolist(), columns["a"].astype(int).tolist(), strict=True)
    return dict(zip(places, columns["radius"].tolist(), strict=True))
