"""Draws two crack fields side by side, their difference with both paths on top, and their curves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.tri import Triangulation

from intact.compare.geometry import boundary_edges, isoline
from intact.results.crack_record import CrackRecord, Floats, Integers

if TYPE_CHECKING:
    from intact.compare.comparison import Comparison

MOST_ROWS = 5  # loads that are pictured
COLOURS = ("#0072B2", "#D55E00")  # of A and B: Okabe & Ito
PATH, WIDTHS = 0.5, (2.4, 1.0)  # level of damage; A's line is wide, so that B's shows on it
STORES = {"elastic_energy": "-", "fracture_energy": "--"}
WIDE = 4.2  # inches of one field
LONG = 30  # letters of a name that no longer fit beside a field


def draw(comparison: Comparison, file: Path) -> None:
    a, loads = comparison.a, _some(comparison.loads)
    wide, tall = np.ptp(a.points, axis=0)
    curves = _curves(comparison.a, comparison.b)
    row = min(max(WIDE * tall / wide, 1.0), 6.0) + 0.15
    heights = [row * len(loads) + 0.9, *[3.6] * bool(curves)]
    figure = Figure(figsize=(3 * WIDE + 0.4, sum(heights)), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    above, *below = figure.subfigures(len(heights), 1, height_ratios=heights)
    if curves:
        for axes, columns in zip(below[0].subplots(1, len(curves), squeeze=False)[0], curves, strict=True):
            _draw_curves(axes, comparison, columns)
    fields = above.subplots(len(loads), 3, squeeze=False)
    largest = max(comparison.overlay.largest(*_damage(comparison, load)) for load in loads)
    for three, load in zip(fields, loads, strict=True):
        _draw_fields(three, comparison, load, max(largest, 1e-9))
    for axes, title in zip(fields[0], (*map(_short, comparison.names, "AB"), "A - B, and both paths"), strict=True):
        axes.set_title(title, fontsize=9)
    below_fields: dict[str, Any] = {"location": "bottom", "shrink": 0.6, "aspect": 40, "pad": 0.02}
    above.colorbar(fields[0, 0].collections[0], ax=fields[:, :2].ravel().tolist(), label="d", **below_fields)
    above.colorbar(fields[0, 2].collections[0], ax=fields[:, 2].tolist(), label="difference of d", **below_fields)
    figure.savefig(file, metadata={"Software": None})


def _damage(comparison: Comparison, load: float) -> tuple[Floats, Floats]:
    a, b = comparison.a, comparison.b
    return a.damage[a.at(load)], b.damage[b.at(load)]


def _draw_fields(row: Sequence[Axes], comparison: Comparison, load: float, largest: float) -> None:
    a, damage = comparison.a, _damage(comparison, load)
    both = []
    for axes, one, d, colour in zip(row, (a, comparison.b), damage, COLOURS, strict=False):
        _field(axes, one.points, one.triangles, d, "magma_r", 0, 1)
        both.append(isoline(one.points, one.triangles, d, PATH))
        _lines(axes, both[-1], colour, 1.2)
    name = comparison.a.load_name if len(comparison.a.load_name) < LONG else "load"
    row[0].set_ylabel(f"{name} {load:g}", fontsize=9)
    here, there = (place.value(d) for place, d in zip(comparison.overlay.corners, damage, strict=True))
    corners = a.points[a.triangles].reshape(-1, 2)  # each triangle for itself: B may jump where A does not
    _field(row[2], corners, np.arange(len(corners)).reshape(-1, 3), here - there, "RdBu_r", -largest, largest)
    for segments, colour, width in zip(both, COLOURS, WIDTHS, strict=True):
        _lines(row[2], segments, colour, width)
    _lines(row[2], a.points[boundary_edges(a.triangles)], "#888888", 0.6)


def _lines(axes: Axes, segments: Floats, colour: str, width: float) -> None:
    axes.add_collection(LineCollection(list(segments), colors=colour, linewidths=width))


def _field(
    axes: Axes, points: Floats, triangles: Integers, values: Floats, colours: str, low: float, high: float
) -> None:
    mesh = Triangulation(points[:, 0], points[:, 1], triangles)
    axes.tripcolor(mesh, values, shading="gouraud", cmap=colours, vmin=low, vmax=high)
    axes.set_aspect("equal")
    axes.set_xlim(points[:, 0].min(), points[:, 0].max())
    axes.set_ylim(points[:, 1].min(), points[:, 1].max())
    axes.set_xticks([])
    axes.set_yticks([])


def _draw_curves(axes: Axes, comparison: Comparison, columns: Sequence[str]) -> None:
    for one, letter, colour, width in zip((comparison.a, comparison.b), "AB", COLOURS, WIDTHS, strict=True):
        for column in columns:
            words = column.replace("_", " ")
            label = f"{letter} {words}" if len(columns) > 1 else letter
            style = STORES.get(column, "-")
            axes.plot(one.curve["load"], one.curve[column], style, color=colour, lw=width, label=label)
    for load in comparison.loads:
        axes.axvline(load, color="#cccccc", lw=0.6, zorder=0)
    axes.set_title(columns[0].replace("_", " ") if len(columns) == 1 else "energies, MPa µm²", fontsize=9)
    axes.set_xlabel(comparison.a.load_name, fontsize=9)
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=8, frameon=False)


def _curves(a: CrackRecord, b: CrackRecord) -> list[list[str]]:
    """The columns of each picture of curves."""
    groups = (["detached_fraction"], ["force"], list(STORES))
    there = [[column for column in group if column in a.curve and column in b.curve] for group in groups]
    return [group for group in there if group]


def _some(loads: Sequence[float]) -> list[float]:
    """At most so many, evenly chosen, the last among them."""
    chosen = np.unique(np.linspace(len(loads) - 1, 0, min(len(loads), MOST_ROWS)).round().astype(int))
    return [loads[i] for i in chosen]


def _short(name: str, letter: str) -> str:
    return f"{letter}  {name if len(name) < 48 else '…' + name[-46:]}"
