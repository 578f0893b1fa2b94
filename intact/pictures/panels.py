"""Renders the crack field on the deformed shape, off screen.

VTK may end its process where it finds no display, so only the child process of `intact.pictures.draw` draws; reading
fields takes none.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyvista
from matplotlib.colors import LinearSegmentedColormap, to_rgb

from intact.results import names
from intact.results.finished import UnreadableError
from intact.results.regions import SHOWN

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Image = npt.NDArray[np.uint8]

ABOVE = "interface\nfrom above"  # in three dimensions drawn over the front of the body
REGIONS = (*SHOWN, ABOVE)
TINTS = np.array(
    [to_rgb(colour) for colour in ("#d8e6f3", "#f1f0ea", "#dedad2", "#c4c4c4", "#f3e3b4", "#c4c4c4", "#f1f0ea")]
)
# Lightness falls evenly from intact to detached, so that the eye reads steps of damage as equal.
DAMAGE = LinearSegmentedColormap.from_list("damage", ["#ffffff", "#fac098", "#ec8055", "#c73a4b", "#791f56", "#2a0a3c"])
LITHIUM = LinearSegmentedColormap.from_list("lithium", ["#f4f3e6", "#a8d5ba", "#4f9d97", "#1d5b79"])
OUTLINE, SEAM = "#3c3c3c", "#8a8a8a"
Range = tuple[float, float]
WHOLE = 0.0, 1.0  # content of lithium
TRIANGLE, TETRAHEDRON = 5, 10  # VTK's numbers
GAP = 0.12  # between the two views of a body in three dimensions, of its height
FLAT = 1e-6  # of its extent: nodes that near the front are on it
SECTIONS = 14  # heights at which damage is looked up; an even number, so that none is that of a penny in the mesh
FINER = 3  # rendered so many times larger and averaged, which smooths every edge on every machine alike


@dataclass(frozen=True)
class Shape:
    """The body at one state of charge, in one piece: what each process wrote, without the doubled cells.

    In three dimensions two views of it, one above the other: its front, and its interface seen from above with the
    highest damage of each section. So the front of a crack shows, which lies hidden in the body.
    """

    points: Floats  # undeformed, µm
    displacement: Floats
    triangles: Integers
    damage: Floats  # at the points
    region: Integers  # of the triangles
    lithium: Floats | None = None  # content at the points, which counts in particles; none where it is not followed

    @property
    def holds_lithium(self) -> npt.NDArray[np.bool_]:
        """Triangles."""
        return self.region == REGIONS.index("particles")

    def contents(self) -> Range | None:
        """The least and the most lithium."""
        if self.lithium is None:
            return None
        inside = self.lithium[np.unique(self.triangles[self.holds_lithium])]
        return float(inside.min()), float(inside.max())

    @property
    def deformed(self) -> Floats:
        return self.points + self.displacement

    def middle_heights(self) -> dict[str, float]:
        """Height at which each region's left end has its middle."""
        heights = {}
        for number, name in enumerate(REGIONS):
            nodes = np.unique(self.triangles[self.region == number])
            if len(nodes):
                x, y = self.deformed[nodes, 0], self.deformed[nodes, 1]
                end = y[x <= x.min() + 0.05 * np.ptp(x)]
                heights[name] = float(end.min() + end.max()) / 2
        return heights

    def upper_right(self) -> tuple[float, float]:
        """The corner of the top layer."""
        x, y = self.deformed[np.unique(self.triangles[self.region != REGIONS.index(ABOVE)])].T
        return float(x[y > 0.1 * y.min() + 0.9 * y.max()].max()), float(y.max())


@dataclass(frozen=True)
class View:
    """The part of the plane that a picture shows, µm."""

    left: float
    right: float
    bottom: float
    top: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.top - self.bottom


def around(shapes: list[Shape], margin: float) -> View:
    """The window that holds all these shapes, and a margin, which is a part of their width."""
    low = np.min([shape.deformed.min(axis=0) for shape in shapes], axis=0)
    high = np.max([shape.deformed.max(axis=0) for shape in shapes], axis=0)
    edge = margin * float(high[0] - low[0])
    return View(low[0] - edge, high[0] + edge, low[1] - edge, high[1] + edge)


def read(file: Path) -> Shape:
    """A shape from a file of fields."""
    grid = pyvista.read(file)
    kinds, corners = set(grid.celltypes), grid.cells.size // max(grid.n_cells, 1) - 1
    if kinds not in ({TRIANGLE}, {TETRAHEDRON}):
        raise UnreadableError(f"{file} has other cells than straight triangles or tetrahedra, which cannot be pictured")
    try:
        displacement, damage = (
            np.asarray(grid.point_data[name], dtype=float) for name in (names.DISPLACEMENT, names.DAMAGE)
        )
        region = np.rint(grid.cell_data[names.REGION]).astype(np.int64)
    except KeyError as error:
        raise UnreadableError(f"{file} lacks what a picture needs: {error}") from None
    points = np.asarray(grid.points, dtype=float)
    lithium = np.asarray(grid.point_data[names.LITHIUM]) if names.LITHIUM in grid.point_data else None
    cells = grid.cells.reshape(-1, corners + 1)[:, 1:].astype(np.int64)
    if corners == 4:
        return _views(points, displacement, cells, damage, region)
    return Shape(points[:, :2], displacement[:, :2], cells, damage, region, lithium)


def _views(points: Floats, displacement: Floats, tetrahedra: Integers, damage: Floats, region: Integers) -> Shape:
    """The front, and above it the interface."""
    sides = tetrahedra[:, [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]]
    z = points[:, 2]
    in_front = (z[sides] <= z.min() + FLAT * np.ptp(points)).all(axis=2)
    plan = _interface(points, displacement, tetrahedra[region == REGIONS.index("interface")], damage)
    low, high = points[:, 1].min(), points[:, 1].max()
    seen = np.asarray(plan.points)[:, [0, 2]] + [0.0, high + GAP * (high - low) - z.min()]
    triangles = plan.faces.reshape(-1, 4)[:, 1:]
    return Shape(
        points=np.vstack([points[:, :2], seen]),
        displacement=np.vstack([displacement[:, :2], plan.point_data["displacement"][:, [0, 2]]]),
        triangles=np.vstack([sides[in_front], len(points) + triangles]),
        damage=np.concatenate([damage, plan.point_data["damage"]]),
        region=np.concatenate([region[np.nonzero(in_front)[0]], np.full(len(triangles), REGIONS.index(ABOVE))]),
    )


def _interface(points: Floats, displacement: Floats, tetrahedra: Integers, damage: Floats) -> pyvista.PolyData:
    """A level section through the layer, with the highest damage above and below each of its points."""
    layer = pyvista.UnstructuredGrid({pyvista.CellType.TETRA: tetrahedra}, points)
    layer.point_data["displacement"], layer.point_data["damage"] = displacement, damage
    y = points[np.unique(tetrahedra), 1]
    heights = np.linspace(y.min(), y.max(), SECTIONS + 2)[1:-1]
    plan = layer.slice(normal="y", origin=(0.0, heights[SECTIONS // 2], 0.0)).triangulate()
    levels = [np.where([True, False, True], plan.points, height) for height in heights]
    found = [pyvista.PolyData(level).sample(layer).point_data["damage"] for level in levels]
    plan.point_data["damage"] = np.max([plan.point_data["damage"], *found], axis=0)
    return plan


def render(shape: Shape, window: View, width: int, lithium: Range = WHOLE) -> Image:
    """The shape as it fills the window, `width` pixels wide; with the contents that are light and dark."""
    size = (width, round(width * window.height / window.width))
    plotter = pyvista.Plotter(off_screen=True, window_size=[FINER * n for n in size], lighting="none")
    plotter.set_background("white")
    plotter.add_mesh(_surface(shape, lithium), scalars="colour", rgb=True, lighting=False)
    seam, outline = _edges(shape)
    plotter.add_mesh(_lines(shape, seam), color=SEAM, line_width=0.8 * FINER, lighting=False)
    plotter.add_mesh(_lines(shape, outline), color=OUTLINE, line_width=1.2 * FINER, lighting=False)
    middle = ((window.left + window.right) / 2, (window.bottom + window.top) / 2)
    plotter.camera_position = [(*middle, 1.0), (*middle, 0.0), (0.0, 1.0, 0.0)]
    plotter.enable_parallel_projection()
    plotter.camera.parallel_scale = window.height / 2
    plotter.camera.clipping_range = (0.1, 2.0)
    large = np.asarray(plotter.screenshot(return_img=True), dtype=np.float64)
    plotter.close()
    fine = large.reshape(size[1], FINER, size[0], FINER, 3)
    return np.rint(fine.mean(axis=(1, 3))).astype(np.uint8)


def _surface(shape: Shape, lithium: Range) -> pyvista.PolyData:
    """The triangles with a colour at each corner: damage's colour on the tint of the region, or on that of lithium."""
    corners = _with_height(shape.deformed[shape.triangles.ravel()], 0.0)
    faces = np.insert(np.arange(len(corners)).reshape(-1, 3), 0, 3, axis=1)
    surface = pyvista.PolyData(corners, faces.ravel())
    damage = np.clip(shape.damage[shape.triangles.ravel()], 0, 1)
    tint = TINTS[np.repeat(shape.region, 3)]
    if shape.lithium is not None:
        low, high = lithium
        holds = np.repeat(shape.holds_lithium, 3)
        content = shape.lithium[shape.triangles.ravel()][holds]
        tint[holds] = LITHIUM((content - low) / (high - low))[:, :3]
    colour = DAMAGE(damage)[:, :3] * tint
    surface.point_data["colour"] = np.rint(255 * colour).astype(np.uint8)
    return surface


def _edges(shape: Shape) -> tuple[Integers, Integers]:
    """Pairs of points along the seams between regions, and along the outline of the body."""
    pairs = np.sort(shape.triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    unique, inverse, count = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
    of_edge = inverse.reshape(-1)  # NumPy 2.0 gives it another shape
    region = np.repeat(shape.region, 3)
    lowest, highest = np.full(len(unique), len(REGIONS)), np.zeros(len(unique), dtype=np.int64)
    np.minimum.at(lowest, of_edge, region)
    np.maximum.at(highest, of_edge, region)
    return unique[lowest < highest], unique[count == 1]


def _lines(shape: Shape, pairs: Integers) -> pyvista.PolyData:
    raised = _with_height(shape.deformed, 0.01)  # above the surface, so that it does not hide them
    return pyvista.PolyData(raised, lines=np.insert(pairs, 0, 2, axis=1).ravel())


def _with_height(points: Floats, z: float) -> Floats:
    return np.column_stack([points, np.full(len(points), z)])
