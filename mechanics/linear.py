"""Linear systems of a symmetric matrix that ought to be positive; it says so when it is not."""

from mpi4py import MPI
from petsc4py import PETSc

from mechanics.multigrid import Multigrid

PETSC_INDEFINITE = 81  # error code of a factorisation that needs a matrix to be positive
INDEFINITE = (
    PETSc.KSP.ConvergedReason.DIVERGED_INDEFINITE_MAT,
    PETSc.KSP.ConvergedReason.DIVERGED_INDEFINITE_PC,
)


class LinearSolverError(ArithmeticError):
    """A matrix that cannot be solved with."""


class Indefinite(LinearSolverError):
    """A matrix that is not positive."""


class LinearSolver:
    """Conjugate gradients. With `keep`, preconditioned by the Cholesky factor of an earlier matrix, or a multigrid made
    for it, renewed when it has aged so much that it needs `keep` iterations more than when new; else by the diagonal.
    """

    def __init__(
        self, comm: MPI.Comm, keep: int | None, tolerance: float, multigrid: Multigrid | None = None
    ) -> None:
        self.factorisations = 0
        self.iterations = 0
        self._keep, self._tolerance, self._multigrid = keep, tolerance, multigrid
        self._ksp = PETSc.KSP().create(comm)
        self._ksp.setType(PETSc.KSP.Type.CG)
        self._ksp.setTolerances(rtol=tolerance, atol=1e-300, max_it=10_000)
        pc = self._ksp.getPC()
        if multigrid is not None:
            multigrid.configure(pc)
        elif keep is None:
            pc.setType(PETSc.PC.Type.JACOBI)
        else:
            pc.setType(PETSc.PC.Type.CHOLESKY)
            pc.setFactorSolverType("cholmod" if comm.size == 1 else "mumps")
        self._aged, self._fresh = True, 0  # iterations that a new one takes

    def solve(self, A: PETSc.Mat, b: PETSc.Vec, x: PETSc.Vec) -> None:
        renew = self._keep is None or self._aged
        self._ksp.setOperators(A)
        self._ksp.getPC().setReusePreconditioner(not renew)
        if renew and self._multigrid is not None:
            self._multigrid.renew(A)
        try:
            self._ksp.solve(b, x)
        except PETSc.Error as error:
            self._aged = True
            kind = Indefinite if error.ierr == PETSC_INDEFINITE else LinearSolverError
            raise kind(str(error)) from error
        count = self._ksp.getIterationNumber()
        self.iterations += count
        self.factorisations += renew
        reason = self._ksp.getConvergedReason()
        if reason < 0 and not renew:
            self._aged = True
            self.solve(A, b, x)
            return
        if reason < 0:
            self._aged = True
            kind = Indefinite if reason in INDEFINITE else LinearSolverError
            raise kind(f"linear solver stopped: PETSc reason {reason}")
        if renew:
            self._fresh = count
        self._aged = self._keep is not None and count > self._fresh + self._keep
