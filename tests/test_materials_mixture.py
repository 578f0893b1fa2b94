"""Composite moduli and shrinkage, against bounds that hold for all mixtures and solutions by hand."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from materials.card import load
from materials.mixture import (
    MODULI,
    Elastic,
    MixtureError,
    bruggeman,
    hashin_shtrikman_lower,
    hashin_shtrikman_upper,
    levin,
    maxwell,
    mori_tanaka,
    reuss,
    self_consistent,
    voigt,
    volume_fraction,
)

LZACO, LZCO, NCM = Elastic(1.41e3, 0.30), Elastic(7.92e3, 0.30), Elastic(200e3, 0.25)
ROUND_OFF = 1e-9  # moduli differ by up to 1e4 and are inverted twice

bodies = some.builds(Elastic, some.floats(10.0, 1e5), some.floats(-0.2, 0.48))
fractions = some.floats(0.0, 1.0)


@given(bodies)
def test_bulk_and_shear_lead_back(body):
    back = Elastic.from_bulk_shear(body.bulk, body.shear)
    assert back.young == pytest.approx(body.young, rel=1e-12)  # round-off
    assert back.poisson == pytest.approx(body.poisson, abs=1e-12)


@settings(deadline=None)
@given(bodies, bodies, fractions)
def test_bounds_are_in_order(matrix, inclusion, fraction):
    rising = [
        rule(matrix, inclusion, fraction)
        for rule in (reuss, hashin_shtrikman_lower, self_consistent, hashin_shtrikman_upper, voigt)
    ]
    for softer, stiffer in pairwise(rising):
        assert softer.bulk <= stiffer.bulk * (1 + ROUND_OFF)
        assert softer.shear <= stiffer.shear * (1 + ROUND_OFF)


@settings(deadline=None)
@given(bodies, bodies)
@pytest.mark.parametrize("rule", MODULI.values(), ids=MODULI.keys())
def test_pure_parts(rule, matrix, inclusion):
    for fraction, pure in ((0.0, matrix), (1.0, inclusion)):
        mixed = rule(matrix, inclusion, fraction)
        assert mixed.bulk == pytest.approx(pure.bulk, rel=ROUND_OFF)
        assert mixed.shear == pytest.approx(pure.shear, rel=ROUND_OFF)


@settings(deadline=None)
@given(bodies, fractions)
@pytest.mark.parametrize("rule", MODULI.values(), ids=MODULI.keys())
def test_one_body_mixed_with_itself(rule, body, fraction):
    mixed = rule(body, body, fraction)
    assert mixed.young == pytest.approx(body.young, rel=ROUND_OFF)
    assert mixed.poisson == pytest.approx(body.poisson, abs=ROUND_OFF)


@given(fractions)
def test_mori_tanaka_in_a_soft_matrix_is_the_lower_bound(fraction):
    soft, bound = mori_tanaka(LZACO, NCM, fraction), hashin_shtrikman_lower(LZACO, NCM, fraction)
    assert (soft.bulk, soft.shear) == pytest.approx((bound.bulk, bound.shear), rel=ROUND_OFF)
    stiff, bound = mori_tanaka(NCM, LZACO, fraction), hashin_shtrikman_upper(NCM, LZACO, fraction)
    assert (stiff.bulk, stiff.shear) == pytest.approx((bound.bulk, bound.shear), rel=ROUND_OFF)


@given(bodies, bodies, fractions)
def test_bounds_do_not_ask_which_part_is_the_matrix(matrix, inclusion, fraction):
    for rule in (reuss, voigt, hashin_shtrikman_lower, hashin_shtrikman_upper, self_consistent):
        one, other = rule(matrix, inclusion, fraction), rule(inclusion, matrix, 1 - fraction)
        assert one.bulk == pytest.approx(other.bulk, rel=1e-7)  # the self-consistent iteration stops at 1e-12 a step


def test_self_consistent_moduli_of_rigid_spheres_in_rubber():
    # Budiansky 1965: with rigid spheres in an incompressible matrix G = G_matrix / (1 - 5f/2)
    rubber, rigid = Elastic.from_bulk_shear(1e7, 1.0), Elastic.from_bulk_shear(1e9, 1e9)
    assert self_consistent(rubber, rigid, 0.2).shear == pytest.approx(1 / (1 - 2.5 * 0.2), rel=1e-5)  # 1e-7 not quite 0


def test_composite_of_the_main_case():
    fraction = volume_fraction(0.75, load("scNCM92")["density"].number, load("LZACO")["density"].number)
    assert fraction == pytest.approx(0.641, abs=5e-4)  # three digits in the table
    assert hashin_shtrikman_lower(LZACO, NCM, fraction).young == pytest.approx(6.3e3, rel=0.01)  # two digits
    assert hashin_shtrikman_lower(LZCO, NCM, fraction).young == pytest.approx(31.2e3, rel=0.005)  # three digits
    assert reuss(LZACO, NCM, fraction).young == pytest.approx(3.9e3, rel=0.01)
    assert reuss(LZCO, NCM, fraction).young == pytest.approx(20.6e3, rel=0.005)


def test_volume_fraction():
    assert volume_fraction(0.3, 2.0, 2.0) == pytest.approx(0.3)
    assert volume_fraction(0.5, 3.0, 1.0) == pytest.approx(0.25)
    assert volume_fraction(0.0, 3.0, 1.0) == 0
    assert volume_fraction(1.0, 3.0, 1.0) == 1


def apart(matrix, inclusion):
    """Bulk moduli that differ enough for a quotient of differences to keep eight digits."""
    return abs(matrix.bulk - inclusion.bulk) > 1e-3 * matrix.bulk


@given(bodies, bodies, fractions)
def test_levin_with_equal_stress_is_the_volume_average(matrix, inclusion, fraction):
    effective = reuss(matrix, inclusion, fraction)
    strain = levin(matrix, inclusion, effective, -0.1, fraction)
    if apart(matrix, inclusion):
        assert strain == pytest.approx(-0.1 * fraction, rel=1e-8, abs=1e-9)


@settings(deadline=None)
@given(bodies, bodies, fractions)
@pytest.mark.parametrize("rule", MODULI.values(), ids=MODULI.keys())
def test_levin_lies_between_nothing_and_the_whole(rule, matrix, inclusion, fraction):
    strain = levin(matrix, inclusion, rule(matrix, inclusion, fraction), -0.1, fraction)
    if apart(matrix, inclusion):
        assert -0.1 - 1e-9 <= strain <= 1e-9  # round-off


def test_levin_with_equal_bulk_moduli_is_the_volume_average():
    assert levin(NCM, NCM, NCM, -0.1, 0.3) == pytest.approx(-0.03)
    other = Elastic.from_bulk_shear(NCM.bulk, NCM.shear / 2)
    assert levin(NCM, other, mori_tanaka(NCM, other, 0.3), -0.1, 0.3) == pytest.approx(-0.03)


@pytest.mark.parametrize("matrix", [LZACO, LZCO])
@pytest.mark.parametrize("fraction", [0.1, 0.641, 0.9])
def test_levin_in_a_coated_sphere(matrix, fraction):
    """Lamé: core u = a r that shrinks by -10 %, shell u = b r + c/r² with a free surface at radius 1.

    The coated sphere has the bulk modulus of the lower bound, so its surface must move by Levin's strain.
    """
    radius, strain = fraction ** (1 / 3), -0.1
    equations = np.array(
        [
            [radius, -radius, -(radius**-2)],  # displacement is continuous at the core
            [3 * NCM.bulk, -3 * matrix.bulk, 4 * matrix.shear / radius**3],  # and so is the radial stress
            [0, 3 * matrix.bulk, -4 * matrix.shear],  # which vanishes at the surface
        ]
    )
    _, stretch, shell = np.linalg.solve(equations, [0, 3 * NCM.bulk * strain, 0])
    effective = hashin_shtrikman_lower(matrix, NCM, fraction)
    assert levin(matrix, NCM, effective, strain, fraction) == pytest.approx(stretch + shell, rel=1e-10)  # round-off


conductivities = some.floats(1e-6, 1e3)


@given(conductivities, conductivities, fractions)
def test_conductivity_lies_between_the_bounds(matrix, inclusion, fraction):
    """Of Hashin and Shtrikman: Maxwell's with either part as the matrix; and those between those of layers."""
    along = (1 - fraction) * matrix + fraction * inclusion
    across = 1 / ((1 - fraction) / matrix + fraction / inclusion)
    bounds = sorted((maxwell(matrix, inclusion, fraction), maxwell(inclusion, matrix, 1 - fraction)))
    rising = [across, bounds[0], bruggeman(matrix, inclusion, fraction), bounds[1], along]
    for less, more in pairwise(rising):
        # a difference of numbers up to 1e9 apart loses so many digits
        assert less <= more * (1 + ROUND_OFF) + 1e-14 * max(matrix, inclusion)


@given(conductivities, conductivities)
@pytest.mark.parametrize("rule", [bruggeman, maxwell])
def test_pure_parts_conduct_as_they_are(rule, matrix, inclusion):
    most = max(matrix, inclusion)
    assert rule(matrix, inclusion, 0.0) == pytest.approx(matrix, rel=ROUND_OFF, abs=1e-14 * most)
    assert rule(matrix, inclusion, 1.0) == pytest.approx(inclusion, rel=ROUND_OFF, abs=1e-14 * most)


def test_conductivity_around_spheres_that_do_not_conduct():
    assert bruggeman(2.0, 0.0, 0.64) == pytest.approx(2.0 * 0.36**1.5)
    assert bruggeman(2.0, 1e-12, 0.64) == pytest.approx(2.0 * 0.36**1.5)
    assert maxwell(2.0, 0.0, 0.64) == pytest.approx(2.0 * 0.36 / 1.32)  # 2 (1-f) / (2+f)
    assert bruggeman(2.0, 0.0, 1.0) == maxwell(2.0, 0.0, 1.0) == 0


def test_few_spheres_conduct_alike_by_either_rule():
    """To first order in their fraction: σ_m (1 + 3 f (σ_i - σ_m)/(σ_i + 2 σ_m))."""
    for inclusion in (0.0, 0.5, 7.0):
        slope = 3 * (inclusion - 2.0) / (inclusion + 4.0) * 2.0
        for rule in (bruggeman, maxwell):
            assert (rule(2.0, inclusion, 1e-5) - 2.0) / 1e-5 == pytest.approx(slope, rel=1e-4)


@pytest.mark.parametrize("fraction", [-0.1, 1.1, float("nan")])
@pytest.mark.parametrize("rule", [bruggeman, maxwell])
def test_conductivity_refuses_a_fraction_that_is_none(rule, fraction):
    with pytest.raises(MixtureError, match="takes one from 0 to 1"):
        rule(2.0, 0.0, fraction)


@pytest.mark.parametrize("fraction", [-0.1, 1.1, float("nan")])
@pytest.mark.parametrize("rule", MODULI.values(), ids=MODULI.keys())
def test_refuses_a_fraction_that_is_none(rule, fraction):
    with pytest.raises(MixtureError, match="takes one from 0 to 1"):
        rule(LZACO, NCM, fraction)


@pytest.mark.parametrize(("young", "poisson"), [(0.0, 0.3), (-1.0, 0.3), (1.0, 0.5), (1.0, -1.0), (float("nan"), 0.3)])
def test_refuses_a_body_that_cannot_be(young, poisson):
    with pytest.raises(MixtureError):
        Elastic(young, poisson)


def test_refuses_weights_and_densities_that_cannot_be():
    with pytest.raises(MixtureError, match="weight fraction"):
        volume_fraction(75, 4.78, 2.84)
    with pytest.raises(MixtureError, match="densities"):
        volume_fraction(0.75, 4.78, 0.0)
