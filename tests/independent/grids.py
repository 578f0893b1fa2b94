"""Meshes of triangles on lines of x and y, with a slit that ends inside."""

from __future__ import annotations

import numpy as np


def grid(x: np.ndarray, y: np.ndarray, slit: tuple[float, float] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Points and triangles. Diagonals alternate, so that no direction is preferred.

    `slit = (tip, height)`: the line at this height is cut from the left side to the tip, and its points doubled.
    """
    points = np.stack(np.meshgrid(x, y, indexing="ij"), axis=2).reshape(-1, 2)
    number = np.arange(len(points)).reshape(len(x), len(y))
    a, b, c, d = (part.ravel() for part in (number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]))
    i, j = np.indices((len(x) - 1, len(y) - 1)).reshape(2, -1)
    even = ((i + j) % 2 == 0)[:, None]
    first = np.where(even, np.stack([a, b, c], axis=1), np.stack([a, b, d], axis=1))
    second = np.where(even, np.stack([a, c, d], axis=1), np.stack([b, c, d], axis=1))
    triangles = np.concatenate([first, second])
    if slit is not None:
        tip, height = slit
        round_off = 1e-9 * np.ptp(x)
        cut = np.flatnonzero((np.abs(points[:, 1] - height) < round_off) & (points[:, 0] < tip - round_off))
        above = points[triangles].mean(axis=1)[:, 1] > height
        twin = np.arange(len(points))
        twin[cut] = len(points) + np.arange(len(cut))
        triangles[above] = twin[triangles[above]]
        points = np.vstack([points, points[cut]])
    return points, triangles


def graded(fine_from: float, fine_to: float, low: float, high: float, fine: float, growth: float) -> np.ndarray:
    """Positions from low to high: evenly fine between two of them, then each step `growth` times the one before."""

    def outward(length: float) -> np.ndarray:
        if length <= 0:
            return np.empty(0)
        count = int(np.ceil(np.log(1 + length * (growth - 1) / (fine * growth)) / np.log(growth)))
        steps = fine * growth ** np.arange(1, count + 1)
        return np.cumsum(steps) * (length / steps.sum())

    even = np.linspace(fine_from, fine_to, round((fine_to - fine_from) / fine) + 1)
    return np.concatenate([fine_from - outward(fine_from - low)[::-1], even, fine_to + outward(high - fine_to)])
