"""Renders the crack field on the deformed shape, off screen.

VTK may end its process where it finds no display, so only the child process of `intact.pictures` comes here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyvista
from matplotlib.colors import LinearSegmentedColormap, to_rgb

from intact.finished import UnreadableError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Image = npt.NDArray[np.uint8]

REGIONS = ("electrolyte", "interface", "cathode")  # in the order of their numbers in the files
TINTS = np.array([to_rgb(colour) for colour in ("#d8e6f3", "#f1f0ea", "#dedad2")])
# Lightness falls evenly from intact to detached, so that the eye reads steps of damage as equal.
DAMAGE = LinearSegmentedColormap.from_list("damage", ["#ffffff", "#fac098", "#ec8055", "#c73a4b", "#791f56", "#2a0a3c"])
OUTLINE, SEAM = "#3c3c3c", "#8a8a8a"
TRIANGLES = (5, 69)  # VTK's numbers for a triangle and for the Lagrange triangle that dolfinx calls it
FINER = 3  # rendered so many times larger and averaged, which smooths every edge on every machine alike


@dataclass(frozen=True)
class Shape:
    """The body at one state of charge, in one piece: what each process wrote, without the doubled cells."""

    points: Floats  # undeformed, µm
    displacement: Floats
    triangles: Integers
    damage: Floats  # at the points
    region: Integers  # of the triangles

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
        x, y = self.deformed.T
        return float(x[y > 0.1 * y.min() + 0.9 * y.max()].max()), float(y.max())


@dataclass(frozen=True)
class Window:
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


def around(shapes: list[Shape], margin: float) -> Window:
    """The window that holds all these shapes, and a margin, which is a part of their width."""
    low = np.min([shape.deformed.min(axis=0) for shape in shapes], axis=0)
    high = np.max([shape.deformed.max(axis=0) for shape in shapes], axis=0)
    edge = margin * float(high[0] - low[0])
    return Window(low[0] - edge, high[0] + edge, low[1] - edge, high[1] + edge)


def read(file: Path) -> Shape:
    """A shape from a .pvtu that dolfinx has written."""
    grid = pyvista.read(file)
    if not set(grid.celltypes) <= set(TRIANGLES) or grid.cells.size != 4 * grid.n_cells:
        raise UnreadableError(f"{file} has other cells than straight triangles, which cannot be pictured")
    try:
        ids = np.asarray(grid.point_data["vtkOriginalPointIds"], dtype=np.int64)
        ghost_points, ghost_cells = grid.point_data["vtkGhostType"] != 0, grid.cell_data["vtkGhostType"] != 0
        displacement, damage = grid.point_data["displacement"][:, :2], grid.point_data["damage"]
        region = grid.cell_data["region"]
    except KeyError as error:
        raise UnreadableError(f"{file} lacks what a picture needs: {error}") from None

    def whole(piecewise: npt.NDArray) -> Floats:
        """Values of all points, each as the process has it that owns the point."""
        values = np.zeros((ids.max() + 1, *piecewise.shape[1:]))
        for points in (ghost_points, ~ghost_points):
            values[ids[points]] = piecewise[points]
        return values

    return Shape(
        points=whole(np.asarray(grid.points)[:, :2]),
        displacement=whole(np.asarray(displacement)),
        triangles=ids[grid.cells.reshape(-1, 4)[~ghost_cells, 1:]],
        damage=whole(np.asarray(damage)),
        region=np.rint(region[~ghost_cells]).astype(np.int64),
    )


def render(shape: Shape, window: Window, width: int) -> Image:
    """The shape as it fills the window, `width` pixels wide."""
    size = (width, round(width * window.height / window.width))
    plotter = pyvista.Plotter(off_screen=True, window_size=[FINER * n for n in size], lighting="none")
    plotter.set_background("white")
    plotter.add_mesh(_surface(shape), scalars="colour", rgb=True, lighting=False)
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


def _surface(shape: Shape) -> pyvista.PolyData:
    """The triangles with a colour at each corner: damage's colour on the tint of the region."""
    corners = _with_height(shape.deformed[shape.triangles.ravel()], 0.0)
    faces = np.insert(np.arange(len(corners)).reshape(-1, 3), 0, 3, axis=1)
    surface = pyvista.PolyData(corners, faces.ravel())
    damage = np.clip(shape.damage[shape.triangles.ravel()], 0, 1)
    colour = DAMAGE(damage)[:, :3] * TINTS[np.repeat(shape.region, 3)]
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
