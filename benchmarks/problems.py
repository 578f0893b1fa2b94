"""What is solved: notched plates and layered stacks, in the units and numbers that every code gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import gmsh

from mechanics import CRACK_MODELS, Medium
from meshes import Notch, Stack, model

# ---- the notched plates, in mm and kN: Miehe, Hofacker, Welschinger, CMAME 199, 2765 (2010) -------------------------

HALF = 0.5  # the plate is |x|, |y| ≤ HALF, and the slit is y = 0, x < 0
STEEL = Medium(young=210.0, poisson=0.3, toughness=2.7e-3)
LENGTH = 0.015  # ℓ
COARSE, TRANSITION = 0.05, 0.25  # element size far from the crack, and how long it takes to get there


@dataclass(frozen=True)
class Plate:
    """A square plate with a slit of no thickness: both faces have nodes of their own, which meet at its tip."""

    name: str
    sheared: bool
    fine: float  # element size
    corridor: tuple[float, float, float]  # where it holds: from this x to the right edge, between these two y
    split: str
    start: float  # displacement of the top
    step: float
    steps: int  # the first one to the start
    largest: float  # step that Intact may take of its own, as a part of the whole
    steel: Medium = STEEL

    def moved(self, part: float) -> float:
        """Displacement of the top after this part of the loading."""
        return self.start + part * (self.steps - 1) * self.step

    def draw(self) -> None:
        geo = gmsh.model.geo
        corners = [geo.addPoint(x, y, 0.0) for x, y in ((-HALF, -HALF), (HALF, -HALF), (HALF, HALF), (-HALF, HALF))]
        below, above = (geo.addPoint(-HALF, 0.0, 0.0) for _ in range(2))
        tip, end = geo.addPoint(0.0, 0.0, 0.0), geo.addPoint(HALF, 0.0, 0.0)
        bottom, top = geo.addLine(corners[0], corners[1]), geo.addLine(corners[2], corners[3])
        right = geo.addLine(corners[1], end), geo.addLine(end, corners[2])
        left = geo.addLine(below, corners[0]), geo.addLine(corners[3], above)
        faces, ahead = (geo.addLine(below, tip), geo.addLine(above, tip)), geo.addLine(tip, end)
        loops = [bottom, right[0], -ahead, -faces[0], left[0]], [right[1], top, left[1], faces[1], ahead]
        halves = [geo.addPlaneSurface([geo.addCurveLoop(loop)]) for loop in loops]
        geo.synchronize()
        gmsh.model.addPhysicalGroup(2, halves, name="plate")
        for name, lines in {"bottom": [bottom], "top": [top], "left": left, "right": right, "slit": faces}.items():
            gmsh.model.addPhysicalGroup(1, lines, name=name)
        start, low, high = self.corridor
        box = {"XMin": start, "XMax": HALF, "YMin": low, "YMax": high, "Thickness": TRANSITION}
        field = gmsh.model.mesh.field
        size = field.add("Box")
        for key, number in (box | {"VIn": self.fine, "VOut": COARSE}).items():
            field.setNumber(size, key, number)
        field.setAsBackgroundMesh(size)

    def write(self, folder: Path) -> Path:
        """The mesh, as a file that every code reads."""
        file = folder / f"{self.name}.msh"
        with model.session():
            self.draw()
            gmsh.model.mesh.generate(2)
            gmsh.write(str(file))
        return file

    def held(self) -> Mapping[str, Mapping[int, bool]]:
        """Components that are given on a boundary, and whether they move with the top. Where two boundaries meet, none
        contradicts the other."""
        if self.sheared:
            return {"bottom": {0: False, 1: False}, "top": {0: True, 1: False}, "left": {1: False}, "right": {1: False}}
        return {"bottom": {0: False, 1: False}, "top": {1: True}}

    @property
    def pulled(self) -> int:
        """Component of the force that is told."""
        return 0 if self.sheared else 1


TENSION = Plate("tension", False, LENGTH / 4, (-0.03, -0.05, 0.05), "none", 0.0, 1e-4, 62, largest=0.2)
PLATES = {
    plate.name: plate
    for plate in (
        TENSION,
        replace(TENSION, name="tension-fine", fine=LENGTH / 8),
        # the crack starts at 9e-3, and grows steadily
        Plate("shear", True, LENGTH / 2, (-0.03, -HALF, 0.03), "spectral", 6e-3, 1.5e-4, 41, largest=0.1),
    )
}


def _twice_as_large(plate: Plate) -> Plate:
    """A crack occupies a row of elements, which costs the more the larger they are. Intact corrects for that in its
    cases; here to what the smaller ones cost, which nobody has corrected."""
    fine, correct = 2 * plate.fine, CRACK_MODELS["AT2"].numerical_toughness
    toughness = correct(plate.steel.toughness, fine, LENGTH) / correct(1.0, plate.fine, LENGTH)
    return replace(plate, fine=fine, steel=replace(plate.steel, toughness=toughness))


# What Intact takes where nobody says which mesh: larger elements, and few where the crack does not go. In shear the
# path wanders from one mesh to another, so there only the steps are its own.
OWN = {
    "tension": replace(_twice_as_large(TENSION), name="tension-own", corridor=(-0.015, -0.02, 0.02)),
    "shear": replace(PLATES["shear"], name="shear-own"),
}

# ---- the layered stack, in MPa and µm -------------------------------------------------------------------------------

STACK_MEDIA = {
    "electrolyte": Medium(2000.0, 0.3, 20.0),
    "interface": Medium(2000.0, 0.3, 2.0),
    "cathode": Medium(8000.0, 0.25, 20.0, shrinkage=-0.05),
}
STACK_LENGTH = 0.2  # ℓ, whatever the mesh: so a finer one is the same crack in more unknowns
THROUGH = 0.5  # charge at which the stack has let go from one end to the other
WIDTH, LAYER, INTERFACE, DEPTH = 2.8, 2.0, 0.6, 1.0
NOTCH = 1.2


# Element sizes for about so many unknowns of displacement (quadratic), as found by trying.
STACK_2D = {"1e4": 0.0521, "3e4": 0.0272, "1e5": 0.0141, "3e5": 0.0079, "1e6": 0.00425}
STACK_3D = {"1e4": 0.322, "3e4": 0.183, "1e5": 0.106, "3e5": 0.0679, "1e6": 0.043}
SIZES = tuple(STACK_3D)


def resolved(size: str, solid: bool) -> bool:
    """Whether such elements can tell a crack; if not, they are for elastic solves."""
    return stack(size, solid).fine < 0.6 * STACK_LENGTH


def stack(size: str, solid: bool) -> Stack:
    fine = (STACK_3D if solid else STACK_2D)[size]
    notch = Notch(NOTCH, opening=fine / 2)
    depth = DEPTH if solid else None
    return Stack(WIDTH, LAYER, INTERFACE, LAYER, fine, coarse=8 * fine, notch=notch, depth=depth)
