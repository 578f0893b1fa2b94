"""Solvers for symmetric matrices: factors that are kept and mended, multigrids, and what they have to know."""
