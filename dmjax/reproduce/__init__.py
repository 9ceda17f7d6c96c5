"""Published figures and tables beside ours: one file and one function `make` each."""

from dmjax.reproduce.registry import TARGETS, target_names
from dmjax.reproduce.writing import Reproduced, reproduce

__all__ = ["TARGETS", "Reproduced", "reproduce", "target_names"]
