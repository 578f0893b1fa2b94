"""The distributed mesh and its parts by name."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol, runtime_checkable

import basix.ufl
import gmsh
import numpy as np
import ufl
from dolfinx import default_real_type
from dolfinx.graph import adjacencylist
from dolfinx.io import distribute_entity_data
from dolfinx.mesh import (
    GhostMode,
    Mesh,
    create_cell_partitioner,
    create_mesh,
    entities_to_geometry,
    meshtags_from_entities,
)
from mpi4py import MPI

from meshes import model
from meshes.checks import check, determinants
from meshes.parts import NO_TRIANGLES, FloatArray, IntArray, MeshError, NodeArray, Parts
from meshes.processes import on_first

SHAPES = {2: "triangle", 3: "tetrahedron"}


class Geometry(Protocol):
    def draw(self) -> None:
        """Draw into the current gmsh model, with named physical groups and a size field."""


@runtime_checkable
class Marked(Protocol):
    """A geometry with parts that are not drawn, and told from where cells are once they are there."""

    def mark(self, parts: Parts) -> Parts: ...


@dataclass(frozen=True)
class Domain:
    mesh: Mesh
    regions: Mapping[str, IntArray]  # cells of this process, ghosts included, in ascending order
    boundaries: Mapping[str, IntArray]  # facets of this process, ghosts included, in ascending order

    def require(self, regions: Iterable[str] = (), boundaries: Iterable[str] = ()) -> None:
        """Raise a MeshError that tells all names that are missing, and those that are there."""
        missing = [
            f"no {kind} '{name}'" + "".join(f" (did you mean '{near}'?)" for near in get_close_matches(name, there, 1))
            for kind, names, there in (
                ("region", regions, self.regions),
                ("boundary", boundaries, self.boundaries),
            )
            for name in names
            if name not in there
        ]
        if missing:
            raise MeshError(
                f"the mesh has {' and '.join(missing)}; its regions are {_listed(self.regions)}, "
                f"its boundaries {_listed(self.boundaries)}"
            )

    def cell_counts(self) -> dict[str, int]:
        """Cells in each region, over all processes."""
        owned = self.mesh.topology.index_map(self.mesh.topology.dim).size_local
        return {
            name: self.mesh.comm.allreduce(int(np.count_nonzero(cells < owned))) for name, cells in self.regions.items()
        }


def build(geometry: Geometry, comm: MPI.Comm) -> Domain:
    """Mesh the geometry on the first process and hand it out to all."""

    def drawn() -> Parts:
        with model.session():
            try:
                geometry.draw()
                gmsh.model.mesh.generate(model.dimension())
            except MeshError:
                raise
            except Exception as problem:  # gmsh raises nothing more particular
                raise MeshError(f"gmsh could not mesh {geometry}: {problem}") from problem
            parts = model.read_parts()
        if isinstance(geometry, Marked):
            parts = geometry.mark(parts)
        check(parts)
        return parts

    return distribute(drawn, comm)


def element_size(mesh: Mesh) -> FloatArray:
    """Edge of the equilateral triangle of the same area, or of the regular tetrahedron of the same volume, for
    each cell of this process, ghosts included."""
    dim = mesh.topology.dim
    cells = mesh.topology.index_map(dim)
    numbers = np.arange(cells.size_local + cells.num_ghosts, dtype=np.int32)
    corners = np.moveaxis(mesh.geometry.x[entities_to_geometry(mesh, dim, numbers), :dim], 1, 0)
    if dim == 3:
        return np.cbrt(np.sqrt(2) * np.abs(determinants(corners)))
    return np.sqrt(2 * np.abs(determinants(corners)) / np.sqrt(3))


def row_height(mesh: Mesh) -> FloatArray:
    """Height of that triangle or tetrahedron: of the row of cells that a crack breaks."""
    return element_size(mesh) * (np.sqrt(3) / 2 if mesh.topology.dim == 2 else np.sqrt(2 / 3))


def distribute(make: Callable[[], Parts], comm: MPI.Comm) -> Domain:
    """Make the parts on the first process, and the mesh on all; all raise what the first one raises."""
    parts = on_first(comm, make) or Parts(np.empty((0, 3)), {}, {}, NO_TRIANGLES)
    dim, regions, boundaries = comm.bcast((parts.dim, list(parts.regions), list(parts.boundaries)))
    used, cells = np.unique(parts.cells, return_inverse=True)  # dolfinx takes no points outside of cells
    cells = cells.reshape(-1, dim + 1)
    facets = np.searchsorted(used, parts.facets)
    mesh = create_mesh(
        comm,
        cells=cells.astype(np.int64),
        x=np.ascontiguousarray(parts.points[used, :dim], dtype=default_real_type),
        e=ufl.Mesh(basix.ufl.element("Lagrange", SHAPES[dim], 1, shape=(dim,), dtype=default_real_type)),
        partitioner=_with_ghosts(),
    )
    return Domain(
        mesh,
        _local(mesh, dim, cells, regions, parts.regions),
        _local(mesh, dim - 1, facets, boundaries, parts.boundaries),
    )


def _with_ghosts() -> Callable:
    """Neighbours across a process border are there as ghosts, so that jumps and averages can be taken."""
    try:
        return create_cell_partitioner(GhostMode.shared_facet, 2)
    except TypeError:  # dolfinx before 0.11 knows at most two cells at a facet anyway
        return create_cell_partitioner(GhostMode.shared_facet)


def _local(
    mesh: Mesh, dim: int, entities: NodeArray, names: list[str], groups: Mapping[str, NodeArray]
) -> dict[str, IntArray]:
    """Entities of this process for each name; the number that stands for a name stays in here."""
    numbers = np.repeat(np.arange(len(groups), dtype=np.int32), [len(rows) for rows in groups.values()])
    mesh.topology.create_connectivity(dim, mesh.topology.dim)
    mesh.topology.create_connectivity(dim, 0)
    vertices, values = distribute_entity_data(mesh, dim, entities, numbers)
    tags = meshtags_from_entities(mesh, dim, adjacencylist(vertices), values.astype(np.int32))
    return {name: np.sort(tags.indices[tags.values == i]) for i, name in enumerate(names)}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names) or "none"
