"""A strip with a layer along it and a slot in the layer, finely meshed where the crack is going to run."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import gmsh

GROWTH = 0.3  # of the element size, for each length away from the fine part


@dataclass(frozen=True)
class SurfingStrip:
    """x runs from the mouth of the slot, y from the middle of the layer."""

    width: float
    height: float
    layer: float
    slot: float  # its length
    row: float  # height of a row of elements in the fine part, and of the slot
    run: float  # length of the fine part ahead of the slot
    margin: float  # of the fine part behind its end
    half: float  # height of the fine part above and below the middle
    coarse: float

    def draw(self) -> None:
        point, line = gmsh.model.geo.addPoint, gmsh.model.geo.addLine
        rim, edge, face = self.height / 2, self.layer / 2, self.row / 2
        left = [point(0.0, y, 0.0) for y in (-rim, -edge, -face, face, edge, rim)]
        right = [point(self.width, y, 0.0) for y in (-rim, -edge, edge, rim)]
        end = [point(self.slot, y, 0.0) for y in (-face, face)]
        bottom, top = line(left[0], right[0]), line(left[5], right[3])
        ends = [line(a, b) for a, b in pairwise(right)]
        lower, upper = line(left[1], right[1]), line(left[4], right[2])
        sides = [line(left[i], left[i + 1]) for i in (0, 1, 3, 4)]
        faces = [line(left[2], end[0]), line(*end), line(end[1], left[3])]
        outlines = {
            "below": [bottom, ends[0], -lower, -sides[0]],
            "layer": [lower, ends[1], -upper, -sides[2], *(-f for f in reversed(faces)), -sides[1]],
            "above": [upper, ends[2], -top, -sides[3]],
        }
        for name, outline in outlines.items():
            surface = gmsh.model.geo.addPlaneSurface([gmsh.model.geo.addCurveLoop(outline)])
            gmsh.model.geo.addPhysicalGroup(2, [surface], name=name)
        gmsh.model.geo.addPhysicalGroup(1, [bottom, top, *ends, *sides], name="rim")
        gmsh.model.geo.addPhysicalGroup(1, faces, name="slot")
        gmsh.model.geo.synchronize()
        fine = self.row * 2 / 3**0.5  # edge of a triangle in a row of this height
        numbers = {
            "XMin": self.slot - self.margin,
            "XMax": self.slot + self.run,
            "YMin": -self.half,
            "YMax": self.half,
            "VIn": fine,
            "VOut": self.coarse,
            "Thickness": (self.coarse - fine) / GROWTH,
        }
        field = gmsh.model.mesh.field.add("Box")
        for name, number in numbers.items():
            gmsh.model.mesh.field.setNumber(field, name, number)
        gmsh.model.mesh.field.setAsBackgroundMesh(field)
