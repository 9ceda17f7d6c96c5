"""Table 7 of [D20]: which experiment is sensitive to which model, by charges."""

from dmjax.models import PRESETS, Charges
from dmjax.recast.charges import blind

YES, WEAK, NO = "yes", "weak", "no"
EXPERIMENTS = {
    "COHERENT": ("beam", "nucleus"),
    "CCM": ("beam", "nucleus"),
    "JSNS2": ("beam", "electron"),
    "LSND": ("pi0", "electron"),
    "MiniBooNE electron": ("pi0", "electron"),
    "MiniBooNE nucleus": ("pi0", "nucleon"),
    "BaBar": ("electron", "invisible"),
    "NA64": ("electron", "invisible"),
}
"""Row → how V is made in what is at hand (dmjax's own prediction, or a published curve), and what
is detected."""

_NUCLEI = ("dark-photon", "baryonic", "b-l", "t3r-1", "t3r-2")
_ELECTRONS = ("dark-photon", "leptonic", "b-l", "le-lmu", "le-ltau", "t3r-1")
_TICKED = {
    "nucleus": _NUCLEI,
    "nucleon": _NUCLEI,
    "electron": _ELECTRONS,
    "invisible": (*_ELECTRONS, "t3r-2"),
}
"""What is detected → the models that the paper ticks."""


def sensitivity(charges: Charges, made: str, detected: str) -> str:
    """Whether a search sees V at tree level.

    "weak": V would be seen, and made in e± cascades, but the published curve holds π⁰ decays alone.

    >>> sensitivity(PRESETS["leptonic"], "pi0", "electron")
    'weak'
    """
    if not blind(charges, made, detected):
        return YES
    return WEAK if made == "pi0" and not blind(charges, "beam", detected) else NO


def table7() -> dict[str, dict[str, str]]:
    """Row → model → "yes", "weak" or "no"; " (printed: yes)" where the paper has an error.

    The paper ticks model 2 of T3R for BaBar and NA64, whose V does not couple to electrons.

    >>> table7()["BaBar"]["t3r-2"]
    'no (printed: yes)'
    """
    models = [name for name in PRESETS if name != "leptophobic"]
    table = {}
    for row, (made, detected) in EXPERIMENTS.items():
        table[row] = {}
        for model in models:
            found = sensitivity(PRESETS[model], made, detected)
            ticked = model in _TICKED[detected]
            mark = "" if (found != NO) == ticked else f" (printed: {YES if ticked else NO})"
            table[row][model] = found + mark
    return table
