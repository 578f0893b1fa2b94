"""Layers beside surfaces, cut out of a mesh that is there: cell by cell, by where their midpoints are.

So layers may be narrower than what is between two surfaces, or wider: where they would overlap, each cell belongs to
the surface that is nearest. The price is an edge that follows the cells: it lies at the width asked for on average, and
within an element of it everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy.spatial import cKDTree

from meshes.parts import FloatArray, NodeArray, Parts
from meshes.shapes import even_shares

FINER = 4  # parts of a facet's edge, for points on it that stand for it: right to (h/8)²/2d at a distance d


def layered(
    parts: Parts, regions: Sequence[str], surfaces: Mapping[str, str], width: float, period: float = 0.0
) -> Parts:
    """These regions without what is within the width of these surfaces, which makes up regions of its own, by the names
    that the surfaces are mapped to. A cell with a side on a surface is in its layer always: no layer has holes. The
    surfaces go on in copies a period to the left and right, if there is one."""
    points, owners = _points_on(parts, list(surfaces), period)
    tree, names = cKDTree(points), list(surfaces.values())
    found = dict.fromkeys(
        [*regions, *surfaces.values()], parts.nameless[:0]
    )  # also one that stays empty: `check` tells
    for region in regions:
        cells = parts.regions[region]
        _, nearest = tree.query(parts.points[cells, : parts.dim].mean(axis=1), distance_upper_bound=width)
        owner = np.append(owners, -1)[nearest]
        beside = _beside(cells, parts, list(surfaces))
        owner = np.where(beside >= 0, beside, owner)
        found[region] = cells[owner == -1]
        for number in np.unique(owner[owner >= 0]):
            name = names[number]
            found[name] = np.vstack([found[name], cells[owner == number]])
    rest = {name: cells for name, cells in parts.regions.items() if name not in regions}
    return replace(parts, regions=found | rest)


def _points_on(parts: Parts, surfaces: Sequence[str], period: float) -> tuple[FloatArray, FloatArray]:
    """Evenly on each facet, and the number of the surface that it is on."""
    dim = parts.dim
    shares = even_shares(FINER, dim)
    points, owners = [], []
    for number, name in enumerate(surfaces):
        corners = parts.points[parts.boundaries[name], :dim]
        on = np.unique(np.einsum("sc,fcx->fsx", shares, corners).reshape(-1, dim), axis=0)
        for move in (0.0, -period, period)[: 3 if period else 1]:
            points.append(on + move * np.eye(dim)[0])
            owners.append(np.full(len(on), number))
    return np.vstack(points), np.concatenate(owners)


def _beside(cells: NodeArray, parts: Parts, surfaces: Sequence[str]) -> NodeArray:
    """The number of the surface on which each cell has a side, or -1."""
    corners, count = cells.shape[1], len(parts.points)

    def keys(facets: NodeArray) -> NodeArray:
        """One number for each facet, whichever way its points are listed."""
        return np.sort(facets, axis=-1) @ np.array([count**i for i in range(corners - 1)])

    facets = keys(np.vstack([parts.boundaries[name] for name in surfaces]))
    owners = np.repeat(np.arange(len(surfaces)), [len(parts.boundaries[name]) for name in surfaces])
    order = np.argsort(facets)
    sides = keys(cells[:, [[j for j in range(corners) if j != i] for i in range(corners)]])
    place = order[np.minimum(np.searchsorted(facets, sides, sorter=order), len(facets) - 1)]
    return np.where(facets[place] == sides, owners[place], -1).max(axis=1)
