"""The verbs beside limits, in Python: regions, significance, injected signals, thermal targets."""

from typing import TYPE_CHECKING, Any

from dmjax.asking import Out, as_path, settled
from dmjax.store.progress import Say, nothing
from dmjax.studies.answer_settings import InjectSettings, RegionSettings, SignificanceSettings
from dmjax.studies.relic_settings import RelicSettings

if TYPE_CHECKING:
    from dmjax.studies.injecting import InjectionResult
    from dmjax.studies.regions import RegionResult
    from dmjax.studies.relic import RelicResult
    from dmjax.studies.significance import SignificanceResult


def regions(*where: str, out: Out = None, say: Say = nothing, **options: Any) -> "RegionResult":
    """Regions of (m_V, coupling), by the likelihood or by Feldman–Cousins toys.

    Args:
        where, out, say: see `dmjax.limit`.
        options: fields of `RegionSettings`, e.g. m_v="10:130:12", method="fc", levels=(0.68, 0.9).
    """
    from dmjax.studies.regions import run_regions

    return run_regions(settled(RegionSettings, options | {"where": where}), as_path(out), say)


def significance(
    *where: str, out: Out = None, say: Say = nothing, **options: Any
) -> "SignificanceResult":
    """Local p-values of no signal against the mass, and the global one of the whole scan.

    Args:
        where, out, say: see `dmjax.limit`.
        options: fields of `SignificanceSettings`, e.g. m_v="10:130:40", expected_at=1e-9.
    """
    from dmjax.studies.significance import run_significance

    made = settled(SignificanceSettings, options | {"where": where})
    return run_significance(made, as_path(out), say)


def inject(*where: str, out: Out = None, say: Say = nothing, **options: Any) -> "InjectionResult":
    """What fits give back of injected signals: bias, pulls, coverage.

    Args:
        where, out, say: see `dmjax.limit`.
        options: fields of `InjectSettings`, e.g. m_v=30, injected=(0, 1).
    """
    from dmjax.studies.injecting import run_inject

    return run_inject(settled(InjectSettings, options | {"where": where}), as_path(out), say)


def relic(m_chi: Any, **options: Any) -> "RelicResult":
    """The thermal target: the coupling that gives dark matter its density, against m_χ.

    Args:
        m_chi: [MeV], 1 to 1000: a number, several, or "low:high:points".
        options: fields of `RelicSettings`, e.g. model="b-l", dm="scalar", alpha_d=0.1.

    >>> import jax
    >>> jax.config.update("jax_enable_x64", True)
    >>> round(float(relic(20.0, dm="scalar", alpha_d=0.1).y[0]) * 1e11, 1)
    5.9
    """
    from dmjax.studies.relic import run_relic

    return run_relic(settled(RelicSettings, options | {"chi_masses": m_chi}))
