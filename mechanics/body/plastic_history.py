"""Plastic strain at quadrature points, and how an accepted step moves it."""

from collections.abc import Callable
from typing import Any

import basix
import basix.ufl
import numpy as np
from dolfinx import fem, mesh
from mpi4py import MPI

from mechanics.laws.coefficients import Coefficients
from mechanics.laws.flow import Flow

# Three points in a triangle, four in a tetrahedron: just enough for full rank of P2 (9 = 3 × 3 and 24 = 4 × 6 strains),
# few enough that it does not lock in plastic flow.
QUADRATURE_DEGREE = 2


class PlasticHistory:
    """εp and the accumulated p, both zero at first."""

    def __init__(self, body: mesh.Mesh, saturates: bool) -> None:
        cell = body.basix_cell()
        elements = (
            basix.ufl.quadrature_element(cell, value_shape=(3, 3), degree=QUADRATURE_DEGREE),
            basix.ufl.quadrature_element(cell, degree=QUADRATURE_DEGREE),
        )
        spaces = [fem.functionspace(body, element) for element in elements]
        self.functions = tuple(fem.Function(space) for space in spaces)
        self.flow = Flow(self.functions[0], self.functions[1], saturates)
        self._next = tuple(fem.Function(space) for space in spaces)
        self._points = np.asarray(basix.make_quadrature(cell, QUADRATURE_DEGREE)[0])
        self._comm = body.comm

    def follow(self, e: Any, g: Any, c: Coefficients, integral: Callable[[Any], Any]) -> None:
        """Compile what `accept` needs, for the trial strain e and the degradation g."""
        dp = self.flow.increment(e, g, c)
        strain, p = self.flow.plastic_strain, self.flow.p
        self._dissipation = fem.form(integral(self.flow.dissipation(dp, c)))
        moved = (strain + dp * self.flow.direction(e, c), p + dp)
        self._moved = tuple(fem.Expression(expression, self._points) for expression in moved)

    def accept(self) -> float:
        """Move to the present state; returns the plastic work of the step."""
        work = self._comm.allreduce(fem.assemble_scalar(self._dissipation), op=MPI.SUM)
        for following, expression in zip(self._next, self._moved, strict=True):
            following.interpolate(expression)
        for function, following in zip(self.functions, self._next, strict=True):
            function.x.array[:] = following.x.array
        return work
