"""Published figures and tables beside ours: one file and one function `make` each."""

from dmjax.reproduce.registry import PRINTED, TARGETS, target_names
from dmjax.reproduce.writing import Reproduced, reproduce

__all__ = ["PRINTED", "TARGETS", "Reproduced", "reproduce", "target_names"]
