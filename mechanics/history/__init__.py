"""From one equilibrium to the next: what comes next, how large a step is, what is kept, and when a mesh gets finer."""
