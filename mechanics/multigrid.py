"""Multigrid for a displacement of quadratic elements: below them linear elements on the same mesh, below those smoothed
aggregation.

Measured in space, against smoothed aggregation of the quadratic elements themselves: set up in a sixth of the time,
solved in two thirds, with half of the memory.
"""

import basix
import numpy as np
from dolfinx import fem
from petsc4py import PETSc

from mechanics.rigid import rigid_motions

PREFIX = "intact_multigrid_"
OPTIONS = {  # "levels": smoother of the quadratic elements; "coarse": of what lies below
    "mg_levels_ksp_type": "chebyshev",
    "mg_levels_ksp_max_it": 2,
    "mg_levels_esteig_ksp_max_it": 20,
    "mg_levels_ksp_chebyshev_esteig": "0,0.1,0,1.2",
    # Blocks of nodes. PETSc 3.25 keeps those of "pbjacobi" though the matrix changes; these it makes anew.
    "mg_levels_pc_type": "vpbjacobi",
    "mg_coarse_ksp_type": "preonly",
    "mg_coarse_pc_type": "gamg",
    "mg_coarse_pc_gamg_threshold": 0.01,
    "mg_coarse_mg_levels_ksp_chebyshev_esteig": "0,0.1,0,1.2",
}


DIRECT = {2: 1_000_000, 3: 10_000}  # unknowns up to which a Cholesky factor is cheaper, or no dearer and more sure


def pays(space: fem.FunctionSpace) -> bool:
    """In a plane it never saves time, as measured up to 3e5 unknowns; from a million on a factor takes over 2 GB."""
    dofmap, dim = space.dofmap, space.mesh.geometry.dim
    return dofmap.index_map.size_global * dofmap.index_map_bs > DIRECT.get(dim, np.inf)


class Multigrid:
    """Made once for a space and its held unknowns (local, ghosts included), renewed for each matrix it is to fit."""

    def __init__(self, space: fem.FunctionSpace, held: np.ndarray) -> None:
        dim = space.mesh.geometry.dim
        linear = fem.functionspace(space.mesh, ("Lagrange", 1, (dim,)))
        parents = _parents(space, linear)
        free = np.ones((len(parents), dim), dtype=bool)
        free.ravel()[held] = False
        vertices = np.flatnonzero(parents[:, 0] == parents[:, 1])
        coarse_free = np.ones((_nodes(linear), dim), dtype=bool)
        coarse_free[parents[vertices, 0]] = free[vertices]
        self._interpolation = _interpolation(space, linear, parents, coarse_free)
        self._rigid = rigid_motions(linear, np.flatnonzero(~coarse_free))
        self._coarse: PETSc.Mat | None = None

    def configure(self, pc: PETSc.PC) -> None:
        options = PETSc.Options()
        for name, value in OPTIONS.items():
            options[PREFIX + name] = value
        pc.setOptionsPrefix(PREFIX)
        pc.setType(PETSc.PC.Type.MG)
        pc.setMGLevels(2)
        pc.setMGInterpolation(1, self._interpolation)
        pc.setFromOptions()
        self._solver, self._coarse = pc.getMGCoarseSolve(), None

    def renew(self, A: PETSc.Mat) -> None:
        rows, dim = A.getLocalSize()[0], A.getBlockSize()
        A.setVariableBlockSizes(np.full(rows // dim, dim, dtype=PETSc.IntType))
        if self._coarse is None:
            self._coarse = A.ptap(self._interpolation)
            self._coarse.setBlockSize(A.getBlockSize())
            self._coarse.setOption(PETSc.Mat.Option.SPD, True)
            self._coarse.setNearNullSpace(self._rigid)
        else:
            A.ptap(self._interpolation, result=self._coarse)
        self._solver.setOperators(self._coarse)


class CoupledMultigrid:
    """Of displacement and damage as one unknown: multigrid for the one, the diagonal for the other. `u` and `d` tell
    which of the coupled numbers they are."""

    def __init__(self, multigrid: Multigrid, coupled: fem.FunctionSpace, u: np.ndarray, d: np.ndarray) -> None:
        comm, dofmap = coupled.mesh.comm, coupled.dofmap
        owned = dofmap.index_map.size_local * dofmap.index_map_bs
        self._multigrid = multigrid
        self._u, self._d = u[u < owned], d[d < owned]
        numbers = (self._u + dofmap.index_map.local_range[0] * dofmap.index_map_bs).astype(PETSc.IntType)
        self._rows = PETSc.IS().createGeneral(numbers, comm)
        self._rows.setBlockSize(coupled.mesh.geometry.dim)
        self._comm = comm
        self._stiffness: PETSc.Mat | None = None

    def configure(self, pc: PETSc.PC) -> None:
        self._inner = PETSc.PC().create(self._comm)
        self._multigrid.configure(self._inner)
        pc.setType(PETSc.PC.Type.PYTHON)
        pc.setPythonContext(self)

    def renew(self, A: PETSc.Mat) -> None:
        self._stiffness = A.createSubMatrix(self._rows, self._rows, self._stiffness)
        self._stiffness.setOption(PETSc.Mat.Option.SPD, True)
        self._diagonal = np.abs(A.getDiagonal().array[self._d])
        self._diagonal[self._diagonal == 0] = 1
        self._inner.setOperators(self._stiffness)
        self._right, self._found = self._stiffness.createVecs()
        self._multigrid.renew(self._stiffness)
        self._inner.setUp()

    def apply(self, _: PETSc.PC, right: PETSc.Vec, found: PETSc.Vec) -> None:
        """What PETSc calls."""
        self._right.array[:] = right.array_r[self._u]
        self._inner.apply(self._right, self._found)
        numbers = found.array
        numbers[self._u] = self._found.array_r
        numbers[self._d] = right.array_r[self._d] / self._diagonal


def _nodes(space: fem.FunctionSpace) -> int:
    return space.dofmap.index_map.size_local + space.dofmap.index_map.num_ghosts


def _parents(space: fem.FunctionSpace, linear: fem.FunctionSpace) -> np.ndarray:
    """Of each node the two vertices between which it lies, as nodes of the linear space; of a vertex itself, twice."""
    cell = space.mesh.basix_cell()
    points = np.asarray(basix.create_element(basix.ElementFamily.P, cell, 2, basix.LagrangeVariant.gll_warped).points)
    shares = np.asarray(basix.create_element(basix.ElementFamily.P, cell, 1).tabulate(0, points))[0, :, :, 0]
    parents = np.zeros((_nodes(space), 2), dtype=np.int32)
    for node, share in enumerate(shares):
        ends = np.flatnonzero(share > 0.25)
        parents[space.dofmap.list[:, node]] = linear.dofmap.list[:, ends[[0, -1]]]
    return parents


def _interpolation(
    space: fem.FunctionSpace, linear: fem.FunctionSpace, parents: np.ndarray, free: np.ndarray
) -> PETSc.Mat:
    """From linear to quadratic. A held vertex is carried to itself alone: so its unit row stays one among the linear
    elements, and nothing that is held ever moves. `free`: of each node of the linear space and each component."""
    dim, owned = free.shape[1], space.dofmap.index_map.size_local
    ends = parents[:owned]
    vertex = ends[:, 0] == ends[:, 1]
    numbers = linear.dofmap.index_map.local_to_global(ends.ravel()).reshape(ends.shape)
    columns = numbers[:, None, :] * dim + np.arange(dim)[None, :, None]  # node, component, end
    kept = free[ends].transpose(0, 2, 1)
    kept[vertex] = [True, False]
    values = np.where(vertex[:, None, None], 1.0, 0.5) * np.ones_like(columns)
    starts = np.concatenate([[0], np.cumsum(kept.sum(axis=2).ravel())])
    sizes = [(n.dofmap.index_map.size_local * dim, n.dofmap.index_map.size_global * dim) for n in (space, linear)]
    csr = (starts.astype(PETSc.IntType), columns[kept].astype(PETSc.IntType), values[kept])
    return PETSc.Mat().createAIJ(sizes, bsize=dim, csr=csr, comm=space.mesh.comm)
