"""A run and what is measured of it: each in a process of its own, so that memory and caches are its own, too."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import numpy as np
from dolfinx import fem, mesh
from dolfinx.mesh import entities_to_geometry
from mpi4py import MPI
from petsc4py import PETSc

ROOT = Path(__file__).parents[1]
FACTORISATIONS = ("MatLUFactorNum", "MatCholFctrNum")


@dataclass(frozen=True)
class MeasuredStep:
    """One accepted step, with whatever was tried for it and refused."""

    load: float
    force: float
    elastic_energy: float
    fracture_energy: float
    iterations: int
    seconds: float
    factorisations: int
    solves: int  # with a factor


@dataclass(frozen=True)
class Field:
    """Damage at the vertices of a plane mesh."""

    points: np.ndarray
    triangles: np.ndarray
    damage: np.ndarray


@dataclass(frozen=True)
class Run:
    """Without imports, mesh, and making of forms: seconds are those of the steps, of processor time."""

    displacement_unknowns: int
    damage_unknowns: int
    elastic_solve: float  # seconds of one: assembly, factor, solve
    elastic_megabytes: float  # most memory up to and with that one
    megabytes: float  # most memory in all
    steps: tuple[MeasuredStep, ...]
    field: Field | None = field(default=None, compare=False)
    processes: int = 1  # over which time and memory are added up

    @property
    def seconds(self) -> float:
        return sum(step.seconds for step in self.steps)

    def total(self, name: str) -> int:
        return sum(getattr(step, name) for step in self.steps)

    @property
    def peak(self) -> float:
        return max(abs(step.force) for step in self.steps)

    def write(self, file: Path) -> None:
        told = asdict(self)
        del told["field"]
        file.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        if self.field is not None:
            np.savez_compressed(file.with_suffix(".npz"), **asdict(self.field))

    @classmethod
    def read(cls, file: Path) -> Run:
        told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        told["steps"] = tuple(MeasuredStep(**step) for step in told["steps"])
        fields = file.with_suffix(".npz")
        return cls(**told, field=Field(**np.load(fields)) if fields.exists() else None)


@dataclass(frozen=True)
class Measured:
    """Repetitions of one run, in which only times and memory may differ."""

    runs: tuple[Run, ...]

    @property
    def first(self) -> Run:
        return self.runs[0]

    @property
    def seconds(self) -> float:
        return median(run.seconds for run in self.runs)

    @property
    def megabytes(self) -> float:
        return median(run.megabytes for run in self.runs)

    @property
    def elastic_solve(self) -> float:
        return median(run.elastic_solve for run in self.runs)

    @property
    def in_elastic_solves(self) -> float:
        """Each run by its own elastic solve, since a machine may be slower one minute and faster the next."""
        return median(run.seconds / run.elastic_solve for run in self.runs)

    def step_in_elastic_solves(self) -> tuple[float, float]:
        """The dearest step in elastic solves, and the median of all others."""
        costs = np.median([[step.seconds / run.elastic_solve for step in run.steps] for run in self.runs], axis=0)
        dearest = int(costs.argmax())
        others = np.delete(costs, dearest)
        return float(costs[dearest]), float(np.median(others)) if len(others) else 0.0


@dataclass(frozen=True)
class Counters:
    """What PETSc has counted so far, whoever asked it."""

    factorisations: int
    solves: int

    @classmethod
    def now(cls) -> Counters:
        def count(event: str) -> int:
            return int(PETSc.Log.Event(event).getPerfInfo()["count"])

        return cls(sum(map(count, FACTORISATIONS)), count("MatSolve"))

    def __sub__(self, other: Counters) -> Counters:
        return Counters(self.factorisations - other.factorisations, self.solves - other.solves)


def megabytes() -> float:
    """The most memory that this process has had; of several, their sum."""
    return MPI.COMM_WORLD.allreduce(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def seconds() -> float:
    """Seconds of processor time, of all processes."""
    return MPI.COMM_WORLD.allreduce(process_time())


def sample(body: mesh.Mesh, damage: fem.Function) -> Field:
    cells = np.arange(body.topology.index_map(2).size_local, dtype=np.int32)
    nodes = np.empty(len(body.geometry.x), np.int64)  # of linear fields, by vertex
    nodes[body.geometry.dofmap[cells]] = damage.function_space.dofmap.list[cells]
    triangles = entities_to_geometry(body, 2, cells).astype(np.int64)
    return Field(body.geometry.x[:, :2].copy(), triangles, damage.x.array[nodes])


def in_turn(
    codes: Mapping[str, Sequence[str]], folder: Path, repeats: int, tell: Callable[[str], None], count: int = 1
) -> None:
    """Every code (its name: what to run, see alone.py) once for warming up, with few steps; then one after the other,
    as often as asked, so that a machine that has become slow is slow for all."""
    for code, words in codes.items():
        for old in folder.glob(f"{code}-*.*"):
            old.unlink()
        warm = folder / f"warm-{code}.json"
        tell(f"  {code}, warming up")
        alone([*words, "--warm"], warm, count)
        for file in (warm, warm.with_suffix(".npz")):
            file.unlink(missing_ok=True)
    for number in range(1, repeats + 1):
        for code, words in codes.items():
            one = folder / f"{code}-{number}.json"
            alone(words, one, count)
            tell(f"  {code}, {number} of {repeats}: {Run.read(one).seconds:.3g} s")


def read(folder: Path) -> dict[tuple[str, str], Measured]:
    """All that has been measured so far, by problem and code."""
    found: dict[tuple[str, str], list[Run]] = {}
    for file in sorted(folder.glob("*/*-*.json")):
        found.setdefault((file.parent.name, file.stem.rpartition("-")[0]), []).append(Run.read(file))
    return {key: Measured(tuple(runs)) for key, runs in found.items()}


def alone(words: Sequence[str], file: Path, count: int = 1) -> None:
    """In a process of its own, or in so many."""
    several = ["mpirun", "-n", str(count)] if count > 1 else []
    command = [*several, sys.executable, "-m", "benchmarks.alone", *words, str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
