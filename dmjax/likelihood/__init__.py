"""Data sets, signals and the binned on/off likelihood that joins them."""
