"""Fields for ParaView: one .vtu file for each state that is kept, and fields.pvd, which lists those that are whole."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

import meshio
import numpy as np
import numpy.typing as npt
from dolfinx import fem, mesh

from intact.results.finished import SAME_SOC, UnreadableError, listed
from intact.results.names import FIELDS
from intact.results.whole import write_whole, written_whole
from meshes.processes import on_first

Numbers = npt.NDArray[np.float64] | npt.NDArray[np.int32]
SHAPES = {3: "triangle", 4: "tetra"}  # by the number of vertices


class FieldFile:
    """The states of one run. Whatever ends the program, fields.pvd lists whole files only, and none that is half
    written has the name of a file of fields.

    Vertices and cells are numbered as in the mesh that was read, however many processes share it.
    """

    def __init__(self, folder: Path, body: mesh.Mesh, keep_until: float = -math.inf) -> None:
        """Goes on after the states that fields.pvd lists up to this time, and forgets later ones."""
        self._folder, self._comm = folder, body.comm
        self._owned = body.topology.index_map(body.topology.dim).size_local
        corners = np.asarray(body.geometry.dofmap)[: self._owned]
        self._nodes = np.unique(corners)  # local numbers of those that a cell of this process has
        named = np.asarray(body.geometry.input_global_indices, dtype=np.int64)
        vertices = fem.functionspace(body, ("Lagrange", 1))
        of_node = np.empty(len(body.geometry.x), dtype=np.int32)
        of_node[corners.ravel()] = np.asarray(vertices.dofmap.list)[: self._owned].ravel()
        self._unknowns = of_node[self._nodes]
        names = self._gathered(named[self._nodes])
        places = self._gathered(body.geometry.x[self._nodes])
        shapes = self._gathered(named[corners])
        order = self._gathered(np.asarray(body.topology.original_cell_index, dtype=np.int64)[: self._owned])
        self._states: dict[float, str] = {}
        if names is not None and places is not None and shapes is not None and order is not None:
            kept, self._first = np.unique(names, return_index=True)
            self._points, self._order = places[self._first], np.argsort(order)
            self._cells = np.searchsorted(kept, shapes)[self._order]
        on_first(self._comm, lambda: self._go_on(keep_until))

    def write(
        self, time: float, at_vertices: Mapping[str, npt.NDArray[np.float64]], in_cells: Mapping[str, Numbers]
    ) -> None:
        """Adds a state: the local values of continuous, piecewise linear functions, and those of the owned cells."""
        points = {name: self._gathered(np.asarray(values)[self._unknowns]) for name, values in at_vertices.items()}
        cells = {name: self._gathered(np.asarray(values)[: self._owned]) for name, values in in_cells.items()}
        on_first(self._comm, lambda: self._write(time, points, cells))

    def _write(
        self, time: float, at_vertices: Mapping[str, npt.NDArray | None], in_cells: Mapping[str, npt.NDArray | None]
    ) -> None:
        name = _file_name(1 + max(map(_number, self._states.values()), default=-1))
        grid = meshio.Mesh(
            self._points,
            [(SHAPES[self._cells.shape[1]], self._cells)],
            {of: _in_space(values[self._first]) for of, values in at_vertices.items() if values is not None},
            {of: [_in_a_row(values[self._order])] for of, values in in_cells.items() if values is not None},
        )
        with written_whole(self._folder / name) as file:
            meshio.write(file, grid, "vtu")
        self._list(self._states | {time: name})

    def _go_on(self, keep_until: float) -> None:
        """The list is written anew before any file goes."""
        try:
            found = {time: file.name for time, file in listed(self._folder / FIELDS).items() if file.exists()}
        except UnreadableError:
            found = {}
        kept = {time: name for time, name in found.items() if time <= keep_until + SAME_SOC}
        if (self._folder / FIELDS).exists():
            self._list(kept)
        for file in self._folder.glob(_file_name("*")):
            if file.name not in kept.values():
                file.unlink()

    def _list(self, states: Mapping[float, str]) -> None:
        lines = [
            f'    <DataSet timestep="{time!r}" group="" part="0" file={quoteattr(name)}/>'
            for time, name in states.items()
        ]
        head = '<?xml version="1.0"?>\n<VTKFile type="Collection" version="0.1">\n  <Collection>\n'
        write_whole(self._folder / FIELDS, head + "\n".join([*lines, "  </Collection>", "</VTKFile>", ""]))
        self._states = dict(states)

    def _gathered(self, values: npt.NDArray) -> npt.NDArray | None:
        """Values of all processes in turn, on the first."""
        parts: Sequence[npt.NDArray] | None = self._comm.gather(values)
        return None if parts is None else np.concatenate(parts)


def _file_name(number: int | str) -> str:
    return f"fields{number:06d}.vtu" if isinstance(number, int) else f"fields{number}.vtu"


def _number(name: str) -> int:
    return int(name.removeprefix("fields").removesuffix(".vtu"))


def _in_space(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Vectors with three components, as ParaView takes them."""
    if values.ndim == 1 or values.shape[1] == 3:
        return values
    return np.column_stack([values, np.zeros((len(values), 3 - values.shape[1]))])


def _in_a_row(values: Numbers) -> Numbers:
    """Tensors with their nine components row by row."""
    return values.reshape(len(values), -1) if values.ndim > 1 else values
