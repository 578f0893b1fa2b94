"""What is written down of each step."""

from dataclasses import dataclass
from typing import Protocol

from mechanics.body.solid import Energies
from mechanics.history.schedule import LithiumRecord
from mechanics.minimise.climb import Outcome


@dataclass(frozen=True)
class Record:
    """One accepted step, or the step at which the run had to stop."""

    soc: float
    detached_fraction: float
    max_damage: float
    energies: Energies
    plastic_work: float  # dissipated since the start
    work: float  # done by shrinkage, pressure and moving platens since the start
    outcome: Outcome
    cuts: int  # repetitions that this step took
    seconds: float  # that it took to solve
    half_cycle: int = 1  # on the first way up; 2 on the first way down
    stage: str = ""
    time: float = 0.0  # s since the start, of the body
    pressure: float | None = None  # MPa, mean of the platens that may press; negative: they pull
    lithium: LithiumRecord | None = None  # where its way is followed


class Watched(Protocol):
    """What is watched for whether it lets go."""

    def fraction(self) -> float:
        """Share of the interfaces that has let go."""


class Unwatched:
    """Stands for what is watched where nothing is."""

    def fraction(self) -> float:
        return 0.0


class Observer(Protocol):
    """Whoever wants to see what happens while it does."""

    def iteration(self, soc: float, count: int, detached: float) -> None:
        """After each iteration of the step to this state of charge."""

    def step(self, record: Record) -> None:
        """After each step that is kept, and after the one at which the run has to stop."""

    def ended(self, stage: str, why: str) -> None:
        """After each stage, of which the last step has been told."""

    def whole(self) -> None:
        """After each step of which everything has been told: the state may be written down."""


class Unobserved:
    """Looks at nothing."""

    def iteration(self, soc: float, count: int, detached: float) -> None: ...
    def step(self, record: Record) -> None: ...
    def ended(self, stage: str, why: str) -> None: ...
    def whole(self) -> None: ...
