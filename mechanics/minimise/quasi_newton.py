"""Quasi-Newton on several functions at once that share one energy, each with a matrix of its own that is kept.

Limited-memory BFGS (Nocedal, Wright, Numerical Optimization, 7.2) between bounds, started from what one would minimise
alternately with. A step costs two gradients and a solve with a kept factor.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from dolfinx import fem
from mpi4py import MPI
from petsc4py import PETSc

from mechanics.body.functional import Functional
from mechanics.linear.solver import LinearSolver
from mechanics.minimise.newton import ROUNDING, STANDSTILL, SUFFICIENT, active

MEMORY = 5  # pairs
TRIALS, PATIENCE = 1.6, 6  # energies for each step, and beyond, that a search may take on average before it is given up
Pair = tuple[np.ndarray, np.ndarray]  # a step, and how the gradient turned along it
CURVED = 1e-10  # least cosine between a step and the change of the gradient along it


class Block:
    """One function: its functional, bounds, solver, and after how many steps the matrix is made anew."""

    def __init__(
        self, functional: Functional, lower: fem.Function, upper: fem.Function, solver: LinearSolver, every: int
    ) -> None:
        self.functional, self.lower, self.upper, self.solver, self.every = functional, lower, upper, solver, every
        space = functional.x.function_space
        self.size = space.dofmap.index_map.size_local * space.dofmap.index_map_bs
        self.gradient, self.step = fem.Function(space), fem.Function(space)
        self.stiffness = np.zeros(self.size)
        self._right = fem.Function(space)
        self._whole: Any = None  # matrices: as they are, and with what is held
        self._part: Any = None

    def renew(self) -> None:
        """A solver that keeps a factor holds what is fixed for good; others what is held at the moment."""
        A = self.functional.hessian(np.empty(0, dtype=np.int32))
        self.stiffness[:] = A.getDiagonal().array
        if self.solver.keeps:
            self._hold(A, self.lower.x.array[: self.size] == self.upper.x.array[: self.size])
            self.solver.renew(A)
        elif self._whole is None:
            self._whole, self._part = A.copy(), A.copy()
        else:
            A.copy(self._whole, PETSc.Mat.Structure.SAME_NONZERO_PATTERN)

    def solve(self, right: np.ndarray, held: np.ndarray) -> np.ndarray:
        self._right.x.array[: self.size] = np.where(held, 0.0, right)
        b, x = self._right.x.petsc_vec, self.step.x.petsc_vec
        if self.solver.keeps:
            self.solver.apply(b, x)
        else:
            self._whole.copy(self._part, PETSc.Mat.Structure.SAME_NONZERO_PATTERN)
            self._hold(self._part, held)
            self.solver.solve(self._part, b, x)
        return np.where(held, 0.0, self.step.x.array[: self.size])

    @staticmethod
    def _hold(A: PETSc.Mat, held: np.ndarray) -> None:
        first, _ = A.getOwnershipRange()
        A.zeroRowsColumns(np.flatnonzero(held).astype(PETSc.IntType) + first, diag=1.0)


@dataclass(frozen=True)
class QuasiNewtonResult:
    converged: bool
    iterations: int
    stopped: bool = False  # from outside


class QuasiNewton:
    """Every step lowers the energy. Gives up where that takes searching, and says so: then the matrices tell little."""

    def __init__(self, value: Callable[[], float], prepare: Callable[[], None], blocks: Sequence[Block]) -> None:
        self._value, self._prepare, self._blocks = value, prepare, blocks
        self._ends = np.cumsum([0, *(block.size for block in blocks)])
        self._comm = blocks[0].functional.comm
        self._age: list[int] = [block.every for block in blocks]  # steps since each matrix was made

    def minimise(
        self, small: float, still: Sequence[float], limit: int, enough: Callable[[], bool] = lambda: False
    ) -> QuasiNewtonResult:
        """Until a step promises less than `small`, and moves no function by more than its number in `still`."""
        blocks = self._blocks
        self._age = [age if block.solver.keeps else block.every for age, block in zip(self._age, blocks, strict=True)]
        self._lower, self._upper = (self._joined([getattr(b, side) for b in blocks]) for side in ("lower", "upper"))
        x, trials, idle = self._joined([b.functional.x for b in blocks]), 0, 0
        pairs: list[Pair] = []
        energy, g = self._value(), self._gradient()
        for count in range(1, limit + 1):
            self._renew()
            held, step = active(x, g, self._lower, self._upper, np.concatenate([b.stiffness for b in blocks]))
            step -= self._unheld(g, held, pairs)
            promised = -self._dot(g, step)
            if promised <= 0 and pairs:
                pairs = []
                continue
            if promised <= small and self._resting(step, still):
                return QuasiNewtonResult(True, count)
            found, tried = self._search(x, step, energy, promised)
            trials += tried
            idle = idle + 1 if found is None or energy - found[1] <= small else 0
            stopped = enough()
            if found is None or idle == STANDSTILL or trials > TRIALS * count + PATIENCE or stopped:
                return QuasiNewtonResult(False, count, stopped)
            after = self._gradient()
            moved, turned = found[0] - x, after - g
            if self._dot(moved, turned) > CURVED * np.sqrt(self._dot(moved, moved) * self._dot(turned, turned)):
                pairs = [*pairs[1 - MEMORY :], (moved, turned)]
            (x, energy), g = found, after
        return QuasiNewtonResult(False, limit)

    def forget(self) -> None:
        """The matrices: they may be of a state that is no longer taken up."""
        self._age = [block.every for block in self._blocks]
        for block in self._blocks:
            block.solver.forget()

    def _unheld(self, g: np.ndarray, held: np.ndarray, pairs: Sequence[Pair]) -> np.ndarray:
        """The two loops of L-BFGS on what is free."""
        free = [(np.where(held, 0.0, s), y) for s, y in pairs]
        used = [(s, y, c) for s, y in free if (c := self._dot(s, y)) > 0]
        right, shares = np.where(held, 0.0, g), []
        for s, y, c in reversed(used):
            shares.append(self._dot(s, right) / c)
            right -= shares[-1] * y
        step = self._solve(right, held)
        for (s, y, c), share in zip(used, reversed(shares), strict=True):
            step += (share - self._dot(y, step) / c) * s
        return step

    def _search(
        self, x: np.ndarray, step: np.ndarray, energy: float, promised: float
    ) -> tuple[tuple[np.ndarray, float] | None, int]:
        """Where the energy is lower, and how many were tried; by the parabola through what is known."""
        fraction, tried = 1.0, 0
        while fraction > 1e-6:
            new, tried = np.clip(x + fraction * step, self._lower, self._upper), tried + 1
            self._put(new)
            lowered = self._value()
            if lowered <= energy - SUFFICIENT * fraction * promised + ROUNDING * abs(energy):
                return (new, lowered), tried
            excess = lowered - energy + fraction * promised
            fraction *= float(np.clip(fraction * promised / (2 * excess), 0.1, 0.5))
        self._put(x)
        return None, tried

    def _renew(self) -> None:
        for i, block in enumerate(self._blocks):
            if self._age[i] >= block.every:
                block.renew()
                self._age[i] = 0
            self._age[i] += 1

    def _gradient(self) -> np.ndarray:
        self._prepare()
        return self._joined([block.functional.gradient(block.gradient) for block in self._blocks])

    def _solve(self, right: np.ndarray, held: np.ndarray) -> np.ndarray:
        parts = zip(self._blocks, self._ends, self._ends[1:], strict=False)
        return np.concatenate([block.solve(right[a:b], held[a:b]) for block, a, b in parts])

    def _resting(self, step: np.ndarray, still: Sequence[float]) -> bool:
        parts = zip(still, self._ends, self._ends[1:], strict=False)
        worst = max(float(np.abs(step[a:b]).max(initial=0.0)) / most for most, a, b in parts)
        return self._comm.allreduce(worst, op=MPI.MAX) <= 1

    def _put(self, x: np.ndarray) -> None:
        for block, a, b in zip(self._blocks, self._ends, self._ends[1:], strict=False):
            block.functional.x.x.array[: block.size] = x[a:b]
            block.functional.x.x.scatter_forward()

    def _joined(self, functions: Sequence[fem.Function]) -> np.ndarray:
        return np.concatenate([f.x.array[: b.size] for f, b in zip(functions, self._blocks, strict=True)])

    def _dot(self, a: np.ndarray, b: np.ndarray) -> float:
        return self._comm.allreduce(float(a @ b), op=MPI.SUM)
