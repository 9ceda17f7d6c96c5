"""Experiments: a beam, a geometry, a target and a response, read from data files."""

from dmjax.experiments.backgrounds import Background as Background
from dmjax.experiments.backgrounds import background_counts as background_counts
from dmjax.experiments.backgrounds import in_scenario as in_scenario
from dmjax.experiments.backgrounds import scenarios as scenarios
from dmjax.experiments.experiment import Experiment as Experiment
from dmjax.experiments.experiment import Selection as Selection
from dmjax.experiments.experiment import slice_counts as slice_counts
from dmjax.experiments.presets import EXPERIMENTS as EXPERIMENTS
from dmjax.experiments.presets import experiment as experiment
