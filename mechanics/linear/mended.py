"""A Cholesky factor that is kept while its matrix changes in places, as a crack changes it that grows.

As a preconditioner it is mended there: the rows that differ from those it was made from, and some around them, are a
small matrix that is factorised anew each time. It is solved with first and last, and with the kept factor in between
(symmetric multiplicative Schwarz: Smith, Bjørstad, Gropp, Domain Decomposition, Cambridge 1996, 1.3), which is positive
where both matrices are.
"""

import numpy as np
from petsc4py import PETSc
from scipy import sparse

from mechanics.clock import timed
from mechanics.linear.failures import LinearSolverError, setting_up

CHANGED = 0.05  # of its diagonal entry: a row with less change is as it was
LAYERS = 2  # of neighbours in the matrix around those rows
PART = 0.3  # of all rows: more are too many to mend


class MendedFactor:
    """What PETSc asks for a preconditioner written in Python, in one process."""

    def __init__(self) -> None:
        self._factor = cholesky()
        self._neighbours: sparse.csr_matrix | None = None

    def renew(self, A: PETSc.Mat) -> None:
        """Factorises all of the matrix."""
        self._matrix = A
        self._factor.setReusePreconditioner(False)
        self._factor.setOperators(A)
        with setting_up(self._factor):
            self._factor.setUp()
        self._factor.setReusePreconditioner(True)
        self._diagonal = A.getDiagonal().array.copy()
        self._rest, self._change = A.createVecs()
        self._mended, self._local = np.zeros(len(self._diagonal), dtype=bool), None

    @timed("mending")
    def mend(self, A: PETSc.Mat) -> bool:
        """For the matrix as it is now, which has the entries of the first one. False where too much has changed bit by
        bit; what changes everywhere at once may still be much like what it was, and is left as it is."""
        self._matrix = A
        changed = np.abs(A.getDiagonal().array - self._diagonal) > CHANGED * np.abs(self._diagonal)
        if (changed & ~self._mended).any():
            mended = self._mended | self._around(A, changed)
            if np.count_nonzero(mended) > PART * len(mended):
                return self._local is None
            self._mended, self._rows = mended, np.flatnonzero(mended).astype(PETSc.IntType)
            self._local, self._part = cholesky(), None
        if self._local is not None:
            rows = PETSc.IS().createGeneral(self._rows, PETSc.COMM_SELF)
            self._part = A.createSubMatrix(rows, rows, self._part)
            self._part.setOption(PETSc.Mat.Option.SPD, True)
            self._local.setOperators(self._part)
            try:
                with setting_up(self._local):
                    self._local.setUp()
            except LinearSolverError:  # it cannot go on, but the kept factor can
                self._local, self._mended[:] = None, False
                raise
            self._right, self._found = self._part.createVecs()
        return True

    def whole(self, b: PETSc.Vec, x: PETSc.Vec) -> None:
        """The kept factor alone."""
        self._factor.apply(b, x)

    def apply(self, _: PETSc.PC, b: PETSc.Vec, x: PETSc.Vec) -> None:
        if self._local is None:
            self._factor.apply(b, x)
            return
        first = self._of_part(b)
        self._change.set(0)
        self._change.array[self._rows] = first
        self._matrix.mult(self._change, self._rest)
        self._rest.aypx(-1, b)
        self._factor.apply(self._rest, x)
        self._matrix.mult(x, self._change)
        self._rest.axpy(-1, self._change)
        x.array[self._rows] += first + self._of_part(self._rest)

    def _of_part(self, b: PETSc.Vec) -> np.ndarray:
        assert self._local is not None
        self._right.array[:] = b.array_r[self._rows]
        self._local.apply(self._right, self._found)
        return self._found.array_r.copy()

    def _around(self, A: PETSc.Mat, rows: np.ndarray) -> np.ndarray:
        if self._neighbours is None:
            starts, columns = A.getRowIJ()
            self._neighbours = sparse.csr_matrix((np.ones(len(columns), np.float32), columns, starts))
        near = rows.astype(np.float32)
        for _ in range(LAYERS):
            near = np.minimum(self._neighbours @ near, 1)
        return near > 0


def cholesky() -> PETSc.PC:
    """A factor in one process: LLᵀ, which exists for positive matrices alone, unlike LDLᵀ; where it does not, that is
    an answer and nothing to warn of. By CHOLMOD, or by MUMPS where PETSc has been built without it."""
    options = PETSc.Options()
    options["mat_cholmod_factor"] = "SUPERNODAL"
    options["mat_cholmod_print"] = 0
    pc = PETSc.PC().create(PETSc.COMM_SELF)
    pc.setType(PETSc.PC.Type.CHOLESKY)
    pc.setFactorSolverType("cholmod" if PETSc.Sys.hasExternalPackage("cholmod") else "mumps")
    return pc
