"""Where one process does the work and all wait for it."""

from collections.abc import Callable
from typing import TypeVar

from mpi4py import MPI

Made = TypeVar("Made")


def on_first(comm: MPI.Comm, make: Callable[[], Made]) -> Made | None:
    """What the first process makes; None on the others. All raise what it raises."""
    made: Made | None = None
    problem: Exception | None = None
    if comm.rank == 0:
        try:
            made = make()
        except Exception as caught:  # whatever it is, the other processes wait to hear of it
            problem = caught
    problem = comm.bcast(problem)
    if problem is not None:
        raise problem
    return made
