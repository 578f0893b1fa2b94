"""Linear solvers for symmetric matrices that change little from one solve to the next."""

from enum import Enum
from typing import Literal, Protocol

import numpy as np
from mpi4py import MPI
from petsc4py import PETSc

from mechanics.clock import timed
from mechanics.linear.failures import (
    BREAKDOWNS,
    Indefinite,
    InOrder,
    LinearSolverError,
    failure_in,
    said,
    setting_up,
    telling,
)
from mechanics.linear.mended import MendedFactor

Linear = Literal["automatic", "direct", "multigrid"]  # what solves for displacement; automatic: by size

WORN = 60  # iterations beyond what a new factor took after which one waits no longer for the end with an aged one
MOST = 10_000  # iterations

# The preconditioner is at fault, or what it has been made of.
NO_FACTOR = (PETSc.KSP.ConvergedReason.DIVERGED_INDEFINITE_PC, PETSc.KSP.ConvergedReason.DIVERGED_PCSETUP_FAILED)


class Way(Enum):
    """What conjugate gradients are preconditioned by."""

    MULTIGRID = "multigrid"
    MENDED = "mended factor"  # in one process
    FACTOR = "factor"  # of MUMPS
    DIAGONAL = "diagonal"


class Preconditioner(Protocol):
    """Tells a PC what it is, and is made anew for a matrix."""

    def configure(self, pc: PETSc.PC) -> None: ...
    def renew(self, A: PETSc.Mat) -> None: ...


class LinearSolver:
    """Conjugate gradients. With `keep`, preconditioned by the Cholesky factor of an earlier matrix (in one process
    mended where that has changed) or by a multigrid made for it, renewed when it has aged so much that it needs `keep`
    iterations more than when it was new; without, by a multigrid made for each matrix, or its diagonal. With `rows`, of
    these (owned, local) rows and columns alone.

    What breaks down is made anew, and then gives way: CHOLMOD to MUMPS, that and a multigrid to the diagonal.
    """

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
        self._part: PETSc.Mat | None = None
        self._comm, self._tolerance = comm, tolerance
        self._ways = _ways(comm, self.keeps, multigrid is not None)
        self._start(0)

    def forget(self) -> None:
        """Take the next matrix for the first one. A multigrid is made from nothing: PETSc would keep its levels."""
        if self._at > 0 or (self.multigrid is not None and self.factorisations > 0):
            self._start(0)
        self._aged, self._fresh = True, 0

    def renew(self, A: PETSc.Mat) -> None:
        """Factorise, for `apply`."""
        while True:
            try:
                self._set_up(A)
            except Indefinite:
                raise
            except BREAKDOWNS as error:
                self._give_way(error)
            else:
                self._aged = False
                return

    @timed("linear solves")
    def apply(self, b: PETSc.Vec, x: PETSc.Vec) -> None:
        """The kept factor alone."""
        try:
            if self._mended is None:
                self._ksp.getPC().apply(b, x)
            else:
                self._mended.whole(b, x)
        except BREAKDOWNS as error:
            self._start(self._at)
            raise LinearSolverError(said(error)) from error
        self.solves += 1

    def solve(self, A: PETSc.Mat, b: PETSc.Vec, x: PETSc.Vec) -> None:
        if self._rows is None:
            self._solve(A, b, x)
            return
        with telling():
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

    def _start(self, at: int) -> None:
        """Anew, also after a failure: with what has failed, CHOLMOD or a multigrid, PETSc cannot go on."""
        self._at, self._mended = at, None
        self._ksp = PETSc.KSP().create(self._comm)
        self._ksp.setType(PETSc.KSP.Type.CG)
        self._ksp.setTolerances(rtol=self._tolerance, atol=1e-300, max_it=MOST)
        if self._ways[0] is Way.MENDED:  # a preconditioned residual takes another solution
            self._ksp.setNormType(PETSc.KSP.NormType.UNPRECONDITIONED)
        pc, way = self._ksp.getPC(), self._ways[at]
        if way is Way.MULTIGRID:
            assert self.multigrid is not None
            self.multigrid.configure(pc)
        elif way is Way.MENDED:
            self._mended = MendedFactor()
            pc.setType(PETSc.PC.Type.PYTHON)
            pc.setPythonContext(InOrder(self._mended.apply))
        elif way is Way.FACTOR:
            pc.setType(PETSc.PC.Type.CHOLESKY)
            pc.setFactorSolverType("mumps")
        else:
            pc.setType(PETSc.PC.Type.JACOBI)
        self._aged, self._fresh = True, 0  # iterations that a new one takes

    def _give_way(self, error: Exception) -> None:
        """Something new has broken down: to the next way, if there is one."""
        last = self._at + 1 == len(self._ways)
        self._start(self._at if last else self._at + 1)
        if last:
            raise LinearSolverError(said(error)) from error

    def _solve(self, A: PETSc.Mat, b: PETSc.Vec, x: PETSc.Vec) -> None:
        while True:
            renew = self._keep is None or self._aged or not self._mend(A)
            try:
                done = self._attempt(A, b, x, renew)
            except Indefinite:
                raise
            except BREAKDOWNS as error:
                if renew:
                    self._give_way(error)
                else:
                    self._start(self._at)
                continue
            if done:
                return

    def _attempt(self, A: PETSc.Mat, b: PETSc.Vec, x: PETSc.Vec, renew: bool) -> bool:
        """False where an aged preconditioner takes too long, and a new one is due."""
        if renew:
            self._set_up(A)
        else:
            self._ksp.setOperators(A)
            self._ksp.getPC().setReusePreconditioner(True)
        self._ksp.setTolerances(max_it=MOST if renew else self._fresh + WORN)
        self.solves += 1
        with timed("linear solves"):
            self._ksp.solve(b, x)
        count, reason = self._ksp.getIterationNumber(), self._ksp.getConvergedReason()
        self.iterations += count
        failure = failure_in(self._ksp.getPC())
        if failure is not None:
            raise failure
        if reason == PETSc.KSP.ConvergedReason.DIVERGED_INDEFINITE_MAT:  # whatever the age of the factor
            raise Indefinite("conjugate gradients met a direction of negative curvature", part_way=count > 0)
        if reason < 0:
            self._aged = True
            if not renew:
                return False
            stopped = f"linear solver stopped: PETSc reason {reason}"
            if reason in NO_FACTOR:
                self._start(self._at)
                raise Indefinite(stopped)
            raise LinearSolverError(stopped)
        if renew:
            self._fresh = count
        self._aged = self.keeps and count > self._fresh + (self._keep or 0)
        return True

    def _mend(self, A: PETSc.Mat) -> bool:
        """Whether the kept factor will still do."""
        if self._mended is None:
            return True
        try:
            return self._mended.mend(A)
        except Indefinite:
            raise
        except BREAKDOWNS:
            return False

    def _set_up(self, A: PETSc.Mat) -> None:
        self.factorisations += 1
        pc, by_multigrid = self._ksp.getPC(), self._ways[self._at] is Way.MULTIGRID
        try:
            with timed("factorisations" if self.keeps or by_multigrid else "diagonals"), setting_up(pc, by_multigrid):
                self._ksp.setOperators(A)
                pc.setReusePreconditioner(False)
                if by_multigrid:
                    assert self.multigrid is not None
                    self.multigrid.renew(A)
                if self._mended is not None:
                    self._mended.renew(A)
                self._ksp.setUp()
        except Indefinite:
            self._start(self._at)
            raise


def _ways(comm: MPI.Comm, keeps: bool, multigrid: bool) -> tuple[Way, ...]:
    """First what is meant, and then what is left where that breaks down."""
    if multigrid:
        return Way.MULTIGRID, Way.DIAGONAL
    factors = () if not keeps else (Way.MENDED, Way.FACTOR) if comm.size == 1 else (Way.FACTOR,)
    return *factors, Way.DIAGONAL
