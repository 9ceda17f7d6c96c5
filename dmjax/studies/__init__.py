"""What a verb does with named data sets, run, reported and saved."""
