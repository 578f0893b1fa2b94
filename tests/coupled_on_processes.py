"""Run by test_mechanics_coupled_multigrid.py under mpirun: one solution of both unknowns."""

import numpy as np
from mpi4py import MPI

import meshes
from mechanics import CRACK_MODELS, SPLITS, Medium, Solid, Support
from mechanics.laws.kinematics import SOLID_3D
from mechanics.linear.coupled_multigrid import CoupledMultigrid
from mechanics.linear.multigrid import Multigrid
from mechanics.linear.solver import LinearSolver

domain = meshes.build(meshes.Stack(1.0, 0.25, 0.5, 0.25, fine=0.1, coarse=0.2, depth=0.25), MPI.COMM_WORLD)
solid = Solid(
    domain.mesh,
    domain.regions,
    domain.boundaries,
    dict.fromkeys(("electrolyte", "interface", "cathode"), Medium(1000.0, 0.3, 1.0, shrinkage=-0.002)),
    {"bottom": Support((0, 1, 2)), "top": Support((0, 1, 2))},
    CRACK_MODELS["AT1"],
    SPLITS["volumetric-deviatoric"],
    0.2,
    meshes.row_height(domain.mesh),
    SOLID_3D,
)
solid.state.d.interpolate(lambda x: 0.9 * np.maximum(0, 1 - abs(x[1] - 0.5) / 0.4) ** 2 * (x[0] < 0.55))
solid.load(1.0)
coupled = solid.coupled
coupled.pull()
space = coupled.functional.x.function_space
sound = np.flatnonzero(solid.state.d.x.array == 0)
held = np.concatenate([coupled.u[solid.fixed], coupled.d[sound]])
blocks = CoupledMultigrid(Multigrid(solid.state.u.function_space, solid.fixed), space, coupled.u, coupled.d)
solver = LinearSolver(solid.comm, 10, 1e-8, multigrid=blocks)
A = coupled.functional.hessian(held)
b, x = A.createVecs()
b.set(1.0)
solver.solve(A, b, x)
product = b.dot(x)
if solid.comm.rank == 0:
    print(f"{product:.12e} {solver.iterations}")
