"""A disc, or half or a quarter of one, divided into grains."""

from itertools import chain

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from meshes.parts import FloatArray
from meshes.power_cells import Planes, centroid, planes_between

ROUNDS = 5  # of Lloyd's, after which no grain is a splinter and they are still unlike each other
TANGENTS = 64  # that stand for the circle
BEYOND = 1.01  # of the radius: how far lines are drawn that are cut off at the circle
SHORT = 0.25  # of the mean size of a grain: a shorter boundary becomes a point, for the sake of the elements there
ON = 1e-6  # of the radius: so near to a plane is on it


def grain_boundaries(radius: float, number: int, half_planes: FloatArray, seed: int) -> list[FloatArray]:
    """The ends of each straight piece; those at the rim lie a little beyond it.

    Grains are Voronoi cells (Laguerre cells of equal weight) of random points that have moved to the middle of their
    cells a few times (Lloyd 1982), in the part of the disc that is on the near side of the half planes' normals.
    """
    random = np.random.default_rng(seed)
    angles = 2 * np.pi * np.arange(TANGENTS) / TANGENTS
    normals = np.vstack([np.column_stack([np.cos(angles), np.sin(angles)]), half_planes])
    offsets = np.concatenate([np.full(TANGENTS, BEYOND * radius), np.zeros(len(half_planes))])
    points: list[FloatArray] = []
    while len(points) < number:
        point = random.uniform(-radius, radius, size=2)
        points += [point] if (normals @ point < offsets).all() else []
    seeds = np.array(points)
    for _ in range(ROUNDS):
        seeds = np.array([centroid(cell.corners(seeds[i])) for i, cell in enumerate(_cells(seeds, normals, offsets))])
    cells = _cells(seeds, normals, offsets)
    edges = [_edges(i, cell, seeds[i], ON * radius) for i, cell in enumerate(cells)]
    return _without_short(np.array(list(chain(*edges))), SHORT * radius / np.sqrt(number))


def _cells(seeds: FloatArray, normals: FloatArray, offsets: FloatArray) -> list[Planes]:
    equal, here = np.zeros(len(seeds)), np.zeros((1, 2))
    return [planes_between(i, seeds, equal, here, 0.0).within(normals, offsets) for i in range(len(seeds))]


def _edges(i: int, cell: Planes, seed: FloatArray, tight: float) -> list[FloatArray]:
    """Towards neighbours with a higher number, so that each is there once."""
    corners = cell.corners(seed)
    on = np.abs(corners @ cell.normals.T - cell.offsets) < tight
    return [corners[on[:, row]] for row in np.flatnonzero(cell.neighbours > i) if on[:, row].sum() == 2]


def _without_short(edges: FloatArray, least: float) -> list[FloatArray]:
    """Corners nearer than that to each other become one."""
    corners = edges.reshape(-1, 2)
    near = cKDTree(corners).query_pairs(least, output_type="ndarray")
    links = coo_array((np.ones(len(near)), (near[:, 0], near[:, 1])), (len(corners),) * 2)
    groups = connected_components(links, directed=False)[1].reshape(-1, 2)
    middles = np.array([corners[groups.ravel() == group].mean(axis=0) for group in range(groups.max() + 1)])
    return [middles[pair] for pair in groups if pair[0] != pair[1]]
