"""Electrolyte, interface layer and cathode on top of each other, with a notch in the interface."""

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, Literal

import gmsh
import numpy as np

from meshes.parts import MeshError

GROWTH = 0.3  # size gained per unit of distance, so each row of elements is about 1.3 times the one before
ASKED = 0.82  # of the size wanted of a tetrahedron: by volume gmsh's come out 1.12 to 1.21 times larger, as measured
TIGHT = 1e-6  # µm; how exactly gmsh tells where a face is


@dataclass(frozen=True)
class Notch:
    """Cut from the left side at mid-height of the interface; its faces are free.

    A wedge is a triangle with its tip inside, a slot has parallel faces and a round end; in a stack with a depth
    both go straight through it. A closed one, in a plane stack, is a line in the mesh that is not opened; a penny a
    quarter of a disc of this radius around x = 0, z = 0, a surface that is not opened: left and front are then planes
    of symmetry. These two take no opening. (With x for the radius, in axisymmetric kinematics, a notch in a plane stack
    is a whole penny.)
    """

    length: float
    opening: float = 0.0
    shape: Literal["wedge", "slot", "closed", "penny"] = "wedge"


@dataclass(frozen=True)
class Stack:
    """x runs from 0, where the notch is, to the width; y upward from the bottom of the electrolyte; z from the front
    at 0 to the back at the depth, if there is one."""

    width: float
    electrolyte: float  # thicknesses of the layers
    interface: float
    cathode: float
    fine: float  # element size in the interface layer
    coarse: float  # element size far away from it
    notch: Notch | None = None
    halo: float = 0.0  # margin above and below the interface layer that is fine as well
    depth: float | None = None  # None: a plane stack

    def __post_init__(self) -> None:
        for name in ("width", "electrolyte", "interface", "cathode", "fine", "coarse"):
            if not getattr(self, name) > 0:
                raise MeshError(f"the stack's {name} is {getattr(self, name):g}, and takes a length above zero")
        if self.depth is not None and not self.depth > 0:
            raise MeshError(f"the stack's depth is {self.depth:g}, and takes a length above zero, or none")
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
        longest, which = self.width, "width"
        if notch.shape == "penny":
            if self.depth is None:
                raise MeshError(
                    "the notch shape is 'penny', and takes a stack with a depth; without one, 'wedge' or 'slot'"
                )
            longest, which = min((self.width, "width"), (self.depth, "depth"))
        elif notch.shape == "closed":
            if self.depth is not None:
                raise MeshError("the notch shape is 'closed', and takes a stack without a depth; with one, 'penny'")
        elif not 0 < notch.opening < self.interface:
            raise MeshError(
                f"the notch opening is {notch.opening:g}, and takes a length above zero and below "
                f"the interface thickness {self.interface:g}"
            )
        shortest = notch.opening / 2 if notch.shape == "slot" else 0.0  # a slot ends in a half circle
        if not shortest < notch.length < longest:
            raise MeshError(
                f"the notch length is {notch.length:g}, and takes a length above {shortest:g} and below "
                f"the stack's {which} {longest:g}"
            )

    def draw(self) -> None:
        if self.depth is None:
            dim, (layers, boundaries) = 2, self._draw_plane(gmsh.model.geo)
            gmsh.model.geo.synchronize()
            if self._closed:
                gmsh.model.mesh.embed(1, boundaries["notch"], 2, layers["interface"])
        else:
            dim, (layers, boundaries) = 3, self._draw_solid(self.depth)
        for name, layer in layers.items():
            gmsh.model.addPhysicalGroup(dim, [layer], name=name)
        for name, sides in boundaries.items():
            if sides:
                gmsh.model.addPhysicalGroup(dim - 1, sides, name=name)
        self._draw_sizes()

    @property
    def _heights(self) -> list[float]:
        """Heights of the levels between the layers, from the bottom to the top."""
        return list(accumulate((0.0, self.electrolyte, self.interface, self.cathode)))

    @property
    def _closed(self) -> bool:
        return self.notch is not None and self.notch.shape == "closed"

    @property
    def _middle(self) -> float:
        return self.electrolyte + self.interface / 2

    def _draw_solid(self, depth: float) -> tuple[dict[str, int], dict[str, list[int]]]:
        """The plane drawing through the depth, and a penny in it. OpenCASCADE lets all of them share their faces."""
        occ, notch = gmsh.model.occ, self.notch
        plane, _ = self._draw_plane(occ)
        swept = occ.extrude([(2, layer) for layer in plane.values()], 0, 0, depth)
        penny = [(2, self._draw_penny(notch.length))] if notch is not None and notch.shape == "penny" else []
        _, pieces = occ.fragment([entity for entity in swept if entity[0] == 3], penny)
        occ.remove([(2, layer) for layer in plane.values()])
        occ.synchronize()
        volumes = [body for piece in pieces[: len(plane)] for _, body in piece]
        layers = dict(zip(plane, volumes, strict=True))
        hull = {face for _, face in gmsh.model.getBoundary([(3, body) for body in volumes], oriented=False)}
        planes = {
            "bottom": (1, 0.0),
            "top": (1, self._heights[-1]),
            "left": (0, 0.0),
            "right": (0, self.width),
            "front": (2, 0.0),
            "back": (2, depth),
        }
        boundaries = {name: hull & _faces(axis, at) for name, (axis, at) in planes.items()}
        disc = {face for piece in pieces[len(plane) :] for _, face in piece}
        boundaries["notch"] = disc or hull.difference(*boundaries.values())
        return layers, {name: sorted(faces) for name, faces in boundaries.items()}

    def _draw_plane(self, kernel: Any) -> tuple[dict[str, int], dict[str, list[int]]]:
        """The surface of each layer and the curves of each boundary."""
        left = [_point(kernel, 0.0, y) for y in self._heights]
        right = [_point(kernel, self.width, y) for y in self._heights]
        levels = [kernel.addLine(a, b) for a, b in zip(left, right, strict=True)]
        ends = [kernel.addLine(a, b) for a, b in pairwise(right)]
        below, above = kernel.addLine(left[0], left[1]), kernel.addLine(left[2], left[3])
        rims, faces = self._draw_interface_side(kernel, left[1], left[2])
        sides = ([below], [rims[0], *([] if self._closed else faces), *rims[1:]], [above])
        layers = {}
        for i, name in enumerate(("electrolyte", "interface", "cathode")):
            outline = [levels[i], ends[i], -levels[i + 1], *(-line for line in reversed(sides[i]))]
            layers[name] = kernel.addPlaneSurface([kernel.addCurveLoop(outline)])
        return layers, {
            "bottom": levels[:1],
            "top": levels[-1:],
            "left": [below, *rims, above],
            "right": ends,
            "notch": faces,
        }

    def _draw_interface_side(self, kernel: Any, bottom: int, top: int) -> tuple[list[int], list[int]]:
        """What is left of its left side below and above the notch, and the faces of the notch from there."""
        if self.notch is None or self.notch.shape == "penny":
            return [kernel.addLine(bottom, top)], []
        length, half, y = self.notch.length, self.notch.opening / 2, self._middle
        if self.notch.shape == "closed":
            mouth, tip = _point(kernel, 0.0, y), _point(kernel, length, y)
            return [kernel.addLine(bottom, mouth), kernel.addLine(mouth, top)], [kernel.addLine(mouth, tip)]
        lower, tip, upper = (_point(kernel, *at) for at in ((0.0, y - half), (length, y), (0.0, y + half)))
        rims = [kernel.addLine(bottom, lower), kernel.addLine(upper, top)]
        if self.notch.shape == "wedge":
            return rims, [kernel.addLine(lower, tip), kernel.addLine(tip, upper)]
        start, centre, end = (_point(kernel, length - half, y + side) for side in (-half, 0.0, half))
        arcs = [kernel.addCircleArc(*arc) for arc in ((start, centre, tip), (tip, centre, end))]
        return rims, [kernel.addLine(lower, start), *arcs, kernel.addLine(end, upper)]

    def _draw_penny(self, radius: float) -> int:
        occ, y = gmsh.model.occ, self._middle
        centre, right, back = (occ.addPoint(x, y, z) for x, z in ((0.0, 0.0), (radius, 0.0), (0.0, radius)))
        rim = occ.addCircleArc(right, centre, back)
        outline = [occ.addLine(centre, right), rim, occ.addLine(back, centre)]
        return int(occ.addPlaneSurface([occ.addCurveLoop(outline)]))

    def _draw_sizes(self) -> None:
        through = {} if self.depth is None else {"ZMin": 0.0, "ZMax": self.depth}
        layer = {
            "XMin": 0.0,
            "XMax": self.width,
            "YMin": self.electrolyte - self.halo,
            "YMax": self.electrolyte + self.interface + self.halo,
        }
        sizes = [self._growing("Box", self.fine, **layer, **through)]
        notch = self.notch
        if notch is not None and notch.shape == "slot" and notch.opening / 2 < self.fine:
            # a round end smaller than the elements would leave slivers beside it
            size, x, y, reach = notch.opening / 2, notch.length, self._middle, notch.opening
            if self.depth is None:
                sizes.append(self._growing("Ball", size, XCenter=x, YCenter=y, Radius=reach))
            else:
                sides = {"XMin": x - reach, "XMax": x + reach, "YMin": y - reach, "YMax": y + reach}
                sizes.append(self._growing("Box", size, **sides, **through))
        smallest = gmsh.model.mesh.field.add("Min")
        gmsh.model.mesh.field.setNumbers(smallest, "FieldsList", sizes)
        gmsh.model.mesh.field.setAsBackgroundMesh(smallest)

    def _growing(self, shape: str, size: float, **place: float) -> int:
        """A size field: the size inside of the shape, growing from there to the coarse one."""
        field = gmsh.model.mesh.field.add(shape)
        asked = 1.0 if self.depth is None else ASKED
        growth = {"VIn": asked * size, "VOut": asked * self.coarse, "Thickness": (self.coarse - size) / GROWTH}
        for name, number in (place | growth).items():
            gmsh.model.mesh.field.setNumber(field, name, number)
        return field


def _point(kernel: Any, x: float, y: float) -> int:
    return int(kernel.addPoint(x, y, 0.0))


def _faces(axis: int, at: float) -> set[int]:
    """All faces that lie in this plane."""
    low, high = [-np.inf] * 3, [np.inf] * 3
    low[axis], high[axis] = at - TIGHT, at + TIGHT
    return {face for _, face in gmsh.model.getEntitiesInBoundingBox(*low, *high, 2)}
