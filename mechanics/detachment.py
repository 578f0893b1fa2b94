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
    """Fraction of a layer, seen from above, whose section is broken somewhere; the notch, from its faces up to a column
    beyond its tip, does not count. In a plane these are columns along x, around an axis rings that count by their
    area, in three dimensions a grid of columns in rows along z: a notch may have another tip in each row."""

    def __init__(
        self,
        d: fem.Function,
        regions: Entities,
        boundaries: Entities,
        layer: str,
        size: float,
        around_axis: bool = False,
    ) -> None:
        space = d.function_space
        self._d = d
        self._comm: MPI.Comm = space.mesh.comm
        dim = space.mesh.topology.dim
        space.mesh.topology.create_connectivity(dim, dim)
        self._dofs = fem.locate_dofs_topological(space, dim, regions[layer])
        x, _, z = space.tabulate_dof_coordinates()[self._dofs].T
        left, right = self._extent(x)
        front, back = self._extent(z)
        row, rows = _grid(z, front, back, COLUMN * size)
        ends: np.ndarray = np.full(rows, left)  # of the notch in each row
        if "notch" in boundaries:
            ends = self._tips(_nodes(space.mesh, boundaries["notch"]), front, back, COLUMN * size) + COLUMN * size
            ends = np.maximum(left, ends)
        start = float(ends.min())
        column, columns = _grid(x, start, right, COLUMN * size)
        middles = start + (np.arange(columns) + 0.5) * (right - start) / columns
        self._areas = np.tile(middles, rows) if around_axis else np.ones(rows * columns)
        self._counts = x >= ends[row]
        self._cell = row * columns + column
        self._cells = rows * columns
        self._populated = self._gather(np.ones(len(x), dtype=bool))

    def fraction(self) -> float:
        broken = self._gather(self._d.x.array[self._dofs] >= BROKEN)
        return float((broken @ self._areas) / (self._populated @ self._areas))

    def _gather(self, at_nodes: np.ndarray) -> np.ndarray:
        cells = np.zeros(self._cells, dtype=np.int8)
        cells[self._cell[at_nodes & self._counts]] = 1
        self._comm.Allreduce(MPI.IN_PLACE, cells, op=MPI.MAX)
        return cells

    def _extent(self, x: np.ndarray) -> tuple[float, float]:
        low = self._comm.allreduce(float(x.min(initial=np.inf)), op=MPI.MIN)
        return low, self._comm.allreduce(float(x.max(initial=-np.inf)), op=MPI.MAX)

    def _tips(self, notch: np.ndarray, front: float, back: float, width: float) -> np.ndarray:
        """How far the notch goes in each row and its two neighbours, which are as near as the column at its tip."""
        row, rows = _grid(notch[:, 2], front, back, width)
        tips = np.full(rows + 2, -np.inf)
        np.maximum.at(tips, row + 1, notch[:, 0])
        self._comm.Allreduce(MPI.IN_PLACE, tips, op=MPI.MAX)
        return np.max([tips[:-2], tips[1:-1], tips[2:]], axis=0)


def _grid(x: np.ndarray, low: float, high: float, width: float) -> tuple[np.ndarray, int]:
    """Number of the column that each place is in, and how many columns, at least so wide, there are."""
    count = max(int((high - low) / width), 1)
    column = np.floor((x - low) / (high - low) * count).astype(int) if high > low else np.zeros(len(x), dtype=int)
    column[column == count] -= 1
    return column, count


def _nodes(body: mesh.Mesh, facets: np.ndarray) -> np.ndarray:
    if len(facets) == 0:  # dolfinx divides by their number
        return np.empty((0, 3))
    dim = body.topology.dim
    body.topology.create_connectivity(dim - 1, dim)
    return body.geometry.x[np.unique(mesh.entities_to_geometry(body, dim - 1, facets))]
