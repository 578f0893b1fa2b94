"""Linear solvers for symmetric matrices that change little from one solve to the next."""

from typing import Literal

import numpy as np
from mpi4py import MPI
from petsc4py import PETSc

from mechanics.clock import timed
from mechanics.multigrid import CoupledMultigrid, Multigrid

Linear = Literal["automatic", "direct", "multigrid"]  # what solves for displacement; automatic: by size

WORN = 50  # iterations beyond what a new factor took after which one waits no longer for the end with an aged one
MOST = 10_000  # iterations
ZERO_PIVOT = 81  # PETSC_ERR_MAT_CH_ZRPVT: CHOLMOD has met a matrix that is not positive

NO_FACTOR = (PETSc.KSP.ConvergedReason.DIVERGED_INDEFINITE_PC, PETSc.KSP.ConvergedReason.DIVERGED_PCSETUP_FAILED)


class LinearSolverError(ArithmeticError):
    """A matrix that cannot be solved with."""


class Indefinite(LinearSolverError):
    """A matrix that is not positive."""


class LinearSolver:
    """Conjugate gradients. With `keep`, preconditioned by the Cholesky factor of an earlier matrix, or by a multigrid
    made for it, renewed when it has aged so much that it needs `keep` iterations more than when it was new; else by the
    diagonal. With `rows`, of these (owned, local) rows and columns alone."""

    def __init__(
        self,
        comm: MPI.Comm,
        keep: int | None,
        tolerance: float,
        rows: np.ndarray | None = None,
        multigrid: Multigrid | CoupledMultigrid | None = None,
    ) -> None:
        self.factorisations = self.solves = self.iterations = 0
        self.keeps = keep is not None
        self._keep, self._rows, self._multigrid = keep, rows, multigrid
        self._part: PETSc.Mat | None = None
        self._ksp = PETSc.KSP().create(comm)
        self._ksp.setType(PETSc.KSP.Type.CG)
        self._ksp.setTolerances(rtol=tolerance, atol=1e-300, max_it=MOST)
        pc = self._ksp.getPC()
        if multigrid is not None:
            multigrid.configure(pc)
        elif keep is None:
            pc.setType(PETSc.PC.Type.JACOBI)
        else:
            pc.setType(PETSc.PC.Type.CHOLESKY)
            pc.setFactorSolverType("cholmod" if comm.size == 1 else "mumps")
        if multigrid is None:
            pc.setFromOptions()
        self._aged, self._fresh = True, 0  # iterations that a new one takes

    def renew(self, A: PETSc.Mat) -> None:
        """Factorise, for `apply`."""
        self._ksp.setOperators(A)
        self._ksp.getPC().setReusePreconditioner(False)
        self._set_up(A)
        self._aged = False

    @timed("linear solves")
    def apply(self, b: PETSc.Vec, x: PETSc.Vec) -> None:
        """The kept factor alone."""
        self._ksp.getPC().apply(b, x)
        self.solves += 1

    def solve(self, A: PETSc.Mat, b: PETSc.Vec, x: PETSc.Vec) -> None:
        if self._rows is None:
            self._solve(A, b, x)
            return
        first, _ = A.getOwnershipRange()
        rows = PETSc.IS().createGeneral(self._rows.astype(PETSc.IntType) + first, A.comm)
        self._part = A.createSubMatrix(rows, rows, self._part)
        self._part.setOption(PETSc.Mat.Option.SPD, True)
        right, found = b.getSubVector(rows), x.getSubVector(rows)
        try:
            self._solve(self._part, right, found)
        finally:
            b.restoreSubVector(rows, right)
            x.restoreSubVector(rows, found)

    def _solve(self, A: PETSc.Mat, b: PETSc.Vec, x: PETSc.Vec) -> None:
        renew = self._keep is None or self._aged
        self._ksp.setOperators(A)
        self._ksp.getPC().setReusePreconditioner(not renew)
        if renew:
            self._set_up(A)
        self._ksp.setTolerances(max_it=MOST if renew else self._fresh + WORN)
        self.solves += 1
        with timed("linear solves"):
            self._ksp.solve(b, x)
        count, reason = self._ksp.getIterationNumber(), self._ksp.getConvergedReason()
        self.iterations += count
        if reason == PETSc.KSP.ConvergedReason.DIVERGED_INDEFINITE_MAT:  # whatever the age of the factor
            raise Indefinite("conjugate gradients met a direction of negative curvature")
        if reason < 0:
            self._aged = True
            if not renew:
                self._solve(A, b, x)
                return
            kind = Indefinite if reason in NO_FACTOR else LinearSolverError
            raise kind(f"linear solver stopped: PETSc reason {reason}")
        if renew:
            self._fresh = count
        self._aged = self._keep is not None and count > self._fresh + self._keep

    def _set_up(self, A: PETSc.Mat) -> None:
        self.factorisations += 1
        PETSc.Options()["mat_cholmod_print"] = 0  # that a matrix is not positive is an answer, and nothing to warn of
        try:
            with timed("factorisations" if self.keeps else "diagonals"):
                if self._multigrid is not None:
                    self._multigrid.renew(A)
                self._ksp.setUp()
        except PETSc.Error as error:
            self._ksp.reset()  # PETSc cannot go on with a factor of CHOLMOD's that failed
            self._aged = True
            if error.ierr != ZERO_PIVOT:
                raise
            raise Indefinite("no Cholesky factor") from error
