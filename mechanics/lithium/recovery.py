"""A field at the nodes from one number in each cell."""

from typing import Any

import numpy as np
import ufl
from dolfinx import fem
from dolfinx.fem.petsc import assemble_matrix, create_matrix
from petsc4py import PETSc

from mechanics.body.functional import assembled
from mechanics.linear.solver import LinearSolver
from mechanics.lithium.diffusion import ACTIVE, Diffusion

SMOOTHINGS = 4  # the second one on are for the nodes of the surface


class Recovery:
    """A field at the nodes from one number in each active cell: its projection, and as a projection takes too much of
    the middle of a cell to its nodes, that of what is still missing in the cells, a few times over."""

    def __init__(self, diffusion: Diffusion, cells: np.ndarray, weight: Any) -> None:
        self._space = diffusion.content.function_space
        body = self._space.mesh
        dx = ufl.Measure("dx", body, ACTIVE, subdomain_data=[(ACTIVE, cells)])
        u, v = ufl.TrialFunction(self._space), ufl.TestFunction(self._space)
        self._numbers = fem.Function(fem.functionspace(body, ("DG", 0)))
        constant = ufl.TestFunction(self._numbers.function_space)
        self.volumes = fem.assemble_vector(fem.form(constant * weight * dx)).array[cells]
        self._right = fem.form(self._numbers * v * weight * dx)
        mass = fem.form(u * v * weight * dx)
        self._matrix = create_matrix(mass)
        self._matrix.setOption(PETSc.Mat.Option.SPD, True)
        assemble_matrix(self._matrix, mass)
        self._matrix.assemble()
        self._solver = LinearSolver(body.comm, 10, 1e-12, rows=diffusion.active)
        self._cells, self._corners = cells, self._space.dofmap.list[cells]

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        found = np.zeros_like(fem.Function(self._space).x.array)
        for _ in range(SMOOTHINGS):
            found += self._projected(numbers - found[self._corners].mean(axis=1))
        return found

    def _projected(self, numbers: np.ndarray) -> np.ndarray:
        self._numbers.x.array[:] = 0
        self._numbers.x.array[self._cells] = numbers
        right, found = assembled([self._right], fem.Function(self._space)), fem.Function(self._space)
        self._solver.solve(self._matrix, right.x.petsc_vec, found.x.petsc_vec)
        found.x.scatter_forward()
        return found.x.array
