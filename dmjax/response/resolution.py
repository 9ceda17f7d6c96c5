"""Resolution: how the recorded light of recoils that all give the same mean light is spread."""

from abc import abstractmethod

import equinox as eqx
import jax.numpy as jnp
from jax.scipy.special import gammainc, gammaincc, ndtr
from jaxtyping import Array, Float

Scalar = Float[Array, ""]


class AbstractResolution(eqx.Module):
    """A spread around the mean of the observable."""

    @abstractmethod
    def cdf(self, x: Scalar, mean: Scalar, e_ee: Scalar) -> Scalar:
        """Share recorded below x, for recoils of mean observable > 0 and energy E_ee [keVee]."""


class Poisson(AbstractResolution):
    """Photo-electron counting: P(N < x) = Q(x, mean) at whole x, continued smoothly between.

    N photo-electrons count in the bin [N, N + 1). Edges should be whole numbers.
    """

    def cdf(self, x: Scalar, mean: Scalar, e_ee: Scalar) -> Scalar:
        """Q(x, mean), the regularised upper incomplete gamma function; 0 for x ≤ 0."""
        above = x > 0.0
        return jnp.where(above, gammaincc(jnp.where(above, x, 1.0), mean), 0.0)


class Gamma(AbstractResolution):
    """Gamma distribution of shape 1 + s E_ee about the mean (CsI 2021: arXiv:2110.07730).

    f(x) = (a(1+b))^{1+b}/Γ(1+b) x^b e^{−a(1+b)x}, a = 1/mean, b = s E_ee; variance mean²/(1+b).

    Attributes:
        shape_per_kevee: s [1/keVee], 9.56 for CsI 2021.
    """

    shape_per_kevee: Scalar

    def cdf(self, x: Scalar, mean: Scalar, e_ee: Scalar) -> Scalar:
        """P(1 + b, (1 + b) x/mean), the regularised lower incomplete gamma function."""
        shape = 1.0 + self.shape_per_kevee * e_ee
        above = x > 0.0
        share = gammainc(shape, shape * jnp.where(above, x, 1.0) / mean)
        return jnp.where(above, share, 0.0)


class Gaussian(AbstractResolution):
    """Gaussian with σ/mean = c/√E_ee (LAr 2020: c = 0.58 √keVee, arXiv:2006.12659).

    The tail below zero light is kept: it is what a detector records as nothing.

    Attributes:
        coefficient: c [√keVee].
    """

    coefficient: Scalar

    def cdf(self, x: Scalar, mean: Scalar, e_ee: Scalar) -> Scalar:
        """Φ((x − mean)/σ)."""
        return ndtr((x - mean) * jnp.sqrt(e_ee) / (self.coefficient * mean))


class Noise(AbstractResolution):
    """Gaussian with σ² = a² + b E_ee: electronic noise and counting of carriers (germanium).

    In the observable σ is light_yield × √(a² + b E_ee), light_yield = mean/E_ee. The tail below 0
    is kept. b = 1/light_yield are Poisson fluctuations; Ge: b = 2.96 eV × the Fano factor.

    Attributes:
        a: noise [keVee], > 0.
        b: [keVee], ≥ 0.
    """

    a: Scalar
    b: Scalar

    def cdf(self, x: Scalar, mean: Scalar, e_ee: Scalar) -> Scalar:
        """Φ((x − mean)/σ)."""
        sigma = jnp.sqrt(self.a**2 + self.b * e_ee) * (mean / e_ee)
        return ndtr((x - mean) / sigma)
