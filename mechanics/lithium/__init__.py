"""Lithium in the active material: diffusion, its steps in time, and what it and mechanics tell each other."""
