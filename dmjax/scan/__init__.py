"""Scans: limits over grids of masses, couplings, models and experiments, kept as they grow."""
