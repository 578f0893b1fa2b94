"""Multigrid and factor: what they have to keep, how they age, and what they say of a matrix that is not positive."""

import numpy as np
import pytest
from conftest import gram_matrix, step, uniform
from mpi4py import MPI
from petsc4py import PETSc
from processes import on_processes

import meshes
from mechanics import AlternateMinimiser, Medium, Solid, Support
from mechanics.laws.kinematics import PLANE_STRAIN, SOLID_3D
from mechanics.linear.failures import Indefinite
from mechanics.linear.mended import MendedFactor
from mechanics.linear.multigrid import Multigrid, pays
from mechanics.linear.rigid import rigid_motions
from mechanics.linear.solver import LinearSolver

DIMENSIONS = {2: PLANE_STRAIN, 3: SOLID_3D}
KEEP = 10
LONG = meshes.Stack(8.0, 1.0, 0.5, 1.0, fine=0.125, coarse=0.25)


def body(make_solid, dim: int, fine: float = 0.25) -> Solid:
    """A block of three layers; held in every way that a stack is: a corner in all directions, an edge in two."""
    stack = meshes.Stack(1.0, 0.25, 0.5, 0.25, fine=fine, coarse=0.25, depth=0.5 if dim == 3 else None)
    supports = {"bottom": Support(tuple(range(dim))), "right": Support((0,)), "top": Support((1,))}
    if dim == 3:
        supports["back"] = Support((2,))
    media = uniform(shrinkage=-0.02) | {"cathode": Medium(8000.0, 0.25, 1.0, shrinkage=-0.05)}
    return make_solid(stack, media, supports=supports, kinematics=DIMENSIONS[dim])


def cracked(solid: Solid) -> Solid:
    """Broken at mid-height from the left to the middle, as a crack of AT1 is, with rows of cells that carry nothing."""
    solid.state.d.interpolate(
        lambda x: np.minimum(1, 1.1 * np.maximum(0, 1 - abs(x[1] - 0.5) / 0.4) ** 2) * (x[0] < 0.55)
    )
    solid.load(1.0)
    return solid


def multigrid(solid: Solid, tolerance: float = 1e-8) -> LinearSolver:
    return LinearSolver(solid.comm, KEEP, tolerance, multigrid=Multigrid(solid.state.u.function_space, solid.fixed))


@pytest.mark.parametrize("dim", DIMENSIONS)
def test_rigid_motions_strain_nothing(make_solid, dim):
    """To round-off, on a body that nothing holds; and there are as many as there are ways to move."""
    solid = body(make_solid, dim)
    A = solid.displacement.hessian(np.empty(0, np.int32))
    motions = rigid_motions(solid.state.u.function_space, np.empty(0, np.int32)).getVecs()
    assert len(motions) == {2: 3, 3: 6}[dim]
    largest = A.getDiagonal().max()[1]
    product = A.createVecLeft()
    for i, motion in enumerate(motions):
        A.mult(motion, product)
        assert product.norm(PETSc.NormType.INFINITY) < 1e-12 * largest
        assert [motion.dot(other) for other in motions] == pytest.approx(np.eye(len(motions))[i], abs=1e-12)


@pytest.mark.parametrize("dim", DIMENSIONS)
def test_multigrid_solves_as_a_factor_does(make_solid, dim):
    solid = cracked(body(make_solid, dim))
    expected = step(solid, LinearSolver(solid.comm, KEEP, 1e-12)).copy()
    found = step(solid, multigrid(solid, 1e-10))
    assert found == pytest.approx(expected, abs=1e-6 * np.abs(expected).max())
    assert np.abs(found[solid.fixed]).max() < 1e-8 * np.abs(found).max()  # what is held stays


def test_iterations_do_not_grow_as_the_mesh_is_refined(make_solid):
    """8, 8 and 9 at 1e-6, as measured"""
    counts = []
    for fine in (0.25, 0.125, 0.0625):
        solid = cracked(body(make_solid, 2, fine))
        solver = multigrid(solid, 1e-6)
        step(solid, solver)
        counts.append(solver.iterations)
    assert max(counts) <= 12


def test_multigrid_is_kept_until_it_has_aged(make_solid):
    solid = body(make_solid, 2)
    solid.load(1.0)
    solver = LinearSolver(solid.comm, 1, 1e-6, multigrid=Multigrid(solid.state.u.function_space, solid.fixed))
    step(solid, solver)
    step(solid, solver)
    assert solver.factorisations == 1
    cracked(solid)  # for which it was not made
    found = step(solid, solver).copy()
    step(solid, solver)
    assert solver.factorisations == 2
    assert found == pytest.approx(step(solid, LinearSolver(solid.comm, KEEP, 1e-12)), abs=1e-3 * np.abs(found).max())


def test_renewed_multigrid_is_as_good_as_a_new_one(make_solid):
    """Nothing of the matrix it was made for first is left in it."""
    solid = body(make_solid, 2)
    solid.load(1.0)
    old, new = (
        LinearSolver(solid.comm, KEEP, 1e-8, multigrid=Multigrid(solid.state.u.function_space, solid.fixed))
        for _ in range(2)
    )
    step(solid, old)
    cracked(solid)
    old.renew(solid.displacement.hessian(solid.fixed))
    before = old.iterations
    step(solid, old)
    step(solid, new)
    assert old.iterations - before <= new.iterations + 1


@pytest.mark.parametrize("kind", ["direct", "multigrid"])
def test_a_matrix_that_is_not_positive_is_told(make_solid, kind):
    solid = body(make_solid, 2)
    solid.load(1.0)
    solver = multigrid(solid) if kind == "multigrid" else LinearSolver(solid.comm, KEEP, 1e-8)
    A = solid.displacement.hessian(solid.fixed)
    b, x = A.createVecs()
    b.set(1.0)
    A.shift(-0.02 * A.getDiagonal().max()[1])
    with pytest.raises(Indefinite):
        solver.solve(A, b, x)
    A = solid.displacement.hessian(solid.fixed)
    solver.solve(A, b, x)  # and it goes on with the next


def test_a_small_matrix_that_is_not_positive_is_told_too():
    """Of which CHOLMOD would make LDLᵀ, and say nothing."""
    A = PETSc.Mat().createAIJ((400, 400), nnz=3, comm=MPI.COMM_SELF)
    A.setDiagonal(PETSc.Vec().createWithArray(np.where(np.arange(400) == 200, -3.0, 2.0), comm=MPI.COMM_SELF))
    A.assemble()
    A.setOption(PETSc.Mat.Option.SPD, True)
    b, x = A.createVecs()
    b.set(1.0)
    with pytest.raises(Indefinite):
        LinearSolver(MPI.COMM_SELF, KEEP, 1e-2).solve(A, b, x)


def test_choice_by_size(make_solid, monkeypatch):
    solid = body(make_solid, 2)
    space = solid.state.u.function_space
    assert not pays(space)
    monkeypatch.setattr("mechanics.linear.multigrid.DIRECT", {2: 10})
    assert pays(space)


def test_a_kept_factor_is_mended_where_a_crack_has_come(make_solid):
    """Without being made anew, and nearly as good: beside one that is not mended, which takes far more iterations."""
    solid = make_solid(LONG, uniform(shrinkage=-0.02) | {"cathode": Medium(8000.0, 0.25, 1.0, shrinkage=-0.05)})
    solid.load(1.0)
    mended, aged = (LinearSolver(solid.comm, KEEP, 1e-8) for _ in range(2))
    for solver in (mended, aged):
        step(solid, solver)
    aged._mended.mend = lambda A: True
    solid.state.d.interpolate(lambda x: 1.0 * (abs(x[1] - 1.25) < 0.2) * (x[0] < 1.5))
    before = mended.iterations, aged.iterations
    found = step(solid, mended).copy()
    step(solid, aged)
    assert mended.factorisations == 1
    assert mended.iterations - before[0] <= 12
    assert aged.iterations - before[1] > 3 * (mended.iterations - before[0])
    expected = step(solid, LinearSolver(solid.comm, KEEP, 1e-12))
    assert found == pytest.approx(expected, abs=1e-6 * np.abs(expected).max())


def test_a_mended_factor_is_a_symmetric_positive_preconditioner(make_solid):
    """Or conjugate gradients would not be allowed with it."""
    solid = make_solid(LONG, uniform())
    factor = MendedFactor()
    factor.renew(solid.displacement.hessian(solid.fixed))
    solid.state.d.interpolate(lambda x: 0.9 * (abs(x[1] - 1.25) < 0.2) * (x[0] < 1.5))
    A = solid.displacement.hessian(solid.fixed)
    assert factor.mend(A)
    assert factor._local is not None
    gram = gram_matrix(factor, A)
    assert gram == pytest.approx(gram.T, rel=1e-9, abs=1e-12 * np.abs(gram).max())
    assert np.linalg.eigvalsh(gram).min() > 0


def test_where_too_much_has_changed_bit_by_bit_the_factor_is_made_anew(make_solid):
    solid = make_solid(LONG, uniform())
    solver = LinearSolver(solid.comm, KEEP, 1e-8)
    made = []
    for end in (0.0, 1.5, 2.0, 7.0):
        solid.state.d.interpolate(lambda x, end=end: 1.0 * (abs(x[1] - 1.25) < 0.2) * (x[0] < end))
        step(solid, solver)
        made.append(solver.factorisations)
    assert made == [1, 1, 1, 2]


def test_a_change_that_is_not_positive_is_told(make_solid):
    """And it goes on with the next matrix."""
    solid = body(make_solid, 2)
    solid.load(1.0)
    solver = LinearSolver(solid.comm, KEEP, 1e-8)
    step(solid, solver)
    A = solid.displacement.hessian(solid.fixed)
    b, x = A.createVecs()
    b.set(1.0)
    A.setValue(5, 5, -A.getDiagonal().max()[1])
    A.assemble()
    with pytest.raises(Indefinite):
        solver.solve(A, b, x)
    solver.solve(solid.displacement.hessian(solid.fixed), b, x)


@pytest.mark.slow
def test_a_crack_ends_the_same_with_either(make_solid):
    """Though their matrices are others: to a tenth of what an element of crack costs. Its wake may keep other teeth.
    Those that are held once a step has settled cost less than a hundredth of the crack."""
    ends = []
    for linear, settled in (("direct", 0.0), ("multigrid", 0.0), ("multigrid", None)):
        media = uniform(young=2000.0, toughness=20.0, yield_stress=30.0, hardening=20.0)
        media |= {"interface": Medium(2000.0, 0.3, 2.0), "cathode": Medium(8000.0, 0.25, 20.0, shrinkage=-0.1)}
        stack = meshes.Stack(4.0, 0.5, 0.5, 0.5, fine=0.1, coarse=0.2, notch=meshes.Notch(1.0, 0.05))
        solid = make_solid(stack, media, supports={"bottom": Support((0, 1)), "right": Support((0,))})
        solid.break_open("notch")
        minimiser = AlternateMinimiser(solid, linear=linear, settled=settled)
        for load in (0.3, 0.5, 0.7):
            solid.load(load)
            assert minimiser.minimise().converged
            solid.accept()
        ends.append((solid.energies().elastic, solid.energies().fracture))
    assert ends[0] == pytest.approx(ends[1], abs=0.1 * media["interface"].toughness * stack.fine)
    assert ends[0] == pytest.approx(ends[2], rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("processes", [2, 4])
def test_same_displacement_and_iterations_on_several_processes(processes):
    alone, *_ = on_processes(1, "tests/several_processes.py")
    together, *_ = on_processes(processes, "tests/several_processes.py")
    (energy, iterations, told), (energy_too, iterations_too, told_too) = (line.split() for line in (alone, together))
    assert float(energy_too) == pytest.approx(float(energy), rel=1e-9)
    assert abs(int(iterations_too) - int(iterations)) <= 3
    assert told == told_too == "Indefinite"
