"""The preconditioner of displacement and damage as one unknown: what conjugate gradients ask of it, what it saves."""

import numpy as np
import pytest
from conftest import gram_matrix, step, uniform
from mpi4py import MPI
from petsc4py import PETSc
from processes import on_processes

import meshes
from mechanics import CRACK_MODELS, AlternateMinimiser, Medium, Solid, Support
from mechanics.laws.kinematics import PLANE_STRAIN, SOLID_3D
from mechanics.linear.coupled_multigrid import CoupledMultigrid
from mechanics.linear.failures import Indefinite
from mechanics.linear.multigrid import Multigrid
from mechanics.linear.solver import LinearSolver

KEEP = 10
DIMENSIONS = {2: PLANE_STRAIN, 3: SOLID_3D}


def body(make_solid, dim: int = 2, fine: float = 0.125, medium: Medium | None = None, **changes: object) -> Solid:
    """A crack from the left to the middle, and everything in equilibrium with it."""
    stack = meshes.Stack(1.0, 0.25, 0.5, 0.25, fine=fine, coarse=0.25, depth=0.25 if dim == 3 else None)
    media = uniform() if medium is None else dict.fromkeys(("electrolyte", "interface", "cathode"), medium)
    media["cathode"] = Medium(8000.0, 0.25, 1.0, shrinkage=-0.01, strength=20.0)
    supports = {"bottom": Support(tuple(range(dim))), "top": Support(tuple(range(dim)))}
    solid = make_solid(stack, media, supports=supports, kinematics=DIMENSIONS[dim], **changes)
    solid.state.d.interpolate(lambda x: 0.9 * np.maximum(0, 1 - abs(x[1] - 0.5) / 0.4) ** 2 * (x[0] < 0.55))
    solid.load(1.0)
    for _ in range(3):
        solid.state.u.x.array[:] += step(solid, LinearSolver(solid.comm, KEEP, 1e-10))
    solid.coupled.pull()
    return solid


def matrix(solid: Solid, held: np.ndarray) -> PETSc.Mat:
    """With what is held of the displacement, and of damage."""
    coupled = solid.coupled
    return coupled.functional.hessian(np.concatenate([coupled.u[solid.fixed], coupled.d[held]]).astype(np.int32))


def sound(solid: Solid) -> np.ndarray:
    return np.flatnonzero(solid.state.d.x.array == 0)


def of_blocks(solid: Solid) -> CoupledMultigrid:
    multigrid = Multigrid(solid.state.u.function_space, solid.fixed)
    coupled = solid.coupled
    return CoupledMultigrid(multigrid, coupled.functional.x.function_space, coupled.u, coupled.d)


def solved(solver: LinearSolver, A: PETSc.Mat) -> tuple[np.ndarray, int]:
    """The right side is noise, of all lengths of wave; how many iterations."""
    b, x = A.createVecs()
    b.array[:] = np.random.default_rng(1).normal(size=A.size[0]) * A.getDiagonal().array
    before = solver.iterations
    solver.solve(A, b, x)
    return x.array.copy(), solver.iterations - before


def without_factor(blocks: CoupledMultigrid) -> CoupledMultigrid:
    def none(A: PETSc.Mat) -> None:
        raise Indefinite("as if it were not positive")

    blocks._factor.renew = none
    return blocks


@pytest.mark.parametrize("dim", DIMENSIONS)
@pytest.mark.parametrize("factor", [True, False])
def test_it_is_symmetric_and_positive(make_solid, dim, factor):
    """Or conjugate gradients would not be allowed with it; also with the diagonal in place of damage's factor."""
    solid = body(make_solid, dim)
    A = matrix(solid, sound(solid))
    blocks = of_blocks(solid) if factor else without_factor(of_blocks(solid))
    pc = PETSc.PC().create(MPI.COMM_SELF)
    blocks.configure(pc)
    blocks.renew(A)
    gram = gram_matrix(blocks, A)
    assert gram == pytest.approx(gram.T, rel=1e-7, abs=1e-9 * np.abs(gram).max())
    assert np.linalg.eigvalsh(gram).min() > 0


@pytest.mark.parametrize("dim", DIMENSIONS)
def test_it_solves_as_a_factor_does(make_solid, dim):
    solid = body(make_solid, dim)
    A = matrix(solid, sound(solid))
    expected, _ = solved(LinearSolver(solid.comm, KEEP, 1e-12), A)
    found, _ = solved(LinearSolver(solid.comm, KEEP, 1e-10, multigrid=of_blocks(solid)), A)
    assert found == pytest.approx(expected, abs=1e-6 * np.abs(expected).max())


def test_iterations_do_not_grow_as_the_mesh_is_refined(make_solid):
    """8, 9 and 10 as measured; with the diagonal of damage 21, 37 and 63."""
    counts = {True: [], False: []}
    for fine in (0.125, 0.0625, 0.03125):
        solid = body(make_solid, fine=fine)
        A = matrix(solid, sound(solid))
        for factor, count in counts.items():
            blocks = of_blocks(solid) if factor else without_factor(of_blocks(solid))
            count.append(solved(LinearSolver(solid.comm, KEEP, 1e-6, multigrid=blocks), A)[1])
    assert max(counts[True]) <= 1.5 * min(counts[True])
    assert counts[False][-1] > 2 * counts[True][-1]


def test_newton_makes_it_for_each_matrix(make_solid):
    """An older one takes ten times the iterations, once other nodes of damage may move and other faces are open."""
    solid = body(make_solid)
    solver = AlternateMinimiser(solid, linear="multigrid").rungs.both.solver
    solved(solver, matrix(solid, np.arange(len(solid.state.d.x.array))))
    A = matrix(solid, sound(solid))
    _, second = solved(solver, A)
    assert solver.factorisations == 2
    _, new = solved(AlternateMinimiser(solid, linear="multigrid").rungs.both.solver, A)
    assert second <= new + 1


def test_so_is_that_of_displacement_in_alternation_and_a_factor_is_kept(make_solid):
    solid = body(make_solid)
    for linear, made in (("multigrid", 2), ("direct", 1)):
        solver = AlternateMinimiser(solid, linear=linear).rungs.displacement.solver
        for _ in range(2):
            solved(solver, solid.displacement.hessian(solid.fixed))
        assert solver.factorisations == made


@pytest.mark.parametrize("dim", DIMENSIONS)
@pytest.mark.parametrize("linear", ["multigrid", "direct"])
def test_only_in_space_with_a_multigrid_there_are_no_windows(make_solid, dim, linear):
    """And with a factor nothing is held once a step has settled."""
    solid = body(make_solid, dim)
    minimiser = AlternateMinimiser(solid, linear=linear)
    assert (minimiser.rungs.windows is None) == (dim == 3 and linear == "multigrid")
    assert (minimiser.rungs.settles > 0) == (linear == "multigrid")


def test_damage_that_is_not_positive_is_a_way_down(make_solid):
    """As a cohesive crack's is where it softens: what conjugate gradients found before they met that can be taken."""
    soft = Medium(1000.0, 0.3, 1.0, strength=20.0)
    solid = body(make_solid, medium=soft, crack=CRACK_MODELS["PF-CZM linear"], length=0.1)
    A = matrix(solid, sound(solid))
    blocks = of_blocks(solid)
    solver = LinearSolver(solid.comm, KEEP, 1e-6, multigrid=blocks)
    with pytest.raises(Indefinite) as told:
        solved(solver, A)
    assert told.value.part_way
    assert blocks._diagonal is not None


@pytest.mark.slow
@pytest.mark.parametrize("processes", [2, 4])
def test_the_same_on_several_processes(processes):
    alone, *_ = on_processes(1, "tests/coupled_on_processes.py")
    together, *_ = on_processes(processes, "tests/coupled_on_processes.py")
    (product, iterations), (product_too, iterations_too) = (line.split() for line in (alone, together))
    assert float(product_too) == pytest.approx(float(product), rel=1e-6)
    assert abs(int(iterations_too) - int(iterations)) <= 3
