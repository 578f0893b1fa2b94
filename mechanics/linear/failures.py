"""What goes wrong in a linear solve, and how it is said: as an exception of our own, and never as a bare error code."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from petsc4py import PETSc

# What PETSc, dolfinx (RuntimeError, both), numbers that are none, and a lack of memory end in.
BREAKDOWNS = (RuntimeError, ArithmeticError, MemoryError)

NO_EIGENVALUE = 77  # PETSC_ERR_PLIB, which smoothed aggregation ends with where the largest eigenvalue is not positive
ZERO_PIVOT = 81  # PETSC_ERR_MAT_CH_ZRPVT: CHOLMOD has met a matrix that is not positive
NEGATIVE_PIVOTS = 12  # INFOG(12) of MUMPS
SINGULAR = (-10, -40)  # INFOG(1) of MUMPS: a pivot is zero, or the matrix not positive


class LinearSolverError(ArithmeticError):
    """A matrix that cannot be solved with."""


class Indefinite(LinearSolverError):
    """A matrix that is not positive. `part_way`: x has come as far as conjugate gradients met nothing of that, which is
    a way down (Nocedal, Wright, Numerical Optimization, 7.1)."""

    def __init__(self, message: str, part_way: bool = False) -> None:
        super().__init__(message)
        self.part_way = part_way


class InOrder:
    """A preconditioner written in Python, as PETSc calls it. An exception would come out of the solve as "error code
    -1"; so it is kept, and the solve ends for want of a number."""

    def __init__(self, apply: Callable[[PETSc.PC, PETSc.Vec, PETSc.Vec], None]) -> None:
        self._apply = apply
        self.failure: Exception | None = None

    def apply(self, pc: PETSc.PC, b: PETSc.Vec, x: PETSc.Vec) -> None:
        try:
            self._apply(pc, b, x)
        except Exception as error:
            self.failure = error
            x.set(np.nan)


def failure_in(pc: PETSc.PC) -> Exception | None:
    """What has gone wrong in a preconditioner that was written in Python."""
    return pc.getPythonContext().failure if pc.getType() == PETSc.PC.Type.PYTHON else None


def said(error: BaseException) -> str:
    """In a line: an error of PETSc comes with its whole stack, of which the last line says what it is."""
    if not isinstance(error, PETSc.Error):
        return str(error) or type(error).__name__
    *_, last = ["", *(line.partition("] ")[2] for line in str(error).splitlines())]
    return f"PETSc error {error.ierr}" + (f", {last}" if last else "")


@contextmanager
def telling() -> Iterator[None]:
    """Whatever breaks down in here is a LinearSolverError."""
    try:
        yield
    except LinearSolverError:
        raise
    except BREAKDOWNS as error:
        raise LinearSolverError(said(error)) from error


@contextmanager
def setting_up(pc: PETSc.PC, multigrid: bool = False) -> Iterator[None]:
    """A preconditioner that cannot be made because the matrix is not positive says so, and so does one of MUMPS, which
    goes on where a pivot is negative."""
    try:
        with telling():
            yield
    except LinearSolverError as error:
        code = getattr(error.__cause__, "ierr", None)
        if code == ZERO_PIVOT or (multigrid and code == NO_EIGENVALUE):
            raise Indefinite("no Cholesky factor, or no multigrid") from error
        raise
    if pc.getType() == PETSc.PC.Type.CHOLESKY and pc.getFactorSolverType() == "mumps":
        factor = pc.getFactorMatrix()
        negative, code = factor.getMumpsInfog(NEGATIVE_PIVOTS), factor.getMumpsInfog(1)
        if negative > 0 or code in SINGULAR:
            raise Indefinite(f"{negative} negative pivots, INFOG(1) = {code}")
        if code < 0:
            raise LinearSolverError(f"no factor of MUMPS, INFOG(1) = {code}")
