"""Every target by name."""

from collections.abc import Iterable

from dmjax.conventions import D20, Conventions
from dmjax.errors import InputError, unknown_name
from dmjax.reproduce import (
    ccm_fig2,
    ccm_fig3,
    csi2017,
    csi2021,
    facilities,
    fig1,
    fig2,
    fig3,
    fig4,
    fig5,
    fig6,
    fig7,
    fig7_data,
    fig8,
    lar2020,
    table3,
    table4,
    table5,
    table6,
    table7,
)
from dmjax.reproduce.made import Target

ALL = "all"
_D20, _CCM = "arXiv:2006.09386", "arXiv:2109.14146"

TARGETS: dict[str, Target] = {
    "fig1": Target(
        f"{_D20} Fig. 1", "Energy and angle of pi0 at the three beams.", fig1.make, False
    ),
    "fig2": Target(f"{_D20} Fig. 2", "Photons by source at the three beams.", fig2.make, False),
    "fig3": Target(f"{_D20} Fig. 3", "Arrival times of dark matter and of neutrinos.", fig3.make),
    "fig4": Target(f"{_D20} Fig. 4", "Recoil spectra in COHERENT's CsI and LAr.", fig4.make),
    "fig5": Target(f"{_D20} Fig. 5", "Recoil spectra at CCM and JSNS2.", fig5.make),
    "fig6": Target(
        f"{_D20} Fig. 6", "Dark photons that CsI 2017 wants, and the best spectrum.", fig6.make
    ),
    "fig7": Target(
        f"{_D20} Fig. 7",
        "Expected limits on one dark photon beside earlier ones and the thermal target.",
        fig7.make,
    ),
    "fig8": Target(
        f"{_D20} Fig. 8", "The same where another mediator makes dark matter.", fig8.make
    ),
    "table3": Target(f"{_D20} Table 3", "Particles per proton on target.", table3.make, False),
    "table4": Target(
        f"{_D20} Table 4", "V per photon of each source, by model.", table4.make, False
    ),
    "table5": Target(f"{_D20} Table 5", "Cuts in recoil energy and time.", table5.make),
    "table6": Target(f"{_D20} Table 6", "Best-fit Y of CsI 2017 in the cuts.", table6.make),
    "table7": Target(
        f"{_D20} Table 7", "Searches that are sensitive to a model.", table7.make, False
    ),
    "ccm-fig2": Target(
        f"{_CCM} Fig. 2", "Counts of CCM120 and the shape of dark matter.", ccm_fig2.make
    ),
    "ccm-fig3": Target(
        f"{_CCM} Fig. 3",
        "Limits on leptophobic dark matter, projections, and the thermal target.",
        ccm_fig3.make,
    ),
    "csi2017": Target(
        "arXiv:1804.09459, as counted in arXiv:2006.09386 Sec. 6.1",
        "Counts, backgrounds and excess of CsI 2017 in the cuts.",
        csi2017.make,
    ),
    "lar2020": Target(
        "arXiv:2006.12659", "The fit of Analysis A of LAr 2020.", lar2020.make, False
    ),
    "csi2021": Target("arXiv:2110.07730", "CEvNS in CsI 2021.", csi2021.make, False),
    "fig7-data": Target(
        "Data in the plane of arXiv:2006.09386 Fig. 7",
        "Limits of CsI 2017, LAr 2020 and CsI 2021, alone and joint, on one dark photon.",
        fig7_data.make,
        printed=False,
    ),
    "facilities": Target(
        "Stopped-pion facilities compared",
        "Expected limits of eleven detectors at six beams, in one convention.",
        facilities.make,
        printed=False,
    ),
}
"""Name → what is published, and the function that makes ours."""

PRINTED = tuple(name for name, target in TARGETS.items() if target.printed)
"""The targets that "all" stands for."""


def target_names(
    names: Iterable[str], conventions: Conventions = D20, *, every: bool = True
) -> tuple[str, ...]:
    """The targets meant by names, each once.

    Args:
        names: keys of `TARGETS`, or "all": those of `PRINTED`.
        conventions: profile that they are asked for in.
        every: whether "all" is allowed.

    Raises:
        InputError: an unknown name, with the nearest one; other conventions than the paper's for
            what does not depend on them.

    >>> target_names(["fig4", "fig3", "fig4"])
    ('fig4', 'fig3')
    """
    found: dict[str, None] = {}
    for name in names:
        if name not in TARGETS and not (every and name == ALL):
            raise unknown_name("target", name, (*TARGETS, ALL) if every else TARGETS)
        found |= dict.fromkeys(PRINTED if name == ALL else (name,))
    same = [name for name in found if not TARGETS[name].by_conventions]
    if same and conventions != D20:
        raise InputError(
            f"{', '.join(same)}: the same in all conventions; leave out --conventions and "
            "--choose, or name other targets"
        )
    return tuple(found)
