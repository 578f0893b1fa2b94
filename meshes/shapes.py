"""What packed particles look like: discs with flats where they touch, polygons, polyhedra."""

from dataclasses import dataclass, replace
from itertools import combinations
from math import pi

import numpy as np
from scipy.spatial import ConvexHull

from meshes.parts import FloatArray, IntArray, NodeArray
from meshes.power_cells import Planes, cell_planes, content, in_order, simplified
from meshes.relaxation import Room

SHORT = {2: 0.3, 3: 0.5}  # of a radius, by dimension: shorter sides are left out, for the sake of the elements there
FLAT = 0.5  # of the smaller radius: polygons touch along at least this (before they shrink)
UNLIKE = 1.5  # of their areas, by how much more one of two that touch may come out larger than it should than the other
ON = 1e-6  # of a radius: so near to a plane is on it

Pair = tuple[int, int]


@dataclass(frozen=True)
class Shapes:
    centres: FloatArray
    outlines: tuple[FloatArray, ...]  # corners in order; of discs the ends of their flats, two by two
    contents: FloatArray  # area or volume of each
    touching: tuple[Pair, ...]

    def moved(self, along_x: float, room: Room) -> "Shapes":
        """In a periodic box, in which what goes out on one side comes in on the other."""
        to = self.centres + along_x * np.eye(len(room.sides))[0]
        to[:, 0] %= room.sides[0]
        outlines = tuple(o + by for o, by in zip(self.outlines, to - self.centres, strict=True))
        return replace(self, centres=to, outlines=outlines)

    def numbered(self, order: IntArray | NodeArray) -> "Shapes":
        """With those first that are first in the order."""
        place = np.argsort(order)
        outlines = tuple(self.outlines[i] for i in order)
        pairs = [sorted((int(place[i]), int(place[j]))) for i, j in self.touching]
        return Shapes(self.centres[order], outlines, self.contents[order], tuple((i, j) for i, j in pairs))


def rounded(centres: FloatArray, radii: FloatArray, room: Room, touching: tuple[Pair, ...]) -> Shapes:
    """Discs or spheres. Discs that overlap are cut off where their circles cross, half of it each."""
    contents = pi * radii**2 if centres.shape[1] == 2 else 4 / 3 * pi * radii**3
    flats: list[list[FloatArray]] = [[] for _ in radii]
    for i, j in touching:
        step = room.nearest(centres[j] - centres[i])
        length = np.linalg.norm(step)
        normal = step / length
        along = float(length + (radii[i] ** 2 - radii[j] ** 2) / length) / 2
        across = np.sqrt(radii[i] ** 2 - along**2) * np.array([-normal[1], normal[0]])
        middle = centres[i] + along * normal
        ends = np.array([middle - across, middle + across])
        flats[i].append(ends)
        flats[j].append(ends[::-1] + centres[j] - centres[i] - step)
        for k, height in ((i, along), (j, float(length) - along)):
            angle = np.arccos(height / radii[k])
            contents[k] -= radii[k] ** 2 * (angle - np.sin(angle) * np.cos(angle))
    outlines = tuple(np.vstack([np.empty((0, centres.shape[1])), *ends]) for ends in flats)
    return Shapes(centres, outlines, contents, touching)


def angular(centres: FloatArray, radii: FloatArray, room: Room, gap: float, touching: tuple[Pair, ...]) -> Shapes:
    """Power cells, each shrunk about its centre until it is as large as its disc; so it only moves away from others.

    Of the pairs, those that can be made to touch are: as the two cells on both sides of their common face, shrunk about
    the middle of that face by the same factor. Each particle is in one such pair at most.
    """
    planes = [cell_planes(i, centres, radii, room, gap) for i in range(len(radii))]
    whole = rounded(centres, radii, room, ()).contents
    made: dict[int, tuple[FloatArray, FloatArray]] = {}
    pairs = []
    for i, j in touching:
        couple = None if i in made or j in made else _couple(i, j, centres, radii, room, planes, whole, gap)
        if couple is not None:
            made |= couple
            pairs.append((i, j))
    for i in range(len(radii)):
        if i not in made:
            made[i] = _shrunk(centres[i], planes[i].corners(centres[i]), radii[i], whole[i])
    middles, outlines = zip(*(made[i] for i in range(len(radii))), strict=True)
    return Shapes(np.array(middles), outlines, np.array([content(outline) for outline in outlines]), tuple(pairs))


def _shrunk(centre: FloatArray, cell: FloatArray, radius: float, wanted: float) -> tuple[FloatArray, FloatArray]:
    dim = len(centre)
    simple = simplified(cell, SHORT[dim] * radius, np.empty((0, dim)))
    simple = simple if content(simple) >= wanted else cell  # the cell is large enough: the disc is inside of it
    return centre, centre + (wanted / content(simple)) ** (1 / dim) * (simple - centre)


def _couple(
    i: int,
    j: int,
    centres: FloatArray,
    radii: FloatArray,
    room: Room,
    planes: list[Planes],
    whole: FloatArray,
    gap: float,
) -> dict[int, tuple[FloatArray, FloatArray]] | None:
    step = room.nearest(centres[j] - centres[i])
    move = step - (centres[j] - centres[i])
    cells = [_towards(k, other, by, centres, radii, planes, gap) for k, other, by in ((i, j, move), (j, i, -move))]
    (mine, my_face), (yours, your_face) = cells[0], (cells[1][0] + move, cells[1][1] + move)
    if min(len(my_face), len(your_face)) < 2:  # others are in between
        return None
    tangent = np.array([-step[1], step[0]]) / np.linalg.norm(step)
    reach = [np.sort(face @ tangent) for face in (my_face, your_face)]
    low, high = max(reach[0][0], reach[1][0]), min(reach[0][1], reach[1][1])
    if high - low < FLAT * min(radii[i], radii[j]):
        return None
    foot = my_face[0] - (my_face[0] @ tangent) * tangent
    face = np.array([foot + low * tangent, foot + high * tangent])
    middle, found, areas = face.mean(axis=0), [], 0.0
    for k, cell, ends in ((i, mine, my_face), (j, yours, your_face)):
        rest = cell[[not (corner == ends).all(axis=1).any() for corner in cell]]
        cell = simplified(in_order(np.vstack([rest, face])), SHORT[2] * radii[k], face)
        found.append(cell)
        areas += content(cell)
    factor = np.sqrt((whole[i] + whole[j]) / areas)
    shares = content(found[0]) / whole[i], content(found[1]) / whole[j]
    if factor > 1 or max(shares) > UNLIKE * min(shares):
        return None
    at = {i: (centres[i], found[0], 0.0), j: (centres[i] + step, found[1], move)}
    return {
        k: (middle + factor * (c - middle) - by, middle + factor * (cell - middle) - by)
        for k, (c, cell, by) in at.items()
    }


def _towards(
    i: int, j: int, move: FloatArray, centres: FloatArray, radii: FloatArray, planes: list[Planes], gap: float
) -> tuple[FloatArray, FloatArray]:
    """The cell without a gap towards this neighbour, and the ends of its face there."""
    own = planes[i]
    row = int(np.flatnonzero((own.neighbours == j) & np.isclose(own.moves, move).all(axis=1))[0])
    cell = own.moved_out(row, gap / 2).corners(centres[i])
    on = np.abs(cell @ own.normals[row] - own.offsets[row] - gap / 2) < ON * radii[i]
    return cell, cell[on]


def on_ball(centre: FloatArray, radius: float, spacing: float) -> FloatArray:
    """Points on a circle, or on a sphere along a spiral (Fibonacci's)."""
    if len(centre) == 2:
        angle = np.linspace(0, 2 * pi, int(np.ceil(2 * pi * radius / spacing)), endpoint=False)
        return centre + radius * np.column_stack([np.cos(angle), np.sin(angle)])
    number = int(np.ceil(4 * pi * (radius / spacing) ** 2))
    z = 1 - (2 * np.arange(number) + 1) / number
    angle = pi * (3 - np.sqrt(5)) * np.arange(number)
    across = np.sqrt(1 - z**2)
    return centre + radius * np.column_stack([across * np.cos(angle), across * np.sin(angle), z])


def even_shares(parts: int, corners: int) -> FloatArray:
    """Barycentric coordinates of an even grid on a segment or triangle whose sides have so many parts."""
    first = np.indices((parts + 1,) * (corners - 1)).reshape(corners - 1, -1).T
    first = first[first.sum(axis=1) <= parts]
    return np.column_stack([first, parts - first.sum(axis=1)]) / parts


def on_polytope(corners: FloatArray, spacing: float) -> FloatArray:
    """Points on the sides of a polygon, or on the faces of a polyhedron."""
    hull, dim = ConvexHull(corners), corners.shape[1]
    found = []
    for face in hull.points[hull.simplices]:
        parts = int(np.ceil(max(float(np.linalg.norm(a - b)) for a, b in combinations(face, 2)) / spacing))
        found.append(even_shares(parts, dim) @ face)
    return np.vstack(found)
