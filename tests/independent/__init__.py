"""A phase-field solver of its own, in plain NumPy and SciPy, and the cases on which Intact is held against it."""
