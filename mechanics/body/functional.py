"""A functional of one unknown with its first and second derivative, compiled once: all that a minimiser sees."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import Any

import numpy as np
import ufl
from dolfinx import fem, la
from dolfinx.fem.petsc import assemble_matrix, create_matrix
from mpi4py import MPI
from petsc4py import PETSc
from ufl.algorithms import expand_derivatives

from mechanics.clock import timed

CELLS = 1  # number of integrals over cells that can be restricted to some of them: ufl.dx(CELLS)


class Functional:
    """Value, gradient and Hessian of an energy with respect to `x`; derivatives by UFL. `outside` is an energy of the
    boundary, which no restriction to some cells takes along."""

    def __init__(self, energy: Any, x: fem.Function, outside: Any = None) -> None:
        self.x = x
        self.comm: MPI.Comm = x.function_space.mesh.comm
        self._compiled = [
            (form, fem.compile_form(self.comm, form), [argument.ufl_function_space() for argument in form.arguments()])
            for form in _derivatives(energy, x)
        ]
        topology = x.function_space.mesh.topology
        self._inside = self._on(np.arange(topology.index_map(topology.dim).size_local, dtype=np.int32))
        outer = [] if outside is None else _derivatives(outside, x)
        self._outside = [None if form.empty() else fem.form(form) for form in outer]  # a pressure has no second one
        self._hessian = create_matrix(self._inside[2])
        self._hessian.setOption(PETSc.Mat.Option.SPD, True)
        self._hessian.setOption(PETSc.Mat.Option.KEEP_NONZERO_PATTERN, True)
        self.hessian(np.empty(0, np.int32))  # of the whole first, or PETSc would forget the entries of other cells

    def within(self, cells: np.ndarray) -> Functional:
        """The part of some owned cells, for as long as all others rest. It shares the matrix of the whole."""
        part = copy(self)
        part._inside, part._outside = self._on(cells), []
        return part

    @timed("energies")
    def value(self) -> float:
        return self.comm.allreduce(sum(fem.assemble_scalar(form) for form in self._parts(0)), op=MPI.SUM)

    @timed("gradients")
    def gradient(self, out: fem.Function) -> fem.Function:
        return assembled(self._parts(1), out)

    @timed("matrices")
    def hessian(self, held: np.ndarray) -> PETSc.Mat:
        """Second derivative with unit rows and columns at the held (local) unknowns; ghosts by their owners."""
        A = self._hessian
        A.zeroEntries()
        for form in self._parts(2):
            assemble_matrix(A, form)
        A.assemble()
        first, end = A.getOwnershipRange()
        A.zeroRowsColumns(held[held < end - first].astype(PETSc.IntType) + first, diag=1.0)
        return A

    def _parts(self, order: int) -> list[fem.Form]:
        return [self._inside[order], *(form for form in self._outside[order : order + 1] if form is not None)]

    def _on(self, cells: np.ndarray) -> list[fem.Form]:
        mesh = self.x.function_space.mesh
        return [
            fem.create_form(
                compiled,
                spaces,
                mesh,
                {fem.IntegralType.cell: [(CELLS, cells)]},
                {coefficient: coefficient for coefficient in form.coefficients()},
                {constant: constant for constant in form.constants()},
            )
            for form, compiled, spaces in self._compiled
        ]


def assembled(forms: Iterable[fem.Form], out: fem.Function) -> fem.Function:
    """The sum of linear forms, over all processes, ghosts included."""
    out.x.array[:] = 0
    for form in forms:
        fem.assemble_vector(out.x.array, form)
    out.x.scatter_reverse(la.InsertMode.add)
    out.x.scatter_forward()
    return out


def _derivatives(energy: Any, x: fem.Function) -> list[Any]:
    """Expanded, so that they hold no coefficient that drops out: dolfinx 0.9 would take it for another."""
    gradient = expand_derivatives(ufl.derivative(energy, x))
    return [expand_derivatives(energy), gradient, expand_derivatives(ufl.derivative(gradient, x))]
