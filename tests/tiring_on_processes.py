"""Run by test_mechanics_fatigue.py under mpirun: energies and least toughness of a plate that tires."""

import numpy as np
from dolfinx import mesh
from mpi4py import MPI

from mechanics import CRACK_MODELS, SPLITS, AlternateMinimiser, Medium, Solid, Support

body = mesh.create_rectangle(MPI.COMM_WORLD, [(0, 0), (2, 1)], [8, 4], ghost_mode=mesh.GhostMode.shared_facet)
indices = body.topology.index_map(2)
cells = np.arange(indices.size_local + indices.num_ghosts, dtype=np.int32)
grips = {
    name: mesh.locate_entities_boundary(body, 1, lambda x, at=at: np.isclose(x[0], at))
    for name, at in {"left": 0.0, "right": 2.0}.items()
}
solid = Solid(
    body,
    {"all": cells},
    grips,
    {"all": Medium(2.0, 0.3, 8.0, fatigue=0.05)},
    {"left": Support((0, 1)), "right": Support((0, 1), motion=lambda load, x: np.vstack([load + 0 * x[0], 0 * x[0]]))},
    CRACK_MODELS["AT2"],
    SPLITS["volumetric-deviatoric"],
    1.0,
    np.zeros(len(cells)),
)
minimiser = AlternateMinimiser(solid, tolerance=1e-8)
for load in (0.5, 1.0, 0.0, 1.0, 0.0, 1.0):
    solid.load(load)
    assert minimiser.minimise().converged
    solid.accept()
energies = solid.energies()
least = solid.comm.allreduce(float(solid.state.fatigue[2].x.array.min()), op=MPI.MIN)
if solid.comm.rank == 0:
    print(f"{energies.elastic:.12e} {energies.fracture:.12e} {least:.12e}")
