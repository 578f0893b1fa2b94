"""A state as arrays that do not depend on how many processes hold it: cell by cell, in the order of the mesh as made."""

import hashlib
from collections.abc import Mapping

import numpy as np
from dolfinx import fem, mesh

from mechanics.state import State


def collected(state: State) -> dict[str, np.ndarray]:
    """Every field of the state, (cells, numbers of a cell), on the first process; empty on all others."""
    return {name: _gathered(f.function_space.mesh, _of_cells(f)) for name, f in state.fields.items()}


def spread(state: State, arrays: Mapping[str, np.ndarray]) -> None:
    """Put the fields back; `arrays` are those of the first process."""
    for name, f in state.fields.items():
        body = f.function_space.mesh
        whole = body.comm.bcast(arrays[name] if body.comm.rank == 0 else None)
        dofmap = f.function_space.dofmap
        numbers = whole[body.topology.original_cell_index].reshape(*dofmap.list.shape, dofmap.bs)
        f.x.array.reshape(-1, dofmap.bs)[dofmap.list] = numbers


def fingerprint(body: mesh.Mesh) -> str:
    """The same for meshes with the same cells at the same places, on any number of processes; known to all of them."""
    corners = body.geometry.x[body.geometry.dofmap]
    whole = _gathered(body, corners.reshape(len(corners), -1))
    return body.comm.bcast(hashlib.sha256(np.round(whole, 9).tobytes()).hexdigest())


def _of_cells(f: fem.Function) -> np.ndarray:
    dofmap = f.function_space.dofmap
    numbers = f.x.array.reshape(-1, dofmap.bs)[dofmap.list]
    return numbers.reshape(len(numbers), -1)


def _gathered(body: mesh.Mesh, of_cells: np.ndarray) -> np.ndarray:
    owned = body.topology.index_map(body.topology.dim).size_local
    parts = body.comm.gather((body.topology.original_cell_index[:owned], of_cells[:owned]))
    if parts is None:
        return np.empty((0, 0))
    whole = np.empty((sum(len(places) for places, _ in parts), of_cells.shape[1]))
    for places, numbers in parts:
        whole[places] = numbers
    return whole
