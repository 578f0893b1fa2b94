"""The state of the body: displacement, damage, plastic history, fatigue. One object that can be saved and restored."""

from dataclasses import dataclass

import numpy as np
from dolfinx import fem

Saved = tuple[np.ndarray, ...]


@dataclass(frozen=True)
class State:
    u: fem.Function
    d: fem.Function
    plastic: tuple[fem.Function, ...] = ()  # at quadrature points; none where nothing flows
    fatigue: tuple[fem.Function, ...] = ()  # the same; none where nothing tires

    def save(self) -> Saved:
        return tuple(f.x.array.copy() for f in self._functions)

    def restore(self, saved: Saved) -> None:
        for function, array in zip(self._functions, saved, strict=True):
            function.x.array[:] = array

    @property
    def _functions(self) -> tuple[fem.Function, ...]:
        return self.u, self.d, *self.plastic, *self.fatigue


class Extrapolation:
    """Where the next equilibrium would be if displacement and damage went on as between the last two."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._known: list[tuple[float, np.ndarray, np.ndarray]] = []  # at most two

    @property
    def ready(self) -> bool:
        return len(self._known) == 2

    def remember(self, load: float) -> None:
        """The present state is the equilibrium at this load."""
        self._known = [*self._known[-1:], (load, self._state.u.x.array.copy(), self._state.d.x.array.copy())]

    def to(self, load: float) -> tuple[np.ndarray, np.ndarray] | None:
        """Displacement and damage; none where the present state is not the last equilibrium."""
        if not self.ready:
            return None
        (first, u0, d0), (last, u1, d1) = self._known
        if last == first or not np.array_equal(u1, self._state.u.x.array):
            return None
        further = (load - last) / (last - first)
        return u1 + further * (u1 - u0), d1 + further * (d1 - d0)
