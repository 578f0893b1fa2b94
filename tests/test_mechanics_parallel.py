"""V14: two processes tell the same history as one, to 1e-6: the linear solver's tolerance; 5e-9 was seen."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
FREELY = {  # containers run as root, and machines may have one core
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    "OMPI_MCA_mpi_yield_when_idle": "1",
    "OMP_NUM_THREADS": "1",
}
SCRIPT = """
import json
from mpi4py import MPI
import meshes
from mechanics import CRACK_MODELS, SPLITS, AlternateMinimiser, Charge, Medium, Solid, Support, evolve
from mechanics.detachment import Detachment

class Printer:
    def iteration(self, soc, count, detached): pass
    def step(self, record):
        energies = record.energies
        told.append([record.soc, record.detached_fraction, record.max_damage, energies.elastic, energies.fracture,
                     energies.spring, record.plastic_work, record.outcome.converged])

told = []
stack = meshes.Stack(2.5, 0.5, 0.5, 0.5, fine=0.1, coarse=0.3, notch=meshes.Notch(1.0, 0.05))
domain = meshes.build(stack, MPI.COMM_WORLD)
media = {
    "electrolyte": Medium(2000.0, 0.3, 20.0, 0.0, 30.0, 20.0),
    "interface": Medium(2000.0, 0.3, 2.0, 0.0, 30.0, 20.0),
    "cathode": Medium(8000.0, 0.25, 20.0, -0.1),
}
supports = {"bottom": Support((0, 1)), "top": Support(spring=50.0), "right": Support((0,))}
solid = Solid(domain.mesh, domain.regions, domain.boundaries, media, supports, CRACK_MODELS["AT1"],
              SPLITS["volumetric-deviatoric"], 0.2, meshes.element_size(domain.mesh))
solid.break_open("notch")
detachment = Detachment(solid.state.d, domain.regions, domain.boundaries, "interface", 0.1)
evolve(solid, AlternateMinimiser(solid), Charge(0.75, 0.25, 0.01), detachment, 0.05, Printer())
if MPI.COMM_WORLD.rank == 0:
    print(json.dumps([MPI.COMM_WORLD.size, told]))
"""


def history(processes: int) -> np.ndarray:
    command = ["mpirun", "-n", str(processes), sys.executable, "-c", SCRIPT]
    told = subprocess.run(
        command, cwd=ROOT, env=os.environ | FREELY, capture_output=True, text=True, check=False, timeout=300
    )
    assert told.returncode == 0, told.stderr
    size, records = json.loads(told.stdout.splitlines()[-1])
    assert size == processes
    return np.array(records, dtype=float)


@pytest.mark.slow  # 7 s on two idle cores, minutes where the processes have to take turns
@pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun here")
def test_two_processes_tell_the_same_history():
    alone, together = history(1), history(2)
    assert np.all(alone[:, -1] == 1)
    assert alone[-1, 4] > 2 * alone[0, 4]  # a crack has grown
    assert alone[-1, 6] > 0.1  # and something has flowed
    assert together == pytest.approx(alone, rel=1e-6, abs=1e-9)
