"""Lithium and mechanics in turn: the limit of slow charge, order in time, rest in its own stress, steps that fail."""

import json
import shutil
from dataclasses import replace
from math import log2

import numpy as np
import pytest
from dolfinx import mesh
from mpi4py import MPI

import meshes
from mechanics import CRACK_MODELS, KINEMATICS, SPLITS, AlternateMinimiser, Medium, Solid, SolidError, Support
from mechanics.laws.medium import Crystal
from mechanics.lithium.coupling import Coupling
from mechanics.lithium.diffusion import Diffusion, Host
from mechanics.lithium.tr_bdf2 import TimeStep
from mechanics.lithium.transport import Current, Transport
from mechanics.minimise.climb import Ending
from tests.lithium import SMALLEST, charge
from tests.notebook import Notebook
from tests.processes import on_processes
from tests.verification.rounds import TOUGH, quarter, settle, solid_of, stresses, symmetric

D, BETA = 0.01, 1.2e-3  # µm²/s, 1/MPa
SLOPE = 0.02  # dε*/dx
LENGTH = 0.05  # ℓ, below an element: what is broken to start with stays by itself
PARTICLE = Medium(140e3, 0.27, TOUGH, shrinkage=lambda charge: -SLOPE * charge)
MATRIX = Medium(22.1e3, 0.37, TOUGH)
SUPPORTS = {"left": Support((0,)), "bottom": Support((1,)), "right": Support((0,)), "top": Support((1,))}


class Block:
    """A quarter of a block of active material, 2 × 1, in a box of 3 × 2 whose walls do not give way; n squares for each
    µm."""

    def __init__(self, n: int, comm: MPI.Comm = MPI.COMM_SELF, beta: float = BETA, particle: Medium = PARTICLE) -> None:
        body = mesh.create_rectangle(comm, [[0.0, 0.0], [1.5, 1.0]], [3 * n // 2, n])
        here = body.topology.index_map(2)
        middles = mesh.compute_midpoints(body, 2, np.arange(here.size_local + here.num_ghosts, dtype=np.int32)).T
        inside = (middles[0] < 1) & (middles[1] < 0.5)
        self.cells, around = np.flatnonzero(inside).astype(np.int32), np.flatnonzero(~inside).astype(np.int32)
        walls = {"left": (0, 0.0), "bottom": (1, 0.0), "right": (0, 1.5), "top": (1, 1.0)}
        boundaries = {
            name: mesh.locate_entities_boundary(body, 1, lambda x, i=i, at=at: np.isclose(x[i], at))
            for name, (i, at) in walls.items()
        }
        rim = {
            "end": mesh.locate_entities(body, 1, lambda x: np.isclose(x[0], 1) & (x[1] < 0.501)),
            "face": mesh.locate_entities(body, 1, lambda x: np.isclose(x[1], 0.5) & (x[0] < 1.001)),
        }
        self.solid = Solid(
            body,
            {"particle": self.cells, "matrix": around},
            boundaries,
            {"particle": particle, "matrix": MATRIX},
            SUPPORTS,
            CRACK_MODELS["AT1"],
            SPLITS["none"],
            LENGTH,
            meshes.element_size(body),
        )
        self.diffusion = Diffusion(body, self.cells, rim, Host(D, beta), damage=self.solid.state.d)
        self.diffusion.content.interpolate(lambda x: 1.0 + 0 * x[0])
        self.coupling = Coupling(self.solid, self.diffusion, [(self.cells, particle)])
        self.minimiser = AlternateMinimiser(self.solid)
        self.active = self.diffusion.active
        self.places = self.diffusion.content.function_space.tabulate_dof_coordinates().T

    @property
    def content(self) -> np.ndarray:
        return self.diffusion.content.x.array

    def charge(self, *stages: Current, **settings: float) -> Notebook:
        told = Notebook()
        transport = Transport(self.diffusion, stages, **settings)
        assert charge(self.solid, self.minimiser, transport, self.coupling, told)
        return told


@pytest.mark.parametrize(("beta", "scatter"), [pytest.param(0.0, 0.0, marks=pytest.mark.slow), (BETA, 1e-3)])
def test_slow_charge_is_uniform_shrinkage(beta, scatter):
    """A round particle in matrix, whose stress is even where its content is (a block's is not: lithium goes to where
    it is in tension however slow the charge). At C/1000 content differs by ẋ R²/4D from the middle to the surface of a
    cylinder; strain by SLOPE times that, and the stress nowhere by more than what would hold all of it back, 3K. The
    tolerance of the content adds to that and, where stress moves lithium, a scatter: on a polygon of elements σ_h is
    not quite even, 0.06 % of the largest stress here. At 1C nothing of it holds: it is charge that has to be slow."""
    tolerance, end = 1e-5, 0.6
    domain = quarter((0.0, 1.0, 2.0), (0.15, 0.3))
    rim = mesh.locate_entities(domain.mesh, 1, lambda x: np.isclose(np.hypot(x[0], x[1]), 1.0))
    cells, plane = domain.regions["layer 0"], KINEMATICS["plane strain"]

    def charged(rate: float) -> np.ndarray:
        solid = solid_of(domain, [PARTICLE, MATRIX], symmetric(2), plane)
        diffusion = Diffusion(domain.mesh, cells, {"rim": rim}, Host(D, beta), damage=solid.state.d)
        diffusion.content.interpolate(lambda x: 1.0 + 0 * x[0])
        coupling = Coupling(solid, diffusion, [(cells, PARTICLE)])
        transport = Transport(diffusion, [Current(rate, mean=end)], tolerance)
        assert charge(solid, AlternateMinimiser(solid), transport, coupling, Notebook())
        return stresses(solid)

    even = solid_of(domain, [replace(PARTICLE, shrinkage=SLOPE * (end - 1)), MATRIX], symmetric(2), plane)
    settle(even)
    known = stresses(even)
    slow, fast = (float(np.abs(charged(rate) - known).max()) for rate in (1e-3, 1.0))
    bound = 3 * PARTICLE.bulk * SLOPE * (1e-3 / 3600 / (4 * D) + 3 * tolerance) + scatter * np.abs(known).max()
    assert slow < bound < 2e-3 * np.abs(known).max()
    assert fast > 2 * bound


@pytest.mark.slow
def test_content_at_rest_in_its_own_stress():
    """x exp(-βσ_h) is the same all over: σ_h is that of the mechanics, from ∂W/∂ε, and not what transport was given. To
    the mean over each element of both, away from the corner, where the stress has no bound."""
    block = Block(12)
    block.content[:] = 0.8 - 0.3 * block.places[0]
    block.charge(Current(0.0, duration=500.0), tolerance=1e-3)
    points = stresses(block.solid)
    hydrostatic = np.trace(points, axis1=1, axis2=2).reshape(-1, 3).mean(axis=1)[block.cells] / 3
    corners = block.diffusion.content.function_space.dofmap.list[block.cells]
    content = block.content[corners].mean(axis=1)
    x = block.places[:2, corners].mean(axis=2)
    away = np.hypot(x[0] - 1, x[1] - 0.5) > 0.15
    level, uneven = (content * np.exp(-BETA * hydrostatic))[away], np.ptp(content[away]) / content.mean()
    assert uneven > 0.03
    assert np.ptp(level) / level.mean() < 0.3 * uneven  # falls with h²: 0.19 here, 0.11 with 16 squares for each µm


@pytest.mark.slow
def test_order_in_time_of_both_together():
    """2: stress goes on between equilibria as transport expects it to. Equal steps, from a content that is uneven."""

    def after(steps: int) -> np.ndarray:
        block = Block(6)
        block.content[:] = 0.6 + 0.2 * np.cos(np.pi * block.places[0]) * np.cos(2 * np.pi * block.places[1])
        step, end, nothing = TimeStep(block.diffusion, 1e-8), 2.0, np.zeros_like(block.content)
        for i in range(steps + 1):
            if i > 0:
                step.take((i - 1) * end / steps, end / steps, nothing)
            block.coupling.strain()
            assert block.minimiser.minimise().converged
            block.coupling.stress(i * end / steps)
        return block.content[block.active].copy()

    fine = after(128)
    coarse, half = (np.abs(after(n) - fine).max() for n in (8, 16))
    assert coarse > 1e-5
    assert log2(coarse / half) == pytest.approx(2, abs=0.25)  # the finest has 1/64 of the error of the middle one


@pytest.mark.slow
def test_steps_do_not_shrink_where_stress_moves_lithium_more_than_its_gradient_does():
    """βκ = 3: stress of the last equilibrium alone would be an explicit step of a diffusion three times that of the
    implicit one. At rest nothing happens in the end, and steps grow to it: 72 were seen, and 400 without κ that had
    come to a thousandth of the time."""
    block = Block(8)
    block.content[:] = 0.8 - 0.3 * block.places[0]
    told = block.charge(Current(0.0, duration=1e5), tolerance=1e-3)
    assert BETA * block.diffusion.softening.value == pytest.approx(
        BETA * 2 * PARTICLE.young / (3 * (1 - PARTICLE.poisson)) * SLOPE
    )
    assert len(told.times) < 100
    assert np.diff(told.times).max() > 2e4


def test_steps_heed_how_far_stress_was_from_what_transport_expected():
    """Else a long step leaves lithium out of balance with the stress, and the next one is refused a dozen times."""
    block = Block(8)
    transport = Transport(block.diffusion, [Current(1e-3, mean=0.95)], 1e-6)
    assert charge(block.solid, block.minimiser, transport, block.coupling, Notebook())
    assert transport.refused == 0


@pytest.mark.slow
def test_lithium_stays_where_the_rim_has_let_go():
    block = Block(8)
    block.solid.state.d.interpolate(lambda x: 1.0 * ((x[1] > 0.499) & (x[1] < 0.501) & (x[0] < 1.001)))
    block.charge(Current(10.0, duration=60.0), tolerance=1e-3)
    assert block.diffusion.mean() == pytest.approx(1 - 60 * 10 / 3600, rel=1e-10)
    far, near = (np.isclose(block.places[0], at) & np.isclose(block.places[1], 0.5) for at in (0.0, 1.0))
    assert block.content[far][0] > block.content[near][0] + 0.02
    contact = block.diffusion.contact()
    assert contact.shares["face"] < 0.2
    assert contact.shares["end"] > 0.8


def test_cells_strain_as_their_medium_does_where_that_much_lithium_is_out():
    """A crystal that keeps its length along z. Beyond full charge (and before it) strain goes on as just there."""
    crystal = Crystal((0.0, 0.0, 1.0), lambda charge: 0.0)
    block = Block(4, particle=replace(PARTICLE, crystal=crystal, shrinkage=lambda charge: -SLOPE * charge**2))
    tensors = block.solid.swelling.strain.x.array.reshape(-1, 3, 3)
    for content, across in ((0.5, -SLOPE / 4), (-0.1, -SLOPE * 1.2), (1.1, 0.0)):
        block.content[:] = content
        block.coupling.strain()
        np.testing.assert_allclose(tensors[block.cells] - np.diag([across, across, 0.0]), 0, atol=2e-3 * SLOPE)
    assert not tensors[np.setdiff1d(np.arange(len(tensors)), block.cells)].any()


class Stubborn:
    """Finds equilibria, and says at some of them that it has not."""

    def __init__(self, minimiser: AlternateMinimiser, fails) -> None:
        self._minimiser, self._fails, self.count = minimiser, fails, 0

    def minimise(self, interrupt):
        outcome = self._minimiser.minimise(interrupt)
        self.count += 1
        return replace(outcome, ending=Ending.DAMAGE) if self._fails(self.count) else outcome


def test_a_step_without_equilibrium_is_halved_and_taken_again():
    block, told = Block(4), Notebook()
    transport = Transport(block.diffusion, [Current(10.0, duration=60.0)], 1e-3)
    minimiser = Stubborn(block.minimiser, lambda count: count in (4, 5))
    assert charge(block.solid, minimiser, transport, block.coupling, told)
    assert all(told.converged)
    assert minimiser.count == len(told.times) + 2
    assert block.diffusion.mean() == pytest.approx(1 - 60 * 10 / 3600, rel=1e-10)


def test_without_equilibrium_however_short_the_step_it_ends_at_the_last_one():
    block, told = Block(4), Notebook()
    transport = Transport(block.diffusion, [Current(10.0, duration=60.0)], 1e-3)
    kept = {}

    def fails(count: int) -> bool:
        if count == 4:
            kept["u"] = block.solid.state.u.x.array.copy()
        return count > 3

    minimiser = Stubborn(block.minimiser, fails)
    assert not charge(block.solid, minimiser, transport, block.coupling, told)
    assert told.converged == [True, True, True, False]
    assert transport.time == told.times[-2]
    assert told.records[-1].energies == told.records[-2].energies  # of where the body is
    assert 1 <= (told.times[-1] - transport.time) / SMALLEST < 2
    u = block.solid.state.u.x.array.copy()
    block.coupling.strain()
    assert block.minimiser.minimise().converged  # where it already is: strain, content and displacement agree
    np.testing.assert_allclose(block.solid.state.u.x.array, u, atol=1e-6 * np.abs(u).max())
    assert block.diffusion.mean() == pytest.approx(1 - transport.time * 10 / 3600, rel=1e-10)


def test_the_active_medium_takes_a_curve():
    with pytest.raises(SolidError, match="takes a curve as its shrinkage"):
        Block(4, particle=replace(PARTICLE, shrinkage=-0.02))


def figures(comm: MPI.Comm) -> list[float]:
    """With part of the rim broken."""
    block = Block(6, comm)
    block.solid.state.d.interpolate(lambda x: 0.9 * (np.isclose(x[1], 0.5) & (x[0] < 0.7)))
    told = block.charge(Current(10.0, duration=30.0), Current(0.0, duration=10.0), tolerance=1e-2)
    contact, diffusion = block.diffusion.contact(), block.diffusion
    square = diffusion.sum(diffusion.mass * block.content**2)
    stress = diffusion.sum(diffusion.mass * diffusion.stress.x.array)
    energy = block.solid.energies().elastic
    return [len(told.times), diffusion.mean(), square, stress, energy, contact.content, *contact.shares.values()]


SCRIPT = """
import json
from mpi4py import MPI
from tests.test_mechanics_charging import figures
told = figures(MPI.COMM_WORLD)
if MPI.COMM_WORLD.rank == 0:
    print(json.dumps(told))
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun here")
def test_on_two_processes():
    """Same steps; 1e-6 is what equilibria leave, found to a part of the forces."""
    together = json.loads(on_processes(2, "-c", SCRIPT, timeout=300)[-1])
    np.testing.assert_allclose(together, figures(MPI.COMM_SELF), rtol=1e-6)
