"""Round bodies in layers, as cases V6 and V7 have them: Lamé's solution, meshes of a quarter, an octant and a long
cylinder, and the stresses at the points where the energy is integrated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import pi
from typing import Any

import basix
import gmsh
import numpy as np
import ufl
from dolfinx import fem, mesh
from mpi4py import MPI

import meshes
from mechanics import CRACK_MODELS, SPLITS, AlternateMinimiser, Kinematics, Medium, Solid, Support
from mechanics.body.plastic_history import QUADRATURE_DEGREE
from mechanics.potential import stored, trial_strain

TOUGH = 1e9  # J/m²: no damage
SPLIT = SPLITS["none"]

# --- closed form ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rounds:
    """Elastic layers from the inside to the outside, each with isotropic shrinkage: u = A r + B r^(1-n), n = 2 for a
    cylinder in plane strain and 3 for a sphere. A and B of each layer from 2N linear equations: u and σ_r go on
    across interfaces; in the middle B = 0, or the displacement of a hole is given; the outside is free or held."""

    n: int
    radii: np.ndarray  # from the inside (0 where there is no hole) to the outside
    media: Sequence[Medium]
    A: np.ndarray
    B: np.ndarray

    @classmethod
    def solve(
        cls, n: int, radii: Sequence[float], media: Sequence[Medium], held: bool, pulled: float | None = None
    ) -> Rounds:
        """`pulled` is the displacement of the face of the hole."""
        r, N = np.asarray(radii, dtype=float), len(media)
        matrix, right = np.zeros((2 * N, 2 * N)), np.zeros(2 * N)

        def displacement(layer: int, at: float) -> np.ndarray:
            row = np.zeros(2 * N)
            row[2 * layer : 2 * layer + 2] = at, at ** (1 - n)
            return row

        def traction(layer: int, at: float) -> tuple[np.ndarray, float]:
            """σ_r = row · (A, B …) - 3K ε*."""
            m, row = media[layer], np.zeros(2 * N)
            row[2 * layer : 2 * layer + 2] = _stiffness(n, m), -2 * (n - 1) * m.shear / at**n
            return row, 3 * m.bulk * m.shrinkage

        if pulled is None:
            matrix[0, 1] = 1
        else:
            matrix[0], right[0] = displacement(0, r[0]), pulled
        for i in range(1, N):
            matrix[2 * i - 1] = displacement(i, r[i]) - displacement(i - 1, r[i])
            (outside, more), (inside, less) = traction(i, r[i]), traction(i - 1, r[i])
            matrix[2 * i], right[2 * i] = outside - inside, more - less
        if held:
            matrix[-1] = displacement(N - 1, r[-1])
        else:
            matrix[-1], right[-1] = traction(N - 1, r[-1])
        scale = np.abs(matrix).max(axis=1)
        A, B = np.linalg.solve(matrix / scale[:, None], right / scale).reshape(N, 2).T
        if pulled is None:
            B[0] = 0.0  # not only to round-off: it is divided by rⁿ
        return cls(n, r, media, A, B)

    def displacement(self, r: np.ndarray) -> np.ndarray:
        i = self._layer(r)
        return self.A[i] * r + self.B[i] * r ** (1.0 - self.n)

    def radial(self, r: np.ndarray) -> np.ndarray:
        return self._mean(r) - (self.n - 1) * self._shearing(r)

    def hoop(self, r: np.ndarray) -> np.ndarray:
        return self._mean(r) + self._shearing(r)

    def axial(self, r: np.ndarray) -> np.ndarray:
        """Of a cylinder held at both ends: σ_z = λ tr ε - 3K ε*."""
        i = self._layer(r)
        lame = np.array([m.bulk - 2 * m.shear / 3 for m in self.media])[i]
        return 2 * lame * self.A[i] - np.array([3 * m.bulk * m.shrinkage for m in self.media])[i]

    def energy(self) -> float:
        """Of all of it (for each length of a cylinder), without a hole: -½ ∫ ε* tr σ, by the virtual work of u."""
        power = pi * self.radii**2 if self.n == 2 else 4 / 3 * pi * self.radii**3
        traces = [3 * m.bulk * (self.n * A - 3 * m.shrinkage) for m, A in zip(self.media, self.A, strict=True)]
        strains = [m.shrinkage for m in self.media]
        return float(-0.5 * np.sum(np.diff(power) * strains * traces))

    def _layer(self, r: np.ndarray) -> np.ndarray:
        return np.clip(np.searchsorted(self.radii, r) - 1, 0, len(self.media) - 1)

    def _mean(self, r: np.ndarray) -> np.ndarray:
        per_layer = [
            _stiffness(self.n, m) * A - 3 * m.bulk * m.shrinkage for m, A in zip(self.media, self.A, strict=True)
        ]
        return np.array(per_layer)[self._layer(r)]

    def _shearing(self, r: np.ndarray) -> np.ndarray:
        i = self._layer(r)
        return 2 * np.array([m.shear for m in self.media])[i] * self.B[i] / r**self.n


def _stiffness(n: int, m: Medium) -> float:
    """Stress all round for each A: 2(λ + μ) of a cylinder whose length is held, 3K of a sphere."""
    return 2 * (m.bulk + m.shear / 3) if n == 2 else 3 * m.bulk


# --- bodies -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Quarter:
    """x, y ≥ 0 of rings around the origin: "layer 0" …; "left" is on the axis x = 0, "bottom" on y = 0."""

    radii: Sequence[float]  # the first one is 0 where there is no hole
    sizes: tuple[float, float]  # of the elements inside and outside

    def draw(self) -> None:
        geo = gmsh.model.geo
        origin = geo.addPoint(0, 0, 0)
        hole = self.radii[0] > 0
        points = [(geo.addPoint(r, 0, 0), geo.addPoint(0, r, 0)) for r in self.radii if r > 0]
        arcs = [geo.addCircleArc(first, origin, last) for first, last in points]
        if not hole:
            points.insert(0, (origin, origin))
        rows = [geo.addLine(a[0], b[0]) for a, b in pairwise(points)]
        columns = [geo.addLine(a[1], b[1]) for a, b in pairwise(points)]
        for i, (row, column) in enumerate(zip(rows, columns, strict=True)):
            outer = arcs[i + hole]
            inner = [-arcs[i + hole - 1]] if i + hole > 0 else []
            surface = geo.addPlaneSurface([geo.addCurveLoop([row, outer, -column, *inner])])
            geo.addPhysicalGroup(2, [surface], name=f"layer {i}")
        named = {"bottom": rows, "left": columns, "outer": [arcs[-1]]} | ({"inner": [arcs[0]]} if hole else {})
        for name, lines in named.items():
            geo.addPhysicalGroup(1, lines, name=name)
        geo.synchronize()
        near, far = self.sizes
        slope = (far - near) / (self.radii[-1] - self.radii[0])
        field = gmsh.model.mesh.field.add("MathEval")
        gmsh.model.mesh.field.setString(field, "F", f"{near} + {slope} * (sqrt(x^2 + y^2) - {self.radii[0]})")
        gmsh.model.mesh.field.setAsBackgroundMesh(field)


def quarter(radii: Sequence[float], sizes: tuple[float, float]) -> meshes.Domain:
    return meshes.build(Quarter(radii, sizes), MPI.COMM_SELF)


def octant(radii: Sequence[float], levels: Sequence[int]) -> meshes.Domain:
    """x, y, z ≥ 0 of spheres around the origin. A cube of tetrahedra is blown up into the ball: its points at a
    largest coordinate of m (a level) go to a radius of their own. `levels` are those between the radii; with a hole
    the first number is that of the levels left out, which sets how fine the directions are.

    The faces are flat, so each polyhedron is made a little larger, to have the volume of the ball it stands for.
    """
    steps = np.cumsum(levels) if radii[0] > 0 else np.cumsum([0, *levels])
    n = int(steps[-1])
    cube = mesh.create_box(MPI.COMM_SELF, [[0.0] * 3, [float(n)] * 3], [n] * 3)
    if radii[0] > 0:
        cube.topology.create_connectivity(3, 0)
        cube = mesh.create_submesh(cube, 3, np.flatnonzero(_levels(cube) > steps[0]).astype(np.int32))[0]
    x = cube.geometry.x
    level = np.rint(np.abs(x).max(axis=1)).astype(int)
    cells = _levels(cube)
    directions = x / np.maximum(np.linalg.norm(x, axis=1), 1e-300)[:, None]
    wanted = _spaced(np.arange(n + 1), steps, np.array(radii))
    x[:] = directions * level[:, None]
    x[:] = directions * (wanted * _blown_up(n))[level][:, None]
    regions = {
        f"layer {i}": np.flatnonzero((cells > a) & (cells <= b)).astype(np.int32)
        for i, (a, b) in enumerate(pairwise(steps))
    }

    def on(marked: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        return mesh.locate_entities_boundary(cube, 2, marked)

    outermost, innermost = (wanted * _blown_up(n))[[n, steps[0]]]
    boundaries = {name: on(lambda p, i=i: np.isclose(p[i], 0)) for i, name in enumerate(("left", "bottom", "back"))}
    boundaries["outer"] = on(lambda p: np.linalg.norm(p, axis=0) > 0.9999 * outermost)
    if radii[0] > 0:
        boundaries["inner"] = on(lambda p: np.linalg.norm(p, axis=0) < 1.0001 * innermost)
    return meshes.Domain(cube, regions, boundaries)


def _levels(cube: mesh.Mesh) -> np.ndarray:
    """Of each cell: the highest of its corners, the lowest being one below."""
    return np.rint(np.abs(cube.geometry.x).max(axis=1)[cube.geometry.dofmap].max(axis=1)).astype(int)


def _spaced(levels: np.ndarray, steps: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Radii of the levels: evenly in the core, and by equal factors in the layers around it, where r^-n falls."""
    evenly = np.interp(levels, steps, radii)
    outside = steps > 0
    around = np.exp(np.interp(levels, steps[outside], np.log(radii[outside])))
    return np.where(levels < steps[outside][0], evenly, around)


def _blown_up(n: int) -> np.ndarray:
    """For each level the factor by which its polyhedron, with corners on the unit sphere, lacks volume; ³√."""
    factors = np.ones(n + 1)
    for m in range(1, n + 1):
        s = np.linspace(0, 1, m + 1)
        grid = np.stack([np.ones((m + 1, m + 1)), *np.meshgrid(s, s, indexing="ij")], axis=-1)  # one of three faces
        p = grid / np.linalg.norm(grid, axis=-1, keepdims=True)
        a, b, c, d = p[:-1, :-1], p[1:, :-1], p[:-1, 1:], p[1:, 1:]  # two triangles with the diagonal a-d
        volume = sum(np.sum(np.abs(np.einsum("ijk,ijk->ij", a, np.cross(q, d)))) for q in (b, c)) / 6
        factors[m] = np.cbrt(pi / 6 / (3 * volume))
    return factors


def long_cylinder(radii: Sequence[float], columns: Sequence[int], height: float) -> meshes.Domain:
    """A rectangle, x the radius and y along the axis, one row of cells high, with cells between the radii."""
    layers = list(pairwise(radii))
    inner = [np.linspace(a, b, count, endpoint=False) for (a, b), count in zip(layers, columns, strict=True)]
    nodes = np.concatenate([*inner, [radii[-1]]])
    n = len(nodes) - 1
    body = mesh.create_rectangle(MPI.COMM_SELF, [[0.0, 0.0], [float(n), height]], [n, 1])
    body.geometry.x[:, 0] = np.interp(body.geometry.x[:, 0], np.arange(n + 1), nodes)
    cells = np.arange(body.topology.index_map(2).size_local, dtype=np.int32)
    middles = mesh.compute_midpoints(body, 2, cells)[:, 0]
    regions = {f"layer {i}": cells[(middles > a) & (middles < b)] for i, (a, b) in enumerate(pairwise(radii))}
    ends = {"left": (0, 0.0), "outer": (0, radii[-1]), "bottom": (1, 0.0), "top": (1, height)}
    boundaries = {
        name: mesh.locate_entities_boundary(body, 1, lambda x, i=i, at=at: np.isclose(x[i], at))
        for name, (i, at) in ends.items()
    }
    return meshes.Domain(body, regions, boundaries)


# --- solutions --------------------------------------------------------------------------------------------------------


def symmetric(dimension: int) -> dict[str, Support]:
    """The planes (and the axis) that cut the body out of the whole."""
    names = {"left": Support((0,)), "bottom": Support((1,)), "back": Support((2,))}
    return dict(list(names.items())[:dimension])


def solid_of(
    domain: meshes.Domain, media: Sequence[Medium], supports: Mapping[str, Support], kinematics: Kinematics
) -> Solid:
    numbered = {f"layer {i}": medium for i, medium in enumerate(media)}
    size = meshes.element_size(domain.mesh)
    crack = CRACK_MODELS["AT1"]
    return Solid(
        domain.mesh, domain.regions, domain.boundaries, numbered, supports, crack, SPLIT, 1.0, size, kinematics
    )


def settle(solid: Solid, load: float = 1.0) -> float:
    """To equilibrium; the plastic work of the step."""
    solid.load(load)
    assert AlternateMinimiser(solid).minimise().converged
    return solid.accept()


def at_points(solid: Solid, expression: Any, size: int) -> np.ndarray:
    """Values (n, size) at the points where the energy is integrated, cell by cell."""
    body = solid.mesh
    rule = np.asarray(basix.make_quadrature(body.basix_cell(), QUADRATURE_DEGREE)[0])
    cells = np.arange(body.topology.index_map(body.topology.dim).size_local, dtype=np.int32)
    return np.asarray(fem.Expression(expression, rule).eval(body, cells)).reshape(len(cells) * len(rule), size)


def places(solid: Solid) -> np.ndarray:
    """Of these points, (n, 3)."""
    return _padded(at_points(solid, ufl.SpatialCoordinate(solid.mesh), solid.kinematics.dimension))


def displacements(solid: Solid) -> np.ndarray:
    return _padded(at_points(solid, solid.kinematics.displacement(solid.state.u), solid.kinematics.dimension))


def stresses(solid: Solid) -> np.ndarray:
    """Of an elastic body, (n, 3, 3): σ = ∂W/∂ε."""
    c = solid.coefficients
    strain = ufl.variable(solid.kinematics.strain_of(solid.state.u, ufl.SpatialCoordinate(solid.mesh)))
    W = stored(trial_strain(strain, c, None), solid.crack.g(solid.state.d, 0.0), c, SPLIT, None)
    return at_points(solid, ufl.diff(W, strain), 9).reshape(-1, 3, 3)


def layers(solid: Solid) -> np.ndarray:
    """The number of the layer in which each of the points lies."""
    number = np.empty(sum(len(cells) for cells in solid.regions.values()), dtype=int)
    for name, cells in solid.regions.items():
        number[cells] = int(name.split()[-1])
    return np.repeat(number, len(places(solid)) // len(number))


def _padded(vectors: np.ndarray) -> np.ndarray:
    return np.pad(vectors, ((0, 0), (0, 3 - vectors.shape[1])))
