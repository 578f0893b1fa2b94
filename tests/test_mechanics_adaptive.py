"""A step is repeated where damage enters coarse cells, and ends as if the mesh had been fine there from the start."""

import json
import shutil
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from mpi4py import MPI

import meshes
from mechanics import CRACK_MODELS, SPLITS, History, Limits, Medium, Schedule, Solid, Support, charges
from mechanics.history.adaptive import ENTERED, Adaptive, Finer
from mechanics.history.record import Unobserved
from meshes.refine import coarse, eventual_size, inherited, refined
from tests.processes import on_processes

LENGTH = 0.2
FINE = LENGTH / 2
STACK = meshes.Stack(2.4, 0.8, 0.4, 0.8, 0.4, 0.4, meshes.Notch(0.8, 0.2))
MEDIUM = Medium(young=1000.0, poisson=0.2, toughness=1.0)
PULL = (0.0, 0.04, 0.06, 0.065)  # µm, of the top


class Strip:
    """A notched strip on a mesh that can be refined."""

    def __init__(self, comm: MPI.Comm, size: float) -> None:
        self.domain = meshes.build(STACK, comm)
        if size < STACK.fine:
            cells = np.arange(len(meshes.element_size(self.domain.mesh)), dtype=np.int32)
            self.domain = refined(self.domain, cells, size).domain
        self.sizes = eventual_size(meshes.row_height(self.domain.mesh), FINE * np.sqrt(3) / 2)

    def solid(self) -> Solid:
        top = Support((0, 1), motion=lambda t, x: np.vstack([0 * x[0], t + 0 * x[0]]))
        domain = self.domain
        solid = Solid(
            domain.mesh,
            domain.regions,
            domain.boundaries,
            dict.fromkeys(domain.regions, MEDIUM),
            {"bottom": Support((0, 1)), "top": top},
            CRACK_MODELS["AT1"],
            SPLITS["volumetric-deviatoric"],
            LENGTH,
            self.sizes,
        )
        solid.break_open("notch")
        return solid

    def refine(self, cells: np.ndarray) -> Finer:
        finer = refined(self.domain, cells, FINE)
        self.domain, self.sizes = finer.domain, inherited(self.sizes, finer)
        return Finer(self.solid(), coarse(self.domain, FINE), finer.parents, finer.places)

    def adaptive(self) -> Adaptive:
        return Adaptive(self.solid(), coarse(self.domain, FINE), self.refine)


def pulling(meshed: Adaptive, loads: Sequence[float]) -> History:
    """To each of these loads in one step, from the equilibrium without any."""
    whole = loads[-1]
    return History(meshed, Schedule(charges(whole, stops=loads), Limits(whole, whole)))


def pulled(comm: MPI.Comm, size: float) -> dict:
    strip = Strip(comm, size)
    run = strip.adaptive()
    steps = []
    history = pulling(run, PULL)
    while not history.finished:
        assert history.step()
        energies = run.solid.energies()
        d, space = run.solid.state.d.x.array, run.solid.state.d.function_space
        nodes = space.dofmap.list[coarse(strip.domain, FINE)]
        broken = space.tabulate_dof_coordinates()[d > 0.9, 0].max(initial=-np.inf)
        steps.append(
            {
                "force": run.solid.reaction("top", 1),
                "elastic": energies.elastic,
                "fracture": energies.fracture,
                "tip": comm.allreduce(float(broken), op=MPI.MAX),
                "damage in coarse cells": comm.allreduce(float(d[nodes].max(initial=0.0)), op=MPI.MAX),
                "cells": sum(strip.domain.cell_counts().values()),
            }
        )
    return {"steps": steps, "jumps": [one.jump for one in run.transfers], "when": [one.load for one in run.transfers]}


@cache
def run(size: float) -> dict:
    return pulled(MPI.COMM_SELF, size)


def test_the_crack_goes_as_on_a_mesh_that_is_fine_everywhere() -> None:
    found, fine = run(STACK.fine), run(FINE)
    sound, _, broken = found["steps"][1:]
    sound_fine, _, broken_fine = fine["steps"][1:]
    # Two meshes of one size differ as much; a notch whose damage came from coarse cells takes off 3 % of the force.
    assert sound["force"] == pytest.approx(sound_fine["force"], rel=2e-3)
    assert broken["fracture"] == pytest.approx(broken_fine["fracture"], rel=0.02)
    assert broken["tip"] == pytest.approx(STACK.width)
    assert broken_fine["tip"] == pytest.approx(STACK.width)
    assert sound["cells"] < 0.7 * sound_fine["cells"]
    assert not fine["jumps"]


def test_damage_never_stays_in_coarse_cells() -> None:
    found = run(STACK.fine)
    assert found["jumps"]
    assert max(step["damage in coarse cells"] for step in found["steps"]) <= ENTERED


def test_energy_does_not_jump() -> None:
    assert np.abs(run(STACK.fine)["jumps"]).max() < 1e-3


def test_a_step_that_is_repeated_starts_from_the_state_before_it() -> None:
    strip = Strip(MPI.COMM_SELF, STACK.fine)
    adaptive = strip.adaptive()
    history = pulling(adaptive, (0.06,))
    history.step()
    energies, seen = adaptive.solid.energies(), []
    refine = adaptive.refine_cells

    def watched(cells: np.ndarray, spent: int) -> None:
        seen.append((adaptive.solid.energies(), float(adaptive.solid.charge.value)))
        refine(cells, spent)

    adaptive.refine_cells = watched  # type: ignore[method-assign]
    history.step()
    assert seen[0] == (energies, 0.0)
    assert adaptive.solid.charge.value == 0.06


class Stop(Exception):
    """From outside."""


class Stopping(Unobserved):
    def iteration(self, soc: float, count: int, detached: float) -> None:
        if count == 2:
            raise Stop


def test_a_step_that_is_stopped_leaves_the_state_before_it() -> None:
    adaptive = Strip(MPI.COMM_SELF, STACK.fine).adaptive()
    history = History(adaptive, Schedule(charges(0.03), Limits(0.03, 0.03)), observer=Stopping())
    history.step()
    before = adaptive.solid.state.save()
    with pytest.raises(Stop):
        history.step()
    assert adaptive.solid.charge.value == 0.0
    for name, saved in before.arrays.items():
        np.testing.assert_array_equal(adaptive.solid.state.fields[name].x.array, saved)


def begun(comm: MPI.Comm) -> dict:
    """Up to where a refinement has been made and settled."""
    strip = Strip(comm, STACK.fine)
    adaptive = strip.adaptive()
    history = pulling(adaptive, (0.03, 0.035))
    for _ in range(2):
        assert history.step()
    cells = coarse(strip.domain, FINE)
    adaptive.refine_cells(cells[: len(cells) // 2])  # of each process
    assert history.step()
    energies = adaptive.solid.energies()
    return {"energies": [energies.elastic, energies.fracture], "jumps": [one.jump for one in adaptive.transfers]}


SCRIPT = """
import json
from mpi4py import MPI
from tests.test_mechanics_adaptive import begun
found = begun(MPI.COMM_WORLD)
if MPI.COMM_WORLD.rank == 0:
    print(json.dumps(found))
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun here")
def test_on_two_processes() -> None:
    """They refine other cells than one does, and hand over the same state."""
    alone, together = begun(MPI.COMM_SELF), json.loads(on_processes(2, "-c", SCRIPT, timeout=600)[-1])
    assert np.abs(together["jumps"]).max() < 1e-3
    np.testing.assert_allclose(together["energies"], alone["energies"], rtol=3e-3)
