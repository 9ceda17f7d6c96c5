"""Fits of one or more data sets together, with or without a signal."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import jax.numpy as jnp
import numpy as np

from dmjax._version import __version__
from dmjax.analyses.csi2017 import NAME as NSI_DATA
from dmjax.analyses.nsi2017 import csi2017_nsi
from dmjax.errors import InputError, unknown_name
from dmjax.fits.fit import Fit, best_fit
from dmjax.fits.minimise import STATUS_TEXT
from dmjax.fits.profiles import all_intervals
from dmjax.likelihood.joint import JointModel, off_term_of
from dmjax.prediction.templates import at_index
from dmjax.store.fields import number
from dmjax.store.progress import Say, nothing
from dmjax.store.result import AbstractResult, container
from dmjax.studies.nsi_fit import nearest_minimum
from dmjax.studies.plan import configuration
from dmjax.studies.postfit import PostfitSpectrum, postfit_of
from dmjax.studies.setting import (
    Setting,
    counts_of,
    describe_setting,
    model_of,
    setting_of,
    signal_of,
    to_coupling,
)
from dmjax.studies.settings import FitSettings, ModelOptions, SignalOptions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIGNALS = ("none", "dark-matter", "nsi")
"""What `fit` knows beside the backgrounds; "dark-photon" means dark matter of that model."""


@container
class FitResult(AbstractResult):
    """A fit as it is reported.

    Attributes:
        datasets: names.
        fitted: one of `SIGNALS`.
        m_v: [MeV] of a signal.
        parameters: name → value, error (inverse Hessian), lower and upper end of the interval with
            −2Δ ln L < 1; None where an end lies outside the allowed range. Of NSI, whose counts are
            parabolas in ε, the solution nearest to ε = 0.
        significance: name → √(−2Δ ln L) between 0 and the best fit, of every free parameter that
            starts at 0.
        yields: data set → component, "total" or "observed" → post-fit events and their error, the
            covariance of the fit propagated; √n beside observed counts. Empty with `integrate`.
        spectra: data set → along each axis the data, the components, their sum and its error.
        two_nll: −2 ln L at the best fit, constants included.
        status: "converged", or why not.
        quantity, best_coupling: of a signal, at the best fit.
        off_term, integrate, signal, conventions, configuration, version: see `LimitResult`.
    """

    kind: ClassVar[str] = "fit"
    table: ClassVar[str] = "parameters"

    datasets: list[str]
    fitted: str
    m_v: float | None = number("MeV")
    parameters: dict[str, dict[str, float | None]] = number("1", empty=math.inf)
    significance: dict[str, float] = number("1")
    yields: dict[str, dict[str, dict[str, float]]] = number(
        "1", empty=math.inf, default_factory=dict
    )
    spectra: dict[str, list[PostfitSpectrum]] = number("1", empty=math.nan, default_factory=dict)
    two_nll: float = number("1")
    status: str
    quantity: str | None
    best_coupling: float | None = number("1")
    off_term: str | None
    integrate: str | None
    signal: dict | None
    conventions: dict | None
    configuration: dict
    version: str = __version__

    def plot(self) -> "Figure":
        """Data, stacked components and the post-fit band, along each axis."""
        from dmjax.plots.postfit import plot_postfit

        return plot_postfit(self)


def fitted_model(
    where: tuple[str, ...], options: Any, mass: float | None
) -> tuple[Setting, JointModel]:
    """Data sets as options describe them: with a signal at a mass, or without."""
    assert isinstance(options, SignalOptions) and isinstance(options, ModelOptions)
    signal = None if mass is None else signal_of(options)
    setting = setting_of(where, options, signal)
    counts = None if mass is None else at_index(counts_of(setting, [mass]), 0)
    return setting, model_of(setting, counts)


def run_fit(settings: FitSettings, out: Path | None = None, say: Say = nothing) -> FitResult:
    """Fit data sets together: nuisances of one name are one parameter.

    Args:
        settings: data sets; a signal of dark matter at one mass, NSI, or none.
        out, say: not used: a fit is short.

    Returns:
        `FitResult`.

    >>> from dmjax.studies.rules import settle
    >>> found = run_fit(settle(FitSettings, {"where": "ccm120"}))
    >>> round(found.parameters["n_excess"]["value"], 1), found.status
    (16.5, 'converged')
    """
    wanted = settings.signal or "none"
    wanted = "dark-matter" if wanted == "dark-photon" else wanted
    if wanted not in SIGNALS:
        raise unknown_name("signal", wanted, (*SIGNALS, "dark-photon"))
    if wanted == "dark-matter" and settings.mass is None:
        raise InputError("a signal of dark matter needs its mass, e.g. --mv 30")
    if wanted == "nsi" and settings.where != (NSI_DATA,):
        raise InputError(
            f"signal nsi is built for {NSI_DATA} alone, not for {', '.join(settings.where)}"
        )
    setting, joint = fitted_model(settings.where, settings, settings.mass)
    if wanted == "nsi":
        joint = JointModel(csi2017_nsi(quarks=settings.quarks))
    best = nearest_minimum(joint) if wanted == "nsi" else best_fit(joint)
    parameters, (yields, spectra) = _parameters(joint, best), postfit_of(joint, best)
    about = describe_setting(setting)
    strength = parameters["signal"]["value"] if settings.mass is not None else None
    coupling = None
    if strength is not None:
        coupling = float(to_coupling(setting, settings.mass, [max(strength, 0.0)])[0])
    return FitResult(
        datasets=[model.name for model in joint.models],
        fitted=wanted,
        m_v=settings.mass,
        parameters=parameters,
        significance=_significance(joint, best),
        yields=yields,
        spectra=spectra,
        two_nll=float(best.two_nll),
        status=STATUS_TEXT[int(best.status)],
        quantity=about.get("quantity"),
        best_coupling=coupling,
        off_term=off_term_of(joint),
        integrate=setting.integrate,
        signal=about.get("signal"),
        conventions=about.get("conventions"),
        configuration=configuration(settings),
    )


def _parameters(joint: JointModel, best: Fit) -> dict[str, dict[str, float | None]]:
    ends = all_intervals(joint, best=best)
    found: dict[str, dict[str, float | None]] = {}
    for i, name in enumerate(joint.parameters.names):
        reached = np.asarray(ends.reached[i])
        found[name] = {
            "value": float(best.values[i]),
            "error": float(best.errors[i]),
            "lower": float(ends.lower[i]) if reached[0] else None,
            "upper": float(ends.upper[i]) if reached[1] else None,
        }
    return found


def _significance(joint: JointModel, best: Fit) -> dict[str, float]:
    limits = joint.parameters
    free = (~jnp.isfinite(limits.sigmas)) & (limits.lower == 0.0)
    found = {}
    for name in np.array(limits.names)[np.asarray(free)].tolist():
        without = best_fit(joint, fixed={name: 0.0})
        found[name] = math.sqrt(max(float(without.two_nll - best.two_nll), 0.0))
    return found
