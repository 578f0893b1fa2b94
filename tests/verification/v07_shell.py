"""V7: a rigid particle that shrinks in a shell (Bucci 2018), up to first yield and beyond it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import log, pi

import numpy as np
import ufl
from dolfinx import fem, mesh
from matplotlib.figure import Figure

import meshes
from mechanics import Kinematics, Medium, Solid, Support
from mechanics.laws.kinematics import AXISYMMETRIC, SOLID_3D

from .page import Check, Page
from .rounds import TOUGH, Rounds, at_points, octant, places, quarter, settle, solid_of, symmetric

TITLE = "Particle in a shell, elastic and plastic"
SLOW = True

SHARE = 0.641  # φ, of the particle in particle and shell: f³ = 1/φ
OUTER = SHARE ** (-1 / 3)  # the particle has the radius 1

ELECTROLYTES = {
    "LZACO": Medium(1.41e3, 0.30, TOUGH, yield_stress=73.0),
    "LZCO": Medium(7.92e3, 0.30, TOUGH, yield_stress=690.0),
    "LPSCl": Medium(22.1e3, 0.37, TOUGH, yield_stress=447.0),
}
SOFT = ELECTROLYTES["LZACO"]
PARTLY = 0.01  # contraction
WHERE = "p is known at points inside of the first cells only, h/6 away from the particle, where q is 3h/6 lower"

TEXT = """
A particle of radius R_A, rigid, contracts by α and pulls at a shell of electrolyte that is held at its outer radius f
R_A, f³ = 1/φ, φ = 0.641 (Bucci et al. 2018, Phys. Rev. Mater. 2, 105407; perfectly bonded here). Elastic, from Lamé's
u = A r + B/r²:

σ_RR(R_A)/α = λ [2f³(1-2ν) + 1+ν] / [(f³-1) ν] = (3K + 4μ f³)/(f³-1), first yield at α = σy (f³-1)/(6 μ f³).

Both have been derived anew: the equations of Lamé, solved as numbers, give the first one to round-off; the second is q
= -6μ B/r³ at r = R_A with B = -α f³/(f³-1) R_A³.

Beyond first yield, for LZACO without hardening: equilibrium reads (r³ σ_r)' = r² tr σ, and since flow keeps volume (r²
u)' = r² tr σ/3K. So r² u - r³ σ_r/3K is one number C in the whole shell, whatever flows. Outside of the front c it is
elastic with q = σy at c; inside σ_r = σ_r(c) + 2σy ln(c/r). So α, σ_RR and p = ⅔ σy (1/2μ + 2/3K)((c/r)³ - 1) are
known for each c. Once all of the shell flows, what more the particle contracts only strains its volume.

E, ν, σy (MPa): LZACO 1410, 0.30, 73; LZCO 7920, 0.30, 690; LPSCl 22 100, 0.37, 447 (materials cards; Tabor's rule).

Computed: a quarter of the shell around its axis, and in 3D a coarse octant; the inside is moved by -α x, the outside
held. σ_RR(R_A) is the force that holds the inside, over its area as seen along the axis. First yield is searched for
with the plastic body itself: the least contraction at which p > 0 is found at any point.
"""


# --- closed forms -----------------------------------------------------------------------------------------------------


def stress_per_contraction(m: Medium) -> float:
    """σ_RR(R_A)/α = λ [2f³(1-2ν) + 1+ν] / [(f³-1) ν] as Bucci 2018 has it."""
    f3, nu = OUTER**3, m.poisson
    lame = m.bulk - 2 * m.shear / 3
    return lame * (2 * f3 * (1 - 2 * nu) + 1 + nu) / ((f3 - 1) * nu)


def first_yield(m: Medium) -> float:
    """α = σy (f³-1) / (6 μ f³), at the particle."""
    f3 = OUTER**3
    return m.yield_stress * (f3 - 1) / (6 * m.shear * f3)


def plastic_shell(m: Medium, front: float) -> tuple[float, float]:
    """Contraction and σ_RR at the particle when a perfectly plastic shell has yielded from r = 1 to r = c.

    Equilibrium reads (r³ σ_r)' = r² tr σ, and flow keeps volume, (r² u)' = r² tr σ/3K. So r² u - r³ σ_r/3K = C is one
    number in the whole shell, elastic or plastic. Where it is elastic, u = A r + B/r² with u = 0 outside and
    q = -6 μ B/r³ = σy at c; where it is plastic σ_r - σ_θ = σy, and so σ_r = σ_r(c) + 2 σy ln(c/r).
    """
    K, limit = m.bulk, m.yield_stress
    B = -limit * front**3 / (6 * m.shear)
    A = -B / OUTER**3
    C = B * (1 + 4 * m.shear / (3 * K))
    stress = 3 * K * A - 4 * m.shear * B / front**3 + 2 * limit * log(front)
    return -(stress / (3 * K) + C), stress


def plastic_stress(m: Medium, contraction: float) -> float:
    """σ_RR at the particle, for a contraction that leaves the outside of the shell elastic, or not."""
    last, stress = plastic_shell(m, OUTER)
    if contraction > last:  # all of it flows: what more there is only changes its volume
        return stress + (contraction - last) * 3 * m.bulk / (OUTER**3 - 1)
    if contraction <= first_yield(m):
        return stress_per_contraction(m) * contraction
    return plastic_shell(m, plastic_front(m, contraction))[1]


def plastic_front(m: Medium, contraction: float) -> float:
    """By bisection: the front moves out with the contraction."""
    low, high = 1.0, OUTER
    while low < (middle := (low + high) / 2) < high:
        low, high = (low, middle) if plastic_shell(m, middle)[0] > contraction else (middle, high)
    return low


def plastic_strain(m: Medium, front: float, r: np.ndarray) -> np.ndarray:
    """Accumulated, p = ⅔ σy (1/2μ + 2/3K) ((c/r)³ - 1): from u' - u/r = -2 σy/3K - 3C/r³."""
    compliance = 1 / (2 * m.shear) + 2 / (3 * m.bulk)
    return 2 / 3 * m.yield_stress * compliance * np.maximum((front / r) ** 3 - 1, 0)


# --- computed ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shell:
    """Its inside is pulled inwards by the contraction, which is the load; its outside is held."""

    kinematics: Kinematics
    domain: meshes.Domain

    @cached_property
    def face(self) -> float:
        """Area of the inside, as it is meshed, seen along y."""
        body, facets = self.domain.mesh, self.domain.boundaries["inner"]
        tags = mesh.meshtags(body, body.topology.dim - 1, facets, np.zeros(len(facets), dtype=np.int32))
        ds = ufl.Measure("ds", body, subdomain_data=tags)
        seen = -ufl.FacetNormal(body)[1] * self.kinematics.measure(ufl.SpatialCoordinate(body))
        return fem.assemble_scalar(fem.form(seen * ds(0)))

    def solid(self, medium: Medium) -> Solid:
        dim = self.kinematics.dimension
        components = tuple(range(dim))
        pulled = Support(components, motion=lambda load, x: -load * x[:dim])
        supports = symmetric(dim) | {"outer": Support(components), "inner": pulled}
        return solid_of(self.domain, [medium], supports, self.kinematics)

    def stress(self, solid: Solid) -> float:
        """σ_RR at the particle, as a mean: the force along y over what the face is, seen along y."""
        return -solid.reaction("inner", 1) / self.face

    def yields_at(self, medium: Medium) -> float:
        """The least contraction, to a thousandth, at which plastic strain is found anywhere."""
        solid = self.solid(medium)
        virgin = solid.state.save()
        low, high = 0.0, 2 * first_yield(medium)
        while high - low > 1e-3 * high:
            solid.state.restore(virgin)
            middle = (low + high) / 2
            settle(solid, middle)
            low, high = (low, middle) if np.max(solid.state.plastic[1].x.array) > 0 else (middle, high)
        return high


def around_axis(near: float) -> Shell:
    return Shell(AXISYMMETRIC, quarter((1.0, OUTER), (near, 2.5 * near)))


def in_space() -> Shell:
    return Shell(SOLID_3D, octant((1.0, OUTER), (7, 3)))


def elastic(shell: Shell, medium: Medium) -> float:
    """σ_RR(R_A)/α."""
    solid = shell.solid(replace(medium, yield_stress=None))
    settle(solid, 0.01)
    return shell.stress(solid) / 0.01


@dataclass(frozen=True)
class Flowing:
    """LZACO, contracted step by step until all of the shell flows."""

    contraction: np.ndarray
    stress: np.ndarray
    held: float  # elastic energy at the end and plastic work up to there
    r: np.ndarray  # where p is
    p: np.ndarray  # at PARTLY, when the front is within the shell

    @classmethod
    def of(cls, shell: Shell, contraction: np.ndarray) -> Flowing:
        solid, work, stress = shell.solid(SOFT), 0.0, []
        r, p = np.empty(0), np.empty(0)
        for load in contraction:
            work += settle(solid, float(load))
            stress.append(shell.stress(solid))
            if np.isclose(load, PARTLY):
                r = np.linalg.norm(places(solid), axis=1)
                p = at_points(solid, solid.state.plastic[1], 1)[:, 0]
        return cls(contraction, np.array(stress), work + solid.energies().elastic, r, p)


def checks_in_flow(told: Flowing) -> list[Check]:
    found = [
        Check(f"LZACO, σ_RR at the particle at α = {a:.1%}, MPa", stress, plastic_stress(SOFT, a), 0.01, "the aim")
        for a, stress in zip(told.contraction, told.stress, strict=True)
        if a > first_yield(SOFT)
    ]
    exact = plastic_strain(SOFT, plastic_front(SOFT, PARTLY), told.r)
    share = float(np.sqrt(np.mean((told.p - exact) ** 2) / np.mean(exact**2)))
    found.append(
        Check(
            f"LZACO, plastic strain at α = {PARTLY:.1%}",
            share,
            0.0,
            0.02,
            "root mean square over the shell; kink at the front",
            True,
        )
    )
    fine = np.linspace(0, told.contraction[-1], 2001)
    done = 2 * pi * np.trapezoid([plastic_stress(SOFT, a) for a in fine], fine)
    why = "against the work of the exact stress; flow keeps its direction, so that its steps add no error"
    found.append(Check("LZACO, stored + dissipated at the end, MPa µm³", told.held, float(done), 0.01, why))
    return found


def verify(thorough: bool) -> Page:
    shell = around_axis(0.006 if thorough else 0.015)
    checks = []
    for name in ELECTROLYTES if thorough else ("LZACO",):
        medium = ELECTROLYTES[name]
        lame = Rounds.solve(3, (1.0, OUTER), [medium], held=True, pulled=-1.0).radial(np.array([1.0]))[0]
        formula = stress_per_contraction(medium)
        checks += [
            Check(f"{name}, formula against Lamé's equations solved, MPa", formula, lame, 1e-12, "round-off"),
            Check(f"{name}, σ_RR(R_A)/α, MPa", elastic(shell, medium), formula, 0.01, "the aim"),
            Check(f"{name}, α at first yield", shell.yields_at(medium), first_yield(medium), 0.01, WHERE),
        ]
    told = Flowing.of(shell, np.array([0.004, 0.008, PARTLY, 0.012, 0.014, 0.017, 0.02]))
    checks += checks_in_flow(told)
    if thorough:
        octant = in_space()
        checks.append(
            Check("LZACO in 3D, σ_RR(R_A)/α, MPa", elastic(octant, SOFT), stress_per_contraction(SOFT), 0.01, "the aim")
        )
        solid = octant.solid(SOFT)
        settle(solid, 0.012)
        why = "the aim; a coarse octant, one step from the start to here"
        checks.append(
            Check("LZACO in 3D, σ_RR at α = 1.2%, MPa", octant.stress(solid), plastic_stress(SOFT, 0.012), 0.01, why)
        )

    def draw(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        fine = np.linspace(0, told.contraction[-1], 300)
        left.plot(100 * fine, stress_per_contraction(SOFT) * fine, "--", color="0.7", label="elastic")
        left.plot(100 * fine, [plastic_stress(SOFT, a) for a in fine], color="C0", label="exact")
        left.plot(100 * told.contraction, told.stress, "o", color="C3", label="computed")
        for a, what in ((first_yield(SOFT), "first yield"), (plastic_shell(SOFT, OUTER)[0], "all of it flows")):
            left.axvline(100 * a, color="0.85", zorder=0)
            left.text(100 * a, 5, what, rotation=90, ha="right", va="bottom", fontsize=8, color="0.4")
        left.set(xlabel="contraction of the particle, %", ylabel="σ_RR at the particle, MPa", ylim=(0, 220))
        left.legend(frameon=False)
        r = np.linspace(1, OUTER, 300)
        right.plot(told.r[::5], 100 * told.p[::5], ".", color="C3", markersize=3, label="computed")
        right.plot(r, 100 * plastic_strain(SOFT, plastic_front(SOFT, PARTLY), r), color="C0", label="exact")
        right.set(xlabel="radius", ylabel=f"plastic strain p at {PARTLY:.1%}, %")
        right.legend(frameon=False)

    return Page(TEXT, checks, draw)
