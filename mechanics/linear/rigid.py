"""Motions that strain nothing: what smoothed aggregation has to keep of a displacement on its coarse levels."""

import numpy as np
from dolfinx import fem
from petsc4py import PETSc

PLANES = {2: ((0, 1),), 3: ((0, 1), (1, 2), (2, 0))}  # in which a body turns


def rigid_motions(space: fem.FunctionSpace, held: np.ndarray) -> PETSc.NullSpace:
    """Three in a plane, six in space, zero at the held unknowns (local; ghosts among them do not matter)."""
    dim, nodes, comm = space.mesh.geometry.dim, space.dofmap.index_map.size_local, space.mesh.comm
    x = space.tabulate_dof_coordinates()[:nodes]
    motions = np.zeros((dim + len(PLANES[dim]), nodes, dim))
    for component in range(dim):
        motions[component, :, component] = 1
    for turn, (a, b) in zip(motions[dim:], PLANES[dim], strict=True):
        turn[:, a], turn[:, b] = -x[:, b], x[:, a]
    motions = motions.reshape(len(motions), -1)
    motions[:, held[held < nodes * dim]] = 0
    basis: list[PETSc.Vec] = []
    for motion in motions:
        vector = PETSc.Vec().createWithArray(motion.copy(), bsize=dim, comm=comm)
        for _ in range(2):  # once is not enough for a body far from the origin
            for other in basis:
                vector.axpy(-vector.dot(other), other)
            vector.normalize()
        basis.append(vector)
    return PETSc.NullSpace().create(vectors=basis, comm=comm)
