"""What composites and single particles draw in gmsh, and how their boundaries are named."""

from collections.abc import Iterable, Sequence
from itertools import chain

import gmsh
import numpy as np
from scipy.spatial import ConvexHull

from meshes.packing import Packing
from meshes.parts import FloatArray
from meshes.power_cells import in_order

TIGHT = 1e-6  # µm; how exactly gmsh tells where a side is
FLAT = 1e-6  # how exactly the normals of two triangles agree that are one face

Entity = tuple[int, int]  # dimension and number in gmsh


def draw_particle(packing: Packing, i: int, move: FloatArray) -> Entity:
    outline, centre, radius = packing.shapes.outlines[i] + move, packing.shapes.centres[i] + move, packing.radii[i]
    if len(centre) == 3:
        return (3, _polyhedron(outline)) if packing.angular else (3, gmsh.model.occ.addSphere(*centre, radius))
    if packing.angular:
        return 2, polygon(outline)
    return 2, _disc_with_flats(centre, radius, outline) if len(outline) else disc(centre, radius)


def disc(centre: FloatArray, radius: float) -> int:
    return int(gmsh.model.occ.addDisk(*centre, 0, radius, radius))


def polygon(corners: FloatArray) -> int:
    occ = gmsh.model.occ
    points = [occ.addPoint(*at, 0) for at in corners]
    return _surface([occ.addLine(points[k - 1], points[k]) for k in range(len(points))])


def _disc_with_flats(centre: FloatArray, radius: float, flats: FloatArray) -> int:
    """Lines along the flats, and arcs from each to the next."""
    occ = gmsh.model.occ
    away = flats[::2] + flats[1::2] - 2 * centre
    ends = flats.reshape(-1, 2, 2)[np.argsort(np.arctan2(away[:, 1], away[:, 0]))].reshape(-1, 2)
    middle = occ.addPoint(*centre, 0)
    points = [occ.addPoint(*at, 0) for at in ends]
    curves = []
    for k in range(0, len(points), 2):
        curves.append(occ.addLine(points[k], points[k + 1]))
        start, end = (np.arctan2(*(ends[n % len(ends)] - centre)[::-1]) for n in (k + 1, k + 2))
        half = start + ((end - start) % (2 * np.pi)) / 2
        halfway = occ.addPoint(*(centre + radius * np.array([np.cos(half), np.sin(half)])), 0)  # gmsh draws up to π
        following = points[(k + 2) % len(points)]
        curves += [occ.addCircleArc(points[k + 1], middle, halfway), occ.addCircleArc(halfway, middle, following)]
    return _surface(curves)


def _surface(curves: Sequence[int]) -> int:
    return int(gmsh.model.occ.addPlaneSurface([gmsh.model.occ.addCurveLoop(curves)]))


def _polyhedron(corners: FloatArray) -> int:
    """From its corners: faces are what lies in one plane."""
    occ, hull = gmsh.model.occ, ConvexHull(corners)
    points = [occ.addPoint(*at) for at in corners]
    lines: dict[Entity, int] = {}
    faces = []
    for plane in _different(hull.equations):
        on = np.flatnonzero(np.abs(corners @ plane[:3] + plane[3]) < TIGHT)
        across = np.linalg.svd(plane[None, :3])[2][1:]
        flat = corners[on] @ across.T
        around = [on[int(np.flatnonzero((flat == corner).all(axis=1))[0])] for corner in in_order(flat)]
        sides = [tuple(sorted((int(a), int(b)))) for a, b in zip(around, np.roll(around, -1), strict=True)]
        for a, b in sides:
            lines[a, b] = lines.get((a, b)) or occ.addLine(points[a], points[b])
        faces.append(_surface([lines[a, b] for a, b in sides]))
    return int(occ.addVolume([occ.addSurfaceLoop(faces)]))


def _different(planes: FloatArray) -> list[FloatArray]:
    found: list[FloatArray] = []
    for plane in planes:
        if not any(np.abs(plane - other).max() < FLAT for other in found):
            found.append(plane)
    return found


def draw_sides(low: FloatArray, high: FloatArray, period: float = 0.0) -> set[int]:
    """Names the sides of a box, and returns all of them. With a period, left and right are meshed alike."""
    dim = len(low)
    names = (("left", "right"), ("bottom", "top"), ("front", "back"))[:dim]
    sides = [[_on_plane(dim, axis, at) for at in (low[axis], high[axis])] for axis in range(dim)]
    for pair, found in zip(names, sides, strict=True):
        for name, entities in zip(pair, found, strict=True):
            gmsh.model.addPhysicalGroup(dim - 1, entities, name=name)
    if period:
        left, right = (sorted(entities, key=lambda entity: middle(dim - 1, entity)) for entities in sides[0])
        shift = np.eye(4)
        shift[0, 3] = period
        gmsh.model.mesh.setPeriodic(dim - 1, right, left, shift.ravel())
    return set(chain(*chain(*sides)))


def draw_surfaces(bodies: Sequence[Sequence[int]], hull: set[int]) -> None:
    """Names the surfaces of particles, in so far as they are not on the hull: those of one, and those of two."""
    dim = gmsh.model.getDimension()
    owners: dict[int, list[int]] = {}
    for number, pieces in enumerate(bodies, 1):
        for piece in pieces:
            for _, side in gmsh.model.getBoundary([(dim, piece)], oriented=False):
                if side not in hull:
                    owners.setdefault(side, []).append(number)
    named: dict[str, list[int]] = {}
    for side, whose in owners.items():
        name = f"surface {whose[0]}" if len(whose) == 1 else f"contact {min(whose)}-{max(whose)}"
        named.setdefault(name, []).append(side)
    for name in sorted(named, key=_natural):
        gmsh.model.addPhysicalGroup(dim - 1, named[name], name=name)


def outline(bodies: Iterable[int]) -> set[int]:
    """The sides of all of them together."""
    dim = gmsh.model.getDimension()
    return {side for _, side in gmsh.model.getBoundary([(dim, body) for body in bodies], oriented=False)}


def _on_plane(dim: int, axis: int, at: float) -> list[int]:
    low, high = [-1e9] * 3, [1e9] * 3
    low[axis], high[axis] = at - TIGHT, at + TIGHT
    return [side for _, side in gmsh.model.getEntitiesInBoundingBox(*low, *high, dim - 1)]


def middle(dim: int, entity: int) -> tuple[float, ...]:
    """Rounded, so that what is across from each other sorts alike."""
    return tuple(np.round(gmsh.model.occ.getCenterOfMass(dim, entity)[1:], 5))


def _natural(name: str) -> tuple[str, list[int]]:
    word, numbers = name.split()
    return word, [int(number) for number in numbers.split("-")]
