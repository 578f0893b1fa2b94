"""From a state to the equilibrium near it, by a ladder of methods that lower an energy between bounds."""
