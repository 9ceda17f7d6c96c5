"""Published data sets and projections as count models, one file each."""
