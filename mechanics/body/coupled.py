"""Displacement and damage as one unknown, for steps that move both at once."""

from collections.abc import Callable
from typing import Any

import basix.ufl
import numpy as np
import ufl
from dolfinx import fem

from mechanics.body.functional import Functional
from mechanics.state import State


class Coupled:
    """The potential of both, its unknown w, and which numbers of w are displacement and which are damage."""

    def __init__(
        self, state: State, inside: Callable[[Any, Any], Any], outside: Callable[[Any], Any] = lambda u: None
    ) -> None:
        self._state = state
        spaces = [f.function_space for f in (state.u, state.d)]
        space = fem.functionspace(spaces[0].mesh, basix.ufl.mixed_element([V.ufl_element() for V in spaces]))
        w = fem.Function(space)
        u, d = ufl.split(w)
        self.functional = Functional(inside(u, d), w, outside(u))
        self.u, self.d = (_numbers(space.sub(i), V) for i, V in enumerate(spaces))
        owned = space.dofmap.index_map.size_local
        self.owned_d = self.d[self.d < owned]

    def pull(self) -> None:
        """Takes displacement and damage from the state."""
        self.join(self._state.u, self._state.d, self.functional.x)

    def push(self) -> None:
        """Hands displacement and damage to the state."""
        w = self.functional.x.x.array
        self._state.u.x.array[:], self._state.d.x.array[:] = w[self.u], w[self.d]

    def join(self, u: fem.Function, d: fem.Function, w: fem.Function) -> None:
        w.x.array[self.u], w.x.array[self.d] = u.x.array, d.x.array


def _numbers(part: fem.FunctionSpace, alone: fem.FunctionSpace) -> np.ndarray:
    """Where the unknowns of a space are in the space that it is part of; both number those of a cell alike."""
    block = alone.dofmap.bs
    within = np.asarray(part.dofmap.list).reshape(len(alone.dofmap.list), -1)
    of_cell = (np.asarray(alone.dofmap.list)[:, :, None] * block + np.arange(block)).reshape(within.shape)
    numbers = np.zeros((alone.dofmap.index_map.size_local + alone.dofmap.index_map.num_ghosts) * block, dtype=np.int32)
    numbers[of_cell.ravel()] = within.ravel()
    return numbers
