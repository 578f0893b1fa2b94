"""Phase-field fracture in plane strain, in NumPy and SciPy: here to be read and trusted, not to be fast.

It shares nothing with `mechanics`: no UFL, no dolfinx, no PETSc, no line of code. Both start from the same page:

    Π(u, d) = ∫ g(d) ψ⁺(ε) + ψ⁻(ε) + Gc/c_w (w(d)/ℓ + ℓ|∇d|²),    g(d) = (1 - k)(1 - d)² + k,    k = 1e-6
    AT1: w = d, c_w = 8/3        AT2: w = d², c_w = 2        ε = sym ∇u - ε* I, with ε_zz = -ε*
    ψ⁺ = ½K<tr ε>₊² + μ dev ε : dev ε,  ψ⁻ = ½K<tr ε>₋²    (split "volumetric-deviatoric"; "none": all of it is ψ⁺)

minimised in turn over u and over d_old ≤ d ≤ 1 until d stands still. Straight triangles; d linear; u linear or
quadratic; three quadrature points. Everything is an array over triangles t, quadrature points q and nodes n.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_matrix
from scipy.sparse.linalg import LinearOperator, cg, splu

RESIDUAL = 1e-6  # k
# Three points, exact to the second degree: barycentric coordinates, each with a third of the area
QUADRATURE = np.array([[4, 1, 1], [1, 4, 1], [1, 1, 4]]) / 6
EDGES = np.array([[0, 1], [1, 2], [2, 0]])  # of a triangle
DEVIATORIC = np.array([[4, -2, 0], [-2, 4, 0], [0, 0, 3]]) / 3  # dσ/dε of μ dev ε : dev ε for (ε_xx, ε_yy, 2ε_xy)
VOLUMETRIC = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 0]])
C_W = {"AT1": 8 / 3, "AT2": 2.0}


@dataclass(frozen=True)
class Material:
    """MPa, J/m², and the linear strain ε* at full charge."""

    young: float
    poisson: float
    toughness: float
    shrinkage: float = 0.0


class PhaseField:
    """A body of triangles: `material[region[t]]` is that of triangle t. Advance with `load` and `minimise`."""

    def __init__(
        self,
        points: np.ndarray,
        triangles: np.ndarray,
        region: np.ndarray,
        materials: list[Material],
        length: float,
        model: str = "AT1",
        split: str = "volumetric-deviatoric",
        degree: int = 2,
        mesh_correction: bool = True,
    ) -> None:
        if model not in C_W or split not in ("none", "volumetric-deviatoric") or degree not in (1, 2):
            raise ValueError(f"no such model, split or degree: {model}, {split}, {degree}")
        self.points, self.triangles, self.length = points, triangles, length
        self.model, self.split, self.c_w = model, split, C_W[model]

        def of_triangles(number) -> np.ndarray:
            return np.array([number(m) for m in materials], dtype=float)[region]

        self.bulk = of_triangles(lambda m: m.young / (3 * (1 - 2 * m.poisson)))
        self.shear = of_triangles(lambda m: m.young / (2 * (1 + m.poisson)))
        self.shrinkage = of_triangles(lambda m: m.shrinkage)
        self.toughness = of_triangles(lambda m: m.toughness)

        # gradients of the three barycentric coordinates, and the area
        corners = points[triangles]
        edge = corners[:, [2, 0, 1]] - corners[:, [1, 2, 0]]  # opposite to each corner
        twice = edge[:, 0, 0] * edge[:, 1, 1] - edge[:, 0, 1] * edge[:, 1, 0]
        if (twice <= 0).any():
            raise ValueError("a triangle is flat, or runs clockwise")
        slope = np.stack([-edge[..., 1], edge[..., 0]], axis=2) / twice[:, None, None]  # (t, 3, 2)
        self.area = twice / 2
        if mesh_correction:  # a crack fills a row of elements, which costs Gc h/(c_w ℓ) more (Bourdin et al. 2008)
            row = np.sqrt(np.sqrt(3) * self.area)  # height of the equilateral triangle of that area
            self.toughness = self.toughness / (1 + row / (self.c_w * length))

        self.nodes, self.positions, gradient = _displacement_nodes(points, triangles, slope, degree)
        self.B = _strain_matrix(gradient)  # (t, q, 3, 2n): (ε_xx, ε_yy, 2ε_xy) of the nodal displacements
        self.dofs = (2 * self.nodes[:, :, None] + [0, 1]).reshape(len(triangles), -1)
        self._stiffness = _Assembly(self.dofs, 2 * len(self.positions))
        self._damage_matrix = _Assembly(triangles, len(points))
        self._laplace = (
            2 * length * (self.toughness * self.area / self.c_w)[:, None, None] * (slope @ slope.transpose(0, 2, 1))
        )
        self._solve_displacement = _KeptFactor()

        self.u = np.zeros(2 * len(self.positions))
        self.d = np.zeros(len(points))
        self.charge = 0.0
        self.held = np.zeros(len(self.u), dtype=bool)

    # ---- loads --------------------------------------------------------------------------------------------------

    def hold(self, where, component: int) -> np.ndarray:
        """Hold one component at the nodes where(x, y) is true; returns their numbers in u, to be set and summed."""
        numbers = 2 * np.flatnonzero(where(*self.positions.T)) + component
        self.held[numbers] = True
        return numbers

    def reaction(self, numbers: np.ndarray) -> float:
        """The force that holds these."""
        return float(self._forces(*self._strains())[numbers].sum())

    # ---- energies -----------------------------------------------------------------------------------------------

    def elastic_energy(self) -> float:
        opening, closing = self._energies(*self._strains())
        return self._integral(self._g() * opening + closing)

    def fracture_energy(self) -> float:
        at_points = self.d[self.triangles] @ QUADRATURE.T
        w = at_points if self.model == "AT1" else at_points**2
        local = self._integral((self.toughness / (self.c_w * self.length))[:, None] * w)
        corners = self.d[self.triangles]
        return local + 0.5 * float(np.einsum("ti,tij,tj->", corners, self._laplace, corners))

    def _integral(self, at_points: np.ndarray) -> float:
        return float(self.area @ at_points.sum(axis=1)) / 3

    def _g(self) -> np.ndarray:
        return (1 - RESIDUAL) * (1 - self.d[self.triangles] @ QUADRATURE.T) ** 2 + RESIDUAL

    def _strains(self, u: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Elastic (ε_xx, ε_yy, 2ε_xy) and the trace, which includes ε_zz = -ε*, at the quadrature points."""
        local = (self.u if u is None else u)[self.dofs]
        e = np.einsum("tqij,tj->tqi", self.B, local)
        star = (self.charge * self.shrinkage)[:, None]
        e[..., 0] -= star
        e[..., 1] -= star
        return e, e[..., 0] + e[..., 1] - star

    def _opens(self, trace: np.ndarray) -> np.ndarray:
        return np.ones_like(trace, dtype=bool) if self.split == "none" else trace > 0

    def _energies(self, e: np.ndarray, trace: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """ψ⁺ and ψ⁻."""
        star = (self.charge * self.shrinkage)[:, None]
        squares = e[..., 0] ** 2 + e[..., 1] ** 2 + star**2 + e[..., 2] ** 2 / 2  # ε : ε
        volumetric = self.bulk[:, None] / 2 * trace**2
        opens = self._opens(trace)
        return self.shear[:, None] * (squares - trace**2 / 3) + opens * volumetric, ~opens * volumetric

    def _forces(self, e: np.ndarray, trace: np.ndarray) -> np.ndarray:
        """dΠ/du: the stress against the strain of each nodal displacement."""
        g = self._g()
        pressure = np.where(self._opens(trace), g, 1) * self.bulk[:, None] * trace
        mu = g * self.shear[:, None]
        sides = [pressure + 2 * mu * (e[..., i] - trace / 3) for i in (0, 1)]
        stress = np.stack([*sides, mu * e[..., 2]], axis=2) * (self.area / 3)[:, None, None]
        local = np.einsum("tqij,tqi->tj", self.B, stress)
        return np.bincount(self.dofs.ravel(), local.ravel(), minlength=len(self.u))

    # ---- minimisation -------------------------------------------------------------------------------------------

    def minimise(self, tolerance: float = 1e-5, limit: int = 5000, relaxation: float = 1.7) -> int:
        """Alternate until no damage moves by more than the tolerance; returns how often. Never ends otherwise."""
        lower, last = self.d.copy(), np.zeros_like(self.d)
        for iteration in range(1, limit + 1):
            self._equilibrate()
            before = self.d.copy()
            H, b = self._damage_problem()
            self.d = _bounded_minimum(H, b, lower, before)
            step, last_step = self.d - before, last
            last = step
            if np.abs(step).max() <= tolerance:
                self._equilibrate()
                return iteration
            # over-relaxed where one step follows the other, and the energy is still no higher than before
            further = np.clip(before + relaxation * step, lower, 1)
            if step @ last_step > 0 and further @ (H @ further / 2 - b) <= before @ (H @ before / 2 - b):
                self.d = further
        raise RuntimeError(f"no equilibrium after {limit} iterations")

    def _equilibrate(self) -> None:
        """Newton on a convex energy, quadratic but for the sign of the trace; halved while the energy would rise."""
        g, free = self._g(), ~self.held
        for _ in range(60):
            e, trace = self._strains()
            forces = self._forces(e, trace)
            if np.linalg.norm(forces[free]) <= 1e-9 * np.linalg.norm(np.abs(forces)):
                return
            volume = np.where(self._opens(trace), g, 1) * self.bulk[:, None]
            D = volume[..., None, None] * VOLUMETRIC + (g * self.shear[:, None])[..., None, None] * DEVIATORIC
            D *= (self.area / 3)[:, None, None, None]
            t, q, _, n = self.B.shape
            local = self.B.reshape(t, 3 * q, n).transpose(0, 2, 1) @ (D @ self.B).reshape(t, 3 * q, n)
            step = np.zeros_like(self.u)
            step[free] = self._solve_displacement(self._stiffness.matrix(local)[free][:, free], -forces[free])
            energy, length = self._stored(g, self.u), 1.0
            while self._stored(g, self.u + length * step) > energy + 1e-13 * abs(energy) and length > 1e-6:
                length /= 2
            self.u += length * step
        raise RuntimeError("no equilibrium of the displacement")

    def _stored(self, g: np.ndarray, u: np.ndarray) -> float:
        opening, closing = self._energies(*self._strains(u))
        return self._integral(g * opening + closing)

    def _damage_problem(self) -> tuple[csc_matrix, np.ndarray]:
        """H and b of ½ d·H d - b·d, which is Π as a function of d."""
        opening, _ = self._energies(*self._strains())
        pull = 2 * (1 - RESIDUAL) * opening * (self.area / 3)[:, None]  # of (1 - d)²
        resistance = (self.toughness * self.area / (3 * self.c_w * self.length))[:, None] * np.ones(3)
        mass = pull + (2 * resistance if self.model == "AT2" else 0)
        drive = pull - (resistance if self.model == "AT1" else 0)
        local = np.einsum("tq,qi,qj->tij", mass, QUADRATURE, QUADRATURE) + self._laplace
        b = np.bincount(self.triangles.ravel(), (drive @ QUADRATURE).ravel(), minlength=len(self.d))
        return self._damage_matrix.matrix(local), b


def _bounded_minimum(H: csc_matrix, b: np.ndarray, lower: np.ndarray, start: np.ndarray) -> np.ndarray:
    """min ½ d·H d - b·d with lower ≤ d ≤ 1, by the primal-dual active set (Hintermüller, Ito, Kunisch 2002)."""
    d, scale = start.copy(), H.diagonal()
    at_lower = at_upper = np.zeros(0, dtype=bool)
    for _ in range(200):
        slope = H @ d - b
        now_lower, now_upper = slope > scale * (d - lower), -slope > scale * (1 - d)
        if np.array_equal(now_lower, at_lower) and np.array_equal(now_upper, at_upper):
            return np.clip(d, lower, 1)
        at_lower, at_upper = now_lower, now_upper
        d = np.where(at_lower, lower, np.where(at_upper, 1.0, 0.0))
        free = ~(at_lower | at_upper)
        if free.any():
            d[free] = _factor(H[free][:, free]).solve((b - H @ d)[free])
    raise RuntimeError("the active set of the damage does not settle")


def _displacement_nodes(
    points: np.ndarray, triangles: np.ndarray, slope: np.ndarray, degree: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes of each triangle, their positions, and the gradients of their shape functions (t, q, n, 2)."""
    count = (len(triangles), len(QUADRATURE), 3, 2)
    if degree == 1:
        return triangles, points, np.broadcast_to(slope[:, None], count)
    edges = np.sort(triangles[:, EDGES].reshape(-1, 2), axis=1)
    unique, number = np.unique(edges, axis=0, return_inverse=True)
    nodes = np.hstack([triangles, len(points) + number.reshape(-1, 3)])
    positions = np.vstack([points, points[unique].mean(axis=1)])
    # N_i = λ_i (2 λ_i - 1) at the corners, N_ij = 4 λ_i λ_j at the middles of the edges
    i, j = EDGES.T
    here, slope = QUADRATURE[None, :, :, None], slope[:, None]  # (1, q, 3, 1) and (t, 1, 3, 2)
    at_corners = (4 * here - 1) * slope
    at_edges = 4 * (here[:, :, i] * slope[:, :, j] + here[:, :, j] * slope[:, :, i])
    return nodes, positions, np.concatenate([at_corners, at_edges], axis=2)


def _strain_matrix(gradient: np.ndarray) -> np.ndarray:
    t, q, n, _ = gradient.shape
    B = np.zeros((t, q, 3, n, 2))
    B[:, :, 0, :, 0] = B[:, :, 2, :, 1] = gradient[..., 0]
    B[:, :, 1, :, 1] = B[:, :, 2, :, 0] = gradient[..., 1]
    return B.reshape(t, q, 3, 2 * n)


class _Assembly:
    """Element matrices into a sparse one whose pattern is found once."""

    def __init__(self, dofs: np.ndarray, size: int) -> None:
        rows = np.repeat(dofs, dofs.shape[1], axis=1).ravel()
        columns = np.tile(dofs, (1, dofs.shape[1])).ravel()
        place, self._slot = np.unique(columns.astype(np.int64) * size + rows, return_inverse=True)
        self._indices, self._size = place % size, size
        self._pointers = np.searchsorted(place // size, np.arange(size + 1))

    def matrix(self, local: np.ndarray) -> csc_matrix:
        data = np.bincount(self._slot.ravel(), local.ravel(), minlength=len(self._indices))
        return csc_matrix((data, self._indices, self._pointers), shape=(self._size, self._size))


class _KeptFactor:
    """Solves with the factor of an earlier matrix as preconditioner of conjugate gradients, while that is quick."""

    PATIENCE = 15  # iterations; about what a new factor costs

    def __init__(self) -> None:
        self._lu = None

    def __call__(self, A: csc_matrix, b: np.ndarray) -> np.ndarray:
        if self._lu is not None and self._lu.shape == A.shape:
            kept = LinearOperator(A.shape, self._lu.solve)
            x, left = cg(A, b, x0=kept @ b, rtol=1e-10, atol=0, maxiter=self.PATIENCE, M=kept)
            if left == 0:
                return x
        self._lu = _factor(A)
        return self._lu.solve(b)


def _factor(A: csc_matrix):
    """For symmetric positive matrices: no pivoting, an ordering for symmetric patterns."""
    return splu(A.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
