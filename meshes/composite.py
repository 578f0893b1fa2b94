"""Particles of active material in electrolyte, above a layer of electrolyte alone."""

from dataclasses import dataclass
from itertools import chain

import gmsh
import numpy as np

from meshes.beside import layered
from meshes.packing import Packing, Particles, pack
from meshes.parts import FloatArray, MeshError, Parts
from meshes.pieces import draw_particle, draw_sides, draw_surfaces
from meshes.sizes import NARROWEST, draw_sizes, narrowed

HXT = 10  # gmsh's number of it; the other one leaves some flat tetrahedra between particles


@dataclass(frozen=True)
class Composite:
    """x runs from 0 to the width; y upward from the bottom of the separator, through the composite; z from the front at
    0 to the back at the depth, if there is one.

    Regions are the electrolyte, of separator and composite both, "particle 1" and so on, and beside each in the
    electrolyte its own "interface 1" and so on. They are cut out of the electrolyte cell by cell (`meshes.beside`), and
    where particles are near to each other, each cell belongs to the nearest. Boundaries are the sides of the body, the
    "surface 1" and so on of each particle towards the electrolyte, and "contact 1-2" and so on where two touch.
    """

    width: float
    separator: float  # thickness; may be none
    thickness: float  # of the composite
    particles: Particles
    interface: float  # width of the layer beside each particle
    fine: float  # element size at the surface of particles
    coarse: float  # element size far away from it
    reach: float  # how far from the surface, to both sides, elements are fine
    depth: float | None = None  # None: a plane body

    def __post_init__(self) -> None:
        for name in ("width", "thickness", "interface", "fine", "coarse"):
            if not getattr(self, name) > 0:
                raise MeshError(f"the composite's {name} is {getattr(self, name):g}, and takes a length above zero")
        for name in ("separator", "reach"):
            if not getattr(self, name) >= 0:
                raise MeshError(
                    f"the composite's {name} is {getattr(self, name):g}, and takes a length of zero or more"
                )
        if self.depth is not None and not self.depth > 0:
            raise MeshError(f"the composite's depth is {self.depth:g}, and takes a length above zero, or none")
        if self.coarse < self.fine:
            raise MeshError(
                f"the coarse element size {self.coarse:g} is smaller than the fine one, {self.fine:g}; "
                "it takes at least that"
            )

        clearance = self.particles.clearance
        if clearance < NARROWEST * self.fine:
            raise MeshError(
                f"the composite's fine is {self.fine:g}, and takes at most {clearance / NARROWEST:g} where particles "
                f"are as near as {clearance:g}"
            )

    @property
    def packing(self) -> Packing:
        """Packing of the composite alone, whose bottom is its zero."""
        depth = () if self.depth is None else (self.depth,)
        return pack(self.particles, (self.width, self.thickness, *depth))

    @property
    def _sides(self) -> FloatArray:
        return np.array([self.width, self.separator + self.thickness, *([] if self.depth is None else [self.depth])])

    @property
    def _period(self) -> float:
        return self.width if self.particles.sides == "periodic" else 0.0

    def draw(self) -> None:
        gmsh.option.setNumber("Mesh.Algorithm3D", HXT)
        occ, packing, dim = gmsh.model.occ, self.packing, len(self._sides)
        lift = self.separator * np.eye(dim)[1]
        box = (dim, occ.addRectangle(0, 0, 0, *self._sides) if dim == 2 else occ.addBox(0, 0, 0, *self._sides))
        pieces: list[tuple[int, int]] = []
        owners: list[int] = []
        for i, (low, high) in enumerate(packing.extents()):
            for move in packing.room.copies():
                left, right = low[0] + move[0], high[0] + move[0]
                if left < self.width and right > 0:
                    whole = draw_particle(packing, i, lift + move)
                    cut = left < 0 or right > self.width
                    inside = occ.intersect([whole], [box], removeTool=False)[0] if cut else [whole]
                    pieces += inside
                    owners += [i] * len(inside)
        _, found = occ.fragment([box], pieces)
        occ.synchronize()
        bodies: list[list[int]] = [[] for _ in packing.radii]
        for i, piece in zip(owners, found[1:], strict=True):
            bodies[i] += [body for _, body in piece]
        matrix = {body for _, body in found[0]} - set(chain(*bodies))
        gmsh.model.addPhysicalGroup(dim, sorted(matrix), name="electrolyte")
        for i, body in enumerate(bodies, 1):
            gmsh.model.addPhysicalGroup(dim, body, name=f"particle {i}")
        hull = draw_sides(np.zeros(dim), self._sides, self._period)
        draw_surfaces(bodies, hull)
        points, whose = packing.surfaces(self.fine / 2)
        extent = (np.zeros(dim), self._sides)
        wanted = narrowed(points + lift, whose, self.fine, self.particles.clearance, extent, self._period)
        copies = packing.room.copies()  # or left and right, which are meshed alike, would not suit what is near them
        everywhere = (points + copies[:, None] + lift).reshape(-1, dim)
        draw_sizes(everywhere, np.tile(wanted, len(copies)), self.reach, self.coarse, extent)

    def mark(self, parts: Parts) -> Parts:
        layers = {f"surface {i}": f"interface {i}" for i in range(1, len(self.packing.radii) + 1)}
        return layered(parts, ["electrolyte"], layers, self.interface, self._period)
