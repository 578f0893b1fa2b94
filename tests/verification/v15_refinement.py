"""V15: the notched plate in shear on a mesh that is refined where the crack turns out to go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from dolfinx.mesh import entities_to_geometry
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from mpi4py import MPI

import meshes
from mechanics import CRACK_MODELS, SPLITS, History, Limits, Schedule, Solid, charges
from mechanics.history.adaptive import AHEAD, ENTERED, Adaptive, Finer
from meshes.refine import coarse, eventual_size, inherited, refined

from ..notebook import Notebook
from .notched_plate import HALF, KILONEWTON, LENGTH, STEEL, NotchedPlate, sheared
from .page import Check, Page

TITLE = "A mesh refined where the crack goes"
SLOW = True

BROKEN = 0.9  # damage
LOADS = (1.0, 3.0, 5.0, 6.0, 7.0, 7.5, 8.0, 8.25, 8.5, 8.75, 9.0)  # µm, of the top
BEGUN = 8.25  # µm: the first of these with a crack
PATH = ((0.0, 0.0), (25.0, -80.0), (65.0, -180.0))  # µm: where it was seen to go
ROOM = 4 * LENGTH
COARSE = 26.0  # µm
FITTING = 0.87  # of a size: gmsh's elements scatter about what they are asked for, and refinement takes it for a limit
ROW = np.sqrt(3) / 2  # height of an equilateral triangle

TEXT = """
The plate of [V11](v11.md) in shear (AT2, spectral split, ℓ = {length:g} µm), with toughness corrected for the mesh,
twice:

- **corridor**: elements of {fine:.3g} µm up to {room:g} µm from the path, which was known from a run before
- **refined**: elements of {coarse:g} µm everywhere to start with, and nothing said of the path. A step after which, or
  within which, damage is above {entered:g} in elements larger than {limit:.3g} µm is repeated from the state before it,
  on a mesh where such elements up to {ahead:g} ℓ around are refined.

Displacement, damage and plastic strain go over as the polynomials that they are in each element, and each element hands
its toughness, with the correction for the size that elements will have where a crack breaks them, down to its parts. So
the energy stays: what jump is left is that of the integration of g(d) ψ.

| | corridor | refined |
|---|---|---|
| elements at the start and at the end | {corridor_cells} | {start} and {end} |
| iterations in all, repeated steps included | {corridor_iterations} | {iterations} |
| time, s, on a machine with other work | {corridor_seconds:.0f} | {seconds:.0f} |

An evenly fine mesh would have some {even:.0f} elements. Refined {times} times. The path is compared by the middles of
what is broken at each depth, down to where the shorter crack ends.

With elements of ℓ/2 on both, the highest forces were 1.3 % apart, and the paths by up to 16 µm, 200 µm below the slit:
that is how far a path hangs on the mesh when ℓ is not resolved, whichever way the mesh was made.
"""


@dataclass(frozen=True)
class Run:
    forces: np.ndarray  # at each load
    points: np.ndarray
    triangles: np.ndarray
    damage: np.ndarray  # at the vertices, at the end
    cells: tuple[int, int]  # at the start and at the end
    iterations: int
    seconds: float
    jumps: np.ndarray  # of the energy at transfers


class Plate:
    """The plate on a mesh that is refined to elements no larger than `limit`. Its toughness is corrected for elements
    that a crack finds no larger than `fine`."""

    def __init__(self, drawn: NotchedPlate, fine: float, limit: float) -> None:
        self.domain, self._limit = meshes.build(drawn, MPI.COMM_SELF), limit
        self._sizes = ROW * eventual_size(meshes.element_size(self.domain.mesh), fine)

    def run(self, loads: Sequence[float]) -> Run:
        start, notes, forces = perf_counter(), Notebook(), []
        first = len(self._sizes)
        adaptive = Adaptive(self._solid(), self._coarse(), self._refine)
        schedule = Schedule(charges(loads[-1], stops=loads), Limits(loads[-1], loads[-1]))
        history = History(adaptive, schedule, observer=notes)
        history.step()  # without load
        while not history.finished:
            assert history.step(), notes.records[-1].outcome
            forces.append(adaptive.solid.reaction("top", 0))
        iterations = sum(one.outcome.iterations for one in notes.records)
        iterations += sum(one.iterations for one in adaptive.transfers)
        d, body = adaptive.solid.state.d, self.domain.mesh
        triangles = entities_to_geometry(body, 2, np.arange(len(self._sizes), dtype=np.int32))
        damage = np.empty(len(body.geometry.x))
        damage[triangles] = d.x.array[d.function_space.dofmap.list]
        jumps = np.array([one.jump for one in adaptive.transfers])
        cells = first, len(self._sizes)
        points = body.geometry.x[:, :2]
        return Run(np.array(forces), points, triangles, damage, cells, iterations, perf_counter() - start, jumps)

    def _solid(self) -> Solid:
        domain, media = self.domain, {"plate": STEEL}
        crack, split = CRACK_MODELS["AT2"], SPLITS["spectral"]
        return Solid(
            domain.mesh, domain.regions, domain.boundaries, media, sheared(), crack, split, LENGTH, self._sizes
        )

    def _coarse(self) -> np.ndarray:
        return coarse(self.domain, self._limit)

    def _refine(self, cells: np.ndarray) -> Finer:
        finer = refined(self.domain, cells, self._limit)
        self.domain, self._sizes = finer.domain, inherited(self._sizes, finer)
        return Finer(self._solid(), self._coarse(), finer.parents, finer.places)


def corridor(fine: float, loads: Sequence[float]) -> Run:
    return Plate(NotchedPlate(FITTING * fine, PATH, ROOM), fine, limit=np.inf).run(loads)


def sought(fine: float, loads: Sequence[float]) -> Run:
    return Plate(NotchedPlate(COARSE, PATH, reach=0.0, coarse=COARSE), fine, limit=fine).run(loads)


def verify(thorough: bool) -> Page:
    fine = LENGTH / 4 if thorough else LENGTH / 2
    loads = LOADS if thorough else LOADS[: LOADS.index(BEGUN) + 1]
    known, found = corridor(fine, loads), sought(fine, loads)
    checks = [
        Check(
            "highest force over that with the corridor",
            found.forces.max() / known.forces.max(),
            1.0,
            0.01 if thorough else 0.02,
            "the aim" if thorough else "twice the aim: meshes of ℓ/2 differ by as much",
        ),
        Check(
            "largest jump of the energy at a transfer",
            float(np.abs(found.jumps).max()),
            0.0,
            1e-3,
            "the aim",
            absolute=True,
        ),
        Check("path, off that with the corridor, µm", _apart(found, known), 0.0, LENGTH / 2, "the aim", absolute=True),
    ]
    even = (2 * HALF) ** 2 / (np.sqrt(3) / 4 * (FITTING * fine) ** 2)
    text = TEXT.format(
        length=LENGTH,
        fine=FITTING * fine,
        limit=fine,
        room=ROOM,
        coarse=COARSE,
        entered=ENTERED,
        ahead=AHEAD,
        corridor_cells=known.cells[0],
        corridor_iterations=known.iterations,
        corridor_seconds=known.seconds,
        start=found.cells[0],
        end=found.cells[1],
        iterations=found.iterations,
        seconds=found.seconds,
        even=even,
        times=len(found.jumps),
    )
    return Page(text, checks, lambda figure: _draw(figure, loads, known, found))


def _middles(run: Run) -> np.ndarray:
    """Of what is broken at each depth below the slit."""
    x, y = run.points[run.damage > BROKEN].T
    depth = np.round(-y / (LENGTH / 2)).astype(int)
    return np.array([(x[depth == i].mean(), y[depth == i].mean()) for i in range(1, depth.max() + 1) if i in depth])


def _apart(one: Run, other: Run) -> float:
    """The largest distance between the lines through the middles, along the shorter one."""
    lines = sorted((_middles(one), _middles(other)), key=lambda line: -line[:, 1].min())
    heights = np.linspace(lines[1][0, 1], lines[1][-1, 1], 500)
    dense = np.column_stack([np.interp(-heights, -lines[1][:, 1], lines[1][:, 0]), heights])
    return float(np.linalg.norm(lines[0][:, None] - dense, axis=2).min(axis=1).max())


def _draw(figure: Figure, loads: Sequence[float], known: Run, found: Run) -> None:
    axes = figure.subplot_mosaic([["plate", "found", "known"], ["force", "found", "known"]], width_ratios=(1.1, 1, 1))
    axes["plate"].triplot(*found.points.T, found.triangles, color="k", lw=0.1)
    axes["plate"].set(aspect="equal", title="refined mesh, all of it")
    for run, mark, label in ((known, "o", "corridor"), (found, "x", "refined")):
        axes["force"].plot(loads, run.forces / KILONEWTON, mark, ms=4, label=label)
    axes["force"].set(xlabel="displacement of the top, µm", ylabel="force, kN")
    axes["force"].legend(fontsize=6, loc="lower right")
    for name, run, title in (("found", found, "refined"), ("known", known, "corridor")):
        _draw_field(axes[name], run, f"{title}, damage at {loads[-1]:g} µm")
    axes["known"].plot(*_middles(found).T, "c--", lw=1, label="path on the refined mesh")
    axes["known"].legend(fontsize=6, loc="lower left")


def _draw_field(axes: Axes, run: Run, title: str) -> None:
    axes.tripcolor(*run.points.T, run.triangles, run.damage, shading="gouraud", cmap="magma_r", vmin=0, vmax=1)
    axes.triplot(*run.points.T, run.triangles, color="k", lw=0.1)
    axes.plot([-HALF, 0], [0, 0], color="tab:blue", lw=0.8)
    axes.set(aspect="equal", xlabel="x, µm", title=title, xlim=(-90, 150), ylim=(-260, 80))
