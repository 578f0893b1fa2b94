"""What a mesh must pass before use: dolfinx itself takes most of these faults without a word."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from meshes.parts import CARRIERS, FloatArray, MeshError, NodeArray, Parts

FLAT = 1e-9  # of the extent: what rounding in a file leaves of a plane
SLIVER = 1e-6  # height over longest edge below which a triangle has no area to speak of, or a tetrahedron no volume
CONTENT = {2: "area", 3: "volume"}
FACET = {2: "edge", 3: "face"}


def check(parts: Parts) -> None:
    """Raise a MeshError for the first fault found."""
    _check_regions(parts)
    for groups, entity, group in (
        (parts.regions, "cell", "region"),
        (parts.boundaries, "facet", "boundary"),
    ):
        _refuse_empty(groups, entity, group)
        _refuse_doubles(parts, groups, entity, group)
    _check_plane(parts)
    _check_shapes(parts)
    _check_facets(parts)
    _check_joints(parts)


def _check_regions(parts: Parts) -> None:
    carriers = CARRIERS[parts.dim]
    if not parts.cells.size:
        raise MeshError(
            f"no region of the mesh has a name; put its {carriers} into named physical groups (or cell sets)"
        )
    if len(parts.nameless):
        raise MeshError(
            f"a cell {parts.place(parts.nameless[0])} is in no region ({len(parts.nameless)} such in all); "
            f"put every {carriers[:-1]} into a named physical group (or cell set)"
        )


def _refuse_empty(groups: Mapping[str, NodeArray], entity: str, group: str) -> None:
    """gmsh passes over what it cannot mesh, and says so in its log only."""
    for name, entities in groups.items():
        if not len(entities):
            raise MeshError(f"the {group} '{name}' has no {entity}s")


def _refuse_doubles(parts: Parts, groups: Mapping[str, NodeArray], entity: str, group: str) -> None:
    """dolfinx keeps one number for each entity and drops the second."""
    if not groups:
        return
    rows = np.vstack(list(groups.values()))
    names = np.repeat(list(groups), [len(entities) for entities in groups.values()])
    _, which, counts = np.unique(np.sort(rows, axis=1), axis=0, return_inverse=True, return_counts=True)
    doubles = np.flatnonzero(counts > 1)
    if doubles.size:
        same = np.flatnonzero(which.ravel() == doubles[0])
        first, second = names[same[:2]]
        where = f"in both '{first}' and '{second}'" if first != second else f"twice in '{first}'"
        raise MeshError(
            f"a {entity} {parts.place(rows[same[0]])} is {where} ({doubles.size} such in all); "
            f"each {entity} belongs to one {group}, once"
        )


def _check_plane(parts: Parts) -> None:
    points = parts.points[np.unique(parts.cells)]
    if not np.isfinite(points).all():
        raise MeshError("the mesh has points whose coordinates are not finite numbers")
    width, height, depth = np.ptp(points, axis=0)
    if parts.dim == 2 and depth > FLAT * max(width, height):
        raise MeshError(
            f"the mesh does not lie in the xy plane: its z coordinates spread over {depth:.4g}, "
            "and all have to be the same"
        )


def _check_shapes(parts: Parts) -> None:
    """No cell without area or volume, and none folded over its neighbour."""
    cells = parts.cells
    corners = np.moveaxis(parts.points[cells, : parts.dim], 1, 0)
    content = determinants(corners)
    longest = np.max([np.linalg.norm(b - a, axis=1) for a, b in combinations(corners, 2)], axis=0)
    flat = np.flatnonzero(np.abs(content) <= SLIVER * longest**parts.dim)
    if flat.size:
        raise MeshError(
            f"a cell {parts.place(cells[flat[0]])} has no {CONTENT[parts.dim]} ({flat.size} such in all); "
            "merge or move its points"
        )
    # Which way round a file lists the corners means nothing. Once all run the same way, the two cells at a
    # facet pass along it in opposite directions, unless one lies on top of the other.
    swapped = [1, 0, *range(2, parts.dim + 1)]
    facets = _sides(np.where(content[:, None] > 0, cells, cells[:, swapped]))
    keys = _keys(facets, len(parts.points)) * _direction(facets)
    _, first, counts = np.unique(keys, return_index=True, return_counts=True)
    if counts.max() > 1:
        raise MeshError(
            f"two cells overlap at their {FACET[parts.dim]} {parts.place(facets[first[counts.argmax()]])}; "
            "one of them is inverted or too much"
        )


def _check_facets(parts: Parts) -> None:
    """A facet that is no side of a cell would vanish."""
    sides = _keys(_sides(parts.cells), len(parts.points))
    for name, facets in parts.boundaries.items():
        loose = np.flatnonzero(~np.isin(_keys(facets, len(parts.points)), sides))
        if loose.size:
            raise MeshError(
                f"a facet of '{name}' {parts.place(facets[loose[0]])} is not the side of any cell "
                f"({loose.size} such in all)"
            )


def _check_joints(parts: Parts) -> None:
    """Layers that were meshed apart and share no points would come off without a crack."""
    cells = parts.cells
    island = np.arange(len(parts.points))
    while True:  # each point takes the least number of its neighbours until nothing changes
        least = island.copy()
        np.minimum.at(least, cells, island[cells].min(axis=1, keepdims=True))
        least = least[least]
        if np.array_equal(least, island):
            break
        island = least
    apart = np.flatnonzero(island[cells[:, 0]] != island[cells[0, 0]])
    if apart.size:
        raise MeshError(
            f"the mesh falls into pieces: the one with the cell {parts.place(cells[apart[0]])} has no points "
            "in common with the rest; join them where they touch (in gmsh: Coherence, or BooleanFragments)"
        )


def determinants(corners: FloatArray) -> FloatArray:
    """Twice the area of triangles, six times the volume of tetrahedra, with the sign of the way round; the corners
    come first."""
    if len(corners) == 4:
        a, b, c, d = corners
        return np.einsum("ij,ij->i", np.cross(b - a, c - a), d - a)
    a, b, c = corners
    (abx, aby), (acx, acy) = (b - a).T, (c - a).T
    return abx * acy - aby * acx


def _sides(cells: NodeArray) -> NodeArray:
    """The facets of all cells, each one's points in the order in which its cell passes along them."""
    around = {3: [[0, 1], [1, 2], [2, 0]], 4: [[1, 2, 3], [0, 3, 2], [0, 1, 3], [0, 2, 1]]}[cells.shape[1]]
    return cells[:, around].reshape(-1, cells.shape[1] - 1)


def _keys(facets: NodeArray, points: int) -> NodeArray:
    """One number for each facet, whichever way its points are listed; above zero."""
    return np.sort(facets, axis=1) @ [points**i for i in range(facets.shape[1])]


def _direction(facets: NodeArray) -> NodeArray:
    """1 or -1: whether it takes an even or odd number of swaps to sort the points of a facet."""
    columns = combinations(facets.T, 2)
    return np.prod([np.sign(b - a) for a, b in columns], axis=0)
