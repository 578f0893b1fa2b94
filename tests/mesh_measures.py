"""How large the parts of a mesh are and what its cells are like, computed from nothing but corners."""

import math

import numpy as np
from dolfinx.mesh import entities_to_geometry

from meshes import Domain


def corners(domain: Domain, dim: int, entities: np.ndarray) -> np.ndarray:
    """(entities, corners, axes)"""
    cell_dim = domain.mesh.topology.dim
    domain.mesh.topology.create_connectivity(dim, cell_dim)
    return domain.mesh.geometry.x[entities_to_geometry(domain.mesh, dim, entities)][:, :, :cell_dim]


def all_cells(domain: Domain) -> np.ndarray:
    cells = domain.mesh.topology.index_map(domain.mesh.topology.dim)
    return np.arange(cells.size_local + cells.num_ghosts, dtype=np.int32)


def contents(points: np.ndarray) -> np.ndarray:
    """Length, area or volume of each simplex, by Gram's determinant."""
    edges = points[:, 1:] - points[:, :1]
    gram = np.linalg.det(edges @ np.swapaxes(edges, 1, 2))
    return np.sqrt(np.maximum(gram, 0)) / math.factorial(edges.shape[1])


def content(domain: Domain, region: str) -> float:
    return float(contents(corners(domain, domain.mesh.topology.dim, domain.regions[region])).sum())


def length(domain: Domain, boundary: str) -> float:
    """Or area, in three dimensions."""
    return float(contents(corners(domain, domain.mesh.topology.dim - 1, domain.boundaries[boundary])).sum())


def middles(domain: Domain, region: str) -> np.ndarray:
    return corners(domain, domain.mesh.topology.dim, domain.regions[region]).mean(axis=1)


def roundness(domain: Domain) -> np.ndarray:
    """Of each cell: inscribed over circumscribed radius, times the dimension: gmsh's gamma, 1 for a regular one."""
    points = corners(domain, domain.mesh.topology.dim, all_cells(domain))
    dim = points.shape[2]
    edges = points[:, 1:] - points[:, :1]
    centre = np.linalg.solve(2 * edges, np.sum(edges**2, axis=2)[..., None])[..., 0]
    hull = sum(contents(np.delete(points, i, axis=1)) for i in range(dim + 1))
    return dim**2 * contents(points) / hull / np.linalg.norm(centre, axis=1)


def unlined(domain: Domain, boundary: str, region: str) -> np.ndarray:
    """Facets of a boundary that are no side of a cell of the region."""
    dim = domain.mesh.topology.dim
    domain.mesh.topology.create_connectivity(dim - 1, dim)
    links = domain.mesh.topology.connectivity(dim - 1, dim)
    facets = domain.boundaries[boundary]
    lined = [np.isin(links.links(facet), domain.regions[region]).any() for facet in facets]
    return facets[~np.array(lined)]
