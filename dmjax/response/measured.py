"""Quenching through measured points: a smooth increasing curve from the origin."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.response.quenching import AbstractQuenching, increasing_root

Scalar = Float[Array, ""]
Knots = Float[Array, " knots"]


class Measured(AbstractQuenching):
    """E_ee(T) by monotone cubics through (0, 0) and the points; the last slope beyond them.

    On each piece the Hermite cubic with slopes d_k = (w₁ + w₂)/(w₁/δ_{k−1} + w₂/δ_k), δ the slopes
    of the chords, w₁ = 2h_k + h_{k−1}, w₂ = h_k + 2h_{k−1}, and at the ends
    ((2h₀ + h₁)δ₀ − h₀δ₁)/(h₀ + h₁), or δ₀ where that is not positive. The curve increases as the
    points do, has no kinks, and does not oscillate.

    Attributes:
        t_kev: recoil energies [keV], > 0, increasing; two or more.
        kevee: their electron-equivalent energies [keVee], > 0, increasing.

    Source: Fritsch & Butland, SIAM J. Sci. Stat. Comput. 5 (1984) 300.

    >>> curve = Measured(jnp.asarray([5.0, 20.0]), jnp.asarray([0.5, 3.0]))
    >>> [round(float(curve.light(jnp.asarray(t))), 3) for t in (5.0, 20.0, 21.0)]
    [0.5, 3.0, 3.217]
    """

    t_kev: Knots
    kevee: Knots

    def _knots(self) -> tuple[Knots, Knots, Knots]:
        """Places, values and slopes, the origin first."""
        zero = jnp.zeros_like(self.t_kev[:1])
        t, y = jnp.concatenate([zero, self.t_kev]), jnp.concatenate([zero, self.kevee])
        h, chord = jnp.diff(t), jnp.diff(y) / jnp.diff(t)
        w1, w2 = 2.0 * h[1:] + h[:-1], h[1:] + 2.0 * h[:-1]
        inner = (w1 + w2) / (w1 / chord[:-1] + w2 / chord[1:])
        first = _end(h[0], h[1], chord[0], chord[1])
        last = _end(h[-1], h[-2], chord[-1], chord[-2])
        return t, y, jnp.concatenate([first[None], inner, last[None]])

    def _curve(self, t_kev: Scalar) -> tuple[Scalar, Scalar]:
        """Value and slope at 0 ≤ T ≤ the last point."""
        t, y, d = self._knots()
        i = jnp.clip(jnp.searchsorted(t, t_kev, side="right") - 1, 0, t.shape[0] - 2)
        h = t[i + 1] - t[i]
        u = (t_kev - t[i]) / h
        rise = y[i + 1] - y[i]
        a, b = h * d[i] - rise, h * d[i + 1] - rise
        value = y[i] + u * rise + u * (1.0 - u) * (a * (1.0 - u) - b * u)
        bend = a * (1.0 - u) * (1.0 - 3.0 * u) - b * u * (2.0 - 3.0 * u)
        return value, (rise + bend) / h

    def light(self, t_kev: Scalar) -> Scalar:
        """The cubics up to the last point, its tangent beyond."""
        s = jnp.minimum(t_kev, self.t_kev[-1])
        return self._curve(s)[0] + self._knots()[2][-1] * (t_kev - s)

    def recoil(self, e_ee: Scalar) -> Scalar:
        """Root by safeguarded Newton, and the tangent's inverse beyond."""
        inside = jnp.minimum(e_ee, self.kevee[-1])
        root = increasing_root(self._curve, inside, self.t_kev[-1])
        return root + (e_ee - inside) / self._knots()[2][-1]


def _end(h0: Scalar, h1: Scalar, chord0: Scalar, chord1: Scalar) -> Scalar:
    """Slope at an end; see `Measured`."""
    slope = ((2.0 * h0 + h1) * chord0 - h0 * chord1) / (h0 + h1)
    return jnp.where(slope > 0.0, slope, chord0)
