"""Stress, strain and energy of cells against closed forms; what is uniform is compared at round-off."""

import numpy as np
import pytest
import ufl
from conftest import WALLS, uniform
from dolfinx import fem

import meshes
from mechanics import KINEMATICS, SPLITS, AlternateMinimiser, Medium, Solid, Support
from mechanics.closed_forms import clamped_strip
from mechanics.measure.fields import CellFields, CellMeans

P = 20.0  # MPa
FREE = {"bottom": Support((1,)), "left": Support((0,))}  # to get wider


def settled(solid: Solid, charge: float) -> CellMeans:
    solid.load(charge)
    assert AlternateMinimiser(solid).minimise().converged
    solid.accept()
    return CellFields(solid).now()


def stored(solid: Solid, energy: np.ndarray) -> float:
    """Over the volume of the body."""
    cells, x = fem.functionspace(solid.mesh, ("DG", 0)), ufl.SpatialCoordinate(solid.mesh)
    volumes = fem.form(solid.kinematics.measure(x) * ufl.TestFunction(cells) * ufl.dx)
    return float(fem.assemble_vector(volumes).array[: len(energy)] @ energy)


def pulled(strain: float) -> Support:
    return Support((1,), motion=lambda load, x: np.vstack([0 * x[0], 0 * x[0] + load * strain * 1.5, 0 * x[0]]))


def mises(stress: np.ndarray) -> np.ndarray:
    deviator = stress - np.trace(stress, axis1=1, axis2=2)[:, None, None] / 3 * np.eye(3)
    return np.sqrt(1.5 * np.sum(deviator**2, axis=(1, 2)))


def test_layers_between_platens_bear_one_stress_across(make_solid, block):
    media = {
        "electrolyte": Medium(2000.0, 0.35, 1e6),
        "interface": Medium(500.0, 0.2, 1e6),
        "cathode": Medium(8000.0, 0.25, 1e6, shrinkage=-0.03),
    }
    solid = make_solid(block, media, supports=WALLS)
    found = settled(solid, 1.0)
    stress, _ = clamped_strip([(0.5, medium) for medium in media.values()])
    assert found.stress[:, 1, 1] == pytest.approx(stress, rel=1e-9)
    assert np.abs(found.stress[:, [0, 1, 0], [1, 2, 2]]).max() < 1e-9 * stress
    cathode, m = solid.regions["cathode"], media["cathode"]
    lame, elastic = m.bulk - 2 * m.shear / 3, found.strain[cathode] + 0.03 * np.eye(3)
    volume = np.trace(elastic, axis1=1, axis2=2)[:, None, None]
    assert found.stress[cathode] == pytest.approx(lame * volume * np.eye(3) + 2 * m.shear * elastic, rel=1e-9)
    assert stored(solid, found.energy) == pytest.approx(solid.energies().elastic, rel=1e-12)
    assert found.plastic_strain is None


def test_what_shrinks_and_is_held_all_round_is_pulled_alike_everywhere(make_solid, block):
    media = uniform(shrinkage=-0.01, toughness=1e6)
    found = settled(make_solid(block, media, supports=WALLS), 1.0)
    everywhere = np.broadcast_to(3 * media["cathode"].bulk * 0.01 * np.eye(3), found.stress.shape)
    assert found.stress == pytest.approx(everywhere, rel=1e-9)
    assert np.abs(found.strain).max() < 1e-12  # nothing has moved: all of the elastic strain is chemical


@pytest.mark.parametrize(
    ("kinematics", "split"),
    [
        ("plane stress", "volumetric-deviatoric"),
        ("axisymmetric", "volumetric-deviatoric"),
        ("axisymmetric", "no-tension"),
        ("3d", "volumetric-deviatoric"),
    ],
)
def test_pressure_on_a_body_that_may_widen_is_the_only_stress(make_solid, block, kinematics, split):
    depth = {"depth": 0.5} if kinematics == "3d" else {}
    stack = meshes.Stack(2.0, 0.5, 0.5, 0.5, fine=0.25, coarse=0.25, **depth)
    supports = FREE | {"top": Support(pressure=P)} | ({"front": Support((2,))} if depth else {})
    changes = {"kinematics": KINEMATICS[kinematics], "split": SPLITS[split], "supports": supports}
    solid = make_solid(stack, uniform(toughness=1e6), **changes)
    found = settled(solid, 0.0)
    expected = np.broadcast_to(np.diag([0, -P, 0]), found.stress.shape)
    assert found.stress == pytest.approx(expected, abs=1e-7 * P)
    assert found.strain[:, 2, 2] == pytest.approx(0.3 * P / 1000, rel=1e-6)  # across, by Poisson's number
    assert stored(solid, found.energy) == pytest.approx(solid.energies().elastic, rel=1e-12)


@pytest.mark.parametrize("saturation", [0.0, 15.0], ids=["linear", "Voce"])
def test_flow_leaves_the_stress_at_the_yield_stress_to_which_it_has_hardened(make_solid, block, saturation):
    """A rod that is pulled to three times its yield strain, free at its sides; 1e-6 is what the search leaves."""
    hardened = {"yield_stress": 10.0, "hardening": 50.0}
    if saturation:
        hardened |= {"saturation": saturation, "saturation_strain": 0.02}
    supports = FREE | {"top": pulled(0.03)}
    solid = make_solid(
        block, uniform(toughness=1e6, **hardened), supports=supports, kinematics=KINEMATICS["axisymmetric"]
    )
    found = settled(solid, 1.0)
    assert found.plastic_strain is not None
    assert found.accumulated is not None
    p = found.accumulated
    limit = 10.0 + 50.0 * p + saturation * (1 - np.exp(-p / 0.02))
    assert p.min() > 0.01
    assert mises(found.stress) == pytest.approx(limit, rel=1e-6)
    assert found.stress[:, 1, 1] == pytest.approx(limit, rel=1e-6)
    assert found.plastic_strain[:, 1, 1] == pytest.approx(p, rel=1e-6)
    assert np.trace(found.plastic_strain, axis1=1, axis2=2) == pytest.approx(0 * p, abs=1e-12)  # flow keeps volume
    assert found.strain[:, 1, 1] - found.stress[:, 1, 1] / 1000 == pytest.approx(p, rel=1e-6)  # Hooke is the rest
    assert stored(solid, found.energy) == pytest.approx(solid.energies().elastic, rel=1e-9)


def test_the_stress_is_what_the_damaged_material_bears_and_the_platen_holds(make_solid, block):
    solid = make_solid(block, uniform(), supports=WALLS | {"top": pulled(0.01)}, split=SPLITS["none"])
    solid.load(1.0)
    solid.state.d.x.array[:] = 0.5
    solid.state.u.interpolate(lambda x: np.vstack([0 * x[0], 0.01 * x[1]]))
    found, m = CellFields(solid).now(), uniform()["cathode"]
    g = 0.25  # (1 - d)²
    assert found.stress[:, 1, 1] == pytest.approx(g * m.constrained * 0.01, rel=1e-5)
    assert 2.0 * found.stress[0, 1, 1] == pytest.approx(solid.reaction("top", 1), rel=1e-9)
