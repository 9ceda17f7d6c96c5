"""Selections chosen by the gradient of what a search expects, and the design of detectors."""
