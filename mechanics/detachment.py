"""How much of an interface has let go."""

import numpy as np
from dolfinx import fem, mesh
from mpi4py import MPI

from mechanics.solid import Entities

BROKEN = 0.9  # damage from which a section of the interface counts as detached
DETACHED = 0.01  # detached fraction from which detachment has begun
WHOLLY = 0.99  # and from which it is complete
COLUMN = 2  # in element sizes: wide enough to hold a node of the layer; the first one at the tip belongs to the notch


class Detachment:
    """Fraction of the length of a layer along x, from the notch tip on, whose section is broken somewhere."""

    def __init__(self, d: fem.Function, regions: Entities, boundaries: Entities, layer: str, size: float) -> None:
        space = d.function_space
        self._d = d
        self._comm: MPI.Comm = space.mesh.comm
        dim = space.mesh.topology.dim
        space.mesh.topology.create_connectivity(dim, dim)
        self._dofs = fem.locate_dofs_topological(space, dim, regions[layer])
        x = space.tabulate_dof_coordinates()[self._dofs, 0]
        start = self._extreme(x.min(initial=np.inf), MPI.MIN)
        end = self._extreme(x.max(initial=-np.inf), MPI.MAX)
        if "notch" in boundaries:
            start = max(start, self._extreme(_tip(space.mesh, boundaries["notch"]), MPI.MAX)) + COLUMN * size
        self._count = max(int((end - start) / (COLUMN * size)), 1)
        self._column = np.floor((x - start) / (end - start) * self._count).astype(int)
        self._column[self._column == self._count] -= 1
        self._populated = self._gather(np.ones(len(x), dtype=bool))

    def fraction(self) -> float:
        broken = self._gather(self._d.x.array[self._dofs] >= BROKEN)
        return float(np.count_nonzero(broken) / np.count_nonzero(self._populated))

    def _gather(self, at_nodes: np.ndarray) -> np.ndarray:
        columns = np.zeros(self._count, dtype=np.int8)
        columns[self._column[at_nodes & (self._column >= 0)]] = 1
        self._comm.Allreduce(MPI.IN_PLACE, columns, op=MPI.MAX)
        return columns

    def _extreme(self, number: float, op: MPI.Op) -> float:
        return self._comm.allreduce(float(number), op=op)


def _tip(body: mesh.Mesh, facets: np.ndarray) -> float:
    if len(facets) == 0:  # dolfinx divides by their number
        return -np.inf
    dim = body.topology.dim
    body.topology.create_connectivity(dim - 1, dim)
    nodes = mesh.entities_to_geometry(body, dim - 1, facets)
    return float(body.geometry.x[nodes.ravel(), 0].max())
