"""The gmsh model: a quiet session, and the named parts read out of it."""

from collections.abc import Iterator
from contextlib import contextmanager

import gmsh
import numpy as np

from meshes.parts import NO_TRIANGLES, MeshError, NodeArray, Parts

LINEAR = {1: 1, 2: 2}  # dimension -> gmsh type of line and triangle, gmsh.info/doc/texinfo, "MSH file format"


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


def read_parts() -> Parts:
    """The named parts of the current model, which must be meshed."""
    tags, coordinates, _ = gmsh.model.mesh.getNodes()
    order = np.argsort(tags)
    tags = tags[order]

    def elements(dim: int, entity: int) -> NodeArray:
        """Rows of point indices; gmsh counts its nodes from one and may leave gaps."""
        rows = [np.empty((0, dim + 1), np.int64)]
        for found, _, nodes in zip(*gmsh.model.mesh.getElements(dim, entity), strict=True):
            if found != LINEAR[dim]:
                name = gmsh.model.mesh.getElementProperties(found)[0]
                raise MeshError(f"the mesh has cells of the type '{name}', and takes 3-node triangles only")
            rows.append(np.searchsorted(tags, nodes).reshape(-1, dim + 1))
        return np.vstack(rows)

    def groups(dim: int) -> dict[str, NodeArray]:
        named: dict[str, NodeArray] = {}
        for _, tag in gmsh.model.getPhysicalGroups(dim):
            name = gmsh.model.getPhysicalName(dim, tag)
            if not name:
                what = "surfaces" if dim == 2 else "curves"
                raise MeshError(f"the physical group {tag} of {what} has no name; give it one")
            rows = [elements(dim, e) for e in gmsh.model.getEntitiesForPhysicalGroup(dim, tag)]
            named[name] = np.vstack([named.get(name, np.empty((0, dim + 1), np.int64)), *rows])
        return named

    if gmsh.model.mesh.getElements(3)[0].size:
        raise MeshError("the mesh has three-dimensional cells, and takes triangles in the xy plane only")
    nameless = [
        elements(2, entity)
        for _, entity in gmsh.model.getEntities(2)
        if not gmsh.model.getPhysicalGroupsForEntity(2, entity).size
    ]
    return Parts(
        points=coordinates.reshape(-1, 3)[order],
        regions=groups(2),
        boundaries=groups(1),
        nameless=np.vstack([NO_TRIANGLES, *nameless]),
    )
