"""Results on disk: written whole, checked when read."""
