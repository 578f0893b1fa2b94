"""What happens to a body, stage by stage: charge and pressure as they are prescribed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

from dolfinx import fem

from mechanics.history.pace import ROUND, Limits, Pace
from mechanics.state import Number

HOUR = 3600.0  # s


@dataclass(frozen=True)
class Stage:
    """One thing that happens to a body, from where the stage before has ended. Charge and pressure go evenly."""

    name: str
    seconds: float = HOUR  # that it takes
    soc: float | None = None  # state of charge at its end; None: it stays as it is
    pressure: float | None = None  # MPa, of the platens that press, at its end; None: it stays as it is
    holding: float | None = None  # MPa/µm, by which those platens are held from its start on; 0: they follow
    stops: tuple[float, ...] = ()  # states of charge on the way at which a step has to end


@dataclass(frozen=True)
class LithiumRecord:
    """Where lithium is, and what has moved it."""

    content: float  # mean of all active material
    surface: float  # and of the surface in touch; not a number where nothing is
    in_touch: float  # share of the surface of all active material
    rate: float  # C-rate that was carried


@dataclass(frozen=True)
class Position:
    """Where a schedule is."""

    stage: str
    soc: float
    half_cycle: int  # 1 on the first way up; 2 on the first way down
    time: float  # s since the start
    lithium: LithiumRecord | None = None  # where its way is followed


class Loaded(Protocol):
    """What a schedule acts on: a solid."""

    @property
    def pressure(self) -> float: ...

    def load(self, charge: float) -> None: ...
    def press(self, pressure: float) -> None: ...
    def hold(self, stiffness: float) -> None: ...


class Drive(Protocol):
    """Moves a load on, step by step. It is a part of the state: where a step is taken back, it goes back with it."""

    pace: Pace  # for steps to come, and so no part of the state

    @property
    def finished(self) -> bool: ...

    @property
    def place(self) -> float:
        """How far the present stage has come, in the measure of the pace."""

    @property
    def position(self) -> Position: ...

    def forward(self, body: Loaded) -> float:
        """Put the load of the next step on the body. Returns its length; 0 where a stage has ended without one."""

    def settle(self) -> None:
        """The body has come to the equilibrium of the present load."""

    def retreat(self, length: float) -> None:
        """It has not, and the state, the schedule with it, has been put back to before this step."""

    def ended(self) -> list[tuple[str, str]]:
        """Stages that have ended since this was last asked, each with the reason."""

    def pacing(self) -> Mapping[str, Number]:
        """What steps to come depend on beside the state: a step that is taken back does not put it back."""

    def take_pacing(self, numbers: Mapping[str, Number]) -> None: ...

    def fields(self) -> Mapping[str, fem.Function]: ...
    def numbers(self) -> Mapping[str, Number]: ...
    def take(self, numbers: Mapping[str, Number]) -> None: ...


class PlatensDriven:
    """What stages prescribe of the platens that press."""

    def __init__(self) -> None:
        self.pressed = 0.0  # MPa, at the start of the stage

    def begin(self, body: Loaded, stage: Stage) -> None:
        """At the start of the stage."""
        if stage.holding is not None:
            body.hold(stage.holding)
        self.pressed = body.pressure

    def press(self, body: Loaded, stage: Stage, share: float) -> None:
        """When so much of the stage is done."""
        if stage.pressure is not None:
            body.press(self.pressed + share * (stage.pressure - self.pressed))


class Schedule:
    """Stages in which charge and pressure are prescribed, so that a step may be of any length. Places in a stage are
    counted in charge, and as shares of it where nothing is charged."""

    def __init__(self, stages: Sequence[Stage], limits: Limits) -> None:
        """From state of charge 0."""
        self.stages, self.pace = tuple(stages), Pace(limits)
        self._socs, self._times = [0.0], [0.0]
        for stage in self.stages:
            self._socs.append(self._socs[-1] if stage.soc is None else stage.soc)
            self._times.append(self._times[-1] + stage.seconds)
        self._halves = half_cycles([b - a for a, b in pairwise(self._socs)])
        self._index, self._done = 0, 0.0  # stage, and the place in it
        self._platens = PlatensDriven()

    @property
    def finished(self) -> bool:
        return self._index == len(self.stages) - 1 and self._ended

    @property
    def place(self) -> float:
        return self._done

    @property
    def position(self) -> Position:
        stage = self.stages[self._index]
        time = self._times[self._index] + self._share * stage.seconds
        return Position(stage.name, self._soc(self._done), self._halves[self._index], time)

    def forward(self, body: Loaded) -> float:
        if self._ended:
            self._index, self._done = self._index + 1, 0.0
            self.pace.turn()
        stage, before = self.stages[self._index], self._done
        if before == 0:
            self._platens.begin(body, stage)
        self._done = self._reached()
        body.load(self._soc(self._done))
        self._platens.press(body, stage, self._share)
        return self._done - before

    def settle(self) -> None:
        """Nothing follows from an equilibrium."""

    def retreat(self, length: float) -> None:
        """Nothing is left to be put back."""

    def ended(self) -> list[tuple[str, str]]:
        return [(self.stages[self._index].name, "as prescribed")] if self._ended else []

    def pacing(self) -> dict[str, Number]:
        return self.pace.numbers()

    def take_pacing(self, numbers: Mapping[str, Number]) -> None:
        self.pace.take(numbers)

    def fields(self) -> dict[str, fem.Function]:
        return {}

    def numbers(self) -> dict[str, Number]:
        return {"stage": self._index, "done": self._done, "pressed": self._platens.pressed}

    def take(self, numbers: Mapping[str, Number]) -> None:
        told: Mapping[str, Any] = numbers
        self._index, self._done, self._platens.pressed = told["stage"], told["done"], told["pressed"]

    @property
    def _charged(self) -> bool:
        return self._socs[self._index] != self._socs[self._index + 1]

    @property
    def _extent(self) -> float:
        start, end = self._socs[self._index : self._index + 2]
        return abs(end - start) if self._charged else 1.0

    @property
    def _share(self) -> float:
        return 1.0 if self._ended else self._done / self._extent

    @property
    def _ended(self) -> bool:
        return self._done >= self._extent - ROUND

    def _reached(self) -> float:
        """Where the next step ends."""
        start, end = self._socs[self._index : self._index + 2]
        ways = [abs(soc - start) for soc in self.stages[self._index].stops if min(start, end) < soc < max(start, end)]
        stop = next(way for way in (*sorted(ways), self._extent) if way > self._done + ROUND)
        reached = self._done + self.pace.most(self._done)
        return stop if reached > stop - ROUND else reached

    def _soc(self, done: float) -> float:
        """On the digit at the ends and stops of stages."""
        start, end = self._socs[self._index : self._index + 2]
        if not self._charged or done >= self._extent - ROUND:
            return end
        return next(
            (stop for stop in self.stages[self._index].stops if abs(abs(stop - start) - done) < ROUND),
            start + done * (1 if end > start else -1),
        )


def charges(until: float, turns: Sequence[float] = (), stops: Sequence[float] = (), hours: float = 1.0) -> list[Stage]:
    """A charge to `until`, with steps that end at `stops`, and then on to each of `turns`; from state of charge 0 to 1
    takes so many hours."""
    ends = [0.0, until, *turns]
    return [
        Stage(
            f"{'charge' if b > a else 'discharge'} {number // 2 + 1}",
            abs(b - a) * hours * HOUR,
            soc=b,
            stops=tuple(stops) if number == 0 else (),
        )
        for number, (a, b) in enumerate(pairwise(ends))
    ]


def half_cycles(changes: Sequence[float]) -> list[int]:
    """Number of the half cycle of each stage, by how it changes the charge: 1 until the direction first turns round."""
    found, half, last = [], 1, 0.0
    for change in changes:
        half += change * last < 0
        last = change or last
        found.append(half)
    return found
