"""Which way is across: the normal of the nearest surface."""

from collections.abc import Iterable

import numpy as np
from dolfinx.mesh import compute_midpoints, entities_to_geometry
from scipy.spatial import cKDTree

from meshes.beside import FINER
from meshes.domain import Domain
from meshes.parts import FloatArray, MeshError


def nearest_normal(domain: Domain, surfaces: Iterable[str]) -> FloatArray:
    """At each cell of this process, ghosts included, of the nearest facet of these boundaries in a plane mesh, on
    whichever process that is: (cells, 3). It may point to either side."""
    mesh = domain.mesh
    if mesh.topology.dim != 2:
        raise MeshError("the mesh has three dimensions, and normals of surfaces are found in a plane alone")
    mesh.topology.create_connectivity(1, 2)
    facets = np.unique(np.concatenate([domain.boundaries[name] for name in surfaces]))
    ends = np.empty((0, 2, 3))
    if len(facets):  # dolfinx divides by their number
        ends = mesh.geometry.x[entities_to_geometry(mesh, 1, facets)]
    ends = np.concatenate(mesh.comm.allgather(ends))
    shares = (np.arange(FINER) + 0.5)[:, None, None] / FINER
    points = ends[:, 0] + shares * (ends[:, 1] - ends[:, 0])  # (shares, facets, 3)
    along = (ends[:, 1] - ends[:, 0]) / np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)[:, None]
    cells = mesh.topology.index_map(2)
    middles = compute_midpoints(mesh, 2, np.arange(cells.size_local + cells.num_ghosts, dtype=np.int32))
    _, nearest = cKDTree(points.reshape(-1, 3)).query(middles)
    return along[nearest % len(ends)][:, [1, 0, 2]] * [1.0, -1.0, 1.0]
