"""Results for others: pyhf workspaces and HEPData tables."""
