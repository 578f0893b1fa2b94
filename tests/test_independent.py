"""The independent solver is held against closed forms of its own, before anything is held against it."""

import numpy as np
import pytest

from tests.independent.grids import graded, grid
from tests.independent.phase_field import Material, PhaseField

BOX = grid(np.linspace(0, 2, 5), np.linspace(0, 1, 4))


def one_medium(points, triangles, material, **settings) -> PhaseField:
    return PhaseField(points, triangles, np.zeros(len(triangles), dtype=int), [material], **settings)


def everywhere(x, y):
    return np.ones_like(x, dtype=bool)


@pytest.mark.parametrize("degree", [1, 2])
@pytest.mark.parametrize("split", ["none", "volumetric-deviatoric"])
def test_force_is_the_slope_of_the_energy(degree, split):
    """Central differences along a random direction; their error goes as the step squared, 1e-6 is left of both."""
    body = one_medium(*BOX, Material(100.0, 0.3, 1.0, -0.02), length=0.5, degree=degree, split=split)
    random = np.random.default_rng(1)
    body.u, body.d = 0.1 * random.normal(size=body.u.shape), random.uniform(0, 0.9, size=body.d.shape)
    body.charge = 0.7
    direction, start = random.normal(size=body.u.shape), body.u
    forces = body._forces(*body._strains()) @ direction
    energies = []
    for step in (1e-6, -1e-6):
        body.u = start + step * direction
        energies.append(body.elastic_energy())
    assert forces == pytest.approx((energies[0] - energies[1]) / 2e-6, rel=1e-6)


@pytest.mark.parametrize("degree", [1, 2])
def test_layers_between_platens_carry_the_stress_of_the_closed_form(degree):
    """σ = -Σ h 3K ε* / Σ h/M per layer's M, exact for linear elements: the strain is constant in each layer."""
    points, triangles = grid(np.linspace(0, 1, 3), np.linspace(0, 2, 7))
    layers = [Material(100.0, 0.2, 1e6), Material(300.0, 0.35, 1e6, shrinkage=-0.01)]
    upper = (points[triangles].mean(axis=1)[:, 1] > 1).astype(int)
    body = PhaseField(points, triangles, upper, layers, length=0.5, degree=degree, split="none")
    for component, where in ((0, everywhere), (1, lambda x, y: y < 1e-9)):
        body.hold(where, component)
    top = body.hold(lambda x, y: y > 2 - 1e-9, 1)
    body.charge = 1.0
    body._equilibrate()
    bulk = [m.young / (3 * (1 - 2 * m.poisson)) for m in layers]
    constrained = [K + 4 / 3 * m.young / (2 * (1 + m.poisson)) for K, m in zip(bulk, layers, strict=True)]
    stress = 3 * bulk[1] * 0.01 / constrained[1] / sum(1 / M for M in constrained)
    assert body.reaction(top) == pytest.approx(stress, rel=1e-6)  # k softens by 1e-6 where d = 0: not at all


@pytest.mark.parametrize(("model", "wide"), [("AT1", 2.0), ("AT2", 8.0)])
def test_crack_costs_its_toughness(model, wide):
    """A line of points at d = 1 and no load: the optimal profile, whose energy is Gc; h/ℓ = 1/8 leaves 1 %."""
    points, triangles = grid(graded(-2.0, 2.0, -wide, wide, 0.125, 1.2), np.linspace(0, 0.25, 3))
    body = one_medium(points, triangles, Material(1.0, 0.3, 7.0), length=1.0, model=model, mesh_correction=False)
    body.hold(everywhere, 0)
    body.hold(everywhere, 1)
    body.d[np.abs(points[:, 0]) < 1e-9] = 1
    body.minimise()
    exact = (1 - np.abs(points[:, 0]) / 2) ** 2 if model == "AT1" else np.exp(-np.abs(points[:, 0]))
    assert body.fracture_energy() == pytest.approx(7.0 * 0.25, rel=0.01)
    assert body.d == pytest.approx(exact, abs=0.01)


@pytest.mark.parametrize(("model", "strain"), [("AT1", 0.03), ("AT1", 0.06), ("AT2", 0.03)])
def test_bar_softens_as_the_closed_form(model, strain):
    """Uniform damage, ν = 0: AT2 d = 2ψ/(2ψ + Gc/ℓ); AT1 1 - 3Gc/(16 ψ ℓ) above its threshold. Exact but for k."""
    body = one_medium(*BOX, Material(100.0, 0.0, 0.2), length=1.0, model=model, mesh_correction=False, degree=1)
    body.hold(everywhere, 0)
    body.hold(everywhere, 1)
    right = 2 * np.flatnonzero(body.positions[:, 0] > 2 - 1e-9)
    body.u[0::2] = strain * body.positions[:, 0]
    body.minimise(1e-10)
    psi = 100.0 * strain**2 / 2
    d = {"AT1": max(1 - 3 * 0.2 / (16 * psi), 0), "AT2": 2 * psi / (2 * psi + 0.2)}[model]
    assert body.d == pytest.approx(np.full_like(body.d, d), abs=1e-5)
    assert body.reaction(right) == pytest.approx((1 - d) ** 2 * 100.0 * strain, rel=1e-4)


def test_broken_body_carries_pressure_and_does_not_heal():
    """All of d = 1: under pressure the bulk stiffness is left, under tension nothing but k; d stays at 1."""
    body = one_medium(*BOX, Material(100.0, 0.25, 1.0), length=1.0)
    body.hold(everywhere, 0)
    body.hold(everywhere, 1)
    right = np.flatnonzero(body.positions[:, 0] > 2 - 1e-9) * 2
    body.d[:] = 1
    for strain, force in ((-0.01, -0.01 * 100 / (3 * (1 - 0.5))), (0.01, 0.0)):
        body.u[0::2] = strain * body.positions[:, 0]
        body.minimise()
        assert body.d.min() == 1
        assert body.reaction(right) == pytest.approx(force, abs=1e-5)
