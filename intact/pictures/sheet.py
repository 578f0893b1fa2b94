"""A sheet to draw on, measured in pixels, and what all pictures have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

WIDTH = 1600  # pixels; small print still reads where the sheet is shown 900 wide
EDGE = 24
INK, FAINT, ALARM = "#1a1a1a", "#666666", "#c00000"
DPI = 100


class Sheet:
    """White paper with its origin in the upper left corner and y downward, as in an image."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white")
        self.canvas = FigureCanvasAgg(self.figure)

    def text(self, x: float, y: float, text: str, size: float, most: float = np.inf, **style: Any) -> float:
        """Write a line around height y, smaller where it would be wider than `most`; returns its width."""
        look: dict[str, Any] = {"color": INK, "va": "center", "parse_math": False} | style
        line = self.figure.text(x / self.width, 1 - y / self.height, text, fontsize=points(size), **look)
        wide = float(line.get_window_extent(self.canvas.get_renderer()).width)
        line.set_fontsize(points(size * min(1, most / max(wide, 1))))
        return min(wide, most)

    def title(self, text: str) -> None:
        self.text(EDGE, 34, text, 28, most=self.width - 2 * EDGE, weight="bold")

    def image(self, x: float, y: float, image: npt.NDArray[np.uint8]) -> None:
        """Put an image with its upper left corner here, pixel on pixel."""
        high, wide = image.shape[:2]
        axes = self.figure.add_axes(self.area(x, y, wide, high), frameon=False, xticks=[], yticks=[])
        axes.imshow(image, aspect="auto", interpolation="none")

    def box(self, x: float, y: float, wide: float, high: float, **style: Any) -> None:
        left, bottom, wide, high = self.area(x, y, wide, high)
        self.figure.add_artist(Rectangle((left, bottom), wide, high, transform=self.figure.transFigure, **style))

    def line(self, start: tuple[float, float], end: tuple[float, float], wide: float, color: str = INK) -> None:
        x, y = ([place[i] for place in (start, end)] for i in (0, 1))
        ends = [one / self.width for one in x], [1 - one / self.height for one in y]
        style: dict[str, Any] = {"color": color, "linewidth": points(wide), "solid_capstyle": "round"}
        self.figure.add_artist(Line2D(*ends, transform=self.figure.transFigure, **style))

    def area(self, x: float, y: float, wide: float, high: float) -> tuple[float, float, float, float]:
        """A rectangle as matplotlib counts it: from below, in parts of the whole."""
        return x / self.width, 1 - (y + high) / self.height, wide / self.width, high / self.height

    def save(self, file: Path) -> None:
        self.figure.savefig(file, dpi=DPI, metadata={"Software": None})


def points(pixels: float) -> float:
    """Size of type or of a line, as matplotlib counts it."""
    return pixels * 72 / DPI


def plain(key: str) -> str:
    """A key of the case file in words: flow.yield_stress is the yield stress."""
    return key.rpartition(".")[2].replace("_", " ")


def percent(fraction: float) -> str:
    """Whole percents; 0 % and 100 % only where nothing, or everything, has let go."""
    if 0 < fraction < 0.01:
        return "< 1 %"
    if 0.99 < fraction < 1:
        return "> 99 %"
    return f"{100 * fraction:.0f} %"
