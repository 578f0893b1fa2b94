"""Projected Newton for a smooth functional between bounds. It knows no fracture: an unknown held in place is one
whose bounds meet.

Held is what a step of its own would take to its bound, and there it goes (primal-dual active set: Hintermüller, Ito,
Kunisch, SIAM J. Optim. 13, 2003; the projected step lowers the energy: Bertsekas, SIAM J. Control Optim. 20, 1982).
Where the functional is not convex the matrix is shifted until conjugate gradients find a way down, and that way is
followed as long as it goes down: so it leaves a saddle, unless the gradient there is zero to the last digit.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from dolfinx import fem
from mpi4py import MPI
from petsc4py import PETSc

from mechanics.body.functional import Functional
from mechanics.linear.failures import Indefinite, LinearSolverError
from mechanics.linear.solver import LinearSolver

SUFFICIENT = 1e-4  # Armijo: share of the promised decrease that a step must deliver
FAR = 1e150  # from a bound that is none
TOUCHING = 1e-12  # distance from a bound that is round-off
ROUNDING = 1e-12  # relative to the energy: differences below cannot be told from rounding
STANDSTILL = 8  # steps in a row that gain no more than rounding, though they promise more

# Where the functional is not convex.
LEAST_SHIFT, MOST_SHIFT = 0.01, 1e6  # of the matrix, relative to its diagonal
SHIFTING, SERVICE = 4.0, 3
SADDLE = 8  # steps in a row without a gain that show that there is none: each turns further towards the way down
FARTHEST = 2.0**60  # in steps: from a gradient of round-off to one of note


@dataclass(frozen=True)
class NewtonResult:
    converged: bool
    iterations: int
    decrement: float  # energy that the last step still promised
    start: float  # energy that it came from
    energy: float
    stopped: bool = False  # from outside
    failure: str = ""  # of the linear solver, or of the numbers themselves

    @property
    def gain(self) -> float:
        return self.start - self.energy


class BoundedNewton:
    """Minimises a functional over lower ≤ x ≤ upper, held where lower = upper. Every step lowers the energy."""

    def __init__(
        self,
        functional: Functional,
        lower: fem.Function,
        upper: fem.Function,
        solver: LinearSolver,
        limit: int = 500,  # unknowns come off their bounds a row of nodes at a time: as many as lie in a profile
        shifted: np.ndarray | None = None,  # the unknowns that a lack of convexity is laid upon; all without it
        rows: np.ndarray | None = None,  # the unknowns that may move; all without it
    ) -> None:
        self.functional = functional
        self.lower, self.upper = lower, upper
        self.solver = solver
        self.limit = limit
        space = functional.x.function_space
        self.residual = fem.Function(space)
        self._rhs, self._step = fem.Function(space), fem.Function(space)
        self._owned = space.dofmap.index_map.size_local * space.dofmap.index_map_bs
        self._resting = np.ones(self._owned, dtype=bool)
        self._resting[slice(None) if rows is None else rows] = False
        self._unshifted = np.full(self._owned, shifted is not None)
        if shifted is not None:
            self._unshifted[shifted] = False
        self._shift, self._served = 0.0, 0  # what the last step took, and how many in a row have taken it

    def forget(self) -> None:
        """What earlier calls have left: a shift, and a factor."""
        self._shift, self._served = 0.0, 0
        self.solver.forget()

    def minimise(
        self, tolerance: float, enough: Callable[[], bool] = lambda: False, shifting: bool = True
    ) -> NewtonResult:
        """Until the promised decrease is below `tolerance` (an energy); at what may be a saddle, the one found, too.
        After each step it may be told that it is `enough`. Without `shifting` it goes on where it is not convex as far
        as a step has a part that is, and stops where that part is nothing."""
        x = self.functional.x.x
        np.clip(x.array, self.lower.x.array, self.upper.x.array, out=x.array)
        start = energy = self.functional.value()
        decrement, still, idle = np.inf, 0, 0
        if not np.isfinite(start):
            return NewtonResult(False, 0, decrement, start, energy, failure="the energy is not a number")
        for iteration in range(1, self.limit + 1):
            try:
                decrement, convex = self._newton_step(shifting)
            except LinearSolverError as error:
                return NewtonResult(False, iteration, decrement, start, energy, failure=str(error))
            if not np.isfinite(decrement):
                return NewtonResult(False, iteration, decrement, start, energy, failure="the step is not a number")
            lowered = self._search(energy, decrement, convex)
            small, before = tolerance + ROUNDING * abs(energy), energy
            energy = energy if lowered is None else lowered
            gained = before - energy > small
            idle = 0 if gained else idle + 1
            if decrement > small:
                still = 0
                stopped = enough()
                if lowered is None or idle == STANDSTILL or stopped:
                    return NewtonResult(False, iteration, decrement, start, energy, stopped)
                continue
            still = 0 if gained else still + 1
            if convex or (shifting and still == SADDLE):
                return NewtonResult(True, iteration, decrement, start, energy)
            if not shifting:
                return NewtonResult(False, iteration, decrement, start, energy)
        return NewtonResult(False, self.limit, decrement, start, energy)

    def _newton_step(self, shifting: bool) -> tuple[float, bool]:
        """The decrease that the step promises, and whether the functional is convex as far as the step can tell."""
        n = self._owned
        x, lower, upper = (f.x.array[:n] for f in (self.functional.x, self.lower, self.upper))
        r = self.functional.gradient(self.residual).x.array[:n]
        A = self.functional.hessian(np.empty(0, dtype=np.int32))
        held, step = active(x, r, lower, upper, A.getDiagonal().array)
        held, r[self._resting] = held & ~self._resting, 0  # what rests has neither row nor column
        step[self._resting] = 0
        self._step.x.array[:n], self._rhs.x.array[:n] = step, -r
        if self._sum(float(np.count_nonzero(~held & ~self._resting))) == 0:
            self._step.x.scatter_forward()
            return self._sum(-float(r @ step)), True
        first, _ = A.getOwnershipRange()
        rows = np.flatnonzero(held).astype(PETSc.IntType) + first
        A.zeroRowsColumns(rows, 1.0, self._step.x.petsc_vec, self._rhs.x.petsc_vec)
        if self._shift == 0 or not shifting:
            found = self._solve(A, part_way=not shifting)
            if found is not None:
                return found
        if not shifting:
            raise Indefinite("the functional is not convex here")
        return self._solve_shifted(A), False

    def _solve_shifted(self, A: PETSc.Mat) -> float:
        """With the shift that served last, for a while, and then with less."""
        self._served += 1
        if self._served > SERVICE:
            self._shift, self._served = self._shift / SHIFTING, 0
        self._shift = max(self._shift, LEAST_SHIFT)
        diagonal = A.getDiagonal()
        weight = diagonal.copy()
        weight.abs()
        weight.array[self._unshifted] = 0
        while self._shift <= MOST_SHIFT:  # at the latest where the diagonal outweighs the rest
            shifted = diagonal.copy()
            shifted.axpy(self._shift, weight)
            A.setDiagonal(shifted)
            found = self._solve(A)
            if found is not None:
                if self._shift == LEAST_SHIFT and self._served == SERVICE:
                    self._shift = 0.0
                return found[0]
            self._shift, self._served = self._shift * SHIFTING, 0
        raise LinearSolverError("no shift makes the matrix positive")

    def _solve(self, A: PETSc.Mat, part_way: bool = False) -> tuple[float, bool] | None:
        """The decrease that the step promises, and whether the matrix is positive. Where it is not: nothing, or as far
        as conjugate gradients came before they met that."""
        positive = True
        try:
            self.solver.solve(A, self._rhs.x.petsc_vec, self._step.x.petsc_vec)
        except Indefinite as stopped:
            if not (part_way and stopped.part_way):
                return None
            positive = False
        self._step.x.scatter_forward()
        n = self._owned
        decrement = self._sum(-float(self.residual.x.array[:n] @ self._step.x.array[:n]))
        return (decrement, positive) if decrement >= 0 else None

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


def active(
    x: np.ndarray, r: np.ndarray, lower: np.ndarray, upper: np.ndarray, stiffness: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What is held, and the step that takes it to its bound: whatever is there and pushed against it, or would get
    there by itself. r is the gradient."""
    below, above = np.minimum(x - lower, FAR), np.minimum(upper - x, FAR)
    stiffness = np.where(stiffness > 0, stiffness, FAR)  # without any, how far it would go is not known
    low = (r > 0) & ((below <= TOUCHING) | (r > below * stiffness))
    high = (r < 0) & ((above <= TOUCHING) | (-r > above * stiffness))
    held = low | high | (lower == upper)
    return held, np.where(low & held, -below, np.where(high & held, above, 0.0))
