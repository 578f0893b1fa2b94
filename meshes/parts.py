"""A mesh as plain arrays with named parts, as gmsh drew it or a file held it, before dolfinx gets it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int32]
NodeArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

NO_EDGES: NodeArray = np.empty((0, 2), np.int64)
NO_TRIANGLES: NodeArray = np.empty((0, 3), np.int64)
NO_TETRAHEDRA: NodeArray = np.empty((0, 4), np.int64)
NONE = {1: NO_EDGES, 2: NO_TRIANGLES, 3: NO_TETRAHEDRA}  # by dimension

CELLS = {2: "3-node triangles", 3: "4-node tetrahedra"}  # what a mesh may be made of, by its dimension
CARRIERS = {1: "curves", 2: "surfaces", 3: "volumes"}  # what gmsh puts into a physical group


class MeshError(ValueError):
    """A geometry or mesh file that cannot be used, said in one sentence."""


@dataclass(frozen=True)
class Parts:
    """Triangles in the xy plane with edges for boundaries, or tetrahedra with triangles for boundaries."""

    points: FloatArray  # (number of points, 3)
    regions: Mapping[str, NodeArray]  # name -> the points of each of its cells
    boundaries: Mapping[str, NodeArray]  # name -> the points of each of its facets
    nameless: NodeArray  # cells in no region

    @property
    def dim(self) -> int:
        return self.nameless.shape[1] - 1

    @property
    def cells(self) -> NodeArray:
        return np.vstack([NONE[self.dim], *self.regions.values()])

    @property
    def facets(self) -> NodeArray:
        return np.vstack([NONE[self.dim - 1], *self.boundaries.values()])

    def place(self, points: NodeArray) -> str:
        """Where an entity is, for a message."""
        middle = self.points[points].mean(axis=0)
        return "at " + ", ".join(f"{axis} = {middle[i]:.4g}" for i, axis in enumerate("xyz"[: self.dim]))
