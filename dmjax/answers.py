"""The verbs of what experiments publish beside limits, in Python: regions, significance, inject."""

from typing import TYPE_CHECKING, Any

from dmjax.asking import Out, as_path, settled
from dmjax.store.progress import Say, nothing
from dmjax.studies.answer_settings import InjectSettings, RegionSettings, SignificanceSettings

if TYPE_CHECKING:
    from dmjax.studies.injecting import InjectionResult
    from dmjax.studies.regions import RegionResult
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
