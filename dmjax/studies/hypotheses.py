"""What is compared on CsI 2017: dark matter, NSI and backgrounds alone, with their priors."""

from dataclasses import asdict, dataclass
from typing import NamedTuple

from dmjax._version import __version__
from dmjax.analyses.csi2017 import NAME, csi2017
from dmjax.analyses.datasets import Dataset, load_dataset
from dmjax.analyses.nsi2017 import EPS_RANGE, csi2017_nsi
from dmjax.analyses.signal import Signal, TemplateTable, interpolation_table, signal
from dmjax.bayes.hypothesis import dark_hypothesis, joint_hypothesis
from dmjax.bayes.nested import Hypothesis
from dmjax.bayes.priors import DARK_PRIORS, M_V_RANGE, Y_RANGE, dark_priors
from dmjax.conventions import CHANNELS, DMJAX, Conventions, describe
from dmjax.errors import InputError, unknown_name
from dmjax.likelihood.joint import JointModel

SIGNALS = ("none", "dark-photon", "nsi")
_NODES = 400


@dataclass(frozen=True)
class EvidenceSettings:
    """Everything a comparison of evidences depends on.

    Attributes:
        dataset: "csi2017".
        window: "cuts" or "no-cuts".
        signals: of `SIGNALS`.
        priors: choices of `DARK_PRIORS` for (m_V, Y).
        m_v_range, y_range, eps_range: ranges of the priors [MeV, 1, 1]; ε is uniform.
        quarks: which quarks carry ε.
        dm, alpha_d, mass_ratio, channels, conventions: the prediction.
        live, draws, seed: of nested sampling.
        grid_masses, grid_couplings: of the dense grid that checks it; 0: no check.
        nuts: whether NUTS samples dark matter as well, to be checked by the same grid.
    """

    dataset: str = NAME
    window: str = "no-cuts"
    signals: tuple[str, ...] = SIGNALS
    priors: tuple[str, ...] = ("log-uniform",)
    m_v_range: tuple[float, float] = M_V_RANGE
    y_range: tuple[float, float] = Y_RANGE
    eps_range: tuple[float, float] = EPS_RANGE
    quarks: str = "u"
    dm: str = "dirac"
    alpha_d: float = 0.5
    mass_ratio: float = 3.0
    channels: tuple[str, ...] = CHANNELS
    conventions: Conventions = DMJAX
    live: int = 500
    draws: int = 2000
    seed: int = 2017
    grid_masses: int = 160
    grid_couplings: int = 120
    nuts: bool = False

    def __post_init__(self):
        if self.dataset != NAME:
            raise unknown_name("data set with evidences", self.dataset, (NAME,))
        for name in self.signals:
            if name not in SIGNALS:
                raise unknown_name("signal", name, SIGNALS)
        if self.live < 20 or self.draws < 100:
            raise InputError(
                "nested sampling needs at least 20 live points and 100 draws, got "
                f"{self.live} and {self.draws}"
            )
        if not (self.signals and self.priors):
            raise InputError("name at least one signal and one prior")
        for choice in self.priors:
            dark_priors(choice, self.m_v_range, self.y_range)
        if self.window not in ("cuts", "no-cuts"):
            raise unknown_name("window", self.window, ("cuts", "no-cuts"))


class DarkSetting(NamedTuple):
    """Dark matter in the bins of a window.

    Attributes:
        data, family: counts and signal.
        joint: with a signal of free strength.
        table: templates against the mass.
    """

    data: Dataset
    family: Signal
    joint: JointModel
    table: TemplateTable


def dark_setting(settings: EvidenceSettings, window: str | None = None) -> DarkSetting:
    """Dark matter and data of a window (None: that of the settings)."""
    data = load_dataset(settings.dataset, window or settings.window, settings.conventions)
    family = signal(
        data,
        dm=settings.dm,
        alpha_d=settings.alpha_d,
        mass_ratio=settings.mass_ratio,
        channels=settings.channels,
    )
    table = interpolation_table(family, *settings.m_v_range, _NODES)
    return DarkSetting(data, family, JointModel(csi2017(table.values[0], data=data)), table)


def hypotheses(settings: EvidenceSettings, dark: DarkSetting | None) -> dict[str, Hypothesis]:
    """Every hypothesis of the settings by name; `dark` once per prior, None: without."""
    found = {}
    data = load_dataset(settings.dataset, settings.window, settings.conventions)
    if "none" in settings.signals:
        found["none"] = joint_hypothesis("none", JointModel(csi2017(data=data)))
    if dark is not None:
        for choice in settings.priors:
            name = f"dark-photon {choice}"
            priors = dark_priors(choice, settings.m_v_range, settings.y_range)
            tables = {dark.joint.models[0].name: dark.table}
            found[name] = dark_hypothesis(dark.joint, tables, priors, name=name)
    if "nsi" in settings.signals:
        whole = load_dataset(settings.dataset, "no-cuts", settings.conventions)
        model = csi2017_nsi(
            settings.window, settings.quarks, eps_range=settings.eps_range, data=whole
        )
        found["nsi"] = joint_hypothesis("nsi", JointModel(model))
    return found


def describe_evidence(settings: EvidenceSettings) -> dict:
    """Settings as saved, with every prior in words and the version."""
    chosen = describe(settings.conventions)
    stated = {
        choice: f"m_v {DARK_PRIORS[choice][0]} in {settings.m_v_range} MeV, "
        f"Y {DARK_PRIORS[choice][1]} in {settings.y_range}"
        for choice in settings.priors
    }
    stated["nsi"] = f"eps_ee, eps_mumu uniform in {settings.eps_range}, quarks {settings.quarks}"
    stated["alpha"] = "normal, 0 +- 0.28, above -1"
    plain = asdict(settings) | {"prior_densities": stated, "version": __version__}
    return plain | {"conventions": chosen["conventions"], "conventions_changed": chosen["changed"]}
