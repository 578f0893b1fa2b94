"""Run by test_mechanics_linear.py under mpirun: one displacement, and what is said of a matrix that is not positive."""

import numpy as np
from dolfinx import fem
from mpi4py import MPI

import meshes
from mechanics import CRACK_MODELS, SPLITS, Medium, Solid, Support
from mechanics.laws.kinematics import SOLID_3D
from mechanics.linear.failures import Indefinite
from mechanics.linear.multigrid import Multigrid
from mechanics.linear.solver import LinearSolver

domain = meshes.build(meshes.Stack(1.0, 0.25, 0.5, 0.25, fine=0.15, coarse=0.25, depth=0.5), MPI.COMM_WORLD)
medium = Medium(1000.0, 0.3, 1.0, shrinkage=-0.02)
solid = Solid(
    domain.mesh,
    domain.regions,
    domain.boundaries,
    dict.fromkeys(("electrolyte", "interface", "cathode"), medium),
    {"bottom": Support((0, 1, 2)), "right": Support((0,)), "top": Support((1,))},
    CRACK_MODELS["AT1"],
    SPLITS["volumetric-deviatoric"],
    0.2,
    meshes.row_height(domain.mesh),
    SOLID_3D,
)
solid.state.d.interpolate(lambda x: np.minimum(1, 1.1 * np.maximum(0, 1 - abs(x[1] - 0.5) / 0.4) ** 2) * (x[0] < 0.55))
solid.load(1.0)
space = solid.state.u.function_space
right, found = fem.Function(space), fem.Function(space)
solid.displacement.gradient(right).x.array[solid.fixed] = 0
right.x.array[:] *= -1
multigrid = LinearSolver(solid.comm, 10, 1e-8, multigrid=Multigrid(space, solid.fixed))
A = solid.displacement.hessian(solid.fixed)
multigrid.solve(A, right.x.petsc_vec, found.x.petsc_vec)
energy, iterations = right.x.petsc_vec.dot(found.x.petsc_vec), multigrid.iterations

A.shift(-0.02 * A.getDiagonal().max()[1])
told = "solved"
try:
    LinearSolver(solid.comm, 10, 1e-8).solve(A, right.x.petsc_vec, found.x.petsc_vec)
except Indefinite:
    told = "Indefinite"
if solid.comm.rank == 0:
    print(f"{energy:.12e} {iterations} {told}")
