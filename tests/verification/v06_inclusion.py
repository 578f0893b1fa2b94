"""V6: a shrinking round particle in a matrix, bare and coated, against Eshelby and Lamé."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure

import meshes
from mechanics import KINEMATICS, Medium, Support

from .page import Check, Page
from .rounds import (
    TOUGH,
    Rounds,
    displacements,
    layers,
    long_cylinder,
    octant,
    places,
    quarter,
    settle,
    solid_of,
    stresses,
    symmetric,
)

TITLE = "Shrinking particle in a matrix, bare and coated"
SLOW = True

TEXT = """
A round particle shrinks by 1 % (linear) in a matrix, bare or in a coating, with a finite outer radius that is free or
held. In each layer u = A r + B/r for a long cylinder in plane strain, and A r + B/r² for a sphere (Lamé). Displacement
and radial stress go on across the interfaces, which makes 2N linear equations for the A and B of N layers,

σ_r = k A - (n-1) 2μ B/rⁿ - 3K ε*, σ_θ = k A + 2μ B/rⁿ - 3K ε*, k = 2(λ+μ) for n = 2, 3K for n = 3,

and an energy of -½ ∫ ε* tr σ. That form itself is held against Eshelby (1957): in endless matrix with the same moduli
the particle keeps (1+ν)/3(1-ν) of its shrinkage as a sphere, and (1+ν)/2(1-ν) as a cylinder.

Moduli (MPa): particle 140 000, ν 0.27; coating 60 000, ν 0.25; matrix 22 100, ν 0.37. They are chosen for their
contrast. The particle has the radius 1, the coating 1.3, the matrix 3 (in 3D 2).

Computed: a quarter in the plane; the same quarter turned around the axis; a row of cells around the axis, held at both
ends, which is the cylinder again; an octant in 3D. Stresses are ∂W/∂ε at the points where the energy is integrated,
away from interfaces by a fifth of each layer.

What to know:

- Cells have straight sides and flat faces, a distance h²/8R inside of the circle. That error falls with h², as that of
  the stress of quadratic displacement does. The elements of the plane are 0.03 at the particle (in the test 0.04).
- Around the axis the worst points are those next to the axis, in the first row of cells: u_r/r there is not as
  accurate as other strains.
- The octant is coarse (4374 tetrahedra). Its single points scatter by some percent; what is compared is the mean over
  half a layer, all directions together. Its polyhedra have the volume of the balls that they stand for. Displacement
  there is 1 % off where it is worst, so the 1 % of the aim is not quite met: the tolerance of displacement and energy
  in 3D is three times that of the others.
"""

PARTICLE = Medium(140e3, 0.27, TOUGH, shrinkage=-0.01)
COATING = Medium(60e3, 0.25, TOUGH)
MATRIX = Medium(22.1e3, 0.37, TOUGH)
BARE = (0.0, 1.0, 3.0), (PARTICLE, MATRIX), ("particle", "matrix")
COATED = (0.0, 1.0, 1.3, 3.0), (PARTICLE, COATING, MATRIX), ("particle", "coating", "matrix")
SMALL = (0.0, 1.0, 1.3, 2.0), *COATED[1:]


@dataclass(frozen=True)
class Case:
    name: str
    kinematics: str
    n: int  # 2: cylinder, 3: sphere
    share: float  # of the whole body that the mesh is
    layers: tuple[Sequence[float], Sequence[Medium], Sequence[str]]
    domain: meshes.Domain
    held: bool  # or free outside
    rings: bool = False  # means over a ring are compared, and not points one by one

    @property
    def coarse(self) -> float:
        """By how much more the mesh in 3D may be off in displacement and energy."""
        return 3.0 if self.rings else 1.0

    def solve(self) -> Solved:
        radii, media, _ = self.layers
        dim, rod = KINEMATICS[self.kinematics].dimension, "top" in self.domain.boundaries
        supports = symmetric(dim) | ({"top": Support((1,))} if rod else {})
        if self.held:
            supports["outer"] = Support(tuple(range(dim)))
        solid = solid_of(self.domain, media, supports, KINEMATICS[self.kinematics])
        settle(solid)
        across = np.array([1.0, 0.0, 0.0] if rod else [1.0, 1.0, 1.0])  # the axis of the rod is y
        from_axis = places(solid) * across
        r = np.linalg.norm(from_axis, axis=1)
        out = from_axis / r[:, None]
        stress, u = stresses(solid), np.sum(displacements(solid) * out, axis=1)
        exact = Rounds.solve(self.n, radii, media, self.held)
        radial, trace = np.einsum("pi,pij,pj->p", out, stress, out), np.trace(stress, axis1=1, axis2=2)
        if self.n == 3:
            told = {"radial": (radial, exact.radial(r)), "hoop": ((trace - radial) / 2, exact.hoop(r))}
        else:
            axial = stress[:, 1, 1] if rod else stress[:, 2, 2]
            told = {
                "radial": (radial, exact.radial(r)),
                "hoop": (trace - radial - axial, exact.hoop(r)),
                "axial": (axial, exact.axial(r)),
            }
        return Solved(self, exact, r, layers(solid), told, u, solid.energies().elastic)


@dataclass(frozen=True)
class Solved:
    """At the points where the energy is integrated."""

    case: Case
    exact: Rounds
    r: np.ndarray
    layer: np.ndarray
    stresses: Mapping[str, tuple[np.ndarray, np.ndarray]]  # computed and exact
    u: np.ndarray  # outwards
    energy: float

    def checks(self) -> list[Check]:
        case, r = self.case, self.r
        groups, what = (self._rings(), "rings") if case.rings else (self._points(), "points")
        local = np.max([np.abs(exact) for _, exact in self.stresses.values()], axis=0)
        found = []
        for name, (computed, exact) in self.stresses.items():
            errors = [abs(float(np.mean((computed - exact)[group]) / np.mean(local[group]))) for group in groups]
            worst = groups[int(np.argmax(errors))]
            place = f"{name} stress, in the {case.layers[2][self.layer[worst[0]]]} at r = {np.mean(r[worst]):.2f}"
            told = f"{case.name}, {place}: {np.mean(computed[worst]):.1f} for {np.mean(exact[worst]):.1f} MPa"
            why = f"worst of {len(groups)} {what}, as a share of the largest stress there"
            if case.rings:
                scatter = float(np.sqrt(np.mean((computed - exact) ** 2) / np.mean(local**2)))
                why += f"; single points scatter by {100 * scatter:.0f} %"
            found.append(Check(told, max(errors), 0.0, 0.01, why, absolute=True))
        exact = self.exact.displacement(r)
        share = float(np.max(np.abs(self.u - exact)) / np.max(np.abs(exact)))
        why = "largest error at any point, as a share of the largest displacement"
        found.append(Check(f"{case.name}, displacement", share, 0.0, case.coarse * 0.01, why, absolute=True))
        why = "one number for all: it does better than stresses"
        exact_energy = case.share * self.exact.energy()
        found.append(Check(f"{case.name}, energy", self.energy, exact_energy, case.coarse * 0.001, why))
        return found

    def _depth(self) -> np.ndarray:
        """In the layer, from 0 at its inside to 1."""
        radii = np.array(self.case.layers[0])
        return (self.r - radii[self.layer]) / np.diff(radii)[self.layer]

    def _points(self) -> list[np.ndarray]:
        """A fifth of their layer away from its faces."""
        depth = self._depth()
        return list(np.flatnonzero((depth > 0.2) & (depth < 0.8))[:, None])

    def _rings(self) -> list[np.ndarray]:
        """Two in each layer: all that is in its inner and in its outer half."""
        outer, numbers = self._depth() > 0.5, range(len(self.case.layers[1]))
        return [np.flatnonzero((self.layer == i) & (outer == half)) for i in numbers for half in (False, True)]


def cases(thorough: bool) -> list[Case]:
    sizes = (0.03, 0.05) if thorough else (0.04, 0.06)
    bare = quarter(BARE[0], sizes)
    coated = quarter(COATED[0], sizes)
    some = [
        Case("coated cylinder", "plane strain", 2, 0.25, COATED, coated, held=False),
        Case("coated sphere", "axisymmetric", 3, 0.5, COATED, coated, held=False),
    ]
    if not thorough:
        return some
    rod = long_cylinder(COATED[0], (20, 6, 34), 0.1)
    ball = octant(SMALL[0], (4, 2, 3))
    return [
        Case("bare cylinder", "plane strain", 2, 0.25, BARE, bare, held=False),
        Case("bare sphere", "axisymmetric", 3, 0.5, BARE, bare, held=False),
        *some,
        Case("coated cylinder, held outside", "plane strain", 2, 0.25, COATED, coated, held=True),
        Case("coated sphere, held outside", "axisymmetric", 3, 0.5, COATED, coated, held=True),
        Case("coated cylinder around its axis", "axisymmetric", 2, 0.1, COATED, rod, held=False),
        Case("coated sphere in 3D", "3d", 3, 0.125, SMALL, ball, held=False, rings=True),
    ]


def eshelby() -> list[Check]:
    """What the closed form of layers gives in a matrix without end, against Eshelby 1957 with equal moduli."""
    nu, far = MATRIX.poisson, 1e5
    same = Medium(MATRIX.young, nu, TOUGH, shrinkage=-0.01)
    known = {3: ("sphere", (1 + nu) / (3 * (1 - nu))), 2: ("cylinder", (1 + nu) / (2 * (1 - nu)))}
    why = "the matrix ends at 1e5 radii, (R/r)² = 1e-10; the rest is round-off"
    return [
        Check(
            f"closed form: strain of a {name} in endless matrix, as a share of its shrinkage",
            Rounds.solve(n, (0.0, 1.0, far), (same, MATRIX), held=False).A[0] / same.shrinkage,
            share,
            1e-8,
            why,
        )
        for n, (name, share) in known.items()
    ]


def verify(thorough: bool) -> Page:
    solved = [case.solve() for case in cases(thorough)]
    checks = [*eshelby(), *(check for one in solved for check in one.checks())]

    def draw(figure: Figure) -> None:
        shown = [one for one in solved if one.case.name in ("coated cylinder", "coated sphere")]
        for axes, one in zip(figure.subplots(1, 2), shown, strict=True):
            r = np.concatenate([np.linspace(a + 1e-6, b - 1e-6, 60) for a, b in pairwise(one.exact.radii)])
            exact = {"radial": one.exact.radial(r), "hoop": one.exact.hoop(r)}
            if one.case.n == 2:
                exact["axial"] = one.exact.axial(r)
            some = np.random.default_rng(1).permutation(len(one.r))[:600]
            for colour, name in zip(("C0", "C3", "C2"), exact, strict=False):
                axes.plot(one.r[some], one.stresses[name][0][some], ".", color=colour, markersize=3)
                axes.plot(r, exact[name], color=colour, linewidth=1, label=name)
            for face in one.exact.radii[1:-1]:
                axes.axvline(face, color="0.8", linewidth=0.8, zorder=0)
            axes.set(title=f"{one.case.name}, free outside", xlabel="radius", ylabel="stress, MPa")
            axes.legend(title="line: exact, dots: computed", frameon=False)

    return Page(TEXT, checks, draw)
