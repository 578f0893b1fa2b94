"""Laguerre (power) cells of discs or spheres: convex, without holes between them, each around its own disc.

The plane between two neighbours is where the tangents to both are equally long; it lies outside of both. Moved inward
by half a gap, the planes leave room between the cells, and still hold discs that had this gap.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import ConvexHull, HalfspaceIntersection

from meshes.parts import FloatArray, IntArray
from meshes.relaxation import Room

SAME = 1e-9  # of a cell's radius: how exactly its corners are known
WALL = -1


@dataclass(frozen=True)
class Planes:
    """What bounds a cell: all points x with normals @ x <= offsets."""

    normals: FloatArray
    offsets: FloatArray
    neighbours: IntArray  # beyond each plane
    moves: FloatArray  # to the copy of that neighbour which is there

    def corners(self, inside: FloatArray) -> FloatArray:
        """Corners of the cell around this point; in the plane, in order."""
        halves = np.column_stack([self.normals, -self.offsets])
        found = HalfspaceIntersection(halves, inside).intersections
        unit = SAME * np.linalg.norm(found - inside, axis=1).max()
        _, single = np.unique(np.round((found - inside) / unit), axis=0, return_index=True)
        return in_order(found[single]) if len(inside) == 2 else found[single]

    def within(self, normals: FloatArray, offsets: FloatArray) -> "Planes":
        """With walls as well."""
        return Planes(
            np.vstack([self.normals, normals]),
            np.concatenate([self.offsets, offsets]),
            np.concatenate([self.neighbours, np.full(len(offsets), WALL, np.int32)]),
            np.vstack([self.moves, np.zeros_like(normals)]),
        )

    def moved_out(self, row: int, by: float) -> "Planes":
        return replace(self, offsets=self.offsets + by * (np.arange(len(self.offsets)) == row))


def cell_planes(i: int, centres: FloatArray, radii: FloatArray, room: Room, gap: float) -> Planes:
    """Towards all others and their copies, and the walls of a room."""
    normals = np.eye(len(room.sides))[room.walled]
    ends = np.array(room.sides)[room.walled] - gap
    others = planes_between(i, centres, radii, room.copies(), gap)
    return others.within(np.vstack([normals, -normals]), np.concatenate([ends, np.full(len(ends), -gap)]))


def planes_between(i: int, centres: FloatArray, radii: FloatArray, copies: FloatArray, gap: float) -> Planes:
    """Towards all others and their copies, which are these moves away."""
    step = (centres + copies[:, None] - centres[i]).reshape(-1, centres.shape[1])
    length = np.linalg.norm(step, axis=1)
    others = length > 0
    numbers = np.tile(np.arange(len(centres), dtype=np.int32), len(copies))[others]
    step, length = step[others], length[others]
    normals = step / length[:, None]
    offsets = normals @ centres[i] + (length + (radii[i] ** 2 - radii[numbers] ** 2) / length) / 2 - gap / 2
    return Planes(normals, offsets, numbers, np.repeat(copies, len(centres), axis=0)[others])


def in_order(corners: FloatArray) -> FloatArray:
    """The corners of a convex polygon, counterclockwise."""
    away = corners - corners.mean(axis=0)
    return corners[np.argsort(np.arctan2(away[:, 1], away[:, 0]))]


def content(corners: FloatArray) -> float:
    """Area of a convex polygon, volume of a convex polyhedron."""
    return float(ConvexHull(corners).volume)


def centroid(corners: FloatArray) -> FloatArray:
    """Centroid of a polygon whose corners are in order."""
    (x, y), (x2, y2) = corners.T, np.roll(corners, -1, axis=0).T
    cross = x * y2 - x2 * y
    return np.array([np.sum((x + x2) * cross), np.sum((y + y2) * cross)]) / (3 * np.sum(cross))


def simplified(corners: FloatArray, least: float, kept: FloatArray) -> FloatArray:
    """The cell with only one of two corners nearer than `least`, so that it only loses by it; those in `kept` stay."""
    while len(corners) > corners.shape[1] + 1:
        away = np.linalg.norm(corners[:, None] - corners, axis=2) + least * np.eye(len(corners))
        near = np.unique(np.argwhere(away < least))
        free = [end for end in near if not (corners[end] == kept).all(axis=1).any()]
        if not free:
            break
        corners = max((np.delete(corners, end, axis=0) for end in free), key=content)
    return corners
