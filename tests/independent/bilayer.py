"""The main case with elastic layers: a notched interface between an electrolyte and a cathode that shrinks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from intact.results.crack_record import CrackRecord

from .history import follow
from .phase_field import Material, PhaseField

BROKEN = 0.9  # damage from which a section of the interface counts as detached


def bilayer(
    points: np.ndarray,
    triangles: np.ndarray,
    layers: Sequence[Material],
    heights: tuple[float, float],
    notch: tuple[float, float],
    length: float,
    fine: float,
    loads: Sequence[float],
    kept: Sequence[float],
    degree: int = 2,
) -> CrackRecord:
    """Electrolyte, interface and cathode meet at these two heights; the notch has a length and an opening.

    Bottom clamped, top and right sliding, left free; the faces of the notch are a crack from the start.
    """
    middle = points[triangles].mean(axis=1)[:, 1]
    region = np.searchsorted(heights, middle)
    body = PhaseField(points, triangles, region, list(layers), length, "AT1", "volumetric-deviatoric", degree)
    bottom, (right, top) = points[:, 1].min(), points.max(axis=0)
    body.hold(lambda x, y: y < bottom + 1e-6, 0)
    body.hold(lambda x, y: (y < bottom + 1e-6) | (y > top - 1e-6), 1)
    body.hold(lambda x, y: x > right - 1e-6, 0)
    edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    unique, count = np.unique(edges, axis=0, return_counts=True)
    rim = np.unique(unique[count == 1])
    offset = np.abs(points[rim, 1] - sum(heights) / 2)
    body.d[rim[(offset < notch[1] / 2 + 1e-6) & (points[rim, 0] < notch[0] + 1e-6)]] = 1

    inside = np.unique(triangles[region == 1])

    def charge(load: float) -> None:
        body.charge = load

    def detached() -> float:
        return detached_fraction(points[inside, 0], body.d[inside], notch[0], right, fine)

    return follow(body, "state of charge", loads, kept, charge, "detached_fraction", detached)


def detached_fraction(x: np.ndarray, d: np.ndarray, tip: float, end: float, fine: float) -> float:
    """Share of columns, two elements wide, where the interface is broken; the first at the tip is the notch's."""
    start = tip + 2 * fine
    count = max(int((end - start) / (2 * fine)), 1)
    column = np.minimum(((x - start) / (end - start) * count).astype(int), count - 1)
    ahead = x >= start
    return len(np.unique(column[ahead & (d >= BROKEN)])) / len(np.unique(column[ahead]))
