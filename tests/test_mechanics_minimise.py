"""Derivatives, the bounded Newton method on problems solved by hand, and how alternate minimisation ends."""

import numpy as np
import pytest
import ufl
from conftest import uniform
from dolfinx import fem, mesh
from mpi4py import MPI
from petsc4py import PETSc

import meshes
from mechanics import AlternateMinimiser, Medium, Support
from mechanics.body.functional import Functional
from mechanics.minimise.climb import Ending
from mechanics.minimise.newton import BoundedNewton, LinearSolver

NOTCHED = meshes.Stack(4.0, 0.5, 0.5, 0.5, fine=0.1, coarse=0.2, notch=meshes.Notch(1.0, 0.05))
FREE_TOP = {"bottom": Support((0, 1)), "right": Support((0,))}


@pytest.fixture
def shaken(make_solid, block):
    """A body in no equilibrium: folded, part damaged, some of it flowing, with a plastic past and a spring."""
    supports = {"bottom": Support((0, 1)), "top": Support(spring=300.0)}
    solid = make_solid(block, uniform(shrinkage=-0.02, yield_stress=5.0, hardening=40.0), supports=supports)
    random = np.random.default_rng(7)
    for charge in (0.5, 1.0):
        solid.charge.value = charge
        solid.state.u.x.array[:] = random.normal(0, 2e-3, solid.state.u.x.array.shape)
        solid.state.d.x.array[:] = random.uniform(0, 0.8, solid.state.d.x.array.shape)
        if charge < 1:
            assert solid.accept() > 0
    solid.hold_flow()
    return solid


def slope(number, x: np.ndarray, direction: np.ndarray, step: float):
    """Central difference of `number` along a direction."""
    start, ends = x.copy(), []
    for side in (1, -1):
        x[:] = start + side * step * direction
        ends.append(number())
    x[:] = start
    return (ends[0] - ends[1]) / (2 * step)


@pytest.mark.parametrize("unknown", ["displacement", "damage"])
def test_derivatives_against_differences(shaken, unknown):
    """V8. Difference quotients of a piecewise smooth energy are good to about 1e-8 here."""
    functional = getattr(shaken, unknown)
    x, result = functional.x.x.array, fem.Function(functional.x.function_space)
    direction = np.random.default_rng(11).normal(0, 1e-3, x.shape)
    gradient = functional.gradient(result).x.array.copy()
    assert slope(functional.value, x, direction, 1e-3) == pytest.approx(gradient @ direction, rel=1e-6)

    hessian, product = functional.hessian(np.empty(0, dtype=np.int32)), fem.Function(functional.x.function_space)
    product.x.array[:] = direction
    hessian.mult(product.x.petsc_vec, result.x.petsc_vec)
    expected = result.x.array.copy()
    difference = slope(lambda: functional.gradient(result).x.array.copy(), x, direction, 1e-4)
    assert difference == pytest.approx(expected, rel=1e-6, abs=1e-6 * np.abs(expected).max())


def test_damage_step_sees_the_slope_of_the_potential(shaken):
    """The plastic increment is held in the damage step; at its start that changes no slope, as W is least in it."""

    def potential() -> float:
        return shaken.displacement.value() + shaken.energies().fracture

    d = shaken.state.d.x.array
    direction = np.random.default_rng(13).normal(0, 1e-3, d.shape)
    gradient = shaken.damage.gradient(fem.Function(shaken.state.d.function_space)).x.array
    assert slope(potential, d, direction, 1e-3) == pytest.approx(gradient @ direction, rel=1e-6)  # as above


def test_held_unknowns_have_unit_rows(shaken):
    held = np.array([0, 3, 8], dtype=np.int32)
    dense = shaken.damage.hessian(held).convert("dense").getDenseArray()
    assert np.array_equal(dense[held], np.eye(len(dense))[held])
    assert np.array_equal(dense[:, held], np.eye(len(dense))[:, held])


def on_a_line(energy, elements: int = 16) -> tuple[Functional, fem.Function, fem.Function, np.ndarray]:
    """A functional of a function on (0, 1), bounds that are not there yet, and the positions of its unknowns."""
    line = mesh.create_unit_interval(MPI.COMM_SELF, elements)
    space = fem.functionspace(line, ("Lagrange", 1))
    y, lower, upper = fem.Function(space), fem.Function(space), fem.Function(space)
    lower.x.array[:], upper.x.array[:] = -np.inf, np.inf
    return Functional(energy(y), y), lower, upper, space.tabulate_dof_coordinates()[:, 0]


def newton(functional, lower, upper, **settings) -> BoundedNewton:
    return BoundedNewton(functional, lower, upper, LinearSolver(MPI.COMM_SELF, 10, 1e-10), **settings)


def string(y):
    """½∫y'² + ∫y: a string under its own weight; linear elements are exact at their nodes."""
    return ufl.inner(ufl.grad(y), ufl.grad(y)) / 2 * ufl.dx + y * ufl.dx


@pytest.mark.parametrize("side", [1, -1], ids=["floor", "ceiling"])
def test_string_on_an_obstacle(side):
    """Hung at both ends it touches an obstacle at depth c between a = √(2c) and 1 - a; a is made a node."""
    functional, lower, upper, x = on_a_line(
        lambda y: ufl.inner(ufl.grad(y), ufl.grad(y)) / 2 * ufl.dx + side * y * ufl.dx
    )
    touch = 3 / 8
    depth = touch**2 / 2
    (lower if side > 0 else upper).x.array[:] = -side * depth
    ends = (x == 0) | (x == 1)
    lower.x.array[ends] = upper.x.array[ends] = 0
    functional.x.x.array[:] = np.random.default_rng(3).normal(0, 1, len(x))
    result = newton(functional, lower, upper).minimise(0.0)
    assert result.converged
    free = -depth + np.maximum(touch - np.minimum(x, 1 - x), 0) ** 2 / 2
    assert functional.x.x.array == pytest.approx(side * free, abs=1e-12)  # round-off
    assert np.all(functional.x.x.array >= lower.x.array)  # projected, not only near
    assert np.all(functional.x.x.array <= upper.x.array)
    assert result.energy == functional.value()


def test_energy_falls_in_every_step_where_a_full_one_overshoots():
    """√(1 + y²): the full Newton step from y goes to -y³, ever further out from |y| > 1."""
    functional, lower, upper, _ = on_a_line(lambda y: ufl.sqrt(1 + y**2) * ufl.dx)
    functional.x.x.array[:] = np.linspace(1.5, 3, 17)
    energies = [functional.value()]
    while len(energies) < 50:
        result = newton(functional, lower, upper, limit=1).minimise(1e-14)
        energies.append(result.energy)
        if result.converged:
            break
        assert result.iterations == 1  # a limit reached is no minimum
    assert result.converged
    assert np.all(np.diff(energies) < 1e-14)
    assert functional.x.x.array == pytest.approx(0, abs=1e-6)


def test_nothing_free_is_a_minimum():
    functional, lower, upper, x = on_a_line(string)
    lower.x.array[:] = upper.x.array[:] = x
    assert newton(functional, lower, upper).minimise(0.0).converged
    assert np.array_equal(functional.x.x.array, x)


def test_a_search_that_finds_no_lower_energy_stays_where_it_was():
    functional, lower, upper, _ = on_a_line(string)
    functional.x.x.array[:] = start = np.linspace(0, 1, 17)
    lower.x.array[0] = upper.x.array[0] = 0
    heights = iter(range(100))
    functional.value = lambda: float(next(heights))
    result = newton(functional, lower, upper).minimise(0.0)
    assert not result.converged
    assert result.energy == 0
    assert np.array_equal(functional.x.x.array, start)


def crack_profile(y):
    """Energy of a crack of PF-CZM, ℓ = 0.1: concave in y wherever it is flat."""
    return ((2 * y - y**2) / 0.1 + 0.1 * ufl.inner(ufl.grad(y), ufl.grad(y))) / np.pi * ufl.dx


STARTS = {
    "intact": lambda x: 0 * x,
    "broken": lambda x: 0 * x + 0.99,
    "ramp": lambda x: 1 - x,
    "noise": lambda x: np.random.default_rng(1).uniform(0, 1, len(x)),
}


@pytest.mark.parametrize("start", STARTS)
def test_minimum_of_an_energy_that_is_not_convex(start):
    """d = 1 - sin(x/ℓ), which costs half of Gc; linear elements are off by (h/ℓ)²/8 of 1 and by less of the energy."""
    functional, lower, upper, x = on_a_line(crack_profile, 160)
    lower.x.array[:], upper.x.array[:] = 0, 1
    lower.x.array[x == 0] = 1
    functional.x.x.array[:] = STARTS[start](x)
    solver = LinearSolver(MPI.COMM_SELF, None, 1e-6)
    result = BoundedNewton(functional, lower, upper, solver).minimise(1e-12)
    assert result.converged
    assert result.energy == pytest.approx(0.5, rel=5e-4)
    assert functional.x.x.array == pytest.approx(np.where(x < np.pi * 0.05, 1 - np.sin(x / 0.1), 0), abs=5e-4)
    gradient = functional.gradient(fem.Function(functional.x.function_space)).x.array
    d = functional.x.x.array
    assert np.abs(gradient[(d > 0) & (d < 1)]).max() < 1e-6  # of 1/h = 160: a first-order point
    assert gradient[d == 0].min() > 0


@pytest.mark.parametrize("start", ["even", "noise"])
@pytest.mark.parametrize("size", [1e-14, 1e-6, 0.3])
def test_a_saddle_is_left(start, size):
    """Two wells at -1 and 1, and a saddle at 0 where the gradient is as good as zero."""

    def wells(y):
        energy = (y**2 - 1) ** 2 / 4 + 0.01 * ufl.inner(ufl.grad(y), ufl.grad(y))
        return energy * ufl.dx(metadata={"quadrature_degree": 4})

    functional, lower, upper, _ = on_a_line(wells)
    functional.x.x.array[:] = size * (np.ones(17) if start == "even" else np.random.default_rng(1).normal(0, 1, 17))
    solver = LinearSolver(MPI.COMM_SELF, None, 1e-6)
    assert BoundedNewton(functional, lower, upper, solver).minimise(1e-9).converged
    assert np.abs(functional.x.x.array) == pytest.approx(1, abs=1e-4)


def test_a_maximum_that_is_met_exactly_is_all_that_stops_it():
    functional, lower, upper, _ = on_a_line(lambda y: -(y**2) * ufl.dx)
    lower.x.array[:], upper.x.array[:] = -1, 2
    solver = LinearSolver(MPI.COMM_SELF, None, 1e-6)
    for start, end in ((0.0, 0.0), (1e-12, 2.0), (-1e-12, -1.0)):
        functional.x.x.array[:] = start
        assert BoundedNewton(functional, lower, upper, solver).minimise(1e-9).converged
        assert functional.x.x.array == pytest.approx(end)


def diagonal(entries: np.ndarray) -> PETSc.Mat:
    n = len(entries)
    A = PETSc.Mat().createAIJ((n, n), nnz=1, comm=MPI.COMM_SELF)
    A.setDiagonal(PETSc.Vec().createWithArray(np.asarray(entries, dtype=float), comm=MPI.COMM_SELF))
    A.assemble()
    A.setOption(PETSc.Mat.Option.SPD, True)
    return A


def solved(solver: LinearSolver, entries: np.ndarray) -> np.ndarray:
    A = diagonal(entries)
    b, x = A.createVecs()
    b.set(1.0)
    solver.solve(A, b, x)
    return x.getArray().copy()


def test_factor_is_kept_until_it_has_aged():
    solver, ones = LinearSolver(MPI.COMM_SELF, keep=3, tolerance=1e-10), np.ones(40)
    assert solved(solver, ones) == pytest.approx(ones)
    assert solved(solver, 2 * ones) == pytest.approx(ones / 2)
    assert solver.factorisations == 1
    other = np.geomspace(1, 100, 40)
    assert solved(solver, other) == pytest.approx(1 / other, rel=1e-6)  # the tolerance, times the condition number
    assert solver.factorisations == 1
    assert solved(solver, other) == pytest.approx(1 / other, rel=1e-9)
    assert solver.factorisations == 2


def test_linear_solver_that_fails_says_so():
    with pytest.raises(ArithmeticError, match="linear solver stopped: PETSc reason -"):
        solved(LinearSolver(MPI.COMM_SELF, keep=None, tolerance=1e-10), np.array([1.0, np.nan, 1.0]))


@pytest.fixture
def cracking(make_solid):
    """A notched stack that yields and cracks part of the way at the charge 0.7."""
    media = uniform(young=2000.0, toughness=20.0, yield_stress=30.0, hardening=20.0)
    media["interface"] = Medium(2000.0, 0.3, 2.0, 0.0, 30.0, 20.0)
    media["cathode"] = Medium(8000.0, 0.25, 20.0, -0.1)
    solid = make_solid(NOTCHED, media, supports=FREE_TOP)
    solid.break_open("notch")
    assert AlternateMinimiser(solid).minimise().converged
    solid.charge.value = 0.7
    return solid


def test_energy_never_rises_and_damage_never_falls(cracking):
    """V13, from iteration to iteration of a step in which a crack grows and the electrolyte flows."""
    d, energies, dents = cracking.state.d.x.array, [], []
    held, before = d.copy(), cracking.energies().fracture

    def watch(count: int) -> bool:
        assert count == len(energies) + 1
        energies.append(cracking.displacement.value() + cracking.energies().fracture)
        dents.append(np.min(d - held))
        return False

    outcome = AlternateMinimiser(cracking).minimise(watch)
    assert outcome.converged
    assert outcome.ending is Ending.CONVERGED
    assert outcome.change <= 1e-4  # the tolerance it has when none is given
    assert cracking.accept() > 0
    assert cracking.energies().fracture > before + 2
    assert max(np.diff(energies)) < 1e-10 * energies[0]  # what a step at equilibrium may still promise, and round-off
    assert min(dents) >= 0


def test_state_is_an_equilibrium_afterwards(cracking):
    """Both gradients vanish where nothing is held: no force on free nodes, no drive on damage between its bounds."""
    lower = cracking.state.d.x.array.copy()
    assert AlternateMinimiser(cracking, tolerance=1e-7).minimise().converged
    for functional, free in (
        (cracking.displacement, np.setdiff1d(np.arange(len(cracking.state.u.x.array)), cracking.fixed)),
        (cracking.damage, np.flatnonzero((cracking.state.d.x.array > lower) & (cracking.state.d.x.array < 1))),
    ):
        cracking.hold_flow()
        gradient = np.abs(functional.gradient(fem.Function(functional.x.function_space)).x.array)
        if functional is cracking.displacement:
            assert gradient[free].max() < 1e-4 * gradient[cracking.fixed].max()  # against the reactions
        else:
            assert gradient[free].max() < 1e-5 * cracking.coefficients.toughness.x.array.max()
    cracking.hold_flow()
    slopes = cracking.damage.gradient(fem.Function(cracking.state.d.function_space)).x.array
    assert slopes[(cracking.state.d.x.array <= lower) & (lower < 1)].min() > -1e-5


def test_a_limit_is_no_equilibrium(cracking):
    outcome = AlternateMinimiser(cracking, limit=2).minimise()
    assert outcome.ending is Ending.LIMIT
    assert outcome.iterations == 2
    assert not outcome.converged


@pytest.mark.parametrize(("step", "ending"), [("displacement", Ending.DISPLACEMENT), ("damage", Ending.DAMAGE)])
def test_a_failing_step_is_named(cracking, monkeypatch, step, ending):
    minimiser = AlternateMinimiser(cracking)
    monkeypatch.setattr(getattr(minimiser.rungs, step), "limit", 0)
    outcome = minimiser.minimise()
    assert outcome.ending is ending
    assert not outcome.converged


def test_it_can_be_interrupted(cracking):
    outcome = AlternateMinimiser(cracking).minimise(lambda count: count == 3)
    assert outcome.ending is Ending.INTERRUPTED
    assert outcome.iterations == 3
    assert not outcome.converged


def test_over_relaxation_changes_the_way_and_not_the_end(cracking):
    """To the tolerance on damage, which is what both stop at, times the slowness of the plain one."""
    cracking.charge.value = 0.5  # before the crack runs, which takes long
    start, ends = cracking.state.save(), []
    for relaxation in (1.0, 1.8):
        cracking.state.restore(start)
        assert AlternateMinimiser(cracking, 1e-6, relaxation=relaxation).minimise().converged
        ends.append(cracking.state.d.x.array.copy())
    assert ends[0] == pytest.approx(ends[1], abs=1e-4)


def test_over_relaxation_that_goes_too_far_is_taken_back(cracking):
    """Past twice the step a quadratic is higher than where the step began."""
    cracking.charge.value = 0.5
    energies = []

    def watch(count: int) -> bool:
        energies.append(cracking.displacement.value() + cracking.energies().fracture)
        return False

    assert AlternateMinimiser(cracking, relaxation=6.0).minimise(watch).converged
    assert max(np.diff(energies)) < 1e-10 * energies[0]  # as above
