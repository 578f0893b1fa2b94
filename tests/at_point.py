"""Functions of the strain at a point with their first and second derivatives by UFL, compiled; and strains to try."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import ufl
from dolfinx import fem, mesh
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from mpi4py import MPI

# A strain as a list of components: xx, yy, zz, xy and, in space, xz, yz.
PLACES = {4: [(0, 0), (1, 1), (2, 2), (0, 1)], 6: [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)]}
NUMBERS = st.floats(-0.2, 0.2).map(lambda x: round(x, 6))
ROTATIONS = arrays(float, 4, elements=st.floats(-1, 1).map(lambda x: round(x, 3))).map(lambda q: rotation(q))

Functions = Callable[[Any, Any], Sequence[Any]]  # (strain 3×3, parameters) -> numbers, all in UFL


def rotation(quaternion: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(quaternion)
    w, x, y, z = quaternion / length if length > 1e-3 else (1.0, 0.0, 0.0, 0.0)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + 2 * w * cross + 2 * cross @ cross


def turn(angle: float) -> np.ndarray:
    """In the plane."""
    return rotation(np.array([np.cos(angle / 2), 0, 0, np.sin(angle / 2)]))


def tensor(numbers: np.ndarray) -> np.ndarray:
    strain = np.zeros((3, 3))
    for (i, j), number in zip(PLACES[len(numbers)], numbers, strict=True):
        strain[i, j] = strain[j, i] = number
    return strain


def listed(strain: np.ndarray, size: int = 6) -> np.ndarray:
    return np.array([strain[place] for place in PLACES[size]])


def _strain(numbers: Any) -> Any:
    """UFL knows no symmetric tensor, and takes zeros for zeros only where it is told so."""
    rows = [[ufl.as_ufl(0.0)] * 3 for _ in range(3)]
    for component, (i, j) in enumerate(PLACES[numbers.ufl_shape[0]]):
        rows[i][j] = rows[j][i] = numbers[component]
    return ufl.as_tensor(rows)


class AtPoint:
    """Values of functions. UFL can evaluate without a compiler, too, but anew wherever a part stands once more."""

    def __init__(self, functions: Functions, size: int = 6, parameters: int = 1) -> None:
        self._body = mesh.create_unit_interval(MPI.COMM_SELF, 1)
        self._numbers = fem.Constant(self._body, np.zeros(size))
        self._parameters = fem.Constant(self._body, np.zeros(parameters))
        entries = self._entries(functions, ufl.variable(self._numbers))
        quick = {"cffi_extra_compile_args": ["-O0"]}  # it runs for milliseconds
        self._expression = fem.Expression(ufl.as_vector(entries), np.array([[0.5]]), jit_options=quick)

    def _entries(self, functions: Functions, numbers: Any) -> list[Any]:
        return list(functions(_strain(numbers), self._parameters))

    def __call__(self, numbers: np.ndarray, *parameters: float) -> Any:
        self._numbers.value[:] = numbers
        self._parameters.value[: len(parameters)] = parameters
        return np.asarray(self._expression.eval(self._body, np.array([0], dtype=np.int32))).ravel()


class DerivativesAtPoint(AtPoint):
    """Values (n), gradients (n, size) and Hessians (n, size, size) with respect to the components of the strain."""

    def _entries(self, functions: Functions, numbers: Any) -> list[Any]:
        values, size = super()._entries(functions, numbers), numbers.ufl_shape[0]
        gradients = [ufl.diff(value, numbers) for value in values]
        hessians = [ufl.diff(gradient, numbers) for gradient in gradients]
        self._shape = (len(values), size)
        first = [gradient[i] for gradient in gradients for i in range(size)]
        return values + first + [hessian[i, j] for hessian in hessians for i in range(size) for j in range(size)]

    def __call__(self, numbers: np.ndarray, *parameters: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        n, size = self._shape
        values, gradients, hessians = np.split(super().__call__(numbers, *parameters), [n, n + n * size])
        return values, gradients.reshape(n, size), hessians.reshape(n, size, size)
