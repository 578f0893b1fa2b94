"""A mesh made finer where it is asked for, with its parts and, for each cell, the cell that it came from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from dolfinx import fem, mesh
from dolfinx.graph import adjacencylist
from dolfinx.mesh import Mesh, RefinementOption
from mpi4py import MPI

from meshes.domain import Domain, element_size
from meshes.parts import FloatArray, IntArray, NodeArray

ROUND = 1e-6  # of sizes, and of places in a cell: far above round-off and far below a half
NOWHERE = -1


@dataclass(frozen=True)
class Refined:
    domain: Domain
    parents: IntArray  # for each cell that this process owns, the one of the mesh before in which it lies
    places: FloatArray  # and where its corners are in that, in barycentric coordinates: (cells, corners, corners)


def coarse(domain: Domain, size: float) -> IntArray:
    """Cells of this process, ghosts included, that are larger than `size`."""
    return np.flatnonzero(_larger(domain.mesh, size)).astype(np.int32)


def eventual_size(sizes: FloatArray, size: float) -> FloatArray:
    """Size of cells once they have been refined to `size` or less, which halves all edges each time. (Where a cell is
    only cut in two first, to fit a refined neighbour, it comes out smaller, by up to a root of two.)"""
    return sizes / 2 ** np.maximum(np.ceil(np.log2(sizes / size) - ROUND), 0)


def inherited(numbers: FloatArray, finer: Refined) -> FloatArray:
    """For each cell of this process, ghosts included, what its parent had."""
    field = fem.Function(fem.functionspace(finer.domain.mesh, ("DG", 0)))
    field.x.array[: len(finer.parents)] = numbers[finer.parents]
    field.x.scatter_forward()
    return field.x.array


def refined(domain: Domain, cells: IntArray, size: float) -> Refined:
    """The mesh with nothing larger than `size` in these cells, and its parts under the same names.

    Cells stay on their process. Where a neighbour is cut as well, so that no node ends up within an edge, it is cut at
    its longest edge (Plaza & Carey, Appl. Numer. Math. 32, 2000): so angles do not get smaller and smaller.
    """
    body = domain.mesh
    parents: IntArray = np.arange(_owned(body), dtype=np.int32)
    asked = np.zeros(len(parents), dtype=bool)
    asked[cells[cells < len(parents)]] = True
    while True:
        large = asked[parents] & _larger(body, size)[: len(parents)]
        if not body.comm.allreduce(bool(large.any()), op=MPI.LOR):
            places = _places(body, domain.mesh, parents)
            return Refined(_with_parts(body, domain, parents, places), parents, places)
        body, cut = _cut(body, np.flatnonzero(large).astype(np.int32))
        parents = parents[cut]


def _cut(body: Mesh, cells: IntArray) -> tuple[Mesh, IntArray]:
    """All edges of these cells halved; and for each cell that is owned then, the one it came from."""
    dim = body.topology.dim
    body.topology.create_entities(1)
    body.topology.create_connectivity(dim, 1)
    body.topology.create_connectivity(1, dim)
    edges = mesh.compute_incident_entities(body.topology, cells, dim, 1)
    finer, parents, _ = mesh.refine(body, edges, _stay, RefinementOption.parent_cell)
    # dolfinx tells parents in the order in which the cells went into the new mesh, process by process.
    first = body.comm.exscan(len(parents)) or 0
    return finer, parents[finer.topology.original_cell_index[: _owned(finer)] - first].astype(np.int32)


def _stay(comm: MPI.Comm, count: int, shapes: list, nodes: list[NodeArray]) -> object:
    """Which processes get each cell: first the one that has it, then those with a neighbour of it, as a ghost. (dolfinx
    before 0.10 makes no ghosts when it is told to leave cells where they are.)"""
    corners = {mesh.CellType.triangle: 3, mesh.CellType.tetrahedron: 4}[shapes[0]]
    cells = nodes[0].reshape(-1, corners)
    opposite = [[j for j in range(corners) if j != i] for i in range(corners)]
    sides = np.ascontiguousarray(np.sort(cells[:, opposite], axis=2).reshape(-1, corners - 1))
    whole = sides.view([("", sides.dtype)] * (corners - 1)).ravel()  # each side as one thing that can be compared
    keys, first, counts = np.unique(whole, return_index=True, return_counts=True)
    rim, rim_cells = keys[counts == 1], first[counts == 1] // corners
    pairs = [(np.arange(len(cells)), np.full(len(cells), NOWHERE))]  # to nowhere else, which sorts first
    for rank, other in enumerate(comm.allgather(rim)):
        if rank != comm.rank:
            near = rim_cells[np.isin(rim, other)]
            pairs.append((near, np.full(len(near), rank)))
    cell, rank = np.unique(np.hstack(pairs), axis=1)
    ends = np.searchsorted(cell, np.arange(len(cells) + 1)).astype(np.int32)
    destinations = adjacencylist(np.where(rank == NOWHERE, comm.rank, rank).astype(np.int32), ends)
    return getattr(destinations, "_cpp_object", destinations)  # wrapped since 0.10


def _with_parts(body: Mesh, domain: Domain, parents: IntArray, places: FloatArray) -> Domain:
    """A cell is in the region of its parent, and each of its sides on the boundary on which it lies there; so the two
    faces of a slit stay apart. Of its ghosts a process hears from their owners."""
    dim = body.topology.dim
    facets = _facets(domain.mesh)
    on_sides = _marks(domain.boundaries, int(facets.max(initial=NOWHERE)) + 1)[facets]
    on_plane = np.abs(places) < ROUND  # (cells, corners, planes of the parent)
    on_plane = (on_plane.sum(axis=1, keepdims=True) - on_plane) == dim  # (cells, sides, ...): all corners but one
    marks = fem.Function(fem.functionspace(body, ("DG", 0, (dim + 2,))))
    table = marks.x.array.reshape(-1, dim + 2)
    table[: len(parents), 0] = _marks(domain.regions, len(facets))[parents]
    sides = np.where(on_plane.any(axis=2), np.take_along_axis(on_sides[parents], on_plane.argmax(axis=2), 1), NOWHERE)
    table[: len(parents), 1:] = sides
    marks.x.scatter_forward()
    facets = _facets(body)
    return Domain(
        body,
        {name: np.flatnonzero(table[:, 0] == i).astype(np.int32) for i, name in enumerate(domain.regions)},
        {name: np.unique(facets[table[:, 1:] == i]).astype(np.int32) for i, name in enumerate(domain.boundaries)},
    )


def _marks(parts: Mapping[str, IntArray], count: int) -> IntArray:
    """The number of the part that each cell or facet is in."""
    marks = np.full(count, NOWHERE, dtype=np.int32)
    for i, entities in enumerate(parts.values()):
        marks[entities] = i
    return marks


def _facets(body: Mesh) -> IntArray:
    """Those of each cell, ghosts included, opposite to its corners in turn."""
    dim = body.topology.dim
    body.topology.create_entities(dim - 1)
    body.topology.create_connectivity(dim, dim - 1)
    body.topology.create_connectivity(dim - 1, dim)
    return np.asarray(body.topology.connectivity(dim, dim - 1).array).reshape(-1, dim + 1)


def _places(child: Mesh, parent: Mesh, parents: IntArray) -> FloatArray:
    inner, outer = _corners(child, np.arange(len(parents), dtype=np.int32)), _corners(parent, parents)
    edges = np.swapaxes(outer[:, 1:] - outer[:, :1], 1, 2)
    shares = np.swapaxes(np.linalg.solve(edges, np.swapaxes(inner - outer[:, :1], 1, 2)), 1, 2)
    return np.concatenate([1 - shares.sum(axis=2, keepdims=True), shares], axis=2)


def _corners(body: Mesh, cells: IntArray) -> FloatArray:
    dim = body.topology.dim
    return body.geometry.x[mesh.entities_to_geometry(body, dim, cells)][:, :, :dim]


def _larger(body: Mesh, size: float) -> np.ndarray:
    return element_size(body) > size * (1 + ROUND)


def _owned(body: Mesh) -> int:
    return int(body.topology.index_map(body.topology.dim).size_local)
