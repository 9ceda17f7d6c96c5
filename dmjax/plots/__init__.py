"""Figures, drawn from saved results alone."""
