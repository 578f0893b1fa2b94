"""Element sizes that are small along surfaces and grow away from them, as a field that gmsh reads."""

from itertools import product

import gmsh
import numpy as np
from scipy.spatial import cKDTree

from meshes.parts import FloatArray, IntArray
from meshes.stack import ASKED, GROWTH

NARROWEST = 0.25  # of the fine size: what is narrower can neither hold a layer nor elements of a good shape
CLASS = 1.1  # from one size to the next that is told apart
ACROSS = 2.0  # elements across a narrow gap, so that each side has a row of its own
SPACING = 2.0  # of the field's own grid, in smallest sizes: fine enough for how fast sizes grow


Box = tuple[FloatArray, FloatArray]  # its lower and its upper corner


def narrowed(
    points: FloatArray, owners: IntArray, fine: float, least_gap: float, box: Box, period: float = 0.0
) -> FloatArray:
    """The size at each point on a surface: smaller than fine where the next surface, of another owner, is near, or a
    side of the box that does not cut the owner."""
    wanted = np.full(len(points), fine)
    moves = [move * np.eye(points.shape[1])[0] for move in ((0.0, -period, period) if period else (0.0,))]
    for owner in np.unique(owners):
        own = owners == owner
        low, high = points[own].min(axis=0) - ACROSS * fine, points[own].max(axis=0) + ACROSS * fine
        copies = np.vstack([points[~own] + move for move in moves])
        others = copies[((copies > low) & (copies < high)).all(axis=1)]
        gaps = cKDTree(others).query(points[own])[0] if len(others) else np.full(np.count_nonzero(own), np.inf)
        for step in (points[own] + move - side for move in moves for side in box):
            beside = (step > 0).all(axis=0) | (step < 0).all(axis=0)  # axes along which it is on one side only
            gaps = np.minimum(gaps, np.abs(step[:, beside]).min(axis=1, initial=np.inf))
        wanted[own] = np.minimum(fine, np.maximum(gaps, least_gap) / ACROSS)
    return wanted


def draw_sizes(points: FloatArray, wanted: FloatArray, reach: float, coarse: float, box: Box) -> None:
    """The sizes wanted at these points, held within the reach (as much less of it as they are smaller), and growing
    from there to the coarse one."""
    step = SPACING * wanted.min()
    low, high = box
    axes = [np.linspace(a, b, int(np.ceil((b - a) / step)) + 1) for a, b in zip(low, high, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    size = np.full(grid.shape[:-1], coarse)
    classes = np.ceil(np.log(wanted.max() / wanted) / np.log(CLASS))  # the first holds what is not narrowed at all
    for number in np.unique(classes):
        these = classes == number
        finest = wanted[these].min()
        held = reach * finest / wanted.max()
        away = cKDTree(points[these]).query(grid, distance_upper_bound=held + (coarse - finest) / GROWTH)[0]
        size = np.minimum(size, finest + GROWTH * np.maximum(away - held, 0.0))
    _draw_grid(grid, size * (ASKED if len(axes) == 3 else 1.0))


def _draw_grid(grid: FloatArray, size: FloatArray) -> None:
    dim = grid.shape[-1]
    around = [(0, 0), (1, 0), (1, 1), (0, 1)]  # the corners of a quadrangle, and of a hexahedron, as gmsh counts them
    tops: list[tuple[int, ...]] = [()] if dim == 2 else [(0,), (1,)]
    corners = [corner + top for top, corner in product(tops, around)]
    cells = [tuple(slice(i, n - 1 + i) for i, n in zip(corner, size.shape, strict=True)) for corner in corners]
    at = np.stack([grid[cell].reshape(-1, dim) for cell in cells])  # (corners, cells, axes)
    at = np.pad(at, ((0, 0), (0, 0), (0, 3 - dim)))
    values = np.stack([size[cell].ravel() for cell in cells])
    rows = np.concatenate([*np.moveaxis(at, 2, 0), values]).T
    view = gmsh.view.add("sizes")
    gmsh.view.addListData(view, "SQ" if dim == 2 else "SH", len(rows), rows.ravel())
    field = gmsh.model.mesh.field.add("PostView")
    gmsh.model.mesh.field.setNumber(field, "ViewTag", view)
    gmsh.model.mesh.field.setAsBackgroundMesh(field)
