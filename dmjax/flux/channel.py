"""`AbstractChannel`: one way in which a beam makes V and so χ.

A channel holds its own parents, per proton on target, and whatever it tabulates of them. A new one
is a final class in a file of its own here, and an entry where beams are built from their files.
"""

from abc import abstractmethod
from typing import NamedTuple, Self

import equinox as eqx
from jaxtyping import Array, Float

from dmjax.conventions import Conventions
from dmjax.flux.vertices import Line
from dmjax.models.charges import Charges
from dmjax.models.vector import VectorMediator

Scalar = Float[Array, ""]
ROUNDING = 1e-9
"""A relative error below this is none."""


class Pull(NamedTuple):
    """An uncertainty of a source: the name of its nuisance and the relative error of the χ made.

    The error is a derivative: the χ made change by `error` × the nuisance for small values of it.
    """

    name: str
    error: Scalar | float


def amplitude_pull(name: str, error: float) -> tuple[Pull, ...]:
    """The pull of an amplitude's relative error, twice as large in the χ made; none where 0."""
    return (Pull(name, 2.0 * error),) if error > ROUNDING else ()


class AbstractChannel(eqx.Module):
    """One production channel of one beam, as one detector sees it."""

    @abstractmethod
    def weights(
        self, v: VectorMediator, k: Float[Array, " n"], conventions: Conventions
    ) -> Float[Array, " n"]:
        """χ per POT and sr towards the detector at each momentum node [MeV], V decaying at once.

        Exactly 0, with zero gradient, where the channel is closed.
        """

    @abstractmethod
    def momenta(
        self, v: VectorMediator, conventions: Conventions, lowest: Scalar, n: int
    ) -> Float[Array, " n"] | None:
        """Momentum nodes of the channel's own [MeV], none below `lowest`.

        None: its spectrum is smooth on the `n` nodes that channels in flight share.
        """

    @abstractmethod
    def lines(self, v: VectorMediator, conventions: Conventions) -> Line:
        """V of the channel as a few lines of one energy each, for V that fly before they decay."""

    @abstractmethod
    def pulls(self, conventions: Conventions, charges: Charges) -> tuple[Pull, ...]:
        """The uncertainties of the source for a mediator of these charges; empty: none."""

    @abstractmethod
    def k_max(self) -> float:
        """Largest χ momentum that the channel gives for any mediator [MeV]."""

    @abstractmethod
    def prepared(self, k_max: float, lifetimes: bool) -> Self:
        """The channel with its tables, up to a momentum [MeV]; `lifetimes`: for `lines` too."""
