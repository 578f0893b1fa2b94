"""Yield stress from hardness, against values worked out by hand and against its own limits."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from materials.card import load
from materials.hardness import (
    HardnessError,
    constraint,
    elastic_limit,
    expanding_cavity,
    hardness_warnings,
    tabor,
)


# E, H in GPa, ν; then H/H_el, Tabor and expanding cavity in MPa
@pytest.mark.parametrize(
    ("name", "young", "hardness", "poisson", "share", "by_tabor", "by_cavity"),
    [
        ("LZACO", 1.41, 0.22, 0.30, 0.79, 73, 153),
        ("LZACO", 1.41, 0.22, 0.35, 0.76, 73, 155),
        ("LZCO", 7.92, 2.07, 0.30, 1.33, 690, 1810),
        ("LPSCl", 28.6, 1.34, 0.30, 0.24, 447, 567),
        ("LPSCl", 22.1, 1.34, 0.37, 0.29, 447, 606),
        ("LPS glass", 18.5, 1.9, 0.30, 0.52, 633, 1097),
        ("NMC532", 142.5, 8.6, 0.30, 0.31, 2870, 3990),
        ("NMC811", 230, 14.2, 0.30, 0.31, 4730, 6650),
        ("LCO film", 178, 8.3, 0.24, 0.25, 2770, 3590),
        ("LLZTO", 158.5, 11.27, 0.26, 0.37, 3760, 5650),
    ],
)
def test_table(name, young, hardness, poisson, share, by_tabor, by_cavity):
    young, hardness = 1000 * young, 1000 * hardness
    # the table has two digits of H/H_el and three of the stresses
    assert hardness / elastic_limit(young, poisson) == pytest.approx(share, abs=0.006)
    assert tabor(hardness) == pytest.approx(by_tabor, rel=5e-3)
    assert expanding_cavity(hardness, young, poisson) == pytest.approx(by_cavity, rel=5e-3)


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        (2, 0.94),
        (5, 1.19),
        (10, 1.47),
        (15, 1.67),
        (20, 1.82),
        (30, 2.05),
        (50, 2.36),
        (100, 2.79),
        (200, 3.0),
    ],
)
def test_constraint_against_modulus_over_yield_stress(ratio, expected):
    assert constraint(1.0, ratio, 0.3) == pytest.approx(expected, abs=0.005)  # two digits in the table


@given(some.floats(1.0, 1e5), some.floats(0.0, 0.49))
def test_stiff_against_hard_is_tabor(hardness, poisson):
    assert expanding_cavity(hardness, 1e4 * hardness, poisson) == pytest.approx(hardness / 3, rel=1e-12)  # round-off


@given(some.floats(1.0, 1e5), some.floats(3.0, 1e4), some.floats(0.0, 0.40))
def test_cavity_is_solved_and_never_below_tabor(hardness, ratio, poisson):
    yield_stress = expanding_cavity(hardness, ratio * hardness, poisson)
    assert yield_stress >= tabor(hardness)
    solved = yield_stress * constraint(yield_stress, ratio * hardness, poisson)
    assert solved == pytest.approx(hardness, rel=1e-12)  # bisection down to round-off


def test_no_yield_stress_for_a_hard_and_incompressible_body():
    # ν = ½: H = σ (4/3 + ⅔ ln(E tanβ / 3σ)) is greatest at σ = e E tanβ / 3, where it is ⅔ σ
    greatest = 2 / 3 * math.e * math.tan(math.radians(19.7)) / 3
    assert expanding_cavity(0.99 * greatest, 1.0, 0.4999999) > 0
    with pytest.raises(HardnessError, match="Tabor"):
        expanding_cavity(1.01 * greatest, 1.0, 0.4999999)


def warnings_of(name):
    material = load(name)
    return hardness_warnings(*(material[key].number for key in ("hardness", "young_modulus", "poisson_ratio")))


def test_lzco_is_harder_than_its_modulus_allows():
    (warning,) = warnings_of("LZCO")
    assert "2.07 GPa is above 1.56 GPa" in warning
    assert "690 MPa" in warning
    assert "in effect elastic" in warning


def test_tabor_underrates_lzaco():
    (warning,) = warnings_of("LZACO")
    assert "E/H is 6.4" in warning
    assert "underrates" in warning


def test_nothing_to_warn_of_where_an_indent_is_plastic():
    assert warnings_of("LPSCl") == []
