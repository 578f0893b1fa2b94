"""What comes next: the charge schedule, and how small its steps have to be."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

ROUND = 1e-9


class Charge:
    """State of charge from 0 to `until`, and from there to each of `turns`, landing on every milestone on the first way
    up, and on every turn; a step can be cut, and grows again afterwards."""

    def __init__(
        self,
        until: float,
        largest: float,
        smallest: float,
        milestones: Sequence[float] = (),
        turns: Sequence[float] = (),
    ) -> None:
        self.passed = 0.0  # charge that has flowed, either way
        self._smallest, self._largest = smallest, largest
        self._step = largest
        self._ahead: float | None = None  # where something begins
        self._turns = [0.0, until, *turns]
        self._ends = [0.0, *accumulate(abs(b - a) for a, b in pairwise(self._turns))]  # what has passed at each
        self._stops = sorted({s for s in milestones if 0 < s < until} | set(self._ends[1:]))

    @property
    def soc(self) -> float:
        return self._soc(self.passed)

    @soc.setter
    def soc(self, reached: float) -> None:
        """To take up a history that has got so far on the first way up."""
        self.passed = reached

    @property
    def half_cycle(self) -> int:
        """That of the coming step: 1 on the first way up, 2 on the first way down."""
        return next(i for i, end in enumerate(self._ends) if end > self.passed + ROUND)

    @property
    def finished(self) -> bool:
        return self.passed >= self._ends[-1] - ROUND

    @property
    def target(self) -> float:
        """State of charge of the coming step."""
        return self._soc(self._reached)

    @property
    def coming(self) -> float:
        """Charge of the coming step."""
        return self._reached - self.passed

    def accept(self) -> None:
        """Steps grow again; while something is known to begin ahead, they go half the way there."""
        self.passed = self._reached
        self._step = min(2 * self._step, self._largest)
        if self._ahead is not None and self.passed >= self._ahead - ROUND:
            self._ahead = None
        if self._ahead is not None:
            self._step = min(self._step, (self._ahead - self.passed) / 2)

    def begins(self) -> None:
        """On the way to the target something begins: from now on half-way to there, until that has been reached."""
        self._ahead = self._reached
        self.halve()

    def arrive(self) -> None:
        """All the rest of the way to where something begins."""
        if self._ahead is not None:
            self._step = self._ahead - self.passed

    @property
    def left(self) -> float:
        """What is left of the way to where something begins; all of the coming step where nothing is known to."""
        return (self._reached if self._ahead is None else self._ahead) - self.passed

    @property
    def divisible(self) -> bool:
        """Whether half the step would not be below the smallest."""
        return self.coming / 2 >= self._smallest - ROUND

    def halve(self) -> bool:
        """Ask for half the step; False when that would be below the smallest."""
        if not self.divisible:
            return False
        self._step = self.coming / 2
        return True

    @property
    def _reached(self) -> float:
        stop = next(s for s in self._stops if s > self.passed + ROUND)
        reached = self.passed + self._step
        return stop if reached > stop - ROUND else reached

    def _soc(self, passed: float) -> float:
        for (start, end), (a, b) in zip(pairwise(self._ends), pairwise(self._turns), strict=True):
            if passed <= end + ROUND:
                return b if passed >= end - ROUND else a + (passed - start) * (1 if b > a else -1)
        return self._turns[-1]
