"""Statistics of published data sets, run, reported and saved."""
