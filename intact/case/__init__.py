"""The case file: read and checked without dolfinx, gmsh or PETSc, so that an editor may ask at every key."""
