"""How long steps are: they grow while all goes well, and get short where one fails or something begins."""

from collections.abc import Mapping
from dataclasses import dataclass

from mechanics.state import Number

ROUND = 1e-9


@dataclass(frozen=True)
class Limits:
    """Steps as shares of a whole charge, or of a stage without one."""

    largest: float
    smallest: float  # one that would be below it ends the run
    onset: float = 1.0  # the step in which something begins is cut down to this


class Pace:
    """Places are counted from the start of a stage."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._step = limits.largest
        self._ahead: float | None = None  # where something is known to begin

    def most(self, place: float) -> float:
        """How long the step from this place may be: half-way to where something begins, and at last all of the way."""
        left = self.left(place)
        if left is None:
            return self._step
        return left if left <= self.limits.onset * (1 + ROUND) else min(self._step, left / 2)

    def left(self, place: float) -> float | None:
        """How far it is to where something begins; None where nothing is known to."""
        return None if self._ahead is None else self._ahead - place

    def fine(self, length: float) -> bool:
        """Whether in a step of this length something may begin."""
        return length <= self.limits.onset * (1 + ROUND) or not self.divisible(length)

    def divisible(self, length: float) -> bool:
        """Whether half of such a step would not be below the smallest."""
        return length / 2 >= self.limits.smallest - ROUND

    def grow(self, place: float) -> None:
        """The step to this place has been kept."""
        self._step = min(2 * self._step, self.limits.largest)
        if self._ahead is not None and place >= self._ahead - ROUND:
            self._ahead = None

    def begins(self, place: float, length: float) -> None:
        """On the way to this place, in a step of this length, something begins."""
        self._ahead, self._step = place + length, length / 2

    def halve(self, length: float) -> bool:
        """Ask for half of a step that has failed; False when that would be below the smallest. Where something begins
        is looked for anew, or a step all the way to there would be asked for again and again."""
        if not self.divisible(length):
            return False
        self._ahead, self._step = None, length / 2
        return True

    def turn(self) -> None:
        """A stage begins."""
        self._ahead = None

    def numbers(self) -> dict[str, Number]:
        return {"step": self._step, "ahead": self._ahead}

    def take(self, numbers: Mapping[str, Number]) -> None:
        self._step, self._ahead = numbers["step"], numbers["ahead"]  # type: ignore[assignment]
