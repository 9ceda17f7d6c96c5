"""The one likelihood: parameters, effects, counts, joint models."""
