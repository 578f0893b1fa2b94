"""Many particles in a box, from a seed: how large they are, where they are and what they look like."""

from dataclasses import dataclass
from functools import lru_cache
from math import pi
from typing import Literal

import numpy as np
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.special import ndtr, ndtri

from meshes.parts import FloatArray, IntArray, MeshError
from meshes.relaxation import Room, pressed, spread, steps
from meshes.shapes import Pair, Shapes, angular, on_ball, on_polytope, rounded

TRIES = 5  # from other random places each, before a packing counts as impossible
CLEARANCE = 0.05  # of the median diameter: what is left between particles that come near and do not touch
NEAR = 2  # clearances, within which particles may be made to touch
OPENING = np.radians(20)  # beside the flat on which two discs touch: elements with such an angle are good enough
EASED = 0.97  # from one fraction to the next smaller one, in search of one that is possible


@dataclass(frozen=True)
class Particles:
    """Which particles there are; lengths in the unit of the mesh.

    Sizes are log-normal, and the median is the D50 of a data sheet: half of the area that all fill (of the volume, in
    three dimensions) is in smaller ones. The size of an angular one is the diameter of the disc of the same area. They
    keep their least gap from each other and from walls. With none, some touch and have a flat in common, which costs
    discs 0.3 % of the fraction at most; else it is exact.
    """

    fraction: float  # of the area, or of the volume, of the box
    median: float  # diameter
    spread: float = 0.0  # standard deviation of the logarithm of the diameter
    gap: float = 0.0
    shape: Literal["round", "angular"] = "round"
    sides: Literal["periodic", "walls"] = "periodic"  # left and right
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.fraction < 1:
            raise MeshError(f"the particles' fraction is {self.fraction:g}, and takes a number between zero and one")
        if not self.median > 0:
            raise MeshError(f"the particles' median is {self.median:g}, and takes a length above zero")
        for name in ("spread", "gap", "seed"):
            if not getattr(self, name) >= 0:
                raise MeshError(f"the particles' {name} is {getattr(self, name):g}, and takes a number of zero or more")

    @property
    def clearance(self) -> float:
        """Between those that do not touch."""
        return self.gap or CLEARANCE * self.median


@dataclass(frozen=True)
class Packing:
    """Particles in a box that begins at zero, numbered from left to right. Where the box is periodic, one that reaches
    out of it on the left or right comes in again on the other side."""

    room: Room
    radii: FloatArray  # of angular ones: of discs or spheres of the same content
    shapes: Shapes
    angular: bool

    @property
    def fraction(self) -> float:
        return float(self.shapes.contents.sum() / np.prod(self.room.sides))

    def extents(self) -> list[tuple[FloatArray, FloatArray]]:
        """Sides of the box around each."""
        if self.angular:
            return [(outline.min(axis=0), outline.max(axis=0)) for outline in self.shapes.outlines]
        centres, reach = self.shapes.centres, self.radii[:, None]
        return [(low, high) for low, high in np.stack([centres - reach, centres + reach], axis=1)]

    def surfaces(self, spacing: float) -> tuple[FloatArray, IntArray]:
        """Points about so far apart on all particles, and whose they are."""
        points = [
            on_polytope(outline, spacing) if self.angular else on_ball(self.shapes.centres[i], self.radii[i], spacing)
            for i, outline in enumerate(self.shapes.outlines)
        ]
        owners = np.repeat(np.arange(len(points), dtype=np.int32), [len(on) for on in points])
        return np.vstack(points), owners


@lru_cache
def pack(particles: Particles, sides: tuple[float, ...]) -> Packing:
    """The particles in a box of these sides: width and height, and depth if there is one."""
    room = Room(sides, particles.sides == "periodic")
    if len(sides) == 3 and not particles.gap:
        raise MeshError("the particles' gap is 0, and takes a length above zero in a box with a depth")
    random = np.random.default_rng(particles.seed)
    radii = random.permutation(_radii(particles, room))
    clearance = particles.clearance
    pressing = particles.shape == "round" and not particles.gap
    placed = _placed(radii, clearance, pressing, room, random)
    if placed is None:
        raise MeshError(_impossible(particles, radii, clearance, pressing, room, random))
    centres, joined = placed
    if particles.shape == "round":
        shapes = rounded(centres, radii, room, joined)
    else:
        near = () if particles.gap else _near(centres, radii, room)
        shapes = angular(centres, radii, room, clearance, near)
        radii *= (shapes.contents / rounded(centres, radii, room, ()).contents) ** (1 / len(sides))
    if room.periodic:
        shapes = shapes.moved(_well_cut(shapes, radii, particles.shape == "round", room), room)
    order = np.argsort(shapes.centres[:, 0])
    return Packing(room, radii[order], shapes.numbered(order), particles.shape == "angular")


def _radii(particles: Particles, room: Room) -> FloatArray:
    """In classes of equal number, each represented by the size that has the mean content of its class; so the sum is
    that of the distribution. All are then scaled a little, for a whole number to fill the fraction."""
    dim, s = len(room.sides), particles.spread
    unit = pi if dim == 2 else 4 / 3 * pi
    median = particles.median / 2 * np.exp(-dim * s**2)  # by number; Hatch & Choate, J. Franklin Inst. 207, 1929
    wanted = particles.fraction * float(np.prod(room.sides))
    number = round(wanted / (unit * median**dim * np.exp((dim * s) ** 2 / 2)))
    if not number:
        raise MeshError(
            f"the particles' median is {particles.median:g}, of which not one makes up {particles.fraction:g} of a box "
            f"of {_product(room)}; it takes a larger box, or smaller particles"
        )
    edges = ndtr(ndtri(np.linspace(0, 1, number + 1)) - dim * s)
    contents = np.diff(edges) / (edges[-1] - edges[0]) * wanted
    radii = (contents / unit) ** (1 / dim)
    _check_room(2 * radii.max(), particles.gap, room)
    return radii


def _check_room(largest: float, gap: float, room: Room) -> None:
    least = [
        2 * (largest + gap) if room.periodic and axis == 0 else largest + 2 * gap for axis in range(len(room.sides))
    ]
    if any(side < takes for side, takes in zip(room.sides, least, strict=True)):
        raise MeshError(
            f"the largest particle is {largest:.4g} across, and takes a box of at least "
            f"{' × '.join(f'{takes:.4g}' for takes in least)}; this one is {_product(room)}"
        )


def _placed(
    radii: FloatArray, clearance: float, pressing: bool, room: Room, random: np.random.Generator
) -> tuple[FloatArray, tuple[Pair, ...]] | None:
    for _ in range(TRIES):
        centres = spread(radii, clearance, room, random)
        if centres is None:
            continue
        found = _joined(centres, radii, clearance, room) if pressing else (centres, ())
        if found is not None:
            return found
    return None


def _joined(
    centres: FloatArray, radii: FloatArray, clearance: float, room: Room
) -> tuple[FloatArray, tuple[Pair, ...]] | None:
    """Pulled together where they are near, until two circles cross at the opening. Not around in circles: chains of
    particles can always give way."""
    first, second = np.triu_indices(len(radii), 1)
    sums = radii[first] + radii[second]
    gaps = np.linalg.norm(steps(centres, room), axis=1) - sums
    near = np.zeros((len(radii), len(radii)))
    near[first, second] = np.where(gaps < NEAR * clearance, gaps, 0.0)
    joined = np.flatnonzero(minimum_spanning_tree(near).toarray()[first, second]).astype(np.int32)
    apart = np.sqrt(sums**2 - 2 * radii[first] * radii[second] * (1 - np.cos(OPENING)))
    moved = pressed(centres, radii, clearance, room, joined, apart[joined])
    pairs = tuple((int(first[pair]), int(second[pair])) for pair in joined)
    return None if moved is None else (moved, pairs)


def _near(centres: FloatArray, radii: FloatArray, room: Room) -> tuple[Pair, ...]:
    """All pairs, the nearest first."""
    first, second = np.triu_indices(len(radii), 1)
    gaps = np.linalg.norm(steps(centres, room), axis=1) - radii[first] - radii[second]
    return tuple((int(first[pair]), int(second[pair])) for pair in np.argsort(gaps))


def _well_cut(shapes: Shapes, radii: FloatArray, rounded_off: bool, room: Room) -> float:
    """How far to move all of them along x, which changes nothing in a periodic box, so that its sides run as far as can
    be from where particles begin or end, and from corners: they would cut off splinters there."""
    x, width = shapes.centres[:, 0], room.sides[0]
    discs = [x - radii, x + radii] if rounded_off else []
    ends = np.sort(np.concatenate([*discs, *(outline[:, 0] for outline in shapes.outlines)]) % width)
    free = np.diff(ends, append=ends[0] + width)
    widest = np.argmax(free)
    return float(-ends[widest] - free[widest] / 2)


def _impossible(
    particles: Particles, radii: FloatArray, clearance: float, pressing: bool, room: Room, random: np.random.Generator
) -> str:
    share = EASED
    while _placed(share ** (1 / len(room.sides)) * radii, clearance, pressing, room, random) is None:
        share *= EASED
    gaps = f"gaps of at least {clearance:.3g}" if particles.gap else f"gaps of {clearance:.3g} where they do not touch"
    return (
        f"the particles' fraction is {particles.fraction:g}, which {len(radii)} of them with {gaps} do not reach in a "
        f"box of {_product(room)}; they jam at about {share * particles.fraction:.2f}"
    )


def _product(room: Room) -> str:
    return " × ".join(f"{side:.4g}" for side in room.sides)
