"""Charge and discharge in turn: where each half cycle ends, what it is called, and which ends are kept and drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from materials import quantity

if TYPE_CHECKING:
    from intact.case.model import Case

SAME = 1e-6  # of charge: steps end exactly at turns; files hold them as text


@dataclass(frozen=True)
class Cycles:
    """So many charges to `until`, each with a discharge; none: one charge alone."""

    count: int
    until: float = 1.0  # SoC
    down_to: float = 0.0

    @property
    def turns(self) -> tuple[float, ...]:
        """States of charge to go to after the first charge."""
        return tuple((self.down_to, self.until) * self.count)[:-1]

    @property
    def ends(self) -> tuple[float, ...]:
        """Charge that has flowed, either way, at the end of each half cycle."""
        return tuple(accumulate(abs(b - a) for a, b in pairwise((0.0, self.until, *self.turns))))

    @property
    def kept(self) -> tuple[float, ...]:
        """The ends at which fields are kept: of the first cycle, the one in the middle and the last."""
        cycles = sorted({1, (self.count + 1) // 2, self.count}) if self.count else []
        return tuple(self.ends[half - 1] for cycle in cycles for half in (2 * cycle - 1, 2 * cycle))

    def keeps(self, flowed: float) -> bool:
        return any(abs(flowed - end) < SAME for end in self.kept)

    def half_cycle(self, flowed: float) -> int:
        return next((half for half, end in enumerate(self.ends, 1) if flowed < end + SAME), len(self.ends))


def of_case(case: Case) -> Cycles:
    if case.cycling is None:
        return Cycles(0, case.steps.until)
    return Cycles(case.cycling.cycles, case.steps.until, case.cycling.down_to)


def of_file(case: Mapping[str, Any]) -> Cycles:
    """From a resolved case as it lies in a results folder."""
    if "cycling" not in case:
        return Cycles(0)
    numbers = (quantity.read(text, "number") for text in (case["steps"]["until"], case["cycling"]["down_to"]))
    return Cycles(case["cycling"]["cycles"], *numbers)


def name(half_cycle: int) -> str:
    return f"{'charge' if half_cycle % 2 else 'discharge'} {(half_cycle + 1) // 2}"


def flowed(steps: Iterable[tuple[float, int]]) -> Iterator[float]:
    """Charge that has flowed, either way, up to each step (state of charge, half cycle)."""
    so_far = before = 0.0
    for soc, half in steps:
        so_far = soc if half == 1 else so_far + abs(soc - before)
        before = soc
        yield so_far
