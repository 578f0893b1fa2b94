"""Layers on top of each other with a sharp crack between two of them, and the energy that a longer crack sets free."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

import gmsh
from mpi4py import MPI

import meshes
from mechanics import CRACK_MODELS, SPLITS, AlternateMinimiser, Medium, Solid, Support

UNBREAKABLE = 1e9


@dataclass(frozen=True)
class CrackedLayers:
    """x from 0, where the crack begins, to the width; regions "layer 0", "layer 1" … from the bottom.

    The columns of the mesh are all alike, and a longer crack only doubles more of its nodes. So the error that the
    mesh makes at the tip is the same for any length, and drops out of the difference of two energies.
    """

    width: float
    columns: int
    thicknesses: Sequence[float]
    rows: Sequence[int]  # of elements in each layer
    below: int  # layers under the crack
    crack: int = 0  # its length, in columns

    @property
    def length(self) -> float:
        return self.crack * self.width / self.columns

    def draw(self) -> None:
        levels = [self._draw_level(y, i == self.below) for i, y in enumerate(accumulate((0.0, *self.thicknesses)))]
        sides: dict[str, list[int]] = {"left": [], "right": []}
        for i, (bottom, top) in enumerate(pairwise(levels)):
            left = _line(bottom.upper_left, top.left, self.rows[i])
            right = _line(bottom.right, top.right, self.rows[i])
            outline = [*bottom.upper, right, *(-line for line in reversed(top.lower)), -left]
            layer = gmsh.model.geo.addPlaneSurface([gmsh.model.geo.addCurveLoop(outline)])
            corners = [bottom.upper_left, bottom.right, top.right, top.left]
            gmsh.model.geo.mesh.setTransfiniteSurface(layer, "Left", corners)
            gmsh.model.geo.addPhysicalGroup(2, [layer], name=f"layer {i}")
            sides["left"].append(left)
            sides["right"].append(right)
        for name, lines in sides.items():
            gmsh.model.geo.addPhysicalGroup(1, lines, name=name)
        gmsh.model.geo.addPhysicalGroup(1, levels[0].lower, name="bottom")
        gmsh.model.geo.addPhysicalGroup(1, levels[-1].upper, name="top")
        gmsh.model.geo.synchronize()

    def _draw_level(self, y: float, cracked: bool) -> "_Level":
        """A crack has two faces with nodes of their own, which meet at its tip."""
        point = gmsh.model.geo.addPoint
        left, tip, right = (point(x, y, 0.0) for x in (0.0, self.length, self.width))
        ahead = _line(tip, right, self.columns - self.crack)
        behind = _line(left, tip, self.crack)
        if not cracked:
            return _Level(left, left, right, [behind, ahead], [behind, ahead])
        upper_left = point(0.0, y, 0.0)
        return _Level(left, upper_left, right, [behind, ahead], [_line(upper_left, tip, self.crack), ahead])


@dataclass(frozen=True)
class _Level:
    left: int
    upper_left: int
    right: int
    lower: list[int]  # lines from the left to the right, seen from below
    upper: list[int]


def _line(start: int, end: int, elements: int) -> int:
    line = gmsh.model.geo.addLine(start, end)
    gmsh.model.geo.mesh.setTransfiniteCurve(line, elements + 1)
    return line


def release_rate(
    layers: CrackedLayers, media: Sequence[Medium], supports: Mapping[str, Support], cracks: tuple[int, int]
) -> float:
    """What the crack sets free between two lengths (in columns), per area, on full charge in one step.
    Before the step is accepted the elastic energy holds its plastic work, too."""
    energies, lengths = [], []
    for crack in cracks:
        body = replace(layers, crack=crack)
        domain = meshes.build(body, MPI.COMM_SELF)
        named = {f"layer {i}": replace(medium, toughness=UNBREAKABLE) for i, medium in enumerate(media)}
        solid = Solid(
            domain.mesh,
            domain.regions,
            domain.boundaries,
            named,
            supports,
            CRACK_MODELS["AT1"],
            SPLITS["none"],
            length=1.0,
            cell_size=meshes.element_size(domain.mesh),
        )
        solid.load(1.0)
        assert AlternateMinimiser(solid).minimise().converged
        energies.append(solid.energies().elastic)
        lengths.append(body.length)
    return (energies[0] - energies[1]) / (lengths[1] - lengths[0])
