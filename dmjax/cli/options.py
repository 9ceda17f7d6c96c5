"""Types of the options that commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Spin(StrEnum):
    """Dark-matter spin."""

    dirac = "dirac"
    scalar = "scalar"
    majorana = "majorana"
    pseudo_dirac = "pseudo-dirac"


DataSets = Annotated[
    list[str], typer.Argument(help="Data sets: csi2017, csi2021, lar2020, ccm120; several: joint.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")]
Out = Annotated[Path | None, typer.Option(help="Write the result here.")]
OutFolder = Annotated[Path | None, typer.Option(help="Folder of results and draws.")]
Profile = Annotated[str, typer.Option("--conventions", help="Physics profile: dmjax or d20.")]
Choices = Annotated[
    list[str] | None,
    typer.Option("--choose", help="Change one choice of the profile, e.g. width=narrow; repeat."),
]
Dm = Annotated[Spin, typer.Option(help="Dark-matter spin (scalar: complex scalar).")]
AlphaD = Annotated[float, typer.Option(help="Dark fine-structure constant.")]
MassRatio = Annotated[float, typer.Option(help="m_V / m_chi.")]
Quarks = Annotated[str, typer.Option(help="Quarks with NSI: u, d, or u=d (one value for both).")]
Channels = Annotated[
    str,
    typer.Option(
        help="Production channels, comma-separated: pi0, eta, piminus, exchange, cascade; or all."
    ),
]
Model = Annotated[
    str, typer.Option(help="dark-photon (Y), baryonic (alpha_B), or events: one counted number.")
]
Mass = Annotated[float | None, typer.Option("--mv", help="Mediator mass [MeV].")]
SignalMass = Annotated[
    float | None,
    typer.Option("--mv", help="Add a dark-photon signal of this mediator mass [MeV]."),
]
MassPrior = Annotated[str, typer.Option("--mv-range", help="Range of the prior of m_V [MeV].")]
YPrior = Annotated[str, typer.Option("--y-range", help="Range of the prior of Y.")]
Cuts = Annotated[bool, typer.Option(help="csi2017: energy and time cuts, or the full window.")]
Systematics = Annotated[
    bool, typer.Option("--systematics", help="With the shape and response nuisances.")
]
Level = Annotated[float, typer.Option(help="Confidence level.")]
Toys = Annotated[int, typer.Option(help="Toys at each point.")]
ToySeed = Annotated[int, typer.Option(help="Seed of the toys.")]
SamplerSeed = Annotated[int, typer.Option(help="Seed of the sampler.")]
Batch = Annotated[int, typer.Option(help="Toys held in memory at once.")]
