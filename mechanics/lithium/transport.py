"""A schedule of charge, discharge and rest, in steps as long as the error of the content allows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from math import inf, log2, pi
from typing import Any

import numpy as np
from dolfinx import fem

from mechanics.linear.failures import LinearSolverError
from mechanics.lithium.diffusion import Diffusion
from mechanics.lithium.surfaces import SurfaceContact
from mechanics.lithium.tr_bdf2 import NotSettled, TimeStep
from mechanics.state import Number

SAFE = 0.8  # share of the tolerance that a longer step may be expected to need
LONGEST = 2  # steps grow by no more than 2 to this power
HALVINGS = 60
ROUND = 1e-9


class TransportError(ArithmeticError):
    """A step that does not succeed however short."""


@dataclass(frozen=True)
class Current:
    """A current, and where it ends: whatever comes first."""

    rate: float  # C-rate, 1/h; positive charges, which takes lithium out; 0 rests
    duration: float = inf  # s
    mean: float | None = None  # content of all active material
    surface: float | None = None  # and of the surface in touch that is furthest

    def __post_init__(self) -> None:
        ends = self.duration < inf or (self.rate != 0 and (self.mean is not None or self.surface is not None))
        if not ends or self.duration <= 0:
            raise ValueError(f"a stage at rate {self.rate:g} takes a positive duration, or a content that it can reach")


class StageEnd(Enum):
    DURATION = "duration"
    MEAN = "mean content"
    SURFACE = "surface content"
    UNREACHABLE = "no surface in touch"


class Transport:
    """The schedule, step by step. A step can be taken back, and is then half as long."""

    def __init__(
        self, diffusion: Diffusion, stages: Sequence[Current], tolerance: float = 1e-4, largest: float = inf
    ) -> None:
        """`tolerance` of the content, in each step; `largest` step in s while a current flows."""
        self.diffusion, self.stages, self.tolerance = diffusion, tuple(stages), tolerance
        self.time = self.elapsed = 0.0  # s; of the last step
        self.endings: list[StageEnd] = []  # of the stages that are over
        self.refused = 0  # steps that were too long
        self._step, self._largest = TimeStep(diffusion, tolerance), largest
        self._current, self._since = 0.0, 0.0  # ∫ ẋ now; time at which the stage has begun
        self._length = tolerance * self._across() ** 2 / diffusion.host.diffusivity
        self._begun = False
        self._kept = self._keep()

    @property
    def finished(self) -> bool:
        return len(self.endings) == len(self.stages)

    @property
    def stage(self) -> Current:
        return self.stages[len(self.endings)]

    @property
    def half_cycle(self) -> int:
        """Half cycle of the coming step: 1 until the current first turns round."""
        signs = [np.sign(stage.rate) for stage in self.stages[: len(self.endings) + 1] if stage.rate != 0]
        return 1 + int(sum(a != b for a, b in pairwise(signs)))

    @property
    def done(self) -> float:
        """Seconds since the present stage has begun."""
        return self.time - self._since if self._begun else 0.0

    @property
    def rate(self) -> float:
        """C-rate of the last step, and of the coming one unless a stage begins with it."""
        return self._current / self.diffusion.inflow(1.0)

    def advance(self) -> None:
        """One step, or the end of a stage that cannot go on."""
        contact, self.elapsed = self.diffusion.contact(), 0.0
        if not self._begun:
            self._begin(contact)
        self._kept = self._keep()
        stage, left, ending = self.stage, *self._left()
        if stage.rate != 0 and contact.area == 0:
            self._end(StageEnd.UNREACHABLE)
        elif left <= ROUND * self._length:
            self._end(ending)
        elif self._beyond(contact.furthest(self._current)):
            self._end(StageEnd.SURFACE)
        else:
            self._go(left, ending, contact)

    def retreat(self) -> None:
        """Take back the last step; the next is half as long."""
        x, endings, self.time, self._current, self._since, self._begun = self._kept
        self.diffusion.content.x.array[:] = x
        self.endings[:] = endings
        self._shorten(self.elapsed or self._length)
        self.elapsed = 0.0

    def forget(self) -> None:
        """The factor that earlier steps have left: what a step does depends on the state alone."""
        self._step.solver.forget()

    def shorten(self, seconds: float) -> None:
        """A step of this length has been taken back by others; the next is half as long."""
        self._shorten(seconds)
        self.elapsed = 0.0

    def heed(self, error: float) -> None:
        """What the last step was wrong by for another reason, which goes with the square of the step, limits the next
        one; no more than to a quarter of it."""
        if error > 0 and self.elapsed > 0:
            power = int(np.floor(log2(SAFE * self.tolerance / error) / 2))
            self.at_most(self.elapsed * 2.0 ** max(power, -2))

    def at_most(self, seconds: float) -> None:
        """So long may the next step be."""
        self._length = min(self._length, seconds)

    def fields(self) -> dict[str, fem.Function]:
        return {}

    def numbers(self) -> dict[str, Number]:
        return {
            "time": self.time,
            "elapsed": self.elapsed,
            "ended by": [ending.value for ending in self.endings],
            "current": self._current,
            "since": self._since,
            "begun": self._begun,
        }

    def take(self, numbers: Mapping[str, Number]) -> None:
        told: Mapping[str, Any] = numbers
        self.time, self.elapsed, self._current = told["time"], told["elapsed"], told["current"]
        self._since, self._begun = told["since"], told["begun"]
        self.endings[:] = [StageEnd(one) for one in told["ended by"]]

    def pacing(self) -> dict[str, Number]:
        """How long the next step may be, which is no part of the state."""
        return {"length": self._length, "refused": self.refused}

    def take_pacing(self, numbers: Mapping[str, Number]) -> None:
        told: Mapping[str, Any] = numbers
        self._length, self.refused = told["length"], told["refused"]

    def _go(self, left: float, ending: StageEnd, contact: SurfaceContact) -> None:
        """A step that is exact enough, and does not go beyond the surface content at which the stage ends."""
        diffusion, source = self.diffusion, self._current * contact.inlet
        start = 0.0, contact.furthest(self._current)
        low, high = start, None
        lands = False
        for _ in range(HALVINGS):
            seconds = self._fitting(left) if high is None else _between(low, high, self.stage.surface)
            error = self._tried(seconds, source)
            if not error <= self.tolerance:  # nor where it is not a number
                diffusion.content.x.array[:] = self._kept[0]
                self._shorten(seconds, error)
                high, low = None, start
                continue
            reached = diffusion.contact().furthest(self._current) if self.stage.surface is not None else 0.0
            lands = self.stage.surface is not None and abs(reached - self.stage.surface) <= self.tolerance
            if lands or (high is None and not self._beyond(reached)):
                break
            low, high = (low, (seconds, reached)) if self._beyond(reached) else ((seconds, reached), high)
            diffusion.content.x.array[:] = self._kept[0]
        else:
            raise TransportError(f"no step from {self.time:g} s keeps the content to {self.tolerance:g}")
        self.time, self.elapsed = self.time + seconds, seconds
        if high is None and seconds >= self._length * (1 - ROUND):
            self._lengthen(error)
        if lands:
            self._end(StageEnd.SURFACE)
        elif seconds >= left * (1 - ROUND):
            self._end(ending)

    def _tried(self, seconds: float, source: np.ndarray) -> float:
        try:
            return self._step.take(self.time, seconds, source)
        except (NotSettled, LinearSolverError):
            return inf

    def _begin(self, contact: SurfaceContact) -> None:
        """Where a current is switched, the surface moves by 2 j √(t/πD): first by the tolerance."""
        diffusion, current = self.diffusion, self.diffusion.inflow(self.stage.rate)
        jump = abs(current - self._current)
        if jump > 0 and contact.area > 0:
            first = pi * diffusion.host.diffusivity * (self.tolerance * contact.area / (2 * jump)) ** 2
            self._length = first
        self._current, self._since, self._begun = current, self.time, True

    def _end(self, ending: StageEnd) -> None:
        self.endings.append(ending)
        self._begun = False

    def _left(self) -> tuple[float, StageEnd]:
        """Time until duration or mean content end the stage."""
        left, ending = self._since + self.stage.duration - self.time, StageEnd.DURATION
        if self.stage.mean is not None and self._current != 0:
            until = (self.stage.mean * self.diffusion.volume - self.diffusion.amount()) / self._current
            if until < left:
                left, ending = until, StageEnd.MEAN
        return left, ending

    def _beyond(self, content: float) -> bool:
        """Whether the surface is past where the stage ends."""
        limit = self.stage.surface
        return limit is not None and (content - limit) * np.sign(self._current) > 0

    def _fitting(self, left: float) -> float:
        """The step, so that no sliver is left at the end."""
        if self._current != 0:
            self.at_most(self._largest)
        if left <= self._length * (1 + ROUND):
            return left
        return left / 2 if left < 2 * self._length else self._length

    def _lengthen(self, error: float) -> None:
        """By a power of two, so that factors fit for long: the error goes with the third power of the step."""
        power = int(log2(SAFE * self.tolerance / max(error, 1e-300)) / 3) if error < SAFE * self.tolerance else 0
        self._length *= 2 ** min(power, LONGEST)

    def _shorten(self, seconds: float, error: float = 0.0) -> None:
        power = max(1, int(np.ceil(log2(error / (SAFE * self.tolerance)) / 3))) if 0 < error < inf else 1
        self._length = seconds / 2**power
        self.refused += 1

    def _across(self) -> float:
        """Volume for each area: how far lithium has to go."""
        contact = self.diffusion.contact()
        return self.diffusion.volume / contact.area if contact.area > 0 else self.diffusion.volume ** (1 / 3)

    def _keep(self) -> tuple:
        x = self.diffusion.content.x.array.copy()
        return x, list(self.endings), self.time, self._current, self._since, self._begun


def _between(low: tuple[float, float], high: tuple[float, float], wanted: float | None) -> float:
    """Time at which a line through both has what is wanted, and well between them."""
    share = (wanted - low[1]) / (high[1] - low[1]) if wanted is not None else 0.5
    return low[0] + (high[0] - low[0]) * min(max(share, 0.05), 0.95)
