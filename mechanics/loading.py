"""What comes next: the charge schedule, and how small its steps have to be."""

from collections.abc import Sequence

ROUND = 1e-9


class Charge:
    """State of charge from 0 to `until`, landing on every milestone; a step can be cut, and grows again afterwards."""

    def __init__(self, until: float, largest: float, smallest: float, milestones: Sequence[float] = ()) -> None:
        self.soc = 0.0
        self._smallest, self._largest = smallest, largest
        self._step = largest
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
        self.soc = self.target
        self._step = min(2 * self._step, self._largest)

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
