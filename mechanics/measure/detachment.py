"""How much of an interface has let go, and how much of that still touches."""

from collections.abc import Sequence

import numpy as np
from dolfinx import fem, mesh
from mpi4py import MPI

from mechanics.body.solid import Entities
from mechanics.measure.opening import TOUCHING

BROKEN = 0.9  # damage from which a section of the interface counts as detached
DETACHED = 0.01  # detached fraction from which detachment has begun
WHOLLY = 0.99  # and from which it is complete
COLUMN = 2  # in element sizes: wide enough to hold a node of the layer; the first one at the tip belongs to the notch
OFF = 0.382  # of a sector: where the first one begins, so that nodes of a symmetric mesh are on no edge


class Sections:
    """An interface cut into sections. One that is broken somewhere has let go, for good; it is open while its faces
    have also parted, as the section has it in the mean."""

    def __init__(
        self, d: fem.Function, nodes: np.ndarray, section: np.ndarray, areas: np.ndarray, weights: np.ndarray
    ) -> None:
        """The section that each node is in, and of each section its area and what it counts for."""
        self._d, self._nodes, self._section = d, nodes, section
        self._comm: MPI.Comm = d.function_space.mesh.comm
        self._owned = nodes < d.function_space.dofmap.index_map.size_local
        self._areas = areas
        self._weights = weights * self._any(np.ones(len(nodes), dtype=bool))

    @property
    def extent(self) -> float:
        """What it counts for in all."""
        return float(self._weights.sum())

    def fraction(self) -> float:
        """Share that has let go."""
        return float((self._broken() * self._weights).sum()) / self.extent

    def open_fraction(self, parted: np.ndarray) -> float:
        """Share that has let go and does not touch; `parted` are volumes at the nodes (`mechanics.measure.opening`)."""
        nodes, section = self._nodes[self._owned], self._section[self._owned]
        volumes = _sums(self._comm, section, parted[nodes], len(self._areas))
        apart = volumes > TOUCHING * self._areas
        return float((self._broken() * apart * self._weights).sum()) / self.extent

    def _broken(self) -> np.ndarray:
        return self._any(self._d.x.array[self._nodes] >= BROKEN)

    def _any(self, at_nodes: np.ndarray) -> np.ndarray:
        """Sections with such a node."""
        found = np.zeros(len(self._areas), dtype=np.int8)
        found[self._section[at_nodes]] = 1
        self._comm.Allreduce(MPI.IN_PLACE, found, op=MPI.MAX)
        return found


def of_all(parts: Sequence[Sections], fractions: Sequence[float]) -> float:
    """A fraction of several interfaces together, each by its extent."""
    return float(np.average(fractions, weights=[part.extent for part in parts]))


class Detachment(Sections):
    """A layer seen from above; the notch, from its faces up to a column beyond its tip, does not count. In a plane the
    sections are columns along x, around an axis rings that count by their area, in three dimensions a grid of columns
    in rows along z: a notch may have another tip in each row."""

    def __init__(
        self,
        d: fem.Function,
        regions: Entities,
        boundaries: Entities,
        layer: str,
        size: float,
        around_axis: bool = False,
    ) -> None:
        body = d.function_space.mesh
        nodes, (x, _, z) = nodes_of(d, regions[layer])
        (left, right), (front, back) = extent(body.comm, x), extent(body.comm, z)
        row, rows = _grid(z, front, back, COLUMN * size)
        ends: np.ndarray = np.full(rows, left)  # of the notch in each row
        if "notch" in boundaries:
            ends = _tips(body.comm, _places(body, boundaries["notch"]), front, back, COLUMN * size) + COLUMN * size
            ends = np.maximum(left, ends)
        start = float(ends.min())
        column, columns = _grid(x, start, right, COLUMN * size)
        middles = start + (np.arange(columns) + 0.5) * (right - start) / columns
        counts = x >= ends[row]
        area = (right - start) / columns * ((back - front) / rows if back > front else 1.0)
        super().__init__(
            d,
            nodes[counts],
            (row * columns + column)[counts],
            np.full(rows * columns, area),
            np.tile(middles, rows) if around_axis else np.ones(rows * columns),
        )


class DetachmentAround(Sections):
    """A layer around a particle in a plane, whatever its outline: sectors about the middle of the layer. Each counts by
    its share of the layer, which is its share of the outline where the layer is everywhere as wide; around an axis, at
    x = 0, by that of the volume, and so of the surface. Of several layers, one around the other, a sector has let go
    where any of them has."""

    def __init__(
        self,
        d: fem.Function,
        volumes: np.ndarray,
        regions: Entities,
        layers: Sequence[str],
        size: float,
        middle: tuple[float, float] | None = None,
        around_axis: bool = False,
    ) -> None:
        """`volumes` are those of the nodes (`mechanics.measure.opening`); `middle` is to be given where only a part of
        the layer is there."""
        comm = d.function_space.mesh.comm
        nodes, (x, y, _) = nodes_of(d, np.unique(np.concatenate([regions[name] for name in layers])))
        middle_x, middle_y = middle or tuple(sum(extent(comm, along)) / 2 for along in (x, y))
        radius = np.hypot(x - middle_x, y - middle_y)
        shortest, _ = extent(comm, radius)
        section, count = sectors(x - middle_x, y - middle_y, shortest, size)
        owned = nodes < d.function_space.dofmap.index_map.size_local
        nodes_here, here = nodes[owned], section[owned]
        counted = volumes[nodes_here] * (x[owned] if around_axis else 1.0)
        of_layer, radii, found = (
            _sums(comm, here, numbers, count) for numbers in (counted, radius[owned], np.ones(len(nodes_here)))
        )
        super().__init__(d, nodes, section, 2 * np.pi / count * radii / np.maximum(found, 1), of_layer)


def sectors(x: np.ndarray, y: np.ndarray, radius: float, size: float) -> tuple[np.ndarray, int]:
    """Number of the sector that each place is in, seen from the origin, and how many there are: at this radius as wide
    as a column."""
    count = max(int(2 * np.pi * radius / (COLUMN * size)), 1)
    return (np.arctan2(y, x) / (2 * np.pi) % 1 * count + OFF).astype(int) % count, count


def _sums(comm: MPI.Comm, section: np.ndarray, numbers: np.ndarray, count: int) -> np.ndarray:
    """In each section, over all processes."""
    found = np.bincount(section, numbers, count).astype(float)  # NumPy gives integers where there are no numbers
    comm.Allreduce(MPI.IN_PLACE, found, op=MPI.SUM)
    return found


def nodes_of(d: fem.Function, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nodes of these cells, and where they are."""
    space = d.function_space
    dim = space.mesh.topology.dim
    space.mesh.topology.create_connectivity(dim, dim)
    nodes = fem.locate_dofs_topological(space, dim, cells)
    return nodes, space.tabulate_dof_coordinates()[nodes].T


def extent(comm: MPI.Comm, x: np.ndarray) -> tuple[float, float]:
    low = comm.allreduce(float(x.min(initial=np.inf)), op=MPI.MIN)
    return low, comm.allreduce(float(x.max(initial=-np.inf)), op=MPI.MAX)


def _tips(comm: MPI.Comm, notch: np.ndarray, front: float, back: float, width: float) -> np.ndarray:
    """How far the notch goes in each row and its two neighbours, which are as near as the column at its tip."""
    row, rows = _grid(notch[:, 2], front, back, width)
    tips = np.full(rows + 2, -np.inf)
    np.maximum.at(tips, row + 1, notch[:, 0])
    comm.Allreduce(MPI.IN_PLACE, tips, op=MPI.MAX)
    return np.max([tips[:-2], tips[1:-1], tips[2:]], axis=0)


def _grid(x: np.ndarray, low: float, high: float, width: float) -> tuple[np.ndarray, int]:
    """Number of the column that each place is in, and how many columns, at least so wide, there are."""
    count = max(int((high - low) / width), 1)
    column = np.floor((x - low) / (high - low) * count).astype(int) if high > low else np.zeros(len(x), dtype=int)
    column[column == count] -= 1
    return column, count


def _places(body: mesh.Mesh, facets: np.ndarray) -> np.ndarray:
    if len(facets) == 0:  # dolfinx divides by their number
        return np.empty((0, 3))
    dim = body.topology.dim
    body.topology.create_connectivity(dim - 1, dim)
    return body.geometry.x[np.unique(mesh.entities_to_geometry(body, dim - 1, facets))]
