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
from dmjax.models.vector import VectorMediator

Scalar = Float[Array, ""]


class Pull(NamedTuple):
    """An uncertainty of a source: the name of its nuisance and the relative error of the χ made."""

    name: str
    error: Scalar


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
    def lines(self, v: VectorMediator, conventions: Conventions) -> Line:
        """V of the channel as a few lines of one energy each, for V that fly before they decay."""

    @abstractmethod
    def pull(self, conventions: Conventions) -> Pull | None:
        """The uncertainty of the source, or None."""

    @abstractmethod
    def k_max(self) -> float:
        """Largest χ momentum that the channel gives for any mediator [MeV]."""

    @abstractmethod
    def prepared(self, k_max: float, lifetimes: bool) -> Self:
        """The channel with its tables, up to a momentum [MeV]; `lifetimes`: for `lines` too."""
