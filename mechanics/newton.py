"""Projected Newton for a convex functional between bounds. It knows no fracture: an unknown held in place is one
whose bounds meet (Bertsekas, SIAM J. Control Optim. 20, 1982)."""

from dataclasses import dataclass

import numpy as np
from dolfinx import fem
from mpi4py import MPI
from petsc4py import PETSc

from mechanics.functional import Functional

SUFFICIENT = 1e-4  # Armijo: share of the promised decrease that a step must deliver
TOUCHING = 1e-12  # distance from a bound that is round-off
ROUNDING = 1e-12  # relative to the energy: differences below cannot be told from rounding


class LinearSolverError(ArithmeticError):
    """A matrix that cannot be solved with."""


class LinearSolver:
    """Conjugate gradients. With `keep`, preconditioned by the Cholesky factor of an earlier matrix, renewed when it has
    aged so much that more than `keep` iterations are needed; else by the diagonal."""

    def __init__(self, comm: MPI.Comm, keep: int | None, tolerance: float) -> None:
        self.factorisations = 0
        self._keep = keep
        self._ksp = PETSc.KSP().create(comm)
        self._ksp.setType(PETSc.KSP.Type.CG)
        self._ksp.setTolerances(rtol=tolerance, atol=1e-300, max_it=10_000)
        pc = self._ksp.getPC()
        if keep is None:
            pc.setType(PETSc.PC.Type.JACOBI)
        else:
            pc.setType(PETSc.PC.Type.CHOLESKY)
            # In 2D PETSc's own factor is a third dearer than that of MUMPS and solves twice as fast; one process only.
            if comm.size == 1:
                pc.setFactorSolverType("petsc")
                pc.setFactorOrdering("nd")
            else:
                pc.setFactorSolverType("mumps")
        self._aged = True

    def solve(self, A: PETSc.Mat, b: PETSc.Vec, x: PETSc.Vec) -> None:
        renew = self._keep is None or self._aged
        self._ksp.setOperators(A)
        self._ksp.getPC().setReusePreconditioner(not renew)
        self._ksp.solve(b, x)
        count = self._ksp.getIterationNumber()
        self.factorisations += renew
        failed = self._ksp.getConvergedReason() < 0
        if failed and not renew:
            self._aged = True
            self.solve(A, b, x)
            return
        if failed:
            raise LinearSolverError(f"linear solver stopped: PETSc reason {self._ksp.getConvergedReason()}")
        self._aged = self._keep is not None and count > self._keep


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
        limit: int = 50,
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
        """Until the promised decrease is below `tolerance` (an energy)."""
        x = self.functional.x.x
        np.clip(x.array, self.lower.x.array, self.upper.x.array, out=x.array)
        energy = self.functional.value()
        decrement = np.inf
        for iteration in range(1, self.limit + 1):
            try:
                decrement = self._newton_step()
            except LinearSolverError:
                return NewtonResult(False, iteration, decrement, energy)
            lowered = self._search(energy, decrement)
            if decrement <= tolerance + ROUNDING * abs(energy):
                return NewtonResult(True, iteration, decrement, energy if lowered is None else lowered)
            if lowered is None:
                return NewtonResult(False, iteration, decrement, energy)
            energy = lowered
        return NewtonResult(False, self.limit, decrement, energy)

    def _newton_step(self) -> float:
        n, x = self._owned, self.functional.x.x.array
        lower, upper = self.lower.x.array, self.upper.x.array
        r = self.functional.gradient(self.residual).x.array
        held = ((x <= lower + TOUCHING) & (r > 0)) | ((x >= upper - TOUCHING) & (r < 0)) | (lower == upper)
        r[held] = 0
        np.negative(r, out=self._rhs.x.array)
        self._step.x.array[:] = 0
        if self._sum(float(np.count_nonzero(~held[:n]))) > 0:
            A = self.functional.hessian(np.flatnonzero(held[:n]))
            self.solver.solve(A, self._rhs.x.petsc_vec, self._step.x.petsc_vec)
        self._step.x.scatter_forward()
        return self._sum(-float(r[:n] @ self._step.x.array[:n]))

    def _search(self, energy: float, decrement: float) -> float | None:
        """Halve the step until the energy falls; None when it does not."""
        start = self.functional.x.x.array.copy()
        fraction = 1.0
        while fraction > 1e-6:
            self._move(fraction, start)
            lowered = self.functional.value()
            if lowered <= energy - SUFFICIENT * fraction * decrement + ROUNDING * abs(energy):
                return lowered
            fraction /= 2
        self._move(0.0, start)
        return None

    def _move(self, fraction: float, start: np.ndarray) -> None:
        x = self.functional.x.x.array
        np.clip(start + fraction * self._step.x.array, self.lower.x.array, self.upper.x.array, out=x)

    def _sum(self, number: float) -> float:
        return self.functional.comm.allreduce(number, op=MPI.SUM)
