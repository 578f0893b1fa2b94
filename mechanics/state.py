"""The state of the body: displacement, damage, plastic history. One object that can be saved and restored."""

from dataclasses import dataclass

import numpy as np
from dolfinx import fem

Saved = tuple[np.ndarray, ...]


@dataclass(frozen=True)
class State:
    u: fem.Function
    d: fem.Function
    plastic: tuple[fem.Function, ...] = ()  # at quadrature points; none where nothing flows

    def save(self) -> Saved:
        return tuple(f.x.array.copy() for f in (self.u, self.d, *self.plastic))

    def restore(self, saved: Saved) -> None:
        for function, array in zip((self.u, self.d, *self.plastic), saved, strict=True):
            function.x.array[:] = array
