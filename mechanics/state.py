"""The state of a run: everything that it needs to go on, in one object that can be saved, restored and kept in a file.

What is not in it (matrices, factors, forms, sections of an interface) is made anew from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from dolfinx import fem

Number = float | int | bool | str | None | list["Number"]


class Kept(Protocol):
    """A part of the state: fields on the mesh, and plain numbers."""

    def fields(self) -> Mapping[str, fem.Function]:
        """Fields by name; always the same ones."""

    def numbers(self) -> Mapping[str, Number]:
        """Numbers by name, as they are now."""

    def take(self, numbers: Mapping[str, Number]) -> None:
        """Take back such numbers, from `numbers` or from a file."""


@dataclass(frozen=True)
class Saved:
    """A state as it was: arrays of this process, and numbers by part."""

    arrays: Mapping[str, np.ndarray]
    numbers: Mapping[str, Mapping[str, Number]]


@dataclass(frozen=True)
class State:
    """Displacement, damage, plastic history and fatigue, and the parts that others have added: where springs rest,
    lithium, what a minimiser remembers, where a schedule is."""

    u: fem.Function
    d: fem.Function
    plastic: tuple[fem.Function, ...] = ()  # at quadrature points; none where nothing flows
    fatigue: tuple[fem.Function, ...] = ()  # the same; none where nothing tires
    parts: dict[str, Kept] = field(default_factory=dict)

    def add(self, name: str, part: Kept) -> None:
        """Make this a part of the state; one that had the name is one no longer."""
        self.parts[name] = part

    @property
    def fields(self) -> dict[str, fem.Function]:
        """Every field of the state by its full name."""
        own = {"displacement": self.u, "damage": self.d}
        own |= dict(zip(("plastic strain", "accumulated plastic strain"), self.plastic, strict=False))
        own |= {f"fatigue {number}": f for number, f in enumerate(self.fatigue)}
        added = {f"{name}: {of}": f for name, part in self.parts.items() for of, f in part.fields().items()}
        return own | added

    def save(self) -> Saved:
        """A copy of everything."""
        arrays = {name: f.x.array.copy() for name, f in self.fields.items()}
        return Saved(arrays, self.numbers())

    def restore(self, saved: Saved) -> None:
        """Back to how it was when this was saved; parts that have been added since stay as they are."""
        for name, f in self.fields.items():
            if name in saved.arrays:
                f.x.array[:] = saved.arrays[name]
        self.take(saved.numbers)

    def numbers(self) -> dict[str, Mapping[str, Number]]:
        """Numbers of all parts."""
        return {name: dict(part.numbers()) for name, part in self.parts.items()}

    def take(self, numbers: Mapping[str, Mapping[str, Number]]) -> None:
        """Hand each part its numbers, if there are any."""
        for name, part in self.parts.items():
            if name in numbers:
                part.take(numbers[name])
