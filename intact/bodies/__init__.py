"""From a case to the body that is solved: numbers from cards, a mesh, what holds it, and what is watched."""
