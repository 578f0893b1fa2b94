"""A program on several processes, as a test starts it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
FREELY = {  # containers run as root, and machines may have one core
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    "OMPI_MCA_mpi_yield_when_idle": "1",
    "OMP_NUM_THREADS": "1",
}


def on_processes(count: int, *words: str, timeout: float = 120) -> list[str]:
    """The lines that Python with these words says on so many processes."""
    done = subprocess.run(
        ["mpirun", "-n", str(count), sys.executable, *words],
        cwd=ROOT,
        env=os.environ | FREELY | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
