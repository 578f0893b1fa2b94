"""One run of one code, in this process: python3 -m benchmarks.alone CODE PROBLEM [--warm] FILE"""

from __future__ import annotations

import sys
from pathlib import Path

from mpi4py import MPI
from petsc4py import PETSc

from benchmarks.measure import Run
from benchmarks.problems import OWN, PLATES

WARM = 2  # steps that call everything once


def main(words: list[str]) -> None:
    warm = "--warm" in words
    code, problem, file = [word for word in words if word != "--warm"]
    PETSc.Log.begin()
    found = run(code, problem, Path(file), WARM if warm else None)
    if MPI.COMM_WORLD.rank == 0:
        found.write(Path(file))


def run(code: str, problem: str, file: Path, steps: int | None) -> Run:
    """`steps` is None: all there are. The mesh of a plate lies beside the file."""
    if code == "phasefieldx":
        from benchmarks import peers

        task = PLATES[problem]
        return peers.run(task, file.parent / f"{task.name}.msh", steps or task.steps)
    from benchmarks import ours

    if problem == "main":
        return ours.main_case(steps)
    if problem.startswith(("stack", "elastic")):
        kind, dimension, size = problem.split("-")
        return ours.stack(size, dimension == "3d", 1 if kind == "elastic" else steps)
    if code == "own":
        task = OWN[problem]
        return ours.plate(task, file.parent / f"{task.name}.msh", steps)
    task = PLATES[problem]
    return ours.plate(task, file.parent / f"{task.name}.msh", steps or task.steps)


if __name__ == "__main__":
    main(sys.argv[1:])
