"""Linear solvers for symmetric matrices that change little from one solve to the next."""

from typing import Literal, Protocol

import numpy as np
from mpi4py import MPI
from petsc4py import PETSc

from mechanics.clock import timed
from mechanics.linear.mended import MendedFactor

Linear = Literal["automatic", "direct", "multigrid"]  # what solves for displacement; automatic: by size

WORN = 60  # iterations beyond what a new factor took after which one waits no longer for the end with an aged one
MOST = 10_000  # iterations
NO_EIGENVALUE = 77  # PETSC_ERR_PLIB, which smoothed aggregation ends with where the largest eigenvalue is not positive
ZERO_PIVOT = 81  # PETSC_ERR_MAT_CH_ZRPVT: CHOLMOD has met a matrix that is not positive

NEGATIVE_PIVOTS = 12  # INFOG(12) of MUMPS

NO_FACTOR = (PETSc.KSP.ConvergedReason.DIVERGED_INDEFINITE_PC, PETSc.KSP.ConvergedReason.DIVERGED_PCSETUP_FAILED)


class LinearSolverError(ArithmeticError):
    """A matrix that cannot be solved with."""


class Indefinite(LinearSolverError):
    """A matrix that is not positive. `part_way`: x has come as far as conjugate gradients met nothing of that, which is
    a way down (Nocedal, Wright, Numerical Optimization, 7.1)."""

    def __init__(self, message: str, part_way: bool = False) -> None:
        super().__init__(message)
        self.part_way = part_way


class Preconditioner(Protocol):
    """Tells a PC what it is, and is made anew for a matrix."""

    def configure(self, pc: PETSc.PC) -> None: ...
    def renew(self, A: PETSc.Mat) -> None: ...


class LinearSolver:
    """Conjugate gradients. With `keep`, preconditioned by the Cholesky factor of an earlier matrix (in one process
    mended where that has changed) or by a multigrid made for it, renewed when it has aged so much that it needs `keep`
    iterations more than when it was new; without, by a multigrid made for each matrix, or its diagonal. With `rows`, of
    these (owned, local) rows and columns alone."""

    def __init__(
        self,
        comm: MPI.Comm,
        keep: int | None,
        tolerance: float,
        rows: np.ndarray | None = None,
        multigrid: Preconditioner | None = None,
    ) -> None:
        self.factorisations = self.solves = self.iterations = 0
        self.keeps = keep is not None
        self._keep, self._rows, self.multigrid = keep, rows, multigrid
        self._mended: MendedFactor | None = None
        self._part: PETSc.Mat | None = None
        self._comm, self._tolerance = comm, tolerance
        self._start()

    def _start(self) -> None:
        """Anew, also after a failure: with what has failed, CHOLMOD or a multigrid, PETSc cannot go on."""
        self._ksp = PETSc.KSP().create(self._comm)
        self._ksp.setType(PETSc.KSP.Type.CG)
        self._ksp.setTolerances(rtol=self._tolerance, atol=1e-300, max_it=MOST)
        pc = self._ksp.getPC()
        if self.multigrid is not None:
            self.multigrid.configure(pc)
        elif self._keep is None:
            pc.setType(PETSc.PC.Type.JACOBI)
        elif self._comm.size == 1:
            self._ksp.setNormType(PETSc.KSP.NormType.UNPRECONDITIONED)  # a preconditioned one takes another solution
            self._mended = MendedFactor()
            pc.setType(PETSc.PC.Type.PYTHON)
            pc.setPythonContext(self._mended)
        else:
            pc.setType(PETSc.PC.Type.CHOLESKY)
            pc.setFactorSolverType("mumps")
        self._aged, self._fresh = True, 0  # iterations that a new one takes

    def forget(self) -> None:
        """Take the next matrix for the first one. A multigrid is made from nothing: PETSc would keep its levels."""
        self._aged, self._fresh = True, 0
        if self.multigrid is not None and self.factorisations > 0:
            self._start()

    def renew(self, A: PETSc.Mat) -> None:
        """Factorise, for `apply`."""
        self._ksp.setOperators(A)
        self._ksp.getPC().setReusePreconditioner(False)
        self._set_up(A)
        self._aged = False

    @timed("linear solves")
    def apply(self, b: PETSc.Vec, x: PETSc.Vec) -> None:
        """The kept factor alone."""
        if self._mended is None:
            self._ksp.getPC().apply(b, x)
        else:
            self._mended.whole(b, x)
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
        renew = self._keep is None or self._aged or not self._mend(A)
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
            raise Indefinite("conjugate gradients met a direction of negative curvature", part_way=count > 0)
        if reason < 0:
            self._aged = True
            if not renew:
                self._solve(A, b, x)
                return
            self._start()
            kind = Indefinite if reason in NO_FACTOR else LinearSolverError
            raise kind(f"linear solver stopped: PETSc reason {reason}")
        if renew:
            self._fresh = count
        self._aged = self._keep is not None and count > self._fresh + self._keep

    def _mend(self, A: PETSc.Mat) -> bool:
        """Whether the kept factor will still do."""
        if self._mended is None:
            return True
        try:
            return self._mended.mend(A)
        except PETSc.Error as error:
            if error.ierr != ZERO_PIVOT:
                raise
            raise Indefinite("no Cholesky factor of what has changed") from error

    def _set_up(self, A: PETSc.Mat) -> None:
        self.factorisations += 1
        try:
            with timed("factorisations" if self.keeps or self.multigrid is not None else "diagonals"):
                if self.multigrid is not None:
                    self.multigrid.renew(A)
                if self._mended is not None:
                    self._mended.renew(A)
                self._ksp.setUp()
        except PETSc.Error as error:
            self._start()
            if error.ierr not in (ZERO_PIVOT, NO_EIGENVALUE):
                raise
            raise Indefinite("no Cholesky factor, or no multigrid") from error
        if self._ksp.getPC().getFactorSolverType() == "mumps":  # it goes on where a pivot is negative
            negative = self._ksp.getPC().getFactorMatrix().getMumpsInfog(NEGATIVE_PIVOTS)
            if negative > 0:
                self._start()
                raise Indefinite(f"{negative} negative pivots")
