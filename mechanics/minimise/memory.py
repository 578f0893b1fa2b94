"""What a minimiser remembers from one step to the next. It is a part of the state, so that a step depends on the state
alone: a run that is taken up again does what it would have done, and a step that is taken back leaves no trace."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from dolfinx import fem

from mechanics.state import Number, State


class Memory:
    """The last two equilibria, from which the next is extrapolated, and whether quasi-Newton has been given up."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.quasi_newton = True
        self._loads: list[float] = []  # of the equilibria that are known, at most two; the last one last
        self._known = [(fem.Function(state.u.function_space), fem.Function(state.d.function_space)) for _ in range(2)]

    @property
    def ready(self) -> bool:
        """Whether two equilibria are known."""
        return len(self._loads) == 2

    def remember(self, load: float) -> None:
        """The present state is the equilibrium at this load."""
        self._loads = [*self._loads[-1:], load]
        self._known.reverse()
        for known, now in zip(self._known[-1], (self._state.u, self._state.d), strict=True):
            known.x.array[:] = now.x.array

    def extrapolated(self, load: float) -> tuple[np.ndarray, np.ndarray] | None:
        """Displacement and damage if they went on as between the last two equilibria; none where the present state is
        not the last of them."""
        if not self.ready:
            return None
        (u0, d0), (u1, d1) = ((u.x.array, d.x.array) for u, d in self._known)
        first, last = self._loads
        if last == first or not np.array_equal(u1, self._state.u.x.array):
            return None
        further = (load - last) / (last - first)
        return u1 + further * (u1 - u0), d1 + further * (d1 - d0)

    def fields(self) -> dict[str, fem.Function]:
        (u0, d0), (u1, d1) = self._known
        return {"displacement before": u0, "damage before": d0, "last displacement": u1, "last damage": d1}

    def numbers(self) -> dict[str, Number]:
        return {"loads": [*self._loads], "quasi-Newton": self.quasi_newton}

    def take(self, numbers: Mapping[str, Number]) -> None:
        told: Mapping[str, Any] = numbers
        self._loads, self.quasi_newton = [*told["loads"]], told["quasi-Newton"]
