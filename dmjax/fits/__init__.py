"""Fits of count models: minima, errors, profiles, pseudo-data, goodness of fit, diagnostics."""
