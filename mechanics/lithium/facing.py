"""What lies between a surface and what it is stuck to, as far as it is broken: the damage that a surface faces."""

from collections.abc import Sequence

import numpy as np
from dolfinx import fem
from mpi4py import MPI
from scipy.spatial import cKDTree

from mechanics.measure.detachment import BROKEN

Pair = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, int]
DIGITS = 9  # of a place, µm: by so many two processes agree on it


class Facing:
    """A crack runs somewhere in the layer beside a surface, and on the surface itself damage may be well below 1. Each
    node of the surface faces those nodes of its layer that are nearest to it: the highest damage there counts, and
    where that counts as detached, all of it, as for ions (`mechanics.measure.conduction`)."""

    def __init__(self, d: fem.Function, pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> None:
        """The facets of each surface, and the cells of its layer."""
        self._d = d
        self._comm: MPI.Comm = d.function_space.mesh.comm
        self.damage = fem.Function(d.function_space)
        self._pairs = [self._joined(facets, cells) for facets, cells in pairs]
        self.look()

    def look(self) -> None:
        """At the present damage."""
        for surface, places, layer, nearest, count in self._pairs:
            faced = np.zeros(count)
            np.maximum.at(faced, nearest, self._d.x.array[layer])
            self._comm.Allreduce(MPI.IN_PLACE, faced, op=MPI.MAX)
            self.damage.x.array[surface] = np.where(faced >= BROKEN, 1.0, faced)[places]

    def _joined(self, facets: np.ndarray, cells: np.ndarray) -> Pair:
        """Nodes of the surface here, their places in the list of all, nodes of the layer here, and the place of the
        node of the surface that is nearest to each."""
        space = self._d.function_space
        dim, x = space.mesh.topology.dim, space.tabulate_dof_coordinates()
        for entities in (dim - 1, dim):
            space.mesh.topology.create_connectivity(entities, dim)
        surface, layer = (
            fem.locate_dofs_topological(space, entities, of) for entities, of in ((dim - 1, facets), (dim, cells))
        )
        everywhere = np.unique(np.vstack(self._comm.allgather(x[surface].round(DIGITS))), axis=0)
        tree = cKDTree(everywhere)
        places = tree.query(x[surface])[1]
        nearest = tree.query(x[layer])[1]
        return surface, places, layer, nearest, len(everywhere)
