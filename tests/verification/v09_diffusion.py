"""V9: lithium in round particles against Crank's series, orders of convergence, and lithium in stress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log, pi

import numpy as np
import ufl
from dolfinx import fem, mesh
from matplotlib.figure import Figure
from mpi4py import MPI

from mechanics import KINEMATICS, AlternateMinimiser, Medium
from mechanics.lithium.coupling import Coupling
from mechanics.lithium.diffusion import Diffusion, Host
from mechanics.lithium.tr_bdf2 import TimeStep
from mechanics.lithium.transport import Current, Transport

from ..lithium import Series, charge, shells
from ..notebook import Notebook
from .page import Check, Page
from .rounds import TOUGH, quarter, solid_of, symmetric

TITLE = "Diffusion of lithium, alone and in stress"
SLOW = True

TEXT = """
**Round particles.** A particle of radius 5 µm (D = 10⁻¹⁴ m²/s) is charged at 1C from full. Its content at the surface
and in the middle is held against Crank's series for constant flux (The Mathematics of Diffusion, 1975), with
τ = Dt/R² and ρ = r/R:

x - x₀ = F R/D (n τ + ρ²/2 - n/(2n+4) - Σ bᵢ(ρ) exp(-αᵢ² τ))

- sphere: n = 3, tan α = α, bᵢ = 2 sin(αρ)/(ρ α² sin α)
- cylinder: n = 2, J₁(α) = 0, bᵢ = 2 J₀(αρ)/(α² J₀(α))

The sphere is an interval that counts with 4πr², and a quarter of a disc turned around its axis; the cylinder is a
quarter of a disc in the plane. Both quarters sit in a matrix that holds no lithium, so that the surface lies inside of
the mesh. Steps are chosen by the error control (tolerance 10⁻⁴ of content).

**Orders.** No source is needed for a solution that changes in place and time: with σ_h = g X, v = βg, on the unit
square without flux through its sides,

x = a exp(vX) + b exp(-D(2π² + v²/4) t + vX/2) (cos πX + v/2π sin πX) cos πY

Order 2 in the mean square, in the size of the elements. For the order in time, content on an interval is cos πX: a
shape that its linear elements with lumped mass keep exactly, with a rate 2D/h² (1 - cos πh), so that nothing but the
error in time is left. A second one has drift in a stress that itself changes with time, and a current; it is held
against steps 16 times shorter.

**In stress.** A content at rest in a given σ_h has x exp(-βσ_h) = constant. Where lithium makes its own stress, a free
sphere has σ_h = κ (mean of x - x), κ = 2E/(3(1-ν)) dε*/dx, which is a diffusivity of D (1 + βκx): here up to four
times D. That is held against finite volumes in shells, of another code and another integrator in time.
"""

R, D = 5.0, 0.01
TIMES = (0.01, 0.03, 0.1, 0.3)  # τ
SWELLING = 0.02  # dε*/dx
ATTRACTION = 1.2e-3  # 1/MPa: Ω = 3e-6 m³/mol at 25 °C
FINER = 16  # steps that others are held against: their own error is 1/256 of that, 0.006 of an order
PARTICLE = Medium(140e3, 0.27, TOUGH, shrinkage=lambda charge: -SWELLING * charge)


def ball_on_a_line(n: int) -> Diffusion:
    line = mesh.create_interval(MPI.COMM_SELF, n, [0.0, R])
    end = mesh.locate_entities_boundary(line, 0, lambda x: np.isclose(x[0], R))
    cells = np.arange(n, dtype=np.int32)
    return Diffusion(line, cells, {"surface": end}, Host(D), measure=lambda x: 4 * pi * x[0] ** 2)


def in_matrix(size: float, kinematics: str) -> Diffusion:
    domain = quarter((0.0, R, 1.2 * R), (size, size))
    body = domain.mesh
    rim = mesh.locate_entities(body, 1, lambda x: np.isclose(np.hypot(x[0], x[1]), R))
    cells, measure = domain.regions["layer 0"], KINEMATICS[kinematics].measure
    return Diffusion(body, cells, {"surface": rim}, Host(D), measure=measure)


@dataclass(frozen=True)
class Charged:
    name: str
    exact: Series
    times: np.ndarray  # s
    surface: np.ndarray  # less than at the start
    middle: np.ndarray
    stops: Sequence[int]  # steps at which a time of TIMES is reached

    @classmethod
    def of(cls, name: str, dimension: int, diffusion: Diffusion) -> Charged:
        diffusion.content.x.array[:] = 1.0
        x = diffusion.content.function_space.tabulate_dof_coordinates()
        middle = int(np.argmin(np.linalg.norm(x, axis=1)))
        ends = np.array([0.0, *TIMES]) * R**2 / D
        transport = Transport(diffusion, [Current(1.0, duration=b - a) for a, b in pairwise(ends)])
        rows, stops = [], []
        while not transport.finished:
            over = len(transport.endings)
            transport.advance()
            here = diffusion.contact().content, diffusion.content.x.array[middle]
            rows.append((transport.time, *(content - 1.0 for content in here)))
            stops += [len(rows) - 1] * (len(transport.endings) - over)
        series = Series(dimension, R, D, -R / dimension / 3600)
        return cls(name, series, *np.array(rows).T, stops)

    def checks(self) -> list[Check]:
        found = []
        for step, tau in zip(self.stops, TIMES, strict=True):
            exact = self.exact.content(np.array([0.0, R]), self.times[step])
            why = "the aim; as a share of what the surface has lost by then"
            for where, computed, known in zip(
                ("middle", "surface"), (self.middle[step], self.surface[step]), exact, strict=True
            ):
                share = (computed - known) / abs(exact[1])
                what = f"{self.name}, {where} at τ = {tau}: {1 + computed:.4f} for {1 + known:.4f}"
                found.append(Check(what, share, 0.0, 0.01, why, absolute=True))
        return found


# --- orders -----------------------------------------------------------------------------------------------------------


def drifting_error(n: int) -> float:
    """Root mean square on n × n squares, with steps so short that their error does not count."""
    v, lasting, fading, end = 2.0, 0.3, 0.2, 0.05
    body = mesh.create_unit_square(MPI.COMM_SELF, n, n)
    diffusion = Diffusion(body, np.arange(2 * n * n, dtype=np.int32), {}, Host(1.0, ATTRACTION))
    x = diffusion.content.function_space.tabulate_dof_coordinates().T
    diffusion.pull(v / ATTRACTION * x[0])

    def exact(x: np.ndarray, m: object, time: float) -> np.ndarray:
        wave = m.exp(v * x[0] / 2) * (m.cos(pi * x[0]) + v / (2 * pi) * m.sin(pi * x[0])) * m.cos(pi * x[1])
        return lasting * m.exp(v * x[0]) + fading * np.exp(-(2 * pi**2 + v**2 / 4) * time) * wave

    diffusion.content.x.array[:] = exact(x, np, 0.0)
    step, steps = TimeStep(diffusion, 1e-6), 60
    for i in range(steps):
        step.take(i * end / steps, end / steps, np.zeros_like(diffusion.mass))
    wrong = diffusion.content - exact(ufl.SpatialCoordinate(body), ufl, end)
    return float(np.sqrt(fem.assemble_scalar(fem.form(wrong**2 * ufl.dx(metadata={"quadrature_degree": 6})))))


def fading_error(steps: int) -> float:
    """Of cos πX, by D t = 0.1, in so many steps."""
    n, end = 20, 0.1
    line = mesh.create_interval(MPI.COMM_SELF, n, [0.0, 1.0])
    diffusion = Diffusion(line, np.arange(n, dtype=np.int32), {}, Host(1.0))
    shape = np.cos(pi * diffusion.content.function_space.tabulate_dof_coordinates()[:, 0])
    diffusion.content.x.array[:] = shape
    step = TimeStep(diffusion, 1e-6)
    for i in range(steps):
        step.take(i * end / steps, end / steps, np.zeros_like(shape))
    rate = 2 * n**2 * (1 - np.cos(pi / n))
    return float(np.abs(diffusion.content.x.array - np.exp(-rate * end) * shape).max())


def driven(steps: int) -> np.ndarray:
    """Content in a stress that grows with time, and under a current."""
    n, end = 10, 0.1
    line = mesh.create_interval(MPI.COMM_SELF, n, [0.0, 1.0])
    right = mesh.locate_entities_boundary(line, 0, lambda x: np.isclose(x[0], 1.0))
    diffusion = Diffusion(line, np.arange(n, dtype=np.int32), {"right": right}, Host(1.0, ATTRACTION))
    diffusion.softening.value = 500.0
    x = diffusion.content.function_space.tabulate_dof_coordinates()[:, 0]
    diffusion.content.x.array[:] = 0.5 + 0.2 * np.cos(pi * x)
    diffusion.pull(np.zeros_like(x), 3e4 * x**2)
    step, inlet = TimeStep(diffusion, 1e-8), diffusion.contact().inlet
    for i in range(steps):
        step.take(i * end / steps, end / steps, -0.5 * inlet)
    return diffusion.content.x.array.copy()


@dataclass(frozen=True)
class Study:
    name: str
    sizes: np.ndarray  # of elements or steps
    errors: np.ndarray

    def check(self) -> Check:
        order = log(self.errors[-2] / self.errors[-1]) / log(self.sizes[-2] / self.sizes[-1])
        return Check(f"{self.name}: order", order, 2.0, 0.1, "the aim; between the two finest", absolute=True)


def studies(thorough: bool) -> list[Study]:
    squares = (8, 16, 32, 64) if thorough else (8, 16)
    steps = np.array((8, 16, 32, 64) if thorough else (8, 16))
    finest = driven(FINER * int(steps[-1]))
    return [
        Study("size of elements, with drift", 1 / np.array(squares), np.array([drifting_error(n) for n in squares])),
        Study("step in time, alone", 0.1 / steps, np.array([fading_error(int(n)) for n in steps])),
        Study(
            "step in time, with drift and current",
            0.1 / steps,
            np.array([np.abs(driven(int(n)) - finest).max() for n in steps]),
        ),
    ]


# --- in stress --------------------------------------------------------------------------------------------------------


def at_rest(n: int) -> Check:
    """In a given stress, with what is left after a long time."""
    body = mesh.create_unit_square(MPI.COMM_SELF, n, n)
    diffusion = Diffusion(body, np.arange(2 * n * n, dtype=np.int32), {}, Host(1.0, ATTRACTION))
    x = diffusion.content.function_space.tabulate_dof_coordinates().T
    stress = 500 * np.sin(2 * x[0] + 1) * np.cos(3 * x[1])
    diffusion.pull(stress)
    diffusion.content.x.array[:] = 0.5
    transport = Transport(diffusion, [Current(0.0, duration=10.0)])
    while not transport.finished:
        transport.advance()
    level = diffusion.content.x.array * np.exp(-ATTRACTION * stress)
    spread = float((level.max() - level.min()) / level.mean())
    why = f"linear elements: h² β∇²σ_h/12 = {ATTRACTION * 500 * 13 / 12 / n**2:.1e}, and up to twice that at corners"
    return Check("at rest in a given stress: spread of x exp(-βσ_h)", spread, 0.0, 1e-3, why, absolute=True)


def own_stress(size: float) -> tuple[Check, np.ndarray, np.ndarray, np.ndarray]:
    """A free sphere of radius 1 that loses 0.4 of its lithium in 80 s."""
    rate, time, kinematics = 18.0, 80.0, KINEMATICS["axisymmetric"]
    domain = quarter((0.0, 1.0), (size, size))
    solid = solid_of(domain, [PARTICLE], symmetric(2), kinematics)
    cells, rim = domain.regions["layer 0"], {"outer": domain.boundaries["outer"]}
    diffusion = Diffusion(domain.mesh, cells, rim, Host(D, ATTRACTION), kinematics.measure, solid.state.d)
    diffusion.content.x.array[:] = 1.0
    coupling = Coupling(solid, diffusion, [(cells, PARTICLE)])
    transport, minimiser = Transport(diffusion, [Current(rate, time)], 3e-4), AlternateMinimiser(solid)
    assert charge(solid, minimiser, transport, coupling, Notebook())
    softening = ATTRACTION * 2 * PARTICLE.young / (3 * (1 - PARTICLE.poisson)) * SWELLING
    radii, known = shells(1.0, rate / 3600 / 3, time, lambda x: D * (1 + softening * x))
    r = np.linalg.norm(diffusion.content.function_space.tabulate_dof_coordinates(), axis=1)
    shown = np.stack([r, diffusion.content.x.array])
    inner = r < radii[-1]
    wrong = np.abs(diffusion.content.x.array - np.interp(r, radii, known))[inner].max() / np.ptp(known)
    why = "the aim; largest difference anywhere as a share of middle less surface"
    check = Check("sphere in its own stress, content", float(wrong), 0.0, 0.01, why, absolute=True)
    unmoved = np.stack(shells(1.0, rate / 3600 / 3, time, lambda x: D + 0 * x))
    return check, shown, np.stack([radii, known]), unmoved


def verify(thorough: bool) -> Page:
    bodies: list[tuple[str, int, Callable[[], Diffusion]]] = [
        ("sphere on a line", 3, lambda: ball_on_a_line(100)),
        ("cylinder in matrix", 2, lambda: in_matrix(0.15 if thorough else 0.22, "plane strain")),
        ("sphere in matrix, around its axis", 3, lambda: in_matrix(0.15 if thorough else 0.22, "axisymmetric")),
    ]
    charged = [Charged.of(name, dimension, make()) for name, dimension, make in bodies]
    orders = studies(thorough)
    stressed, found, known, unmoved = own_stress(0.05 if thorough else 0.1)
    checks = [check for one in charged for check in one.checks()]
    checks += [*(study.check() for study in orders), at_rest(40), stressed]

    def draw(figure: Figure) -> None:
        left, middle, right = figure.subplots(1, 3)
        for i, one in enumerate(charged[1:]):
            tau = one.times * D / R**2
            exact = np.array([1 + one.exact.content(np.array([0.0, R]), time) for time in one.times])
            left.plot(tau, exact, color=f"C{i}", linewidth=1, label=[one.name.split()[0], None])
            left.plot(tau, 1 + one.surface, ".", tau, 1 + one.middle, ".", color=f"C{i}", markersize=4)
        left.set(title="middle and surface; dots: computed", xlabel="τ = Dt/R²", ylabel="content")
        left.legend(frameon=False, fontsize=8, loc="lower left")
        some = np.argsort(found[0])[:: max(1, found.shape[1] // 150)]
        middle.plot(*known, color="C0", linewidth=1, label="finite volumes in shells")
        middle.plot(*unmoved, color="0.6", linewidth=1, linestyle="--", label="the same without stress")
        middle.plot(*found[:, some], ".", color="C3", markersize=4, label="computed")
        middle.set(title="sphere in its own stress", xlabel="radius, µm")
        middle.legend(frameon=False, fontsize=8, loc="lower left")
        for study in orders:
            right.loglog(study.sizes / study.sizes[-1], study.errors, "o-", markersize=4, label=study.name)
        slope = np.array([1.0, 8.0])
        right.loglog(slope, 0.4 * orders[0].errors[-1] * slope**2, color="0.6", linewidth=1)
        right.set(title="orders (grey: 2)", xlabel="size over smallest", ylabel="error of content")
        right.set_xticks([1, 2, 4, 8], ["1", "2", "4", "8"], minor=False)
        right.set_xticks([], minor=True)
        right.set_ylim(top=0.2)
        right.legend(frameon=False, fontsize=7, loc="upper left")

    return Page(TEXT, checks, draw)
