"""An observer of a history that only writes down."""

from dataclasses import dataclass, field

from mechanics import Record


@dataclass
class Notebook:
    records: list[Record] = field(default_factory=list)
    iterations: list[tuple[float, int, float]] = field(default_factory=list)

    def iteration(self, soc: float, count: int, detached: float) -> None:
        self.iterations.append((soc, count, detached))

    def step(self, record: Record) -> None:
        self.records.append(record)
