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
    """So many charges to `until`, each with a discharge; none: one charge alone. Or whatever a schedule turns at."""

    count: int
    until: float = 1.0  # SoC
    down_to: float = 0.0
    others: tuple[float, ...] | None = None  # after the first charge, where a schedule says it

    @classmethod
    def of_schedule(cls, untils: Iterable[float]) -> Cycles:
        """From where each charge and discharge ends; two in one direction are one half cycle."""
        first, *others = turning_points(untils)
        return cls((len(others) + 2) // 2 if others else 0, first, others=tuple(others))

    @property
    def turns(self) -> tuple[float, ...]:
        """States of charge to go to after the first charge."""
        return tuple((self.down_to, self.until) * self.count)[:-1] if self.others is None else self.others

    @property
    def ends(self) -> tuple[float, ...]:
        """Charge that has flowed, either way, at the end of each half cycle."""
        return tuple(accumulate(abs(b - a) for a, b in pairwise((0.0, self.until, *self.turns))))

    @property
    def kept(self) -> tuple[float, ...]:
        """The ends at which fields are kept: of the first cycle, the one in the middle and the last."""
        cycles = sorted({1, (self.count + 1) // 2, self.count}) if self.count else []
        halves = (half for cycle in cycles for half in (2 * cycle - 1, 2 * cycle))
        return tuple(self.ends[half - 1] for half in halves if half <= len(self.ends))

    def keeps(self, flowed: float) -> bool:
        return any(abs(flowed - end) < SAME for end in self.kept)

    def half_cycle(self, flowed: float) -> int:
        return next((half for half, end in enumerate(self.ends, 1) if flowed < end + SAME), len(self.ends))


def turning_points(untils: Iterable[float]) -> list[float]:
    """SoC wherever charge turns into discharge or back, and where the last of them ends."""
    ends: list[float] = []
    for until in untils:
        before, last = [0.0, 0.0, *ends][-2:]
        if ends and (until > last) == (last > before):
            ends.pop()
        ends.append(until)
    return ends


def of_case(case: Case) -> Cycles:
    if case.schedule is not None:
        return Cycles.of_schedule(float(stage.until) for stage in case.schedule if stage.until is not None)
    if case.cycling is None:
        return Cycles(0, case.steps.until)
    return Cycles(case.cycling.cycles, case.steps.until, case.cycling.down_to)


def of_file(case: Mapping[str, Any]) -> Cycles:
    """From a resolved case as it lies in a results folder."""
    if "schedule" in case:
        ends = (stage["until"] for stage in case["schedule"] if "until" in stage)
        return Cycles.of_schedule(quantity.read(text, "number") for text in ends)
    if "cycling" not in case:
        return Cycles(0)
    until, down_to = (quantity.read(text, "number") for text in (case["steps"]["until"], case["cycling"]["down_to"]))
    return Cycles(case["cycling"]["cycles"], until, down_to)


def name(half_cycle: int) -> str:
    return f"{'charge' if half_cycle % 2 else 'discharge'} {(half_cycle + 1) // 2}"


def flowed(steps: Iterable[tuple[float, int]]) -> Iterator[float]:
    """Charge that has flowed, either way, up to each step (state of charge, half cycle)."""
    so_far = before = 0.0
    for soc, half in steps:
        so_far = soc if half == 1 else so_far + abs(soc - before)
        before = soc
        yield so_far
