"""Which searches a mediator's charges open at tree level ([D20] Table 7)."""

from dmjax.errors import unknown_name
from dmjax.models.charges import TREE_LEVEL, Charges, neutron_charge, proton_charge

SEARCHES = {
    "coherent": "nucleus",
    "ccm": "nucleus",
    "jsns2": "electron",
    "lsnd": "electron",
    "miniboone-electron": "electron",
    "miniboone-nucleus": "nucleus",
    "babar": "missing-energy",
    "na64": "missing-energy",
}
"""Experiment → what must couple to V: the recoiling nucleus or electron, or the beam electron that
radiates V in a missing-energy search."""


def couples_to(charges: Charges, target: str) -> bool:
    """Whether V couples at tree level to a "nucleus" or to an "electron".

    A nucleus counts if V couples to its protons or neutrons. Charges below `TREE_LEVEL` are loops.
    """
    if target == "nucleus":
        return max(abs(proton_charge(charges)), abs(neutron_charge(charges))) > TREE_LEVEL
    return abs(charges.electron) > TREE_LEVEL


def sensitive(charges: Charges, search: str) -> bool:
    """Whether a search sees V at tree level, by its charges alone.

    "Appearance" in a proton beam (nucleus, electron) needs dark matter scattering through V on the
    target; it is made through V by quarks or, in the e± cascade, by electrons, so whatever scatters
    can also be made. "Disappearance" (BaBar, NA64) needs x_e ≠ 0. The printed table also marks
    BaBar and NA64 as sensitive to model 2 of T3R, whose x_e is 0: not so here.

    Args:
        charges: x_f.
        search: a key of `SEARCHES`.

    >>> from dmjax.models import PRESETS
    >>> sensitive(PRESETS["baryonic"], "ccm"), sensitive(PRESETS["baryonic"], "jsns2")
    (True, False)
    """
    if search not in SEARCHES:
        raise unknown_name("search", search, SEARCHES)
    return couples_to(charges, "nucleus" if SEARCHES[search] == "nucleus" else "electron")
