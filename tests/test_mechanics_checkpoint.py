"""A state taken apart cell by cell, and put together on any number of processes."""

import json
import shutil

import numpy as np
import pytest
from mpi4py import MPI

import meshes
from mechanics import CRACK_MODELS, KINEMATICS, SPLITS, AlternateMinimiser, Medium, Solid, Support
from mechanics.history.checkpoint import collected, fingerprint, spread
from tests.processes import on_processes

BLOCK = meshes.Stack(width=2.0, electrolyte=0.5, interface=0.5, cathode=0.5, fine=0.25, coarse=0.25)


def pressed(comm: MPI.Comm, thin: bool = False) -> Solid:
    """A block that flows, tires, and is held by a spring where it has been pressed to."""
    domain = meshes.build(BLOCK, comm)
    medium = Medium(1000.0, 0.3, 20.0, shrinkage=-0.02, yield_stress=2.0, hardening=100.0, fatigue=0.01)
    top = Support(pressure=4.0, spring=1e3, level=True)
    supports = {"bottom": Support((1,)), "left": Support((0,)), "top": top}
    model = CRACK_MODELS["AT2"], SPLITS["none"], 0.2, meshes.row_height(domain.mesh)
    plane = KINEMATICS["plane stress" if thin else "plane strain"]
    return Solid(
        domain.mesh, domain.regions, domain.boundaries, dict.fromkeys(domain.regions, medium), supports, *model, plane
    )


def charged(solid: Solid) -> Solid:
    minimiser = AlternateMinimiser(solid)
    assert minimiser.minimise().converged
    solid.seat()
    solid.load(0.7)
    assert minimiser.minimise().converged
    solid.accept()
    return solid


@pytest.mark.parametrize("thin", [False, True])
def test_a_state_goes_into_another_body_to_the_last_digit(thin):
    before, after = charged(pressed(MPI.COMM_SELF, thin)), pressed(MPI.COMM_SELF, thin)
    AlternateMinimiser(after)  # has a memory, which is a part of the state, too
    spread(after.state, collected(before.state))
    after.state.take(before.state.numbers())
    assert before.state.plastic[1].x.array.max() > 0
    for name, f in before.state.fields.items():
        np.testing.assert_array_equal(after.state.fields[name].x.array, f.x.array, err_msg=name)
    assert {"platens: rest", "fatigue 3", "accumulated plastic strain"} <= set(before.state.fields)
    assert after.state.numbers() == before.state.numbers()
    assert after.energies() == before.energies()
    assert after.platens.borne() == before.platens.borne()


def test_a_mesh_is_known_by_its_cells():
    stacks = BLOCK, meshes.Stack(width=2.1, electrolyte=0.5, interface=0.5, cathode=0.5, fine=0.25, coarse=0.25)
    same, other = (fingerprint(meshes.build(one, MPI.COMM_SELF).mesh) for one in stacks)
    assert same == fingerprint(meshes.build(BLOCK, MPI.COMM_SELF).mesh) != other


def told(comm: MPI.Comm, arrays: dict) -> list:
    """What a body says that has been given the state of another."""
    solid = pressed(comm)
    spread(solid.state, arrays)
    solid.load(0.7)
    solid.accept()
    again = collected(solid.state)
    energies = solid.energies()
    return [energies.elastic, energies.fracture, fingerprint(solid.mesh), *(float(a.sum()) for a in again.values())]


SCRIPT = """
import json
from mpi4py import MPI
from tests.test_mechanics_checkpoint import charged, collected, pressed, told
arrays = collected(charged(pressed(MPI.COMM_SELF)).state)
found = told(MPI.COMM_WORLD, arrays)
if MPI.COMM_WORLD.rank == 0:
    print(json.dumps([found, told(MPI.COMM_SELF, arrays)]))
"""


@pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun here")
def test_on_three_processes_it_is_the_same_state():
    together, alone = json.loads(on_processes(3, "-c", SCRIPT, timeout=300)[-1])
    assert together[2] == alone[2]
    assert together[:2] + together[3:] == pytest.approx(alone[:2] + alone[3:], rel=1e-12, abs=1e-12)
