"""A functional of one unknown with its first and second derivative, compiled once: all that a minimiser sees."""

from typing import Any

import numpy as np
import ufl
from dolfinx import fem, la
from dolfinx.fem.petsc import assemble_matrix, create_matrix
from mpi4py import MPI
from petsc4py import PETSc


class Functional:
    """Value, gradient and Hessian of an energy with respect to `x`; derivatives by UFL."""

    def __init__(self, energy: Any, x: fem.Function) -> None:
        self.x = x
        gradient = ufl.derivative(energy, x)
        self._energy = fem.form(energy)
        self._gradient_form = fem.form(gradient)
        self._hessian_form = fem.form(ufl.derivative(gradient, x))
        self._hessian = create_matrix(self._hessian_form)
        self._hessian.setOption(PETSc.Mat.Option.SPD, True)
        self._hessian.setOption(PETSc.Mat.Option.KEEP_NONZERO_PATTERN, True)
        self.comm: MPI.Comm = x.function_space.mesh.comm

    def value(self) -> float:
        return self.comm.allreduce(fem.assemble_scalar(self._energy), op=MPI.SUM)

    def gradient(self, out: fem.Function) -> fem.Function:
        out.x.array[:] = 0
        fem.assemble_vector(out.x.array, self._gradient_form)
        out.x.scatter_reverse(la.InsertMode.add)
        out.x.scatter_forward()
        return out

    def hessian(self, held: np.ndarray) -> PETSc.Mat:
        """Second derivative with unit rows and columns at the held (owned, local) unknowns."""
        A = self._hessian
        A.zeroEntries()
        assemble_matrix(A, self._hessian_form)
        A.assemble()
        first, _ = A.getOwnershipRange()
        A.zeroRowsColumns(held.astype(PETSc.IntType) + first, diag=1.0)
        return A
