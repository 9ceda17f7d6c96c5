"""Limits and intervals on a signal strength: test statistics, asymptotics, toys, coverage."""
