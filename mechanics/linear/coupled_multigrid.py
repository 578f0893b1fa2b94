"""A preconditioner for displacement and damage as one unknown: multigrid for the one, a factor for the other.

Symmetric block Gauss-Seidel: damage, displacement, damage. With its own block solved exactly, damage is as good as
eliminated, and what coupling there is costs few iterations; solved by its diagonal or smoothed aggregation, three to
eight times as many, the more the finer the mesh. Its factor is cheap, since of 25 unknowns in space one is damage.
"""

from typing import Any

import numpy as np
from dolfinx import fem
from petsc4py import PETSc

from mechanics.linear.failures import Indefinite, InOrder
from mechanics.linear.multigrid import Multigrid
from mechanics.linear.solver import LinearSolver


class CoupledMultigrid:
    """`u` and `d` tell which of the coupled numbers are displacement and damage."""

    def __init__(self, multigrid: Multigrid, coupled: fem.FunctionSpace, u: np.ndarray, d: np.ndarray) -> None:
        self._comm, dofmap = coupled.mesh.comm, coupled.dofmap
        first, owned = (n * dofmap.index_map_bs for n in (dofmap.index_map.local_range[0], dofmap.index_map.size_local))
        self._u, self._d = u[u < owned], d[d < owned]
        self._rows_u, self._rows_d = (
            PETSc.IS().createGeneral((numbers + first).astype(PETSc.IntType), self._comm)
            for numbers in (self._u, self._d)
        )
        self._rows_u.setBlockSize(coupled.mesh.geometry.dim)
        self._multigrid, self._factor = multigrid, LinearSolver(self._comm, 0, 1e-2)
        self._stiffness: Any = None  # matrices: the blocks of the one it is made for
        self._coupling: Any = None
        self._damage: Any = None

    def configure(self, pc: PETSc.PC) -> None:
        self._inner = PETSc.PC().create(self._comm)
        self._multigrid.configure(self._inner)
        pc.setType(PETSc.PC.Type.PYTHON)
        pc.setPythonContext(InOrder(self.apply))

    def renew(self, A: PETSc.Mat) -> None:
        self._stiffness = A.createSubMatrix(self._rows_u, self._rows_u, self._stiffness)
        self._stiffness.setOption(PETSc.Mat.Option.SPD, True)
        self._inner.setOperators(self._stiffness)
        self._right_u, self._found_u = self._stiffness.createVecs()
        self._multigrid.renew(self._stiffness)
        self._inner.setUp()
        self._coupling = A.createSubMatrix(self._rows_d, self._rows_u, self._coupling)
        self._damage = A.createSubMatrix(self._rows_d, self._rows_d, self._damage)
        self._damage.setOption(PETSc.Mat.Option.SPD, True)
        self._right_d, self._found_d = self._damage.createVecs()
        try:
            self._factor.renew(self._damage)
            self._diagonal = None
        except Indefinite:  # then the whole is not positive either; this still shows a way down
            self._diagonal = np.abs(self._damage.getDiagonal().array)
            self._diagonal[self._diagonal == 0] = 1

    def apply(self, _: PETSc.PC, right: PETSc.Vec, found: PETSc.Vec) -> None:
        """What PETSc calls."""
        self._right_d.array[:] = right.array_r[self._d]
        first = self._of_damage()
        self._coupling.multTranspose(self._found_d, self._right_u)
        self._right_u.array[:] = right.array_r[self._u] - self._right_u.array_r
        self._inner.apply(self._right_u, self._found_u)
        self._coupling.mult(self._found_u, self._right_d)
        numbers = found.array
        numbers[self._u] = self._found_u.array_r
        numbers[self._d] = first - self._of_damage()

    def _of_damage(self) -> np.ndarray:
        if self._diagonal is None:
            self._factor.apply(self._right_d, self._found_d)
        else:
            self._found_d.array[:] = self._right_d.array_r / self._diagonal
        return self._found_d.array_r.copy()
