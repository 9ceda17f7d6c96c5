"""Counting, fits, limits and posteriors from a likelihood; arrays in, documented results out."""
