"""A body made of such materials: fields on a mesh, what holds it, and the functionals that are minimised."""
