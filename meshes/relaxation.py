"""Discs or spheres pushed apart until none is nearer to another, or to a wall, than it may be."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from meshes.parts import FloatArray, IntArray

MARGIN = 2e-3  # of the diameters, pushed for in excess: a minimum is only approached, and gaps are to hold exactly
GROWTH_STEPS = np.linspace(0.5, 1.0, 6)  # of the distances pushed for: grown in place, less stays locked than at once
ITERATIONS = 1500  # far more than a packing needs that is not jammed
NO_PAIRS: IntArray = np.empty(0, np.int32)


@dataclass(frozen=True)
class Room:
    """A box from 0 to its sides. All of its sides are walls, but for left and right where it repeats itself in x."""

    sides: tuple[float, ...]
    periodic: bool

    @property
    def walled(self) -> list[int]:
        """Axes at whose ends there are walls."""
        return list(range(int(self.periodic), len(self.sides)))

    def nearest(self, steps: FloatArray) -> FloatArray:
        """From one to another, or to that copy of it which is nearest."""
        if not self.periodic:
            return steps
        width = self.sides[0]
        return steps - np.where(np.arange(len(self.sides)) == 0, width * np.round(steps / width), 0.0)

    def copies(self) -> FloatArray:
        """How far what is in it has to be moved to be there again: itself first, then to the left and right."""
        across = [0.0, -self.sides[0], self.sides[0]] if self.periodic else [0.0]
        return np.array([[x] + [0.0] * (len(self.sides) - 1) for x in across])


def spread(radii: FloatArray, gap: float, room: Room, random: np.random.Generator) -> FloatArray | None:
    """Centres with these radii and at least this gap, from random ones; nothing where they jam first."""
    start = random.uniform(size=(len(radii), len(room.sides))) * room.sides
    for share in GROWTH_STEPS:
        start = _minimum(start, share * (1 + MARGIN) * radii, share * gap, room)
        if least_gap(start, share * radii, room) < share * gap:
            return None
    return start


def pressed(
    centres: FloatArray, radii: FloatArray, gap: float, room: Room, pairs: IntArray, apart: FloatArray
) -> FloatArray | None:
    """The same with these pairs, numbered as in `steps`, at these distances; nothing where that cannot be."""
    moved = _minimum(centres, radii * (1 + MARGIN), gap, room, pairs, apart)
    length = np.linalg.norm(steps(moved, room), axis=1)
    free = np.ones(len(length), bool)
    free[pairs] = False
    held = np.abs(length[pairs] - apart).max(initial=0.0) < MARGIN * radii.min()
    return moved if held and least_gap(moved, radii, room, free) >= gap * (1 - MARGIN) else None


def steps(centres: FloatArray, room: Room) -> FloatArray:
    """From the first to the second of each pair, in the order of `np.triu_indices`."""
    first, second = np.triu_indices(len(centres), 1)
    return room.nearest(centres[second] - centres[first])


def least_gap(centres: FloatArray, radii: FloatArray, room: Room, pairs: FloatArray | slice = slice(None)) -> float:
    """Between any two (of these pairs), or one and a wall."""
    first, second = np.triu_indices(len(radii), 1)
    between = (np.linalg.norm(steps(centres, room), axis=1) - radii[first] - radii[second])[pairs]
    at_walls = [np.minimum(centres[:, i], room.sides[i] - centres[:, i]) - radii for i in room.walled]
    return float(min(between.min(initial=np.inf), np.min(at_walls)))


def _minimum(
    centres: FloatArray,
    radii: FloatArray,
    gap: float,
    room: Room,
    pairs: IntArray = NO_PAIRS,
    apart: FloatArray | None = None,
) -> FloatArray:
    """Where half the sum of all overlaps squared is least: none is left below the density at which they jam. The pairs
    that have a distance of their own are springs that pull as well."""
    shape, unit = centres.shape, radii.mean()
    first, second = np.triu_indices(len(radii), 1)
    least = radii[first] + radii[second] + gap
    pulls = np.zeros(len(least), bool)
    pulls[pairs] = True
    least[pairs] = apart if apart is not None else least[pairs]

    def overlaps(x: FloatArray) -> tuple[float, FloatArray]:
        at = x.reshape(shape) * unit
        step = room.nearest(at[second] - at[first])
        length = np.maximum(np.linalg.norm(step, axis=1), 1e-12 * unit)
        over = least - length
        over[(over < 0) & ~pulls] = 0.0
        energy, slope = np.sum(over**2), np.zeros(shape)
        push = (over / length)[:, None] * step
        for axis in range(shape[1]):
            slope[:, axis] = np.bincount(first, push[:, axis], shape[0]) - np.bincount(second, push[:, axis], shape[0])
        for axis in room.walled:
            low = np.maximum(radii + gap - at[:, axis], 0.0)
            high = np.maximum(at[:, axis] + radii + gap - room.sides[axis], 0.0)
            energy += np.sum(low**2) + np.sum(high**2)
            slope[:, axis] += high - low
        return float(energy / 2 / unit**2), slope.ravel() / unit

    options = {"maxiter": ITERATIONS, "maxfun": 2 * ITERATIONS, "ftol": 0.0, "gtol": 1e-7}
    found = minimize(overlaps, centres.ravel() / unit, jac=True, method="L-BFGS-B", options=options)
    moved = found.x.reshape(shape) * unit
    if room.periodic:
        moved[:, 0] %= room.sides[0]
    return moved
