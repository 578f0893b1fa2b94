"""A mesh as plain arrays with named parts, as gmsh drew it or a file held it, before dolfinx gets it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int32]
NodeArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

NO_TRIANGLES: NodeArray = np.empty((0, 3), np.int64)
NO_EDGES: NodeArray = np.empty((0, 2), np.int64)


class MeshError(ValueError):
    """A geometry or mesh file that cannot be used, said in one sentence."""


@dataclass(frozen=True)
class Parts:
    points: FloatArray  # (number of points, 3)
    regions: Mapping[str, NodeArray]  # name -> the points of each of its triangles
    boundaries: Mapping[str, NodeArray]  # name -> the points of each of its edges
    nameless: NodeArray  # triangles in no region

    @property
    def cells(self) -> NodeArray:
        return np.vstack([NO_TRIANGLES, *self.regions.values()])

    @property
    def facets(self) -> NodeArray:
        return np.vstack([NO_EDGES, *self.boundaries.values()])

    def place(self, points: NodeArray) -> str:
        """Where an entity is, for a message."""
        x, y, _ = self.points[points].mean(axis=0)
        return f"at x = {x:.4g}, y = {y:.4g}"
