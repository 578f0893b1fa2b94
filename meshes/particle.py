"""One particle in a matrix: bare or coated, of one piece or of many grains."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal

import gmsh
import numpy as np

from meshes.beside import layered
from meshes.grains import grain_boundaries
from meshes.parts import FloatArray, MeshError, Parts
from meshes.pieces import Entity, disc, draw_sides, middle, outline
from meshes.shapes import on_ball
from meshes.sizes import NARROWEST, draw_sizes, narrowed

HALF_PLANES = {"whole": [], "half": [[-1.0, 0.0]], "quarter": [[-1.0, 0.0], [0.0, -1.0]]}  # what is left away


@dataclass(frozen=True)
class Grains:
    number: int  # in the part that is drawn
    boundary: float  # width of the layer along grain boundaries, half of it on either side
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.number >= 2:
            raise MeshError(f"the number of grains is {self.number:g}, and takes two or more")
        if not self.boundary > 0:
            raise MeshError(f"the grains' boundary is {self.boundary:g}, and takes a length above zero")
        if self.seed < 0:
            raise MeshError(f"the grains' seed is {self.seed:g}, and takes a whole number of zero or more")


@dataclass(frozen=True)
class Particle:
    """Around 0, 0 in a box of matrix. Half of it is where x ≥ 0 (with x for the radius, in axisymmetric kinematics, a
    sphere), a quarter where y ≥ 0 as well; the sides there are planes of symmetry.

    Regions from inside are "core", "inner interface", "shell", "outer interface" and "matrix", with circles between
    them; those whose width is zero are not there. The interface layers are on the outer side of core and shell. (What
    is bare has an outer interface only, beside the core.) Boundaries are the sides of the box, "core surface" and
    "shell surface". With grains the core is "grain 1" and so on, and "grain boundaries", which are cut out of the
    grains cell by cell (`meshes.beside`) along the boundary "between grains".
    """

    radius: float  # of the core
    width: float  # of the matrix, of which half or a quarter of a particle has its share
    height: float
    fine: float  # element size at surfaces
    coarse: float  # element size far away from them
    reach: float  # how far from surfaces, to both sides, elements are fine
    shell: float = 0.0  # thickness, the inner interface included
    inner_interface: float = 0.0  # width
    outer_interface: float = 0.0
    grains: Grains | None = None  # none: of one piece
    part: Literal["whole", "half", "quarter"] = "whole"

    def __post_init__(self) -> None:
        for name in ("radius", "width", "height", "fine", "coarse"):
            if not getattr(self, name) > 0:
                raise MeshError(f"the particle's {name} is {getattr(self, name):g}, and takes a length above zero")
        for name in ("reach", "shell", "inner_interface", "outer_interface"):
            if not getattr(self, name) >= 0:
                raise MeshError(f"the particle's {name} is {getattr(self, name):g}, and takes a length of zero or more")
        if self.coarse < self.fine:
            raise MeshError(
                f"the coarse element size {self.coarse:g} is smaller than the fine one, {self.fine:g}; "
                "it takes at least that"
            )
        if self.inner_interface and not self.inner_interface < self.shell:
            raise MeshError(
                f"the particle's inner_interface is {self.inner_interface:g}, and takes a width below that of "
                f"the shell, {self.shell:g}, which it is a part of"
            )
        radii = list(self._rings.values())
        thinnest = float(np.diff(radii).min(initial=np.inf))
        if thinnest < NARROWEST * self.fine:
            raise MeshError(
                f"the particle's fine is {self.fine:g}, and takes at most {thinnest / NARROWEST:g} where a layer is "
                f"{thinnest:g} wide"
            )
        outermost = radii[-1]
        if not 2 * (outermost + self.fine) <= min(self.width, self.height):
            raise MeshError(
                f"the particle's matrix is {self.width:g} × {self.height:g}, and takes at least "
                f"{2 * (outermost + self.fine):g} both ways, so that an element fits in beside it"
            )

    @property
    def _rings(self) -> dict[str, float]:
        """The outer radius of each region within the matrix."""
        radii = {
            "core": self.radius,
            "inner interface": self.radius + self.inner_interface,
            "shell": self.radius + self.shell,
            "outer interface": self.radius + self.shell + self.outer_interface,
        }
        names = list(radii)
        return {"core": self.radius} | {b: radii[b] for a, b in pairwise(names) if radii[b] > radii[a]}

    @property
    def _box(self) -> tuple[FloatArray, FloatArray]:
        high = np.array([self.width, self.height]) / 2
        return -high * (0 if self.part != "whole" else 1, 0 if self.part == "quarter" else 1), high

    @cached_property
    def _boundaries(self) -> list[FloatArray]:
        if self.grains is None:
            return []
        half_planes = np.reshape(HALF_PLANES[self.part], (-1, 2))
        return grain_boundaries(self.radius, self.grains.number, half_planes, self.grains.seed)

    def draw(self) -> None:
        occ, (low, high) = gmsh.model.occ, self._box
        box = (2, occ.addRectangle(*low, 0, *(high - low)))
        discs = [(2, disc(np.zeros(2), radius)) for radius in self._rings.values()]
        if self.part != "whole":
            discs = [occ.intersect([whole], [box], removeTool=False)[0][0] for whole in discs]
        lines: list[Entity] = []
        for ends in self._boundaries:
            line = (1, occ.addLine(*(occ.addPoint(*end, 0) for end in ends)))
            lines += occ.intersect([line], [discs[0]], removeTool=False)[0]
        _, found = occ.fragment([box], [*discs, *lines])
        occ.synchronize()
        within = [{body for _, body in pieces} for pieces in found]
        regions = {"matrix": within[0] - within[len(discs)]}
        regions |= {name: within[k + 1] - within[k] for k, name in enumerate(self._rings) if k}
        if self.grains is None:
            regions["core"] = within[1]
        else:
            pieces = sorted(within[1], key=lambda body: middle(2, body))
            regions |= {f"grain {i}": {body} for i, body in enumerate(pieces, 1)}
        for name, bodies in regions.items():
            gmsh.model.addPhysicalGroup(2, sorted(bodies), name=name)
        rims = {"core surface": outline(within[1])}
        if self.shell:
            rims["shell surface"] = outline(within[1 + list(self._rings).index("shell")])
        hull = draw_sides(low, high)
        inner = set(gmsh.model.getBoundary([(2, body) for body in within[1]], combined=False, oriented=False))
        for name, curves in rims.items():
            gmsh.model.addPhysicalGroup(1, sorted(curves - hull), name=name)
        if self.grains is not None:
            between = {curve for _, curve in inner} - rims["core surface"] - hull
            gmsh.model.addPhysicalGroup(1, sorted(between), name="between grains")
        self._draw_sizes()

    def mark(self, parts: Parts) -> Parts:
        if self.grains is None:
            return parts
        grains = [name for name in parts.regions if name.startswith("grain ")]
        return layered(parts, grains, {"between grains": "grain boundaries"}, self.grains.boundary / 2)

    def _draw_sizes(self) -> None:
        """The gap that a ring leaves between its circles is meshed like that between two particles."""
        circles = [on_ball(np.zeros(2), radius, self.fine / 2) for radius in self._rings.values()]
        owners = np.repeat(np.arange(len(circles), dtype=np.int32), [len(circle) for circle in circles])
        points = np.vstack(circles)
        thinnest = np.diff(list(self._rings.values())).min(initial=self.fine)
        wanted = narrowed(points, owners, self.fine, thinnest, self._box)
        between = [a + np.linspace(0, 1, _steps(a, b, self.fine))[:, None] * (b - a) for a, b in self._boundaries]
        points = np.vstack([points, *between])
        wanted = np.append(wanted, np.full(len(points) - len(wanted), self.fine))
        draw_sizes(points, wanted, self.reach, self.coarse, self._box)


def _steps(a: FloatArray, b: FloatArray, fine: float) -> int:
    return int(np.ceil(2 * np.linalg.norm(b - a) / fine)) + 1
