"""Each rung of the ladder alone, on a small problem whose minimum is known, and what holds them together."""

import numpy as np
import pytest
import ufl
from conftest import uniform
from dolfinx import fem, mesh
from mpi4py import MPI

import meshes
from mechanics import KINEMATICS, AlternateMinimiser, Medium, Solid, Support
from mechanics.body.functional import Functional
from mechanics.linear.failures import Indefinite
from mechanics.linear.solver import LinearSolver
from mechanics.minimise.alternation import Alternation
from mechanics.minimise.certificate import certify
from mechanics.minimise.climb import Climb, Ending
from mechanics.minimise.memory import Memory
from mechanics.minimise.newton import BoundedNewton, NewtonResult, active
from mechanics.minimise.quasi_newton import Block, QuasiNewton
from mechanics.minimise.window import LAYERS, STEPS, Windows
from mechanics.state import State

NOTCHED = meshes.Stack(4.0, 0.5, 0.5, 0.5, fine=0.1, coarse=0.2, notch=meshes.Notch(1.0, 0.05))


def wells(y, z):
    """Two wells, y = z = ±1, with energy 0 in them; between them it is not convex."""
    energy = (y**2 - 1) ** 2 / 4 + (z - y) ** 2 / 2
    energy += 0.05 * (ufl.inner(ufl.grad(y), ufl.grad(y)) + ufl.inner(ufl.grad(z), ufl.grad(z)))
    return energy * ufl.dx(metadata={"quadrature_degree": 4})


class Pair:
    """Two functions on a line that share an energy."""

    def __init__(self, energy, least: float = -2.0) -> None:
        line = mesh.create_unit_interval(MPI.COMM_SELF, 16)
        space = fem.functionspace(line, ("Lagrange", 1))
        self.y, self.z, self.least, self.most = (fem.Function(space) for _ in range(4))
        self.least.x.array[:], self.most.x.array[:] = least, 2.0
        self.of_y, self.of_z = Functional(energy(self.y, self.z), self.y), Functional(energy(self.y, self.z), self.z)
        self.energies: list[float] = []

    def quasi_newton(self) -> QuasiNewton:
        solvers = (LinearSolver(MPI.COMM_SELF, 10, 1e-2), LinearSolver(MPI.COMM_SELF, None, 1e-2))
        blocks = [
            Block(functional, self.least, self.most, solver, 4)
            for functional, solver in zip((self.of_z, self.of_y), solvers, strict=True)
        ]
        return QuasiNewton(self.of_y.value, lambda: None, blocks)

    def watch(self) -> bool:
        self.energies.append(self.of_y.value())
        return False


@pytest.mark.parametrize("side", [1, -1])
def test_quasi_newton_finds_a_well(side):
    pair = Pair(wells)
    pair.y.x.array[:] = side * np.random.default_rng(1).uniform(0.8, 1.4, 17)
    pair.energies = [pair.of_y.value()]
    result = pair.quasi_newton().minimise(1e-16, (1e-6, 1e-6), 100, pair.watch)
    assert result.converged
    assert 3 < result.iterations < 40
    assert pair.y.x.array == pytest.approx(side, abs=1e-6)
    assert pair.z.x.array == pytest.approx(side, abs=1e-6)
    assert np.diff(pair.energies).max() < 1e-15  # every step lowers the energy


def test_quasi_newton_stays_between_bounds():
    """With y ≥ 1.2 the minimum lies on the bound, z = y."""
    pair = Pair(wells, least=1.2)
    pair.y.x.array[:], pair.z.x.array[:] = np.linspace(1.2, 1.9, 17), 1.9
    assert pair.quasi_newton().minimise(1e-16, (1e-6, 1e-6), 100, pair.watch).converged
    assert pair.y.x.array == pytest.approx(1.2, abs=1e-12)
    assert pair.z.x.array == pytest.approx(1.2, abs=1e-6)


def test_quasi_newton_gives_up_where_it_has_to_search():
    """A kink that its matrices do not know: each step overshoots, and what is found so far is kept."""

    def kinked(y, z):
        steep = 1e4 * ufl.max_value(-y, 0) ** 2 + 1e4 * ufl.max_value(-z, 0) ** 2
        return (steep + ((y + 0.1) ** 2 + (z + 0.1) ** 2 + (y * z - 0.3) ** 2) / 2) * ufl.dx

    pair = Pair(kinked)
    pair.y.x.array[:], pair.z.x.array[:] = np.linspace(0.1, 2, 17), 1.0
    pair.energies = [pair.of_y.value()]
    result = pair.quasi_newton().minimise(1e-20, (1e-12, 1e-12), 1000, pair.watch)
    assert not result.converged
    assert result.iterations < 200
    assert np.diff(pair.energies).max() <= 0
    assert pair.of_y.value() == pair.energies[-1]


def test_newton_that_must_not_shift_stops_where_it_is_not_convex():
    pair = Pair(lambda y, z: ((y**2 - 1) ** 2 / 4 + z**2) * ufl.dx(metadata={"quadrature_degree": 4}))
    pair.y.x.array[:] = 0.1
    newton = BoundedNewton(pair.of_y, pair.least, pair.most, LinearSolver(MPI.COMM_SELF, 10, 1e-8))
    refused = newton.minimise(1e-12, shifting=False)
    assert not refused.converged
    assert pair.y.x.array == pytest.approx(0.1)
    assert newton.minimise(1e-12).converged


def test_newton_that_must_not_shift_goes_part_of_the_way():
    """Where the body is not convex in places, with a factor from where it was: conjugate gradients come some way."""
    pair = Pair(lambda y, z: ((y**2 - 1) ** 2 / 4 + z**2) * ufl.dx(metadata={"quadrature_degree": 4}))
    solver = LinearSolver(MPI.COMM_SELF, 10, 1e-8)
    newton = BoundedNewton(pair.of_y, pair.least, pair.most, solver)
    pair.y.x.array[:] = 1.5
    solver.renew(pair.of_y.hessian(np.empty(0, np.int32)))
    pair.y.x.array[:] = np.linspace(0.3, 1.5, 17)
    pair.energies = [pair.of_y.value()]
    A = pair.of_y.hessian(np.empty(0, np.int32))
    right, found = A.createVecs()
    right.array[:] = -pair.of_y.gradient(fem.Function(pair.y.function_space)).x.array
    with pytest.raises(Indefinite) as stopped:
        solver.solve(A, right, found)
    assert stopped.value.part_way
    assert found.dot(right) > 0
    result = newton.minimise(1e-14, pair.watch, shifting=False)
    assert result.converged
    assert np.diff(pair.energies).max() < 0
    assert pair.y.x.array == pytest.approx(1.0, abs=1e-5)


def test_what_would_reach_its_bound_is_held_there():
    x, r = np.array([0.5, 0.5, 0.0, 0.9, 0.3]), np.array([1.0, 0.1, 1.0, -1.0, 0.5])
    lower, upper = np.array([0.0, 0.0, 0.0, 0.0, 0.3]), np.array([1.0, 1.0, 1.0, 1.0, 0.3])
    held, step = active(x, r, lower, upper, np.ones(5))
    assert held.tolist() == [True, False, True, True, True]
    assert step == pytest.approx([-0.5, 0.0, 0.0, 0.1, 0.0])
    held, _ = active(x, r, np.full(5, -np.inf), np.full(5, np.inf), np.zeros(5))
    assert not held.any()


@pytest.fixture
def notched(make_solid) -> Solid:
    """A notched stack at a charge at which its crack runs, displacement in equilibrium with the damage before."""
    media = uniform(young=2000.0, toughness=20.0)
    media["interface"] = Medium(2000.0, 0.3, 2.0)
    media["cathode"] = Medium(8000.0, 0.25, 20.0, -0.1)
    solid = make_solid(NOTCHED, media, supports={"bottom": Support((0, 1)), "right": Support((0,))})
    solid.break_open("notch")
    assert AlternateMinimiser(solid).minimise().converged
    solid.load(0.8)
    return solid


def bounds_of(solid: Solid) -> tuple[fem.Function, fem.Function]:
    space = solid.coupled.functional.x.function_space
    least, most = fem.Function(space), fem.Function(space)
    for bound, of_u, of_d in ((least, -np.inf, solid.state.d.x.array), (most, np.inf, 1.0)):
        bound.x.array[solid.coupled.u], bound.x.array[solid.coupled.d] = of_u, of_d
        bound.x.array[solid.coupled.u[solid.fixed]] = 0.0
    return least, most


def test_both_unknowns_are_one_and_the_same(notched):
    """The potential and its slopes, seen as one function or as two; plane stress has a third unknown."""
    random, coupled = np.random.default_rng(3), notched.coupled
    notched.state.u.x.array[:] = random.normal(0, 1e-3, len(notched.state.u.x.array))
    notched.state.d.x.array[:] = random.uniform(0, 1, len(notched.state.d.x.array))
    coupled.pull()
    assert coupled.functional.value() == pytest.approx(notched.potential(), rel=1e-12)
    slope = coupled.functional.gradient(fem.Function(coupled.functional.x.function_space)).x.array
    notched.hold_flow()
    for functional, numbers in ((notched.displacement, coupled.u), (notched.damage, coupled.d)):
        alone = functional.gradient(fem.Function(functional.x.function_space)).x.array
        assert slope[numbers] == pytest.approx(alone, rel=1e-9, abs=1e-9 * np.abs(alone).max())
    assert sorted([*coupled.u, *coupled.d]) == list(range(len(slope)))
    saved = notched.state.save()
    notched.state.u.x.array[:] = notched.state.d.x.array[:] = 0
    coupled.push()
    assert all(np.array_equal(notched.state.fields[name].x.array, then) for name, then in saved.arrays.items())


def test_plane_stress_and_a_spring_are_in_it(make_solid, block):
    solid = make_solid(block, uniform(), supports={"top": Support(spring=300.0)}, kinematics=KINEMATICS["plane stress"])
    solid.state.u.x.array[:] = np.random.default_rng(3).normal(0, 1e-3, len(solid.state.u.x.array))
    solid.coupled.pull()
    assert solid.energies().spring > 0
    assert solid.coupled.functional.value() == pytest.approx(solid.potential(), rel=1e-12)


def test_a_window_loses_what_the_whole_loses(notched):
    coupled, d = notched.coupled, notched.state.d
    functional, w = coupled.functional, coupled.functional.x.x.array
    coupled.pull()
    windows = Windows(coupled, d, notched.length, *bounds_of(notched))
    x = d.function_space.tabulate_dof_coordinates()
    tip = np.hypot(x[:, 0] - 1.0, x[:, 1] - 0.75) < 0.1
    window = windows.around(tip)
    part, before = functional.within(window.cells), w.copy()
    assert 0 < len(window.cells) < notched.mesh.topology.index_map(2).size_local / 4
    newton = BoundedNewton(
        part,
        *bounds_of(notched),
        LinearSolver(notched.comm, 10, 1e-2, window.rows),
        shifted=np.intersect1d(window.rows, coupled.owned_d),
        rows=window.rows,
    )
    ends = []
    for _ in range(2):
        ends.append((functional.value(), part.value()))
        if len(ends) < 2:
            assert newton.minimise(1e-9).converged
    gain, same = (ends[0][i] - ends[1][i] for i in range(2))
    assert gain > 0
    assert gain == pytest.approx(same, rel=1e-9)
    moved = np.flatnonzero(w != before)
    assert 0 < len(moved) <= len(window.rows)
    assert np.isin(moved, window.rows).all()


def test_a_window_is_no_larger_than_so_many_cells(notched):
    """However long ℓ is; with a short one it is that which counts."""
    coupled, d = notched.coupled, notched.state.d
    x = d.function_space.tabulate_dof_coordinates()
    tip = np.array([1.0, 0.75])
    core = np.hypot(*(x[:, :2] - tip).T) < 0.06
    cells = []
    for length in (100.0, 0.2, 0.15):
        window = Windows(coupled, d, length, *bounds_of(notched)).around(core)
        nodes = d.function_space.dofmap.list[window.cells]
        reached = np.hypot(*(x[np.unique(nodes), :2] - tip).T).max()
        assert reached < 0.06 + min(2 * length, LAYERS * 0.17)  # the longest side of a cell of 0.1
        cells.append(len(window.cells))
    assert cells[0] > cells[1] > cells[2] > 0


def after_a_round(solid: Solid) -> tuple[AlternateMinimiser, Alternation]:
    """Of alternation, in which damage has moved; with windows, though the body is small."""
    minimiser = AlternateMinimiser(solid)
    Climb(minimiser.rungs).begin()
    minimiser.rungs.windows._most = np.inf
    rounds = Alternation(solid, minimiser.rungs.displacement, minimiser.rungs.damage, 1.8)
    assert rounds.equilibrate(True)
    assert rounds.degrade()
    return minimiser, rounds


def test_windows_follow_a_crack(notched):
    """Step by step the energy of the whole falls, and the crack is further on."""
    coupled, d = notched.coupled, notched.state.d.x.array
    minimiser, rounds = after_a_round(notched)
    energies, before = [notched.potential()], d.copy()

    def watch() -> bool:
        coupled.push()
        energies.append(notched.potential())
        return False

    coupled.pull()
    minimiser.rungs.windows.settle(rounds.moved, 1e-4, rounds.sharp, 0.0, watch)
    coupled.push()
    assert len(energies) > 5
    assert np.diff(energies).max() < 1e-10 * energies[0]
    assert np.abs(d - before).max() > 0.3


def test_newton_that_finds_no_step_is_tried_less_often(notched, monkeypatch):
    """Up to every eighth round; and alternation gets there without it."""
    minimiser, rounds, tried = AlternateMinimiser(notched), [], []
    minimiser.rungs.memory.quasi_newton = False
    alternate = Climb._round
    monkeypatch.setattr(Climb, "_round", lambda climb: rounds.append(None) or alternate(climb))

    def fruitless(*_, **__) -> NewtonResult:
        tried.append(len(rounds))
        return NewtonResult(False, 1, np.inf, np.inf, np.inf)

    monkeypatch.setattr(minimiser.rungs.both, "minimise", fruitless)
    assert minimiser.minimise().converged
    assert tried[:4] == [1, 3, 7, 15]


def test_a_window_is_left_where_next_to_nothing_is_gained(notched):
    """After the steps in one place, though damage still moves there."""
    minimiser, rounds = after_a_round(notched)
    saved, steps = notched.state.save(), {}
    for idle in (0.0, np.inf):
        notched.state.restore(saved)
        taken = []
        notched.coupled.pull()
        minimiser.rungs.windows.settle(
            rounds.moved, 1e-4, rounds.sharp, idle, lambda taken=taken: bool(taken.append(None))
        )
        steps[idle] = len(taken)
    assert 0 < steps[np.inf] <= STEPS < steps[0.0]


def ladder(solid: Solid, settled: float | None) -> AlternateMinimiser:
    """Without quasi-Newton, which gets through by itself in so small a body."""
    minimiser = AlternateMinimiser(solid, settled=settled)
    minimiser.rungs.memory.quasi_newton = False
    return minimiser


def test_a_step_that_has_settled_keeps_its_path(notched, monkeypatch):
    """Damage stays where it has come to, the answer changes little, and the certificate tells."""
    saved, charge = notched.state.save(), float(notched.charge.value)
    free = ladder(notched, None).minimise()
    best, cracks = notched.potential(), notched.energies().fracture
    notched.state.restore(saved)
    notched.load(charge)
    minimiser, held = ladder(notched, 0.1), []
    hold = Climb._hold
    monkeypatch.setattr(Climb, "_hold", lambda climb, least: held.append(least.copy()) or hold(climb, least))
    kept = minimiser.minimise()
    assert free.converged
    assert kept.converged
    assert kept.iterations < free.iterations / 2
    assert (held[-1] > saved.arrays["damage"] + 0.5).any()
    assert (notched.state.d.x.array >= held[-1]).all()
    assert best < notched.potential() < best + 0.005 * kept.certificate.gain
    assert notched.energies().fracture == pytest.approx(cracks, rel=0.01)
    assert free.certificate.withheld == 0
    assert kept.certificate.withheld > 0.01
    assert kept.certificate.damage < 1e-4


def test_a_path_is_given_free_again_where_newton_does_not_settle(notched, monkeypatch):
    minimiser, least = ladder(notched, np.inf), []

    def stuck(*_, **__) -> NewtonResult:
        least.append(minimiser.rungs.least[1].x.array.copy())
        return NewtonResult(False, 2, np.inf, 0.0, 0.0)

    start = notched.state.d.x.array.copy()
    monkeypatch.setattr(minimiser.rungs.both, "minimise", stuck)
    outcome = minimiser.minimise()
    assert np.array_equal(least[0], start)
    assert (least[1] > start + 0.1).any()
    assert np.array_equal(minimiser.rungs.least[1].x.array, start)
    assert outcome.converged
    assert outcome.certificate.withheld == 0


def test_a_window_as_large_as_the_body_is_none(notched):
    minimiser = AlternateMinimiser(notched)
    Climb(minimiser.rungs).begin()
    notched.coupled.pull()
    everywhere = np.ones(len(notched.state.d.x.array))
    minimiser.rungs.windows.settle(everywhere, 1e-4, 1e-9, 0.0, lambda: pytest.fail("a step was taken"))


def test_equilibrium_comes_with_its_certificate(notched):
    start = notched.state.d.x.array.copy()
    outcome = AlternateMinimiser(notched).minimise()
    assert outcome.ending is Ending.CONVERGED
    found = outcome.certificate
    assert found is not None
    assert found.force < 1e-5
    assert found.damage <= 1e-4
    assert found.gain > 1
    assert found.healing == 0
    free = np.flatnonzero((notched.state.d.x.array > start + 0.2) & (notched.state.d.x.array < 0.9))[0]
    notched.state.d.x.array[free] -= 0.1
    assert certify(notched, start, start, 0.0).damage > 0.05
    notched.state.d.x.array[free] = start[free] - 0.01
    assert certify(notched, start, start, 0.0).healing == pytest.approx(0.01)
    notched.state.u.x.array[:] *= 1.01
    assert certify(notched, start, start, 0.0).force > 1e-4


def test_nothing_certified_is_nothing_converged(notched):
    outcome = AlternateMinimiser(notched, limit=3).minimise()
    assert outcome.ending is Ending.LIMIT
    assert outcome.certificate is None


def test_extrapolation_goes_on_as_before(make_solid, block):
    state: State = make_solid(block, uniform()).state
    ahead = Memory(state)
    for load in (0.1, 0.3):
        assert ahead.extrapolated(0.5) is None
        state.u.x.array[:], state.d.x.array[:] = load, 2 * load
        ahead.remember(load)
    u, d = ahead.extrapolated(0.4)
    assert u == pytest.approx(0.4)
    assert d == pytest.approx(0.8)
    state.u.x.array[0] += 1e-3  # not the last equilibrium
    assert ahead.extrapolated(0.4) is None


def test_an_indefinite_matrix_is_told():
    """By the factor, if it is the first; with a factor of an earlier matrix by that of the rows that have changed or,
    where the diagonal does not show it, by the iteration."""
    from petsc4py import PETSc

    def solved(solver: LinearSolver, diagonal: list[float], beside: float = 0.0) -> None:
        A = PETSc.Mat().createAIJ((3, 3), nnz=3, comm=MPI.COMM_SELF)
        for i, row in enumerate(np.diag(diagonal) + beside * (np.eye(3)[[1, 0, 2]] - np.diag([0, 0, 1]))):
            A.setValues(i, [0, 1, 2], row)
        A.assemble()
        A.setOption(PETSc.Mat.Option.SPD, True)
        b, x = A.createVecs()
        b.array[:] = 1.0, -1.0, 0.5
        solver.solve(A, b, x)

    solver = LinearSolver(MPI.COMM_SELF, 10, 1e-8)
    with pytest.raises(Indefinite):
        solved(solver, [1.0, -1.0, 1.0])
    solved(solver, [1.0, 2.0, 3.0])
    with pytest.raises(Indefinite):
        solved(solver, [1.0, -2.0, 3.0])
    solved(solver, [1.0, 2.0, 3.0])
    count = solver.factorisations
    with pytest.raises(Indefinite):
        solved(solver, [1.0, 2.0, 3.0], beside=3.0)
    assert solver.factorisations == count


def test_a_step_depends_on_the_state_alone(notched):
    """To the last bit, whatever has been solved in between: before the crack, through it and after."""
    minimiser, saved, socs = AlternateMinimiser(notched, 1e-4), [], (0.2, 0.3, 0.45, 0.6)
    for soc in socs:
        saved.append(notched.state.save())
        notched.load(soc)
        assert minimiser.minimise().converged
        notched.accept()
    saved.append(notched.state.save())
    assert notched.state.d.x.array.mean() > 0.1  # it has run
    for number in (2, 0, 3, 1):
        notched.state.restore(saved[number])
        notched.load(socs[number])
        outcome = minimiser.minimise()
        notched.accept()
        for name, known in saved[number + 1].arrays.items():
            np.testing.assert_array_equal(notched.state.fields[name].x.array, known, err_msg=name)
        assert outcome.converged
