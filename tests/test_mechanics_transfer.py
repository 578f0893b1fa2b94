"""A state carried to a finer mesh: the same polynomials, the same plastic strain, the same energy."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from dolfinx import fem
from dolfinx.mesh import compute_midpoints
from mpi4py import MPI

import meshes
from mechanics import CRACK_MODELS, KINEMATICS, SPLITS, AlternateMinimiser, Kinematics, Medium, Solid, Support
from mechanics.history.transfer import carry
from meshes.refine import eventual_size, inherited, refined
from tests.processes import on_processes

LENGTH = 0.2
JUMP = 1e-5  # of the energy: 1e-6 was seen, and 7e-4 with the plastic strain of the nearest point. The aim is 1e-3
STACK = meshes.Stack(2.0, 0.5, 0.4, 0.6, 0.15, 0.25, meshes.Notch(0.5, 0.1))
RESOLVED = replace(STACK, fine=0.05, coarse=0.3)
DEEP = meshes.Stack(1.0, 0.4, 0.4, 0.4, 0.3, 0.3, depth=0.6)
SOUND = Medium(young=1000.0, poisson=0.3, toughness=1e6)
SOFT = Medium(young=1000.0, poisson=0.3, toughness=1.2, shrinkage=-0.05, yield_stress=40.0, hardening=10.0)


def solid(domain: meshes.Domain, kinematics: Kinematics, medium: Medium, sizes: np.ndarray) -> Solid:
    return Solid(
        domain.mesh,
        domain.regions,
        domain.boundaries,
        {
            name: medium if name == "interface" else replace(medium, toughness=2 * medium.toughness)
            for name in domain.regions
        },
        {"bottom": Support((0, 1)), "top": Support((1,)), "right": Support((0,))},
        CRACK_MODELS["AT1"],
        SPLITS["volumetric-deviatoric"],
        LENGTH,
        sizes,
        kinematics,
    )


def pair(
    stack: meshes.Stack, kinematics: Kinematics, medium: Medium, comm: MPI.Comm = MPI.COMM_SELF, size: float = 0.08
) -> tuple[Solid, Callable[[], Solid]]:
    """A solid, and what gives one with its state on a mesh that is fine in its right half."""
    domain = meshes.build(stack, comm)
    sizes = eventual_size(meshes.row_height(domain.mesh), size)
    before = solid(domain, kinematics, medium, sizes)

    def carried() -> Solid:
        cells = np.arange(len(meshes.element_size(domain.mesh)), dtype=np.int32)
        right = compute_midpoints(domain.mesh, domain.mesh.topology.dim, cells)[:, 0] > 0.4
        finer = refined(domain, cells[right], size)
        after = solid(finer.domain, kinematics, medium, inherited(sizes, finer))
        carry(before, after, finer.parents, finer.places)
        return after

    return before, carried


def quadratic(x: np.ndarray) -> np.ndarray:
    return np.vstack([1 + x[0] - x[1] * x[0] + x[2] ** 2, x[1] ** 2 - 2 * x[0] ** 2, x[0] * x[2] - x[1]])


def linear(x: np.ndarray) -> np.ndarray:
    return 0.1 + 0.2 * x[0] + 0.1 * x[1] - 0.05 * x[2]


@pytest.mark.parametrize("name", KINEMATICS)
def test_polynomials_stay_the_same(name: str) -> None:
    kinematics = KINEMATICS[name]
    before, carried = pair(DEEP if kinematics.dimension == 3 else STACK, kinematics, SOUND, size=0.1)
    before.deformation.interpolate(lambda x: quadratic(x)[: kinematics.dimension])
    before.state.d.interpolate(linear)
    if kinematics.thin:
        before.state.u.sub(1).interpolate(linear)
    after = carried()
    exact = fem.Function(after.state.u.function_space)
    (exact.sub(0) if kinematics.thin else exact).interpolate(lambda x: quadratic(x)[: kinematics.dimension])
    if kinematics.thin:
        exact.sub(1).interpolate(linear)
    assert len(after.state.d.x.array) > 1.5 * len(before.state.d.x.array)
    np.testing.assert_allclose(after.state.u.x.array, exact.x.array, atol=1e-12)
    exact = fem.Function(after.state.d.function_space)
    exact.interpolate(linear)
    np.testing.assert_allclose(after.state.d.x.array, exact.x.array, atol=1e-12)


@pytest.mark.parametrize("stack", [STACK, DEEP], ids=["plane", "space"])
def test_energy_of_sound_plastic_material_stays_to_round_off(stack: meshes.Stack) -> None:
    """Whatever its plastic strain is at each point."""
    kinematics = KINEMATICS["3d" if stack.depth else "plane strain"]
    medium = Medium(SOUND.young, SOUND.poisson, SOUND.toughness, yield_stress=1e6)
    before, carried = pair(stack, kinematics, medium)
    before.deformation.interpolate(lambda x: 0.01 * quadratic(x)[: kinematics.dimension])
    random = np.random.default_rng(1)
    for function in before.state.plastic:
        function.x.array[:] = random.uniform(0.0, 0.01, len(function.x.array))
    after = carried()
    assert after.energies().elastic == pytest.approx(before.energies().elastic, rel=1e-12)
    p, p_before = after.state.plastic[1].x.array, before.state.plastic[1].x.array
    assert p_before.min() <= p.min()
    assert p.max() <= p_before.max()


def shrunk(comm: MPI.Comm, charges: Sequence[float]) -> tuple[Solid, Solid]:
    """To where a crack has set out from the notch, in fine cells, and the coarse ones around have flowed and hold some
    damage; and carried. (Where coarse cells hold all of a crack, the energy of the stress in them was no good.)"""
    before, carried = pair(RESOLVED, KINEMATICS["plane strain"], SOFT, comm, size=0.06)
    before.break_open("notch")
    for charge in charges:
        before.load(charge)
        assert AlternateMinimiser(before).minimise().converged
        before.accept()
    return before, carried()


def figures(comm: MPI.Comm, *charges: float) -> dict:
    before, after = shrunk(comm, charges)
    energies = [[one.energies().elastic, one.energies().fracture] for one in (before, after)]
    outcome = AlternateMinimiser(after).minimise()
    return {
        "energies": [*energies, [after.energies().elastic, after.energies().fracture]],
        "broken": comm.allreduce(int(np.count_nonzero(before.state.d.x.array > 0.9)), op=MPI.SUM),
        "flow": [comm.allreduce(float(np.max(one.state.plastic[1].x.array)), op=MPI.MAX) for one in (before, after)],
        "converged": outcome.converged,
    }


@pytest.fixture(scope="module")
def alone() -> dict:
    return figures(MPI.COMM_SELF, 0.0, 0.4, 0.6)


def test_energy_of_a_body_that_flows_and_cracks_does_not_jump(alone: dict) -> None:
    (elastic, fracture), (elastic_after, fracture_after), settled = alone["energies"]
    assert alone["flow"][0] > 0.01  # or it tests nothing
    assert fracture > elastic
    assert alone["broken"] > 50
    assert abs(elastic_after + fracture_after - elastic - fracture) < JUMP * (elastic + fracture)
    assert alone["flow"][1] <= alone["flow"][0]
    assert alone["converged"]
    assert sum(settled) <= (elastic_after + fracture_after) * (1 + 1e-9)


SCRIPT = """
import json
from mpi4py import MPI
from tests.test_mechanics_transfer import figures
told = figures(MPI.COMM_WORLD, 0.4)
if MPI.COMM_WORLD.rank == 0:
    print(json.dumps(told))
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun here")
def test_on_two_processes() -> None:
    """Before the crack runs: it has flowed, and holds some damage in coarse cells."""
    alone, together = figures(MPI.COMM_SELF, 0.4), json.loads(on_processes(2, "-c", SCRIPT, timeout=600)[-1])
    np.testing.assert_allclose(together["energies"], alone["energies"], rtol=1e-3)
    (elastic, fracture), (elastic_after, fracture_after), _ = together["energies"]
    assert abs(elastic_after + fracture_after - elastic - fracture) < JUMP * (elastic + fracture)
    assert together["flow"][0] > 0.01
    assert together["converged"]


def test_fatigue_is_carried_between_the_least_and_the_most_of_each_cell():
    before, carried = pair(STACK, KINEMATICS["plane strain"], replace(SOFT, fatigue=10.0))
    for number, function in enumerate(before.state.fatigue):
        function.x.array[:] = np.random.default_rng(number).random(len(function.x.array))
    after = carried()
    for old, new in zip(before.state.fatigue, after.state.fatigue, strict=True):
        assert new.x.array.min() >= old.x.array.min()
        assert new.x.array.max() <= old.x.array.max()
        assert new.x.array.mean() == pytest.approx(old.x.array.mean(), rel=0.1)  # cells that are cut count more often
