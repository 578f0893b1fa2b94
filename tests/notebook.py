"""An observer of a history that only writes down, and histories as most tests want them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mechanics import Fixed, History, Limits, Record, Schedule, Solid, charges


@dataclass
class Notebook:
    records: list[Record] = field(default_factory=list)
    iterations: list[tuple[float, int, float]] = field(default_factory=list)
    endings: list[str] = field(default_factory=list)

    @property
    def times(self) -> list[float]:
        return [record.time for record in self.records]

    @property
    def converged(self) -> list[bool]:
        return [record.outcome.converged for record in self.records]

    def iteration(self, soc: float, count: int, detached: float) -> None:
        self.iterations.append((soc, count, detached))

    def step(self, record: Record) -> None:
        self.records.append(record)

    def ended(self, stage: str, why: str) -> None:
        self.endings.append(why)

    def whole(self) -> None: ...


def charged(
    until: float,
    largest: float,
    smallest: float,
    stops: Sequence[float] = (),
    turns: Sequence[float] = (),
    onset: float = 1.0,
) -> Schedule:
    """A charge, and on to each of the turns."""
    return Schedule(charges(until, turns, stops), Limits(largest, smallest, onset))


def evolve(solid: Solid, minimiser: Any, schedule: Any, watched: Any, observer: Any) -> bool:
    """Through all of a schedule; whether every step has converged."""
    return History(Fixed(solid, minimiser), schedule, watched, observer).run()
