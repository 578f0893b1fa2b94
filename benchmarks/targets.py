"""What was aimed at, and what has been reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isnan, nan

import numpy as np

from benchmarks.answers import agree
from benchmarks.measure import Measured
from benchmarks.problems import LENGTH

Results = Mapping[tuple[str, str], Measured]  # by problem and code
Numbers = Mapping[str, float]  # seconds of whole commands
RANGE = (5e4, 2e6)  # unknowns between which growth counts, and memory


@dataclass(frozen=True)
class Target:
    what: str
    limit: float
    unit: str
    command: str
    reached: Callable[[Results, Numbers], float | None]
    at_least: bool = False

    def verdict(self, results: Results, numbers: Numbers) -> tuple[float | None, str]:
        value = self.reached(results, numbers)
        if value is None:
            return None, "not measured"
        if isnan(value):
            return None, "answers differ"
        met = value >= self.limit if self.at_least else value <= self.limit
        return value, "reached" if met else "missed"

    @property
    def aim(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g} {self.unit}".strip()


def ratio(problem: str, code: str) -> Callable[[Results, Numbers], float | None]:
    """How many times faster than phasefieldx. No number where the two do not find the same."""

    def of(results: Results, numbers: Numbers) -> float | None:
        mine, peer = results.get((problem, code)), results.get((problem, "phasefieldx"))
        if mine is None or peer is None:
            return None
        same = all(check.passed for check in agree(mine.first, peer.first, LENGTH, one_kind=False))
        return peer.seconds / mine.seconds if same else nan

    return of


def dearest(problem: str) -> Callable[[Results, Numbers], float | None]:
    return lambda results, numbers: _of(results, problem, lambda one: one.step_in_elastic_solves()[0])


def others(problem: str) -> Callable[[Results, Numbers], float | None]:
    return lambda results, numbers: _of(results, problem, lambda one: one.step_in_elastic_solves()[1])


def whole(problem: str) -> Callable[[Results, Numbers], float | None]:
    return lambda results, numbers: _of(results, problem, lambda one: one.in_elastic_solves)


def growth(kind: str, of: Callable[[Measured], float]) -> Callable[[Results, Numbers], float | None]:
    def exponent(results: Results, numbers: Numbers) -> float | None:
        points = [(n, of(one)) for n, one in sizes(results, kind) if RANGE[0] <= n <= RANGE[1]]
        if len(points) < 2:
            return None
        unknowns, grown = np.log(points).T
        return float(np.polyfit(unknowns, grown, 1)[0])

    return exponent


def memory(kind: str) -> Callable[[Results, Numbers], float | None]:
    """kB for each unknown of displacement, in the largest."""

    def of(results: Results, numbers: Numbers) -> float | None:
        large = [pair for pair in sizes(results, kind) if pair[0] >= RANGE[0]]
        return 1000 * large[-1][1].megabytes / large[-1][0] if large else None

    return of


def sizes(results: Results, kind: str) -> list[tuple[int, Measured]]:
    """Unknowns and what was measured, from small to large; the kind is "stack-3d" or the like."""
    found = [one for (problem, _), one in results.items() if problem.startswith(f"{kind}-")]
    return sorted(((one.first.displacement_unknowns, one) for one in found), key=lambda pair: pair[0])


def _of(results: Results, problem: str, number: Callable[[Measured], float]) -> float | None:
    one = results.get((problem, "intact"))
    return None if one is None else number(one)


def seconds(one: Measured) -> float:
    return one.seconds


def elastic(one: Measured) -> float:
    return one.elastic_solve


SOLVES = "elastic solves"
TARGETS = (
    Target("notched tension, equal mesh and steps", 10, "× phasefieldx", "tension", ratio("tension", "intact"), True),
    Target("… on the finer mesh", 10, "× phasefieldx", "tension-fine", ratio("tension-fine", "intact"), True),
    Target("notched shear, equal mesh and steps", 10, "× phasefieldx", "shear", ratio("shear", "intact"), True),
    Target("notched tension, own steps and mesh", 50, "× phasefieldx", "tension", ratio("tension", "own"), True),
    Target("notched shear, own steps and mesh", 50, "× phasefieldx", "shear", ratio("shear", "own"), True),
    Target("main case: the step in which the crack runs", 40, SOLVES, "main", dearest("main")),
    Target("main case: other steps, median", 4, SOLVES, "main", others("main")),
    Target("notched tension: the step in which the crack runs", 60, SOLVES, "tension", dearest("tension")),
    Target("notched tension: other steps, median", 4, SOLVES, "tension", others("tension")),
    Target("main case: all of the crack's run", 150, SOLVES, "main", whole("main")),
    Target("2D, 1e5 to 1e6 unknowns: growth of a whole run", 1.2, "exponent", "stack", growth("stack-2d", seconds)),
    Target("2D: growth of one elastic solve", 1.2, "exponent", "elastic", growth("elastic-2d", elastic)),
    Target("3D, 1e5 to 1e6 unknowns: growth of a whole run", 1.2, "exponent", "stack", growth("stack-3d", seconds)),
    Target("3D: growth of one elastic solve", 1.2, "exponent", "elastic", growth("elastic-3d", elastic)),
    Target("3D: memory for each unknown, ready to crack", 3, "kB", "elastic", memory("elastic-3d")),
    Target("3D: memory for each unknown, through a crack", 3, "kB", "stack", memory("stack-3d")),
    Target("intact run: start to first step", 3, "s", "main", lambda results, numbers: numbers.get("start")),
    Target("intact run: the whole main case", 60, "s", "main", lambda results, numbers: numbers.get("study")),
)
