"""Posteriors and evidences: priors, hypotheses, NUTS, nested sampling, predictive checks."""
