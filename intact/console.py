"""Where the program prints: in a parallel run the first process speaks and the others keep quiet."""

from __future__ import annotations

import os
import sys

from rich.console import Console

# Open MPI and MPICH name the process here; asking MPI itself would make even `intact --help` wait for it.
RANK_VARIABLES = ("OMPI_COMM_WORLD_RANK", "PMI_RANK")


def first_process() -> bool:
    """Whether this is the only process, or the one with rank 0."""
    return all(os.environ.get(name, "0") == "0" for name in RANK_VARIABLES)


def _console(stderr: bool) -> Console:
    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(
        stderr=stderr,
        quiet=not first_process(),
        highlight=False,
        width=None if terminal else 120,
        emoji=False,
    )


console = _console(stderr=False)
errors = _console(stderr=True)
