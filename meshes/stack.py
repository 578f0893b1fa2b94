"""Electrolyte, interface layer and cathode on top of each other, with a notch in the interface."""

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Literal

import gmsh

from meshes.parts import MeshError

GROWTH = 0.3  # size gained per unit of distance, so each row of elements is about 1.3 times the one before


@dataclass(frozen=True)
class Notch:
    """Cut from the left side at mid-height of the interface; its faces are free."""

    length: float
    opening: float
    shape: Literal["wedge", "slot"] = "wedge"  # a triangle with its tip inside; parallel faces and a round end


@dataclass(frozen=True)
class Stack:
    """x runs from 0, where the notch is, to the width; y upward from the bottom of the electrolyte."""

    width: float
    electrolyte: float  # thicknesses of the layers
    interface: float
    cathode: float
    fine: float  # element size in the interface layer
    coarse: float  # element size far away from it
    notch: Notch | None = None
    halo: float = 0.0  # margin above and below the interface layer that is fine as well

    def __post_init__(self) -> None:
        for name in ("width", "electrolyte", "interface", "cathode", "fine", "coarse"):
            if not getattr(self, name) > 0:
                raise MeshError(f"the stack's {name} is {getattr(self, name):g}, and takes a length above zero")
        if self.halo < 0:
            raise MeshError(f"the stack's halo is {self.halo:g}, and takes a length of zero or more")
        if self.coarse < self.fine:
            raise MeshError(
                f"the coarse element size {self.coarse:g} is smaller than the fine one, {self.fine:g}; "
                "it takes at least that"
            )
        if self.notch is not None:
            self._check(self.notch)

    def _check(self, notch: Notch) -> None:
        shortest = notch.opening / 2 if notch.shape == "slot" else 0.0  # a slot ends in a half circle
        if not 0 < notch.opening < self.interface:
            raise MeshError(
                f"the notch opening is {notch.opening:g}, and takes a length above zero and below "
                f"the interface thickness {self.interface:g}"
            )
        if not shortest < notch.length < self.width:
            raise MeshError(
                f"the notch length is {notch.length:g}, and takes a length above {shortest:g} and below "
                f"the stack's width {self.width:g}"
            )

    def draw(self) -> None:
        heights = list(accumulate((0.0, self.electrolyte, self.interface, self.cathode)))
        left = [_point(0.0, y) for y in heights]
        right = [_point(self.width, y) for y in heights]
        levels = [_line(a, b) for a, b in zip(left, right, strict=True)]
        ends = [_line(a, b) for a, b in pairwise(right)]
        below, above = _line(left[0], left[1]), _line(left[2], left[3])
        rims, faces = self._draw_interface_side(left[1], left[2])
        sides = ([below], [rims[0], *faces, *rims[1:]], [above])
        for i, name in enumerate(("electrolyte", "interface", "cathode")):
            outline = [levels[i], ends[i], -levels[i + 1], *(-line for line in reversed(sides[i]))]
            surface = gmsh.model.geo.addPlaneSurface([gmsh.model.geo.addCurveLoop(outline)])
            gmsh.model.geo.addPhysicalGroup(2, [surface], name=name)
        edges = {
            "bottom": levels[:1],
            "top": levels[-1:],
            "left": [below, *rims, above],
            "right": ends,
            "notch": faces,
        }
        for name, curves in edges.items():
            if curves:
                gmsh.model.geo.addPhysicalGroup(1, curves, name=name)
        gmsh.model.geo.synchronize()
        self._draw_sizes()

    @property
    def _middle(self) -> float:
        return self.electrolyte + self.interface / 2

    def _draw_interface_side(self, bottom: int, top: int) -> tuple[list[int], list[int]]:
        """What is left of its left side below and above the notch, and the faces of the notch from there."""
        if self.notch is None:
            return [_line(bottom, top)], []
        length, half, y = self.notch.length, self.notch.opening / 2, self._middle
        lower, tip, upper = _point(0.0, y - half), _point(length, y), _point(0.0, y + half)
        rims = [_line(bottom, lower), _line(upper, top)]
        if self.notch.shape == "wedge":
            return rims, [_line(lower, tip), _line(tip, upper)]
        start, centre, end = (_point(length - half, y + side) for side in (-half, 0.0, half))
        arcs = [gmsh.model.geo.addCircleArc(*arc) for arc in ((start, centre, tip), (tip, centre, end))]
        return rims, [_line(lower, start), *arcs, _line(end, upper)]

    def _draw_sizes(self) -> None:
        layer = {
            "XMin": 0.0,
            "XMax": self.width,
            "YMin": self.electrolyte - self.halo,
            "YMax": self.electrolyte + self.interface + self.halo,
        }
        sizes = [self._growing("Box", self.fine, **layer)]
        if self.notch is not None and self.notch.shape == "slot" and self.notch.opening / 2 < self.fine:
            # a round end smaller than the elements would leave slivers beside it
            tip = {"XCenter": self.notch.length, "YCenter": self._middle, "Radius": self.notch.opening}
            sizes.append(self._growing("Ball", self.notch.opening / 2, **tip))
        smallest = gmsh.model.mesh.field.add("Min")
        gmsh.model.mesh.field.setNumbers(smallest, "FieldsList", sizes)
        gmsh.model.mesh.field.setAsBackgroundMesh(smallest)

    def _growing(self, shape: str, size: float, **place: float) -> int:
        """A size field: the size inside of the shape, growing from there to the coarse one."""
        field = gmsh.model.mesh.field.add(shape)
        growth = {"VIn": size, "VOut": self.coarse, "Thickness": (self.coarse - size) / GROWTH}
        for name, number in (place | growth).items():
            gmsh.model.mesh.field.setNumber(field, name, number)
        return field


def _point(x: float, y: float) -> int:
    return gmsh.model.geo.addPoint(x, y, 0.0)


def _line(start: int, end: int) -> int:
    return gmsh.model.geo.addLine(start, end)
