"""Intact on the problems."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from dolfinx import fem
from mpi4py import MPI

import meshes
from benchmarks import problems
from benchmarks.measure import Counters, MeasuredStep, Run, megabytes, sample, seconds
from benchmarks.problems import LENGTH, Plate
from intact.bodies.body import bodies
from intact.bodies.body import solid as solid_of
from intact.case.read import read
from mechanics import (
    CRACK_MODELS,
    KINEMATICS,
    SPLITS,
    AlternateMinimiser,
    Fixed,
    History,
    Limits,
    Record,
    Schedule,
    Solid,
    Support,
    charges,
)
from mechanics.body.supports import Motion
from mechanics.history.record import Unobserved, Watched
from mechanics.linear.solver import LinearSolver
from mechanics.measure.detachment import BROKEN, Detachment
from mechanics.minimise.ladder import multigrid_of

LINEAR_PLANE = replace(KINEMATICS["plane strain"], degree=1)
MAIN = Path(__file__).parents[1] / "cases" / "lzco-vs-lzaco.toml"
LOCATED = 0.005  # part of the load to which Intact finds the start of a crack by itself
SMALLEST = LOCATED / 8


def plate(task: Plate, mesh: Path, steps: int | None) -> Run:
    """In so many equal steps of the problem; None: in steps of its own."""
    domain = meshes.load(mesh, MPI.COMM_SELF)
    supports = {}
    for name, components in task.held().items():
        moves = np.array([[components.get(component, False)] for component in (0, 1)])
        supports[name] = Support(tuple(components), motion=_motion(task, moves))
    body = Solid(
        domain.mesh,
        domain.regions,
        domain.boundaries,
        {"plate": task.steel},
        supports,
        CRACK_MODELS["AT2"],
        SPLITS[task.split],
        LENGTH,
        np.zeros(len(domain.regions["plate"])),  # toughness as it is typed, as the others take it
        LINEAR_PLANE,
    )

    def force() -> float:
        return abs(body.reaction("top", task.pulled))

    if steps is None:
        schedule = Schedule(charges(1.0), Limits(task.largest, SMALLEST, LOCATED))
    else:
        size = 1 / (task.steps - 1)
        schedule = Schedule(charges((steps - 1) * size), Limits(size, size, LOCATED))
    run = _charged(body, schedule, _Advance(body), force)
    moved = tuple(replace(step, load=task.moved(step.load)) for step in run.steps)
    return replace(run, field=sample(domain.mesh, body.state.d), steps=moved)


def _motion(task: Plate, moves: np.ndarray) -> Motion:
    return lambda part, x: task.moved(part) * moves + 0 * x[:2]


class _Advance:
    """Whether the crack has left the tip of the slit, in the place of a detached fraction."""

    def __init__(self, body: Solid) -> None:
        x = body.state.d.function_space.tabulate_dof_coordinates()
        self._ahead = np.flatnonzero(np.hypot(x[:, 0], x[:, 1]) > LENGTH)
        self._d = body.state.d

    def fraction(self) -> float:
        return float((self._d.x.array[self._ahead] >= BROKEN).any())


def main_case(steps: int | None) -> Run:
    """LZCO with the yield stress by Tabor, as `intact run` solves it, without files and pictures."""
    study = read(MAIN, ("materials.electrolyte=LZCO", "flow.yield_stress=tabor"))
    (body,) = bodies(study, MPI.COMM_SELF)
    case, made = body.case, solid_of(body)
    largest = case.steps.largest
    until = case.steps.until if steps is None else steps * largest
    limits = Limits(largest, case.steps.smallest, case.steps.onset)
    schedule = Schedule(charges(until, stops=case.output.soc), limits)
    detachment = Detachment(made.state.d, made.regions, made.boundaries, "interface", body.sizes("interface")[0])
    return _charged(made, schedule, detachment, lambda: 0.0)


def stack(size: str, solid: bool, steps: int | None) -> Run:
    """Through a whole crack: the stack lets go from one end to the other. In the first step nothing breaks."""
    body = layered(size, solid, MPI.COMM_WORLD)
    fine = problems.stack(size, solid).fine
    detachment = Detachment(body.state.d, body.regions, body.boundaries, "interface", fine)
    schedule = Schedule(charges(problems.THROUGH if steps is None else 0.1 * steps), Limits(0.1, 0.01, 0.02))
    run = _charged(body, schedule, detachment, lambda: 0.0)
    if steps is None and detachment.fraction() < 1:
        raise ArithmeticError(f"only {detachment.fraction():.0%} of the stack has let go")
    return run


def layered(size: str, solid: bool, comm: MPI.Comm) -> Solid:
    layers = problems.stack(size, solid)
    domain = meshes.build(layers, comm)
    walls = {"bottom": Support((0, 1)), "top": Support((0, 1)), "right": Support((0,))}
    body = Solid(
        domain.mesh,
        domain.regions,
        domain.boundaries,
        problems.STACK_MEDIA,
        walls | ({"front": Support((2,)), "back": Support((2,))} if solid else {}),
        CRACK_MODELS["AT1"],
        SPLITS["volumetric-deviatoric"],
        problems.STACK_LENGTH,
        meshes.row_height(domain.mesh),
        KINEMATICS["3d" if solid else "plane strain"],
    )
    body.break_open("notch")
    return body


def elastic_solve(body: Solid) -> float:
    """Seconds of one linear solve of the undamaged body from nothing: assembly, factor, solve. Median of three."""
    found = []
    b, x = (fem.Function(body.state.u.function_space) for _ in range(2))
    for _ in range(3):
        solver = LinearSolver(body.comm, 0, 1e-8, multigrid=multigrid_of(body, "automatic"))
        start = seconds()
        body.displacement.gradient(b).x.array[body.fixed] = 0
        x.x.array[:] = 0
        solver.solve(body.displacement.hessian(body.fixed), b.x.petsc_vec, x.x.petsc_vec)
        found.append(seconds() - start)
    return float(np.median(found))


def _charged(body: Solid, schedule: Schedule, detachment: Watched, force: Callable[[], float]) -> Run:
    start = schedule.numbers()
    schedule.forward(body)
    schedule.take(start)
    body.state.u.x.array[body.fixed] = body.prescribed
    elastic = elastic_solve(body)
    body.state.u.x.array[:] = 0
    after_elastic = megabytes()
    minimiser, observer = AlternateMinimiser(body), _Observer(force)
    if not History(Fixed(body, minimiser), schedule, detachment, observer).run():
        raise ArithmeticError("a step did not converge")
    u, d = (function.function_space.dofmap.index_map for function in (body.state.u, body.state.d))
    steps = tuple(observer.steps)
    unknowns = u.size_global * body.mesh.geometry.dim
    return Run(unknowns, d.size_global, elastic, after_elastic, megabytes(), steps, processes=body.comm.size)


class _Observer(Unobserved):
    def __init__(self, force: Callable[[], float]) -> None:
        self.steps: list[MeasuredStep] = []
        self._force, self._iterations = force, 0
        self._before, self._clock = Counters.now(), seconds()

    def iteration(self, soc: float, count: int, detached: float) -> None:
        self._iterations += 1

    def step(self, record: Record) -> None:
        """Iterations and time are those of the tries that were cut, too."""
        now = Counters.now()
        work, stored = now - self._before, record.energies
        count = max(self._iterations, record.outcome.iterations)
        self.steps.append(
            MeasuredStep(
                record.soc,
                self._force(),
                stored.elastic,
                stored.fracture,
                count,
                seconds() - self._clock,
                work.factorisations,
                work.solves,
            )
        )
        self._iterations = 0
        self._before, self._clock = Counters.now(), seconds()
