"""Quenching: the light of a nuclear recoil as the energy of an electron that gives the same light.

Every curve maps a recoil energy T [keV] to E_ee [keVee], is increasing where it is used, and has an
inverse, so that the edge of a bin in light has one recoil energy.
"""

from abc import abstractmethod
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Scalar = Float[Array, ""]
NEWTON_STEPS = 40


class AbstractQuenching(eqx.Module):
    """A quenching curve."""

    @abstractmethod
    def light(self, t_kev: Scalar) -> Scalar:
        """E_ee [keVee] of a recoil of T ≥ 0 [keV]."""

    @abstractmethod
    def recoil(self, e_ee: Scalar) -> Scalar:
        """T [keV] that gives E_ee ≥ 0 [keVee]; the inverse of `light`."""


class Unquenched(AbstractQuenching):
    """E_ee = T: electron recoils, and detectors described in true recoil energy."""

    def light(self, t_kev: Scalar) -> Scalar:
        """T."""
        return t_kev

    def recoil(self, e_ee: Scalar) -> Scalar:
        """E_ee."""
        return e_ee


class Constant(AbstractQuenching):
    """E_ee = value × T, value > 0 (CsI 2017: 0.0878, arXiv:1804.09459)."""

    value: Scalar

    def light(self, t_kev: Scalar) -> Scalar:
        """Value × T."""
        return self.value * t_kev

    def recoil(self, e_ee: Scalar) -> Scalar:
        """E_ee/value."""
        return e_ee / self.value


class Linear(AbstractQuenching):
    """E_ee = (a + b T) T up to `valid_to`, its tangent beyond (LAr 2020: arXiv:2006.12659).

    Increasing for a > 0 and a + 2b·valid_to > 0; the tangent keeps E_ee below T where the fitted
    line, continued, would not.

    Attributes:
        a: quenching factor at T = 0.
        b: its slope [1/keV].
        valid_to: end of the fitted range [keV].

    >>> lar = Linear(jnp.asarray(0.246), jnp.asarray(0.00078), jnp.asarray(125.0))
    >>> round(float(lar.light(jnp.asarray(100.0))), 4)
    32.4
    >>> round(float(lar.recoil(jnp.asarray(32.4))), 4)
    100.0
    """

    a: Scalar
    b: Scalar
    valid_to: Scalar

    def light(self, t_kev: Scalar) -> Scalar:
        """(a + b s) s + (a + 2b s)(T − s), s = min(T, valid_to)."""
        s = jnp.minimum(t_kev, self.valid_to)
        return (self.a + self.b * s) * s + (self.a + 2.0 * self.b * s) * (t_kev - s)

    def recoil(self, e_ee: Scalar) -> Scalar:
        """2E/(a + √(a² + 4bE)), and the tangent's inverse beyond."""
        top = self.light(self.valid_to)
        inside = jnp.minimum(e_ee, top)
        root = 2.0 * inside / (self.a + jnp.sqrt(self.a**2 + 4.0 * self.b * inside))
        return root + (e_ee - inside) / (self.a + 2.0 * self.b * self.valid_to)


class Polynomial(AbstractQuenching):
    """E_ee = aT + bT² + cT³ + dT⁴ with T in MeV, giving MeVee; its tangent beyond `valid_to`.

    CsI 2021 (arXiv:2110.07730): increasing up to 60 keV, where the tangent's slope equals the
    quenching factor itself, so that beyond it stays near 9 %; the bare quartic passes 100 % below
    0.2 MeV. Other coefficients must increase on [0, valid_to] too: the schema checks it.

    Attributes:
        a, b, c, d: coefficients [1, 1/MeV, 1/MeV², 1/MeV³].
        valid_to: end of the fitted range [keV].
    """

    a: Scalar
    b: Scalar
    c: Scalar
    d: Scalar
    valid_to: Scalar

    def _quartic(self, t_kev: Scalar) -> tuple[Scalar, Scalar]:
        x = 1e-3 * t_kev
        value = 1e3 * x * (self.a + x * (self.b + x * (self.c + x * self.d)))
        slope = self.a + x * (2.0 * self.b + x * (3.0 * self.c + x * 4.0 * self.d))
        return value, slope

    def light(self, t_kev: Scalar) -> Scalar:
        """P(s) + P′(s)(T − s), s = min(T, valid_to)."""
        s = jnp.minimum(t_kev, self.valid_to)
        value, slope = self._quartic(s)
        return value + slope * (t_kev - s)

    def recoil(self, e_ee: Scalar) -> Scalar:
        """Root of P(T) = E_ee by safeguarded Newton, and the tangent's inverse beyond."""
        top, slope = self._quartic(self.valid_to)
        inside = jnp.minimum(e_ee, top)
        root = increasing_root(self._quartic, inside, self.valid_to)
        return root + (e_ee - inside) / slope


def increasing_root(
    curve: Callable[[Scalar], tuple[Scalar, Scalar]], target: Scalar, top: Scalar
) -> Scalar:
    """x in [0, top] with curve(x) = target, for an increasing curve that gives (value, slope).

    Newton's step where it stays inside the bracket, else its middle; 40 steps end at rounding.
    Derivatives follow from the implicit-function theorem.
    """

    def solve(_, guess: Scalar) -> Scalar:
        def step(_, state):
            low, high, x = state
            value, slope = curve(x)
            newton = x - (value - target) / slope
            inside = (newton >= low) & (newton <= high)
            below = value < target
            low, high = jnp.where(below, x, low), jnp.where(below, high, x)
            return low, high, jnp.where(inside, newton, 0.5 * (low + high))

        start = (jnp.zeros_like(guess), top + 0.0 * guess, guess)
        return jax.lax.fori_loop(0, NEWTON_STEPS, step, start)[2]

    def tangent_solve(g, y: Scalar) -> Scalar:
        return y / g(jnp.ones_like(y))

    guess = 0.5 * top + 0.0 * target
    return jax.lax.custom_root(lambda x: curve(x)[0] - target, guess, solve, tangent_solve)
