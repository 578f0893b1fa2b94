"""Projected Newton for a smooth functional between bounds. It knows no fracture: an unknown held in place is one
whose bounds meet (Bertsekas, SIAM J. Control Optim. 20, 1982).

Where the functional is not convex the matrix is shifted until conjugate gradients find a way down, and that way is
followed as long as it goes down: so it leaves a saddle, unless the gradient there is zero to the last digit.
"""

from dataclasses import dataclass

import numpy as np
from dolfinx import fem
from mpi4py import MPI
from petsc4py import PETSc

from mechanics.functional import Functional
from mechanics.linear import Indefinite, LinearSolver, LinearSolverError

SUFFICIENT = 1e-4  # Armijo: share of the promised decrease that a step must deliver
TOUCHING = 1e-12  # distance from a bound that is round-off
ROUNDING = 1e-12  # relative to the energy: differences below cannot be told from rounding

# Where the functional is not convex.
LEAST_SHIFT, MOST_SHIFT = 0.01, 1e6  # of the matrix, relative to its diagonal
SADDLE = 8  # steps in a row without a gain that show that there is none: each turns further towards the way down
FARTHEST = 2.0**60  # in steps: from a gradient of round-off to one of note


@dataclass(frozen=True)
class NewtonResult:
    converged: bool
    iterations: int
    decrement: float  # energy that the last step still promised
    energy: float


class BoundedNewton:
    """Minimises a functional over lower ≤ x ≤ upper, held where lower = upper. Every step lowers the energy."""

    def __init__(
        self,
        functional: Functional,
        lower: fem.Function,
        upper: fem.Function,
        solver: LinearSolver,
        limit: int = 500,  # unknowns come off their bounds a row of nodes at a time: as many as lie in a profile
    ) -> None:
        self.functional = functional
        self.lower, self.upper = lower, upper
        self.solver = solver
        self.limit = limit
        space = functional.x.function_space
        self.residual = fem.Function(space)
        self._rhs, self._step = fem.Function(space), fem.Function(space)
        self._owned = space.dofmap.index_map.size_local * space.dofmap.index_map_bs

    def minimise(self, tolerance: float) -> NewtonResult:
        """Until the promised decrease is below `tolerance` (an energy); at what may be a saddle, the one found, too."""
        x = self.functional.x.x
        np.clip(x.array, self.lower.x.array, self.upper.x.array, out=x.array)
        energy = self.functional.value()
        decrement, still = np.inf, 0
        for iteration in range(1, self.limit + 1):
            try:
                decrement, convex = self._newton_step()
            except LinearSolverError:
                return NewtonResult(False, iteration, decrement, energy)
            lowered = self._search(energy, decrement, convex)
            small, before = tolerance + ROUNDING * abs(energy), energy
            energy = energy if lowered is None else lowered
            if decrement > small:
                still = 0
                if lowered is None:
                    return NewtonResult(False, iteration, decrement, energy)
                continue
            still = still + 1 if before - energy <= small else 0
            if convex or still == SADDLE:
                return NewtonResult(True, iteration, decrement, energy)
        return NewtonResult(False, self.limit, decrement, energy)

    def _newton_step(self) -> tuple[float, bool]:
        """The decrease that the step promises, and whether the functional is convex as far as the step can tell."""
        n, x = self._owned, self.functional.x.x.array
        lower, upper = self.lower.x.array, self.upper.x.array
        r = self.functional.gradient(self.residual).x.array
        held = ((x <= lower + TOUCHING) & (r > 0)) | ((x >= upper - TOUCHING) & (r < 0)) | (lower == upper)
        r[held] = 0
        np.negative(r, out=self._rhs.x.array)
        self._step.x.array[:] = 0
        if self._sum(float(np.count_nonzero(~held[:n]))) == 0:
            return 0.0, True
        A = self.functional.hessian(np.flatnonzero(held[:n]))
        decrement = self._solve(A)
        if decrement is not None:
            return decrement, True
        diagonal, shift = A.getDiagonal(), LEAST_SHIFT
        while decrement is None:  # at the latest where the diagonal outweighs the rest
            if shift > MOST_SHIFT:
                raise LinearSolverError("no shift makes the matrix positive")
            shifted = diagonal.copy()
            shifted.abs()
            shifted.aypx(shift, diagonal)
            A.setDiagonal(shifted)
            decrement, shift = self._solve(A), 4 * shift
        return decrement, False

    def _solve(self, A: PETSc.Mat) -> float | None:
        """The decrease that the step promises; None where the matrix is not positive."""
        self._step.x.array[:] = 0
        try:
            self.solver.solve(A, self._rhs.x.petsc_vec, self._step.x.petsc_vec)
        except Indefinite:
            return None
        self._step.x.scatter_forward()
        n = self._owned
        decrement = self._sum(float(self._rhs.x.array[:n] @ self._step.x.array[:n]))
        return decrement if decrement >= 0 else None

    def _search(self, energy: float, decrement: float, convex: bool) -> float | None:
        """Halve the step until the energy falls; None when it does not. Where the functional is not convex the
        length of the step says nothing: then double it while the energy falls, or cannot be told from falling."""
        start = self.functional.x.x.array.copy()
        fraction = 1.0
        while fraction > 1e-6:
            lowered = self._at(fraction, start)
            if lowered <= energy - SUFFICIENT * fraction * decrement + ROUNDING * abs(energy):
                return lowered if convex else self._farther(fraction, start, lowered)
            fraction /= 2
        self._at(0.0, start)
        return None

    def _farther(self, fraction: float, start: np.ndarray, lowest: float) -> float:
        best, x = fraction, self.functional.x.x.array
        moving = True
        while moving and fraction < FARTHEST:
            before, fraction = x.copy(), 2 * fraction
            energy = self._at(fraction, start)
            if energy < lowest:
                best, lowest = fraction, energy
            moving = energy <= lowest + ROUNDING * abs(lowest) and self._sum(float(np.any(x != before))) > 0
        return self._at(best, start)

    def _at(self, fraction: float, start: np.ndarray) -> float:
        x = self.functional.x.x.array
        np.clip(start + fraction * self._step.x.array, self.lower.x.array, self.upper.x.array, out=x)
        return self.functional.value()

    def _sum(self, number: float) -> float:
        return self.functional.comm.allreduce(number, op=MPI.SUM)
