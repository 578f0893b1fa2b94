"""Chemical strain along a curve, and of crystals: a block that is free, or held, shows it or its stress; MPa."""

import numpy as np
import pytest
from conftest import WALLS, uniform

from mechanics import KINEMATICS, AlternateMinimiser, Support
from mechanics.history.balance import Balance
from mechanics.laws.medium import Crystal

E, NU = 1000.0, 0.3
AREA = 3.0  # µm², of the block
FREE = {"bottom": Support((1,)), "left": Support((0,))}


def up_and_down(charge: float) -> float:
    """As LiCoO2: first it swells, then it shrinks."""
    return 0.02 * charge - 0.05 * charge**2


def minimised(solid, load: float) -> None:
    solid.load(load)
    assert AlternateMinimiser(solid).minimise().converged


def test_a_curve_moves_the_body_as_the_same_number_in_proportion_does(make_solid, block):
    curved = make_solid(block, uniform(toughness=1e6, shrinkage=up_and_down))
    for load in (0.2, 0.9):
        even = make_solid(block, uniform(toughness=1e6, shrinkage=up_and_down(load) / load))
        for solid in (curved, even):
            minimised(solid, load)
        assert curved.state.u.x.array == pytest.approx(even.state.u.x.array, abs=1e-9)  # of 1e-3; linear solver
        assert curved.shrinkage_energy() == pytest.approx(even.shrinkage_energy(), rel=1e-12)


def test_work_of_a_curve_is_what_an_elastic_body_stores(make_solid, block):
    """V13, also on the way back through zero: ∫ σ dε* by the trapezoid, exact as stress is in proportion to strain."""
    solid = make_solid(block, uniform(toughness=1e6, shrinkage=up_and_down), supports=WALLS)
    minimiser, balance = AlternateMinimiser(solid), Balance(solid)
    for load in (0.2, 0.4, 1.0):
        solid.load(load)
        assert minimiser.minimise().converged
        balance.step()
        assert balance.work == pytest.approx(solid.energies().elastic, rel=1e-8, abs=1e-12)


def test_held_crystals_store_what_their_strain_says(make_solid, block):
    """All round: ½ ε*:C:ε*, with ½ λ tr² + μ ε*:ε*. The axis is not along any side."""
    axis = tuple(np.array([1.0, 2.0, 2.0]) / 3)
    across, along = 0.004, -0.01
    media = uniform(toughness=1e6, shrinkage=across, crystal=Crystal(axis, lambda charge: along * charge))
    solid = make_solid(block, media, supports=WALLS | {side: Support((0, 1)) for side in WALLS})
    minimised(solid, 1.0)
    lame, shear = E * NU / ((1 + NU) * (1 - 2 * NU)), E / (2 * (1 + NU))
    expected = lame / 2 * (2 * across + along) ** 2 + shear * (2 * across**2 + along**2)
    assert solid.energies().elastic == pytest.approx(AREA * expected, rel=1e-9)


@pytest.mark.parametrize("upright", [False, True])
def test_a_free_crystal_strains_along_its_axis(make_solid, block, upright):
    """In plane stress nothing holds it: the displacement is that of the strain itself."""
    across, along = 0.004, -0.01
    axis = (0.0, 1.0, 0.0) if upright else (1.0, 0.0, 0.0)
    media = uniform(toughness=1e6, shrinkage=across, crystal=Crystal(axis, lambda charge: along * charge))
    solid = make_solid(block, media, supports=FREE, kinematics=KINEMATICS["plane stress"])
    minimised(solid, 1.0)
    assert solid.energies().elastic < 1e-8 * solid.shrinkage_energy()
    u = solid.deformation.collapse()
    x = u.function_space.tabulate_dof_coordinates()[:, :2]
    strain = [across, along] if upright else [along, across]
    assert u.x.array.reshape(-1, 2) == pytest.approx(x * strain, abs=1e-8)


def test_a_flat_crystal_strains_in_the_plane_alone():
    """At an angle to the sides: as the lattice turned to its axis, and not at all across the plane."""
    across, along, angle = 0.004, -0.01, 0.5
    crystal = Crystal((float(np.cos(angle)), float(np.sin(angle)), 0.0), lambda charge: along * charge, flat=True)
    strain = uniform(shrinkage=across, crystal=crystal)["cathode"].swelling(1.0)
    middle, half = (along + across) / 2, (along - across) / 2  # Mohr's circle
    cos, sin = np.cos(2 * angle), np.sin(2 * angle)
    plane = [[middle + half * cos, half * sin], [half * sin, middle - half * cos]]
    np.testing.assert_allclose(strain[:2, :2], plane, atol=1e-16)
    assert not strain[2].any()
    assert not strain[:, 2].any()
