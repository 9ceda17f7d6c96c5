"""Quenching of nuclear recoils by Lindhard's theory: semiconductors and liquid noble gases."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.numerics import safe_divide
from dmjax.response.quenching import AbstractQuenching, increasing_root

Scalar = Float[Array, ""]
ENERGY_SCALE = 11.5
"""ε = 11.5 Z^(−7/3) T, T in keV."""


class Lindhard(AbstractQuenching):
    """E_ee = T k g/(1 + k g), g = 3ε^0.15 + 0.7ε^0.6 + ε, ε = 11.5 Z^(−7/3) T.

    Increasing everywhere, E_ee < T, 0 at T = 0. Measured to follow nature in Ge between 0.4 keV and
    some 100 keV of recoil (arXiv:2202.03754: k = 0.162 ± 0.004); below 0.25 keV it is an
    extrapolation. Nuclei of one Z that recoil in their own material; for a compound take the mean.

    Attributes:
        k: > 0; Lindhard's own value is 0.133 Z^(2/3) A^(−1/2), 0.157 in germanium.
        z: atomic number, > 0.

    Source: Lindhard et al., Mat. Fys. Medd. Dan. Vid. Selsk. 33 (1963) no. 10; Lewin & Smith,
    Astropart. Phys. 6 (1996) 87, Sec. 4.

    >>> germanium = Lindhard(jnp.asarray(0.157), jnp.asarray(32.0))
    >>> round(float(germanium.light(jnp.asarray(10.0))), 2)
    2.34
    """

    k: Scalar
    z: Scalar

    def _curve(self, t_kev: Scalar) -> tuple[Scalar, Scalar]:
        """E_ee and its slope at T > 0."""
        e = ENERGY_SCALE * self.z ** (-7.0 / 3.0) * t_kev
        low, middle = 3.0 * e**0.15, 0.7 * e**0.6
        kappa = self.k * (low + middle + e)
        share = kappa / (1.0 + kappa)
        rise = self.k * (0.15 * low + 0.6 * middle + e)
        return t_kev * share, share + rise / (1.0 + kappa) ** 2

    def light(self, t_kev: Scalar) -> Scalar:
        """T k g/(1 + k g); 0 at T = 0."""
        positive = t_kev > 0.0
        value, _ = self._curve(jnp.where(positive, t_kev, 1.0))
        return jnp.where(positive, value, 0.0)

    def recoil(self, e_ee: Scalar) -> Scalar:
        """Root of E_ee(T) between E_ee and E_ee²/E_ee(T = E_ee), as E_ee/T increases."""
        positive = e_ee > 0.0
        target = jnp.where(positive, e_ee, 1.0)
        highest = safe_divide(target * target, self._curve(target)[0])
        root = increasing_root(self._curve, target, highest)
        return jnp.where(positive, root, 0.0)
