"""Lithium over one step in time: TR-BDF2.

It is of second order and L-stable, which a current that is switched on asks for; both of its stages have the same
matrix, and its three rates give an error of third order besides (Bank et al. 1985; Hosea & Shampine 1996). The drift in
the stress is implicit: each correction solves with the symmetric part of the operator, whose factor is kept for as long
as it is near, and what is left of the drift shrinks by about ½ β|∇s|√(D·step) from one to the next, so that a shorter
step helps where they do not end. Every correction, the first one included, leaves the balance of lithium exact.
"""

from math import sqrt

import numpy as np
from dolfinx import fem
from petsc4py import PETSc

from mechanics.linear.solver import LinearSolver
from mechanics.lithium.diffusion import Diffusion

GAMMA = 2 - sqrt(2)  # where in the step the trapezoidal stage ends
DIAGONAL, OUTER = GAMMA / 2, sqrt(2) / 4  # weights of the new rate, and of the other two
EMBEDDED = ((1 - OUTER) / 3, (1 + 3 * OUTER) / 3, DIAGONAL / 3)  # of third order
DEFECT = np.array(EMBEDDED) - np.array([OUTER, OUTER, DIAGONAL])

CLOSE = 1e-4  # corrections end when they are below this share of the tolerance
CORRECTIONS = 40


class NotSettled(ArithmeticError):
    """Corrections of a stage that do not get small: the step is too long for the drift."""


class TimeStep:
    """One step of TR-BDF2 at a time."""

    def __init__(self, diffusion: Diffusion, tolerance: float) -> None:
        self._diffusion, self._close = diffusion, CLOSE * tolerance
        self.solver = LinearSolver(diffusion.comm, 10, 1e-12, rows=diffusion.active)
        space = diffusion.content.function_space
        self._right, self._found = fem.Function(space), fem.Function(space)

    def take(self, time: float, seconds: float, source: np.ndarray) -> float:
        """From this time on, with this ∫ ẋ φ from outside; the largest error that the step makes."""
        diffusion, x, implicit = self._diffusion, self._diffusion.content.x.array, DIAGONAL * seconds
        A = diffusion.matrix(implicit)
        start = diffusion.mass * x
        diffusion.at(time)
        first = diffusion.rate() + source
        diffusion.at(time + GAMMA * seconds)
        second = self._settle(A, start + implicit * first, implicit, source)
        diffusion.at(time + seconds)
        third = self._settle(A, start + OUTER * seconds * (first + second), implicit, source)
        return diffusion.largest(self._solve(A, seconds * np.tensordot(DEFECT, [first, second, third], 1)))

    def _settle(self, A: PETSc.Mat, known: np.ndarray, implicit: float, source: np.ndarray) -> np.ndarray:
        """Solve mass × x = known + implicit × rate(x); the rate."""
        diffusion, x = self._diffusion, self._diffusion.content.x.array
        for _ in range(CORRECTIONS):
            correction = self._solve(A, known + implicit * (diffusion.rate() + source) - diffusion.mass * x)
            x += correction
            if diffusion.linear or diffusion.largest(correction) <= self._close:
                return (diffusion.mass * x - known) / implicit
        raise NotSettled(f"corrections of {diffusion.largest(correction):.1e}")

    def _solve(self, A: PETSc.Mat, right: np.ndarray) -> np.ndarray:
        self._right.x.array[:] = right
        self._found.x.array[:] = 0
        self.solver.solve(A, self._right.x.petsc_vec, self._found.x.petsc_vec)
        self._found.x.scatter_forward()
        return self._found.x.array
