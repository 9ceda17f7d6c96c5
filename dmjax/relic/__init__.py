"""Relic density of dark matter that annihilates through V, and the couplings that give it."""
