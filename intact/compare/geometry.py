"""Two damage fields on two meshes of straight triangles: their difference, and the distance between their isolines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from intact.results.crack_record import Floats, Integers

# Strang & Fix 1973, 7 points: exact to the fifth degree. (weight, barycentric coordinates)
_FAR, _NEAR = (6 - np.sqrt(15)) / 21, (6 + np.sqrt(15)) / 21
_OUTER, _INNER = (155 - np.sqrt(15)) / 1200, (155 + np.sqrt(15)) / 1200
WEIGHTS = np.array([9 / 40, *3 * [_OUTER], *3 * [_INNER]])
GAUSS = np.vstack([np.full((1, 3), 1 / 3), *(a + (1 - 3 * a) * np.eye(3) for a in (_FAR, _NEAR))])
# Corners, a millionth inside: at a slit, where two vertices share a place, it is then clear which face is meant.
CORNERS = np.eye(3) + 1e-6 * (1 / 3 - np.eye(3))
ROUND = 1e-9  # how far below zero a barycentric coordinate still counts as inside
AT_ONCE = 2_000_000  # pairs of a point with a triangle or a segment, which bounds the memory


@dataclass(frozen=True)
class Places:
    """Where points lie in a mesh: values there are weighted sums of the values at three vertices."""

    vertices: Integers  # (points, 3)
    weights: Floats  # (points, 3)

    def value(self, at_vertices: Floats) -> Floats:
        return np.einsum("pi,pi...->p...", self.weights, at_vertices[self.vertices])


class Locator:
    """Finds the triangle that holds a point, by a grid of boxes; a point outside is taken to the nearest edge."""

    def __init__(self, points: Floats, triangles: Integers) -> None:
        self._points, self._triangles = points, triangles
        corners = points[triangles]
        self._low, high = points.min(axis=0), points.max(axis=0)
        shape = np.maximum(np.sqrt(len(triangles) * (high - self._low) / (high - self._low)[::-1]).astype(int), 1)
        self._shape, self._box = shape, (high - self._low) / shape
        first, last = self._boxes(corners.min(axis=1)), self._boxes(corners.max(axis=1))
        wide, tall = (last - first + 1).T
        count = wide * tall
        triangle = np.repeat(np.arange(len(triangles)), count)
        number = np.arange(len(triangle)) - np.repeat(np.cumsum(count) - count, count)
        x, y = first[triangle, 0] + number % wide[triangle], first[triangle, 1] + number // wide[triangle]
        box = x * shape[1] + y
        self._held = triangle[np.argsort(box, kind="stable")]  # the triangles that touch a box, box after box
        self._start = np.concatenate([[0], np.cumsum(np.bincount(box, minlength=shape.prod()))])
        origin, edges = corners[:, 0], corners[:, 1:] - corners[:, :1]
        self._origin, self._inverse = origin, np.linalg.inv(edges.transpose(0, 2, 1))
        self._edges = boundary_edges(triangles)

    def find(self, places: Floats) -> Places:
        """The triangle at each of these places."""
        vertices, weights = np.empty((len(places), 3), dtype=np.int64), np.empty((len(places), 3))
        box = self._boxes(places)
        box_number = box[:, 0] * self._shape[1] + box[:, 1]
        count = self._start[box_number + 1] - self._start[box_number]
        for some in _portions(count):
            one = np.repeat(some, count[some])
            offset = np.arange(len(one)) - np.repeat(np.cumsum(count[some]) - count[some], count[some])
            triangle = self._held[self._start[box_number[one]] + offset]
            inner = np.einsum("pij,pj->pi", self._inverse[triangle], places[one] - self._origin[triangle])
            barycentric = np.column_stack([1 - inner.sum(axis=1), inner])
            depth = barycentric.min(axis=1)
            deepest = np.lexsort((depth, one))  # the last one of each point is the triangle it is deepest in
            best = deepest[np.flatnonzero(np.diff(one[deepest], append=-1))]
            inside = best[depth[best] >= -ROUND]
            vertices[one[inside]] = self._triangles[triangle[inside]]
            weights[one[inside]] = barycentric[inside]
            outside = np.setdiff1d(some, one[inside])
            vertices[outside], weights[outside] = self._nearest(places[outside])
        return Places(vertices, weights)

    def _nearest(self, places: Floats) -> tuple[Integers, Floats]:
        """The nearest point of the boundary: round-off, or two meshes of one round body."""
        a, b = self._points[self._edges[:, 0]], self._points[self._edges[:, 1]]
        vertices, weights = np.zeros((len(places), 3), dtype=np.int64), np.zeros((len(places), 3))
        for some in _portions(np.full(len(places), len(a))):
            distance, along = _to_segments(places[some], a, b)
            edge = distance.argmin(axis=1)
            t = along[np.arange(len(some)), edge]
            vertices[some, :2] = self._edges[edge]
            weights[some, 0], weights[some, 1] = 1 - t, t
        return vertices, weights

    def _boxes(self, places: Floats) -> Integers:
        return np.clip(((places - self._low) / self._box).astype(np.int64), 0, self._shape - 1)


class Overlay:
    """Mesh A with mesh B laid over it, for fields given at the vertices of each."""

    def __init__(self, points_a: Floats, triangles_a: Integers, points_b: Floats, triangles_b: Integers) -> None:
        self._areas = areas(points_a, triangles_a)
        in_a, in_b = Locator(points_a, triangles_a), Locator(points_b, triangles_b)
        self._gauss = _own(triangles_a, GAUSS), in_b.find(_spread(points_a, triangles_a, GAUSS))
        self.corners = _own(triangles_a, CORNERS), in_b.find(_spread(points_a, triangles_a, CORNERS))
        self._corners_b = in_a.find(_spread(points_b, triangles_b, CORNERS)), _own(triangles_b, CORNERS)

    def integral(self, a: Floats, b: Floats) -> tuple[float, float, float]:
        """∫ |a - b|², ∫ |a|² and ∫ |b|² over the body."""
        here, there = (place.value(field) for place, field in zip(self._gauss, (a, b), strict=True))
        return self._integrate(here - there), self._integrate(here), self._integrate(there)

    def largest(self, a: Floats, b: Floats) -> float:
        """The largest |a - b| at any vertex of either mesh, where a difference of piecewise linear fields has it."""
        pairs = (self.corners, self._corners_b)
        return max(float(np.abs(one.value(a) - other.value(b)).max()) for one, other in pairs)

    @property
    def area(self) -> float:
        return float(self._areas.sum())

    def _integrate(self, values: Floats) -> float:
        squares = (values.reshape(len(values), -1) ** 2).sum(axis=1).reshape(-1, len(WEIGHTS))
        return float(self._areas @ (squares @ WEIGHTS))


def areas(points: Floats, triangles: Integers) -> Floats:
    (abx, aby), (acx, acy) = (points[triangles[:, i]].T - points[triangles[:, 0]].T for i in (1, 2))
    return np.abs(abx * acy - aby * acx) / 2


def boundary_edges(triangles: Integers) -> Integers:
    """The edges that belong to one triangle only."""
    edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    unique, count = np.unique(edges, axis=0, return_counts=True)
    return unique[count == 1]


def isoline(points: Floats, triangles: Integers, values: Floats, level: float) -> Floats:
    """Marching triangles: the segments (n, 2, 2) on which the piecewise linear field has this value."""
    above = values[triangles] >= level
    one = triangles[above.any(axis=1) & ~above.all(axis=1)]
    above = values[one] >= level
    # the corner that is alone on its side of the level, and the other two
    alone = np.where(above.sum(axis=1) == 1, above.argmax(axis=1), (~above).argmax(axis=1))
    rows = np.arange(len(one))
    tip, others = one[rows, alone], np.stack([one[rows, (alone + 1) % 3], one[rows, (alone + 2) % 3]], axis=1)
    t = (level - values[tip])[:, None] / (values[others] - values[tip][:, None])
    return points[tip][:, None] + t[:, :, None] * (points[others] - points[tip][:, None])


def hausdorff(a: Floats, b: Floats) -> float:
    """The farthest that any point of one set of segments is from the other set; infinite where one is empty."""
    if not len(a) or not len(b):
        return 0.0 if len(a) == len(b) else np.inf
    return max(_farthest(a, b), _farthest(b, a))


def _farthest(a: Floats, b: Floats) -> float:
    """From ends and middles of a; between these, distances change by a quarter of a segment at most."""
    places = np.unique(np.concatenate([a[:, 0], a[:, 1], a.mean(axis=1)]), axis=0)
    portions = _portions(np.full(len(places), len(b)))
    return max(float(_to_segments(places[some], b[:, 0], b[:, 1])[0].min(axis=1).max()) for some in portions)


def _to_segments(places: Floats, a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Distance of each place to each segment from a to b, and how far along it the nearest point lies (0 to 1)."""
    along = b - a
    squared = np.maximum((along**2).sum(axis=1), np.finfo(float).tiny)
    away = places[:, None] - a
    t = np.clip(np.einsum("psi,si->ps", away, along) / squared, 0, 1)
    off = away - t[..., None] * along
    return np.sqrt((off**2).sum(axis=2)), t


def _own(triangles: Integers, barycentric: Floats) -> Places:
    """Places that are known by their triangle."""
    vertices = np.repeat(triangles, len(barycentric), axis=0)
    return Places(vertices, np.tile(barycentric, (len(triangles), 1)))


def _spread(points: Floats, triangles: Integers, barycentric: Floats) -> Floats:
    return _own(triangles, barycentric).value(points)


def _portions(count: Integers) -> Iterator[Integers]:
    """Numbers of points in portions that make no more pairs than memory likes."""
    portion = np.cumsum(count) // AT_ONCE
    starts = np.flatnonzero(np.diff(portion, prepend=-1))
    for first, last in pairwise((*starts, len(count))):
        yield np.arange(first, last)
