"""How far two crack fields are apart: measures, each with a tolerance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from intact.compare.geometry import Overlay, hausdorff, isoline
from intact.compare.tolerances import CompareError
from intact.results import crack_record
from intact.results.crack_record import SAME_LOAD, CrackRecord, Floats
from mechanics.measure.detachment import DETACHED, WHOLLY

LEVELS = (0.5, 0.9)  # of damage, whose isolines are the path of a crack
STORED = ("elastic_energy", "fracture_energy", "spring_energy", "plastic_work")
SMALL = 0.01  # an energy below this part of the largest one is held against that part, not against itself
NOTHING = 1e-6  # damage whose root mean square is below this is none; so is displacement, as a part of its largest


@dataclass(frozen=True)
class Measure:
    """One number held against its tolerance."""

    name: str  # of the tolerance
    what: str
    value: float  # infinite where only one of the two has what is compared
    tolerance: float
    load: float | None = None  # at which it was taken, or was worst
    a: float | None = None  # what was compared, where that is a number
    b: float | None = None

    @property
    def within(self) -> bool:
        return self.value <= self.tolerance  # not so where it is not a number


@dataclass(frozen=True)
class Comparison:
    a: CrackRecord
    b: CrackRecord
    names: tuple[str, str]  # where A and B were read
    loads: tuple[float, ...]  # at which both have fields
    overlay: Overlay
    measures: tuple[Measure, ...]
    not_compared: tuple[str, ...]

    @property
    def outside(self) -> list[Measure]:
        return [measure for measure in self.measures if not measure.within]

    @property
    def within(self) -> bool:
        return not self.outside


def compare(path_a: Path, path_b: Path, tolerances: Mapping[str, float]) -> Comparison:
    """Two records or results folders, held against each other."""
    a, b = crack_record.read(path_a), crack_record.read(path_b)
    loads = _common_loads(a, b)
    _check_bodies(a, b)
    overlay = Overlay(a.points, a.triangles, b.points, b.triangles)

    def made() -> Iterator[tuple[str, str, float, float | None, float | None, float | None]]:
        for load in loads:
            for name, what, value in _fields(a, b, load, overlay):
                yield name, what, value, load, None, None
        yield from _detachment(a, b)
        yield from _energies(a, b, loads)
        yield from _force(a, b)

    measures = tuple(
        Measure(name, what, value, tolerances[name], load, of_a, of_b) for name, what, value, load, of_a, of_b in made()
    )
    return Comparison(a, b, (str(path_a), str(path_b)), loads, overlay, measures, tuple(_left_out(a, b)))


# ---- what is measured -----------------------------------------------------------------------------------------------

PER_LOAD = ("damage_l2", "damage_max", "displacement_l2", "path")


def _fields(a: CrackRecord, b: CrackRecord, load: float, overlay: Overlay) -> Iterator[tuple[str, str, float]]:
    """Name of the tolerance, words, and value of everything that is measured on the fields at a load."""
    i, j = a.at(load), b.at(load)
    d, e = a.damage[i], b.damage[j]
    yield "damage_l2", "damage, L2", _relative(*overlay.integral(d, e), nothing=NOTHING**2 * overlay.area)
    yield "damage_max", "damage, largest", overlay.largest(d, e)
    u, v = a.displacement[i], b.displacement[j]
    largest = max(float(np.abs(one.displacement).max()) for one in (a, b))  # at any load: before charge it is round-off
    still = (NOTHING * largest) ** 2 * overlay.area
    yield "displacement_l2", "displacement, L2", _relative(*overlay.integral(u, v), nothing=still)
    for level in LEVELS:
        paths = (isoline(one.points, one.triangles, of, level) for one, of in ((a, d), (b, e)))
        yield "path", f"path d = {level:g}, in lengths", hausdorff(*paths) / a.length


def _relative(difference: float, a: float, b: float, nothing: float) -> float:
    """L2 norm of the difference over the larger norm of the two; zero where neither is more than nothing."""
    largest = max(a, b)
    return float(np.sqrt(difference / largest)) if largest > nothing else 0.0


def _detachment(a: CrackRecord, b: CrackRecord) -> Iterator[tuple[str, str, float, float | None, Any, Any]]:
    if not _both(a, b, "detached_fraction"):
        return
    loads = np.union1d(a.curve["load"], b.curve["load"])
    loads = loads[loads <= min(a.curve["load"][-1], b.curve["load"][-1])]
    f, g = (np.interp(loads, one.curve["load"], one.curve["detached_fraction"]) for one in (a, b))
    worst = int(np.abs(f - g).argmax())
    yield "detached", "detached fraction", float(abs(f[worst] - g[worst])), float(loads[worst]), f[worst], g[worst]
    for words, first, second in _events(a, b):
        if not _too_short(a, first, second) and not _too_short(b, second, first):
            yield "onset", words, _apart(first, second), None, first, second


def _events(a: CrackRecord, b: CrackRecord) -> Iterator[tuple[str, float | None, float | None]]:
    for words, limit in (("first", DETACHED), ("full", WHOLLY)):
        yield f"load at {words} detachment", _passes(a, limit), _passes(b, limit)


def _too_short(one: CrackRecord, mine: float | None, other: float | None) -> bool:
    """Whether this curve ends before it could show what the other shows."""
    return mine is None and other is not None and bool(one.curve["load"][-1] < other)


def _passes(record: CrackRecord, limit: float) -> float | None:
    """The first load at which the detached fraction is above the limit."""
    past = np.flatnonzero(record.curve["detached_fraction"] > limit)
    return float(record.curve["load"][past[0]]) if len(past) else None


def _apart(first: float | None, second: float | None) -> float:
    if first is None or second is None:
        return 0.0 if first is second else np.inf
    largest = max(abs(first), abs(second))
    return abs(first - second) / largest if largest else 0.0


def _energies(
    a: CrackRecord, b: CrackRecord, loads: Sequence[float]
) -> Iterator[tuple[str, str, float, float, float, float]]:
    """Each at the loads of the fields, over the largest that either has of it."""
    there = [name for name in STORED if _both(a, b, name)]
    most = {name: max(float(np.abs(one.curve[name]).max()) for one in (a, b)) for name in there}
    for name in there:
        e, f = (np.interp(loads, one.curve["load"], one.curve[name]) for one in (a, b))
        scale = max(most[name], SMALL * max(most.values()))
        worst = int(np.abs(e - f).argmax())
        value = abs(e[worst] - f[worst]) / scale if scale else float(abs(e[worst] - f[worst]))
        yield "energy", name.replace("_", " "), float(value), loads[worst], float(e[worst]), float(f[worst])


def _force(a: CrackRecord, b: CrackRecord) -> Iterator[tuple[str, str, float, None, float, float]]:
    if _both(a, b, "force"):
        peaks = [int(np.abs(one.curve["force"]).argmax()) for one in (a, b)]
        for name, words, column in (("force", "peak force", "force"), ("onset", "load at peak force", "load")):
            f, g = (abs(float(one.curve[column][peak])) for one, peak in zip((a, b), peaks, strict=True))
            yield name, words, _apart(f, g), None, f, g


def _both(a: CrackRecord, b: CrackRecord, column: str) -> bool:
    return column in a.curve and column in b.curve


# ---- whether it can be measured -------------------------------------------------------------------------------------


def _common_loads(a: CrackRecord, b: CrackRecord) -> tuple[float, ...]:
    if a.load_name != b.load_name:
        raise CompareError(f"A is loaded by {a.load_name} and B by {b.load_name}: they have nothing in common")
    for name, one in (("A", a), ("B", b)):
        if (np.diff(one.curve["load"]) <= 0).any():
            raise CompareError(f"the load of {name} does not rise from step to step, and only such curves are compared")
    loads = tuple(float(load) for load in a.loads if b.at(load) is not None)
    if not loads:
        raise CompareError(
            f"A and B have no {a.load_name} in common at which there are fields: "
            f"A has {_listed(a.loads)}, B has {_listed(b.loads)}"
        )
    return loads


def _check_bodies(a: CrackRecord, b: CrackRecord) -> None:
    """Boxes around the bodies, which may differ by what a notch or a round side does on another mesh."""
    spans = [np.array([one.points.min(axis=0), one.points.max(axis=0)]) for one in (a, b)]
    if np.abs(spans[0] - spans[1]).max() > a.length:
        told = (f"from {_listed(low)} to {_listed(high)}" for low, high in spans)
        raise CompareError(f"A and B are bodies of different size: {' and '.join(told)} µm")


def _left_out(a: CrackRecord, b: CrackRecord) -> Iterator[str]:
    for mine, other, names in ((a, b, "A and not B"), (b, a, "B and not A")):
        if lone := [load for load in mine.loads if other.at(load) is None]:
            yield f"fields at {a.load_name} {_listed(lone)}, which {names} has"
        compared = (*STORED, "detached_fraction", "force")
        if lone := [name for name in compared if name in mine.curve and name not in other.curve]:
            yield f"{', '.join(lone)}, which {names} has"
    if _both(a, b, "detached_fraction"):
        for words, first, second in _events(a, b):
            for letter, one, own, seen in (("A", a, first, second), ("B", b, second, first)):
                if _too_short(one, own, seen):
                    yield f"{words}, {seen:g} in the other, since {letter} ends before, at {one.curve['load'][-1]:g}"
    if abs(a.length - b.length) > SAME_LOAD * a.length:
        yield f"the length of the phase field, {a.length:g} µm in A and {b.length:g} µm in B; paths are told in A's"


def _listed(numbers: Sequence[float] | Floats) -> str:
    return ", ".join(f"{number:g}" for number in numbers)
