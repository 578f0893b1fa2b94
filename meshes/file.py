"""A user's own mesh: MSH files by gmsh, whatever else meshio knows by meshio, scripts never."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import gmsh
import numpy as np
from mpi4py import MPI

from meshes import model
from meshes.checks import check
from meshes.domain import Domain, distribute
from meshes.parts import CELLS, NONE, MeshError, NodeArray, Parts

if TYPE_CHECKING:
    import meshio

MSH = b"$MeshFormat"  # how an MSH file of gmsh begins, from version 2 on
LINEAR = {1: "line", 2: "triangle", 3: "tetra"}  # meshio's names, by dimension


def load(path: str | Path, comm: MPI.Comm) -> Domain:
    """Regions and boundaries are the file's own, by name: physical groups, cell sets, MED families.

    Formats that hold numbers alone (.vtu, .xdmf) name them as meshio does on writing: the cell array is
    called after its groups, "electrolyte-interface-cathode-top", and counts them from 0.
    """

    file = Path(path)

    def read() -> Parts:
        if not file.is_file():
            raise MeshError(f"there is no mesh file '{path}'")
        try:
            parts = _read(file)
            check(parts)
        except (MeshError, OSError) as problem:
            raise MeshError(f"the mesh file '{path}' cannot be used: {problem}") from problem
        return parts

    return distribute(read, comm)


def _read(path: Path) -> Parts:
    """The parts of a file that is what its first bytes say: its name may say anything."""
    with path.open("rb") as file:
        head = file.read(32)
    if not head.startswith(MSH):
        return _read_meshio(path)
    # Version 2 names groups element by element; gmsh reads them by curve and surface, which files of other programs do
    # not tell apart, and then puts all elements into all groups.
    version = head.split()[1:2]  # "$MeshFormat", then "2.2 0 8"
    return _read_meshio(path, "gmsh") if version and version[0].startswith(b"2") else _read_gmsh(path)


def _read_gmsh(path: Path) -> Parts:
    """The parts of an MSH file. Gmsh takes what does not begin with `MSH` for a script and does what it says, and so it
    does with NAME.opt beside a file; in a folder of its own, under a plain name, an MSH file is a mesh and no more."""
    with model.session(), TemporaryDirectory() as folder:
        alone = Path(folder, "mesh.msh")
        alone.symlink_to(path.resolve())
        try:
            gmsh.merge(str(alone))
        except Exception as problem:  # gmsh raises nothing more particular
            raise MeshError(f"gmsh cannot read it ({problem})") from problem
        return model.read_parts()


def _read_meshio(path: Path, kind: str | None = None) -> Parts:
    """The parts of a file of this format of meshio's, or of those that go by its ending."""
    import meshio  # here and not above: most meshes are drawn, and it takes long

    endings = ("".join(path.suffixes[i:]).lower() for i in range(len(path.suffixes)))
    if kind is None and not any(ending in meshio.extension_to_filetypes for ending in endings):
        raise MeshError(
            "it is in no format of meshes that is known, which are MSH of gmsh (it begins with $MeshFormat) and, by "
            "their endings, those of meshio, such as .vtu, .xdmf, .med, .inp; of a geometry or a script take the mesh "
            "that is made from it"
        )
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            mesh = meshio.read(path, kind)
    except (Exception, SystemExit) as problem:  # meshio lets all sorts of errors through, and exits on some
        reason = "it is damaged or of another format" if isinstance(problem, SystemExit) else problem
        raise MeshError(f"meshio cannot read it ({reason})") from problem
    if not mesh.points.size:
        raise MeshError("there is no mesh in it")

    dim = max(2, *(block.dim for block in mesh.cells))
    groups: dict[int, dict[str, NodeArray]] = {dim: {}, dim - 1: {}}
    nameless = NONE[dim]
    for number, block in enumerate(mesh.cells):
        if block.dim < dim - 1:  # points, and curves in space, may have names and say nothing
            continue
        if block.type != LINEAR[block.dim]:
            raise MeshError(f"the mesh has cells of the type '{block.type}', and takes {CELLS[dim]} only")
        cells = block.data.astype(np.int64)
        named = np.zeros(len(cells), bool)
        for name, members in _members(mesh, number, block.dim):
            if name.startswith("gmsh:"):  # meshio's notes on curves, which it mixes up with groups of cells
                continue
            named[members] = True
            if cells[members].size:
                earlier = groups[block.dim].get(name, cells[:0])
                groups[block.dim][name] = np.vstack([earlier, cells[members]])
        if block.dim == dim:
            nameless = np.vstack([nameless, cells[~named]])
    points = np.zeros((len(mesh.points), 3))
    points[:, : mesh.points.shape[1]] = mesh.points
    return Parts(points, groups[dim], groups[dim - 1], nameless)


def _members(mesh: meshio.Mesh, block: int, dim: int) -> Iterator[tuple[str, NodeArray]]:
    """Name and cells of each group in one block of cells, by whichever way the format says it."""
    for name, members in mesh.cell_sets.items():
        if members[block] is not None:
            yield name, np.asarray(members[block], np.int64)
    for name, tag in mesh.field_data.items():  # name -> (number, dimension)
        if "gmsh:physical" in mesh.cell_data and len(tag) == 2 and tag[1] == dim:
            yield name, np.flatnonzero(mesh.cell_data["gmsh:physical"][block] == tag[0])
    families = getattr(mesh, "cell_tags", {}) if "cell_tags" in mesh.cell_data else {}  # MED only
    for number, names in families.items():
        for name in names:
            yield name, np.flatnonzero(mesh.cell_data["cell_tags"][block] == number)
    for joined, numbers in mesh.cell_data.items():
        names = joined.split("-")
        if len(names) > 1 and all(part.dtype.kind in "iu" and part.ndim == 1 for part in numbers):
            largest = max((part.max() for part in numbers if part.size), default=-1)
            for i, name in enumerate(names if largest == len(names) - 1 else ()):
                yield name, np.flatnonzero(numbers[block] == i)
