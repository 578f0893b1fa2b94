"""What comes next: the charge schedule, and how small its steps have to be."""

from collections.abc import Sequence

ROUND = 1e-9


class Charge:
    """State of charge from 0 to `until`, landing on every milestone; a step can be cut, and grows again afterwards."""

    def __init__(self, until: float, largest: float, smallest: float, milestones: Sequence[float] = ()) -> None:
        self.soc = 0.0
        self._smallest, self._largest = smallest, largest
        self._step = largest
        self._ahead: float | None = None  # on the way there something begins
        self._stops = sorted({s for s in milestones if 0 < s < until} | {until})

    @property
    def finished(self) -> bool:
        return self.soc >= self._stops[-1] - ROUND

    @property
    def target(self) -> float:
        """State of charge of the coming step."""
        stop = next(s for s in self._stops if s > self.soc + ROUND)
        reached = self.soc + self._step
        return stop if reached > stop - ROUND else reached

    def accept(self) -> None:
        """Steps grow again; while something is known to begin ahead, they go half the way there."""
        self.soc = self.target
        self._step = min(2 * self._step, self._largest)
        if self._ahead is not None and self.soc >= self._ahead - ROUND:
            self._ahead = None
        if self._ahead is not None:
            self._step = min(self._step, (self._ahead - self.soc) / 2)

    def begins(self) -> None:
        """On the way to the target something begins: from now on half-way to there, until that has been reached."""
        self._ahead = self.target
        self.halve()

    def arrive(self) -> None:
        """All the rest of the way to where something begins."""
        if self._ahead is not None:
            self._step = self._ahead - self.soc

    @property
    def left(self) -> float:
        """What is left of the way to where something begins; all of the coming step where nothing is known to."""
        return (self.target if self._ahead is None else self._ahead) - self.soc

    @property
    def divisible(self) -> bool:
        """Whether half the step would not be below the smallest."""
        return (self.target - self.soc) / 2 >= self._smallest - ROUND

    def halve(self) -> bool:
        """Ask for half the step; False when that would be below the smallest."""
        if not self.divisible:
            return False
        self._step = (self.target - self.soc) / 2
        return True
