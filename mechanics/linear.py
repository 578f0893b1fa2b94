"""Linear systems of a symmetric matrix that ought to be positive; it says so when it is not."""

from mpi4py import MPI
from petsc4py import PETSc

INDEFINITE = (PETSc.KSP.ConvergedReason.DIVERGED_INDEFINITE_MAT, PETSc.KSP.ConvergedReason.DIVERGED_INDEFINITE_PC)


class LinearSolverError(ArithmeticError):
    """A matrix that cannot be solved with."""


class Indefinite(LinearSolverError):
    """A matrix that is not positive."""


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
            pc.setFactorSolverType("cholmod" if comm.size == 1 else "mumps")
        self._aged = True

    def solve(self, A: PETSc.Mat, b: PETSc.Vec, x: PETSc.Vec) -> None:
        renew = self._keep is None or self._aged
        self._ksp.setOperators(A)
        self._ksp.getPC().setReusePreconditioner(not renew)
        self._ksp.solve(b, x)
        count = self._ksp.getIterationNumber()
        self.factorisations += renew
        reason = self._ksp.getConvergedReason()
        if reason < 0 and not renew:
            self._aged = True
            self.solve(A, b, x)
            return
        if reason < 0:
            kind = Indefinite if reason in INDEFINITE else LinearSolverError
            raise kind(f"linear solver stopped: PETSc reason {reason}")
        self._aged = self._keep is not None and count > self._keep
