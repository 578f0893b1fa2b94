"""A square plate, 1 mm, with a slit from the middle of its left edge to its centre, pulled or sheared by its top.

Miehe, Hofacker, Welschinger, Comput. Methods Appl. Mech. Engrg. 199, 2765 (2010).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import gmsh
import numpy as np
from mpi4py import MPI

import meshes
from mechanics import CRACK_MODELS, SPLITS, AlternateMinimiser, Medium, Solid, Support

HALF = 500.0  # µm: the plate is |x|, |y| ≤ HALF, and the slit is y = 0, x < 0
STEEL = Medium(young=210e3, poisson=0.3, toughness=2700.0)  # λ 121.15 and μ 80.77 kN/mm², Gc 2.7 N/mm
LENGTH = 15.0  # µm: ℓ
KILONEWTON = 1e6  # MPa·µm, for a depth of 1 mm
COARSE = 60.0  # µm: elements far from the crack
GROWTH = 0.3  # size gained per unit of distance


@dataclass(frozen=True)
class NotchedPlate:
    """Both faces of the slit have nodes of their own, which meet at its tip."""

    fine: float  # element size near the corridor
    corridor: Sequence[tuple[float, float]]  # corners of a line along which the crack is free to go
    reach: float  # on either side of it
    slit: float = HALF  # its length
    coarse: float = COARSE  # element size far away

    def draw(self) -> None:
        geo = gmsh.model.geo
        corners = [geo.addPoint(x, y, 0.0) for x, y in ((-HALF, -HALF), (HALF, -HALF), (HALF, HALF), (-HALF, HALF))]
        below, above = (geo.addPoint(-HALF, 0.0, 0.0) for _ in range(2))
        tip, end = geo.addPoint(self.slit - HALF, 0.0, 0.0), geo.addPoint(HALF, 0.0, 0.0)
        bottom, right_below = geo.addLine(corners[0], corners[1]), geo.addLine(corners[1], end)
        right_above, top = geo.addLine(end, corners[2]), geo.addLine(corners[2], corners[3])
        left_below, left_above = geo.addLine(below, corners[0]), geo.addLine(corners[3], above)
        lower_face, upper_face = geo.addLine(below, tip), geo.addLine(above, tip)
        ahead = geo.addLine(tip, end)
        loops = (
            [bottom, right_below, -ahead, -lower_face, left_below],
            [right_above, top, left_above, upper_face, ahead],
        )
        halves = [geo.addPlaneSurface([geo.addCurveLoop(loop)]) for loop in loops]
        geo.synchronize()
        gmsh.model.addPhysicalGroup(2, halves, name="plate")
        for name, lines in {
            "bottom": [bottom],
            "top": [top],
            "left": [left_below, left_above],
            "right": [right_below, right_above],
            "slit": [lower_face, upper_face],
        }.items():
            gmsh.model.addPhysicalGroup(1, lines, name=name)
        self._draw_sizes()

    def _draw_sizes(self) -> None:
        geo, field = gmsh.model.geo, gmsh.model.mesh.field
        points = [geo.addPoint(x, y, 0.0) for x, y in self.corridor]
        lines = [geo.addLine(a, b) for a, b in pairwise(points)]
        geo.synchronize()
        distance, threshold = field.add("Distance"), field.add("Threshold")
        field.setNumbers(distance, "CurvesList", lines)
        field.setNumber(distance, "Sampling", 400)
        for name, number in {
            "InField": distance,
            "SizeMin": self.fine,
            "SizeMax": self.coarse,
            "DistMin": self.reach,
            "DistMax": self.reach + (self.coarse - self.fine) / GROWTH,
        }.items():
            field.setNumber(threshold, name, number)
        field.setAsBackgroundMesh(threshold)


def solid(
    plate: NotchedPlate, supports: Mapping[str, Support], split: str, corrected: bool, medium: Medium = STEEL
) -> Solid:
    """Not `corrected`: the toughness as typed, whatever the mesh adds to it, as in the published curves. Corrected, by
    the size of the elements where the crack goes: AT2 damages the whole plate, and where the elements are coarse a
    correction for a crack through them would soften it."""
    domain = meshes.build(plate, MPI.COMM_SELF)
    size = np.minimum(meshes.element_size(domain.mesh), plate.fine if corrected else 0.0)
    return Solid(
        domain.mesh,
        domain.regions,
        domain.boundaries,
        {"plate": medium},
        supports,
        CRACK_MODELS["AT2"],
        SPLITS[split],
        LENGTH,
        size,
    )


def pulled() -> dict[str, Support]:
    """Tension: the top goes up, free to contract."""
    return {"bottom": Support((0, 1)), "top": Support((1,), motion=lambda t, x: np.vstack([0 * x[0], t + 0 * x[0]]))}


def sheared() -> dict[str, Support]:
    """Shear: the top goes to the right, and nothing on the outline goes up or down."""
    right = Support((0, 1), motion=lambda t, x: np.vstack([t + 0 * x[0], 0 * x[0]]))
    return {"bottom": Support((0, 1)), "top": right, "left": Support((1,)), "right": Support((1,))}


def griffith(fine: float = 4.0, step: float = 10.0) -> tuple[float, float]:
    """Displacement (µm) and force (MPa·µm) at which a sharp crack in the place of the slit starts in tension.

    With the stiffness k of the plate, which falls as the slit grows by a, it takes -½ k'(a) u² = Gc. The mesh around
    the tip moves along with it, and the error that it makes there drops out of the difference of two stiffnesses.
    """
    sound = Medium(STEEL.young, STEEL.poisson, toughness=1e15)

    def stiffness(slit: float) -> float:
        tip = slit - HALF
        plate = NotchedPlate(fine, ((tip - fine, 0.0), (tip + fine, 0.0)), 2 * fine, slit)
        body = solid(plate, pulled(), "none", corrected=False, medium=sound)
        body.load(1.0)
        assert AlternateMinimiser(body).minimise().converged
        return body.reaction("top", 1)

    low, at, high = (stiffness(HALF + grown) for grown in (-step, 0.0, step))
    start = np.sqrt(2 * STEEL.toughness * 2 * step / (low - high))
    return float(start), float(start * at)
