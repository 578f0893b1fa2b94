"""What a second process gains: python3 -m benchmarks.processes under mpirun, and the table made of its runs.

What is bound by memory can gain no more than the memory itself gives to two, which the triad a = b + s c measures.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from time import perf_counter

import numpy as np
from mpi4py import MPI

from benchmarks.measure import ROOT
from mechanics import AlternateMinimiser

COUNTS = (1, 2)
BODIES = {"2D, factor": ("1e5", False), "3D, multigrid": ("1e5", True)}
LONG = 20_000_000  # numbers in each array of the triad: far beyond any cache
TIMES = 5
HEAD = ("one elastic equilibrium", "unknowns", "1 process", "2 processes", "factor", "memory gives", "energies apart")


def main() -> None:
    from benchmarks import ours  # brings all of Intact, which the table does without

    comm = MPI.COMM_WORLD
    found: dict[str, object] = {"triad": triad(comm)}
    for name, (size, solid) in BODIES.items():
        body = ours.layered(size, solid, comm)
        body.load(0.1)
        minimiser = AlternateMinimiser(body)
        assert minimiser.minimise().converged  # with this everything has been called once
        body.load(0.15)
        comm.barrier()
        start = perf_counter()
        assert minimiser.minimise().converged
        seconds = comm.allreduce(perf_counter() - start, op=MPI.MAX)
        unknowns = body.state.u.function_space.dofmap.index_map.size_global * body.mesh.geometry.dim
        found[name] = {"seconds": seconds, "energy": body.potential(), "unknowns": unknowns}
    if comm.rank == 0:
        print(json.dumps(found))


def triad(comm: MPI.Comm) -> float:
    """GB/s of all processes together, the best of a few times. NumPy takes two passes: b's and c's go in, a's go out,
    come back and go out again."""
    count = LONG // comm.size
    a, b, c = np.zeros(count), np.ones(count), np.ones(count)
    best = np.inf
    for _ in range(TIMES):
        comm.barrier()
        start = perf_counter()
        np.multiply(c, 3.0, out=a)
        np.add(a, b, out=a)
        best = min(best, comm.allreduce(perf_counter() - start, op=MPI.MAX))
    return 5 * 8 * count * comm.size / best / 1e9


def measured() -> dict[str, Mapping]:
    """By number of processes; seconds on the wall, so that nothing else should run beside it."""
    found = {}
    for count in COUNTS:
        command = ["mpirun", "-n", str(count), sys.executable, "-m", "benchmarks.processes"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        found[str(count)] = json.loads(done.stdout.splitlines()[-1])
    return found


def rows(found: Mapping[str, Mapping]) -> list[list[str]]:
    if not found:
        return []
    one, two = (found[str(count)] for count in COUNTS)
    told = []
    for name in BODIES:
        apart = abs(two[name]["energy"] / one[name]["energy"] - 1)
        told.append(
            [
                name,
                f"{one[name]['unknowns']:,}",
                f"{one[name]['seconds']:.3g} s",
                f"{two[name]['seconds']:.3g} s",
                f"{one[name]['seconds'] / two[name]['seconds']:.2f}",
                f"{two['triad'] / one['triad']:.2f}",
                f"{apart:.0e}",
            ]
        )
    return told


if __name__ == "__main__":
    main()
