"""`predict` of a search for missing energy: events of one model point by channel."""

import jax.numpy as jnp
import numpy as np

from dmjax.conventions import DMJAX
from dmjax.experiments.missing_energy import MissingEnergy
from dmjax.experiments.missing_layout import SIGNATURE
from dmjax.models import VectorMediator
from dmjax.prediction.missing_energy import missing_events
from dmjax.prediction.predict import TIME_CEILING_US, labels
from dmjax.prediction.prediction import Prediction
from dmjax.prediction.recoils import TEMPLATE_ERROR
from dmjax.prediction.validity import notes
from dmjax.programs import kept

KEV_PER_GEV = 1e6


@kept
def _events(search: MissingEnergy, v: VectorMediator) -> dict[str, jnp.ndarray]:
    return missing_events(search, v)


def predict_missing(search: MissingEnergy, v: VectorMediator) -> Prediction:
    """Expected events of one model point, and the background, in the one bin of the search.

    Args:
        search: beam, target, selection.
        v: model point, with concrete numbers.

    Returns:
        `Prediction` of one bin in missing energy.

    >>> from dmjax.experiments.missing_energy import missing_energy
    >>> from dmjax.models import mediator
    >>> v = mediator("dark-photon", 10.0, 10.0 / 3.0, eps=1e-5)
    >>> sorted(predict_missing(missing_energy("na64-2019"), v).channels)
    ['annihilation', 'bremsstrahlung']
    """
    found = _events(search, v)
    channels = {name: float(events) for name, events in found.items()}
    total, background = sum(channels.values()), search.counted.background
    behind = {"background": np.array([[background]])} if background > 0.0 else {}
    return Prediction(
        experiment=search.name,
        signature=SIGNATURE,
        conventions=DMJAX.name,
        conventions_changed={},
        **labels(v),
        long_lived=False,
        pot=search.on_target,
        efficiency=True,
        channels=channels,
        total=total,
        numerical_error=TEMPLATE_ERROR if total > 0.0 else 0.0,
        dtype=search.efficiency.dtype.name,
        background={name: float(events.sum()) for name, events in behind.items()},
        energy_edges_kev=KEV_PER_GEV * np.array(search.window_gev),
        time_edges_us=np.array([0.0, TIME_CEILING_US]),
        counts=np.array([[total]]),
        background_counts=behind,
        notes=notes(search, v),
    )
