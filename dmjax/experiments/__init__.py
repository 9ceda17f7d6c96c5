"""Experiments: a beam, a geometry, a target and a response, read from data files."""

from dmjax.experiments.experiment import Experiment as Experiment
from dmjax.experiments.experiment import Selection as Selection
from dmjax.experiments.experiment import SteadyState as SteadyState
from dmjax.experiments.experiment import slice_counts as slice_counts
from dmjax.experiments.presets import EXPERIMENTS as EXPERIMENTS
from dmjax.experiments.presets import experiment as experiment
