"""The gmsh model: a quiet session, and the named parts read out of it."""

from collections.abc import Iterator
from contextlib import contextmanager

import gmsh
import numpy as np

from meshes.parts import CARRIERS, CELLS, NONE, MeshError, NodeArray, Parts

LINEAR = {1: 1, 2: 2, 3: 4}  # dimension -> gmsh type of line, triangle, tetrahedron, gmsh.info, "MSH file format"


@contextmanager
def session() -> Iterator[None]:
    """One gmsh model that says nothing, heeds no settings of the user's and leaves Ctrl-C to Python."""
    gmsh.initialize(readConfigFiles=False, interruptible=False)
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.option.setNumber("General.NumThreads", 1)  # the same mesh on every machine
        gmsh.option.setNumber("Mesh.Algorithm", 6)  # Frontal-Delaunay: nearly equilateral triangles
        for source in ("ExtendFromBoundary", "FromPoints", "FromCurvature"):
            gmsh.option.setNumber(f"Mesh.MeshSize{source}", 0)  # sizes come from size fields alone
        gmsh.model.add("geometry")
        yield
    finally:
        gmsh.finalize()


def dimension() -> int:
    """3 where the model has volumes."""
    return max(2, gmsh.model.getDimension())


def read_parts() -> Parts:
    """The named parts of the current model, which must be meshed."""
    cell_dim = dimension()
    tags, coordinates, _ = gmsh.model.mesh.getNodes()
    order = np.argsort(tags)
    tags = tags[order]

    def elements(dim: int, entity: int) -> NodeArray:
        """Rows of point indices; gmsh counts its nodes from one and may leave gaps."""
        rows = [NONE[dim]]
        for found, _, nodes in zip(*gmsh.model.mesh.getElements(dim, entity), strict=True):
            if found != LINEAR[dim]:
                name = gmsh.model.mesh.getElementProperties(found)[0]
                raise MeshError(f"the mesh has cells of the type '{name}', and takes {CELLS[cell_dim]} only")
            rows.append(np.searchsorted(tags, nodes).reshape(-1, dim + 1))
        return np.vstack(rows)

    def groups(dim: int) -> dict[str, NodeArray]:
        named: dict[str, NodeArray] = {}
        for _, tag in gmsh.model.getPhysicalGroups(dim):
            name = gmsh.model.getPhysicalName(dim, tag)
            if not name:
                raise MeshError(f"the physical group {tag} of {CARRIERS[dim]} has no name; give it one")
            rows = [elements(dim, e) for e in gmsh.model.getEntitiesForPhysicalGroup(dim, tag)]
            named[name] = np.vstack([named.get(name, NONE[dim]), *rows])
        return named

    nameless = [
        elements(cell_dim, entity)
        for _, entity in gmsh.model.getEntities(cell_dim)
        if not gmsh.model.getPhysicalGroupsForEntity(cell_dim, entity).size
    ]
    return Parts(
        points=coordinates.reshape(-1, 3)[order],
        regions=groups(cell_dim),
        boundaries=groups(cell_dim - 1),
        nameless=np.vstack([NONE[cell_dim], *nameless]),
    )
