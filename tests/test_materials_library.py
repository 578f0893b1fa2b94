"""The cards that come with the program: complete, and right where a number follows from others."""

import re
from math import isclose

import pytest

from materials.card import CARDS, load, names
from materials.hardness import elastic_limit, expanding_cavity, tabor

ALIASES = {
    "LZACO": "LZACO",
    "LZCO": "LZCO",
    "LZC": "Li2ZrCl6",
    "LIC": "Li3InCl6",
    "LISC": "Li2In1/3Sc1/3Cl4",
    "LNC": "Li9N2Cl3",
    "LHC": "Li2.73Ho1.09Cl6",
    "LPSCl": "Li6PS5Cl",
    "Li6PS5Br": "Li6PS5Br",
    "Li6PS5I": "Li6PS5I",
    "Li6.7Si0.7Sb0.3S5I": "Li6.7Si0.7Sb0.3S5I",
    "LPS glass": "Li3PS4 glass",
    "LLZO": "LLZO",
    "scNCM92": "scNCM92",
    "NCM811": "NCM811",
    "NCM85": "NCM85",
    "NCM83": "NCM83",
    "NCM622": "NCM622",
    "NCA": "NCA",
    "LCO": "LiCoO2",
    "Li": "Li",
    "In": "In",
}
# IUPAC 2021, abridged
ATOMS = {
    "Li": 6.94, "N": 14.007, "O": 15.999, "Al": 26.982, "Si": 28.085, "P": 30.974, "S": 32.06, "Cl": 35.45,
    "Sc": 44.956, "Mn": 54.938, "Co": 58.933, "Ni": 58.693, "Br": 79.904, "Zr": 91.224, "In": 114.818,
    "Sb": 121.760, "I": 126.904, "La": 138.905, "Ho": 164.930,
}  # fmt: skip

every = pytest.mark.parametrize("name", names())


def test_every_material_has_its_card():
    assert {alias: load(alias).name for alias in ALIASES} == ALIASES
    assert set(names()) == set(ALIASES.values())
    assert len(list(CARDS.glob("*.toml"))) == len(names())


@every
def test_values_say_where_they_come_from(name):
    material = load(name)
    for key, values in material.values.items():
        assert [value.preferred for value in values].count(True) == 1, key
        for value in values:
            assert value.source or value.confidence == "assumed", (key, value.text)
            assert value.method, (key, value.text)
            assert bool(value.bounds_from) == bool(value.bounds), (
                key,
                value.text,
            )  # bounds say why they are there


@every
def test_molar_mass_is_that_of_the_formula(name):
    material = load(name)
    mass = 0.0
    for atom, count in re.findall(r"([A-Z][a-z]?)(\d+/\d+|[\d.]*)", material.formula):
        over, _, under = (count or "1").partition("/")
        mass += ATOMS[atom] * float(over) / float(under or 1)
    assert material["molar_mass"].number == pytest.approx(mass, rel=3e-4)  # cards give four digits


@pytest.mark.parametrize("name", [name for name in names() if load(name).kind == "active"])
def test_capacity_and_concentration_follow_from_mass_and_density(name):
    material = load(name)
    mass, density = material["molar_mass"].number, material["density"].number
    assert material["capacity"].number == pytest.approx(96485.33 / 3.6 / mass, rel=3e-4)  # cards give four digits
    assert material["max_concentration"].number == pytest.approx(1e6 * density / mass, rel=1e-3)  # three digits


@pytest.mark.parametrize(
    ("name", "text", "young", "poisson"),
    [
        ("LPSCl", "5.31 J/m^2", 4.7e3, 0.37),
        ("LPS glass", "2.6 J/m^2", 18.5e3, 0.30),
        ("LLZO", "13.4 J/m^2", 158.47e3, 0.26),
        ("LCO", "4.0 J/m^2", 191e3, 0.24),
        ("NCM811", "0.29 J/m^2", 230e3, 0.30),
        ("scNCM92", "0.34 J/m^2", 200e3, 0.25),
    ],
)
def test_toughness_follows_from_stress_intensity(name, text, young, poisson):
    material = load(name)
    assert material["toughness"].text == text
    release = 1e6 * material["stress_intensity"].number ** 2 * (1 - poisson**2) / young  # MPa² m / MPa to J/m²
    assert material["toughness"].number == pytest.approx(release, rel=0.02)  # cards give two digits at least


def test_lzaco_yields_between_the_two_rules():
    card = load("LZACO")
    young, hardness, poisson = (card[key].number for key in ("young_modulus", "hardness", "poisson_ratio"))
    lower, upper = card["yield_stress"].bounds
    assert lower == pytest.approx(tabor(hardness), abs=0.5)  # whole MPa on the card
    assert lower < card["yield_stress"].number < expanding_cavity(hardness, young, poisson) < upper


def test_lzco_hardness_is_called_an_assumption():
    card = load("LZCO")
    hardness = card["hardness"]
    assert hardness.confidence == "assumed"
    assert "lower bound, borrowed from Li3InCl6" in hardness.method
    assert hardness.number > elastic_limit(card["young_modulus"].number, card["poisson_ratio"].number)
    assert isclose(card["yield_stress"].number, tabor(hardness.number), rel_tol=1e-3)


def test_shrinkage_says_linear_or_volumetric():
    for name in names():
        for value in load(name).values.get("shrinkage_at_full_charge", ()):
            assert value.number < 0
            assert "linear" in value.method or "volumetric" in value.method, (name, value.text)


def test_sheet_numbers_of_the_main_case():
    lzaco, lzco, cathode = load("LZACO"), load("LZCO"), load("scNCM92")
    assert (lzaco["young_modulus"].number, lzaco["hardness"].number) == (1410.0, 220.0)
    assert (lzco["young_modulus"].number, lzco["hardness"].number) == (7920.0, 2070.0)
    assert cathode["young_modulus"].bounds == (138e3, 230e3)
    assert cathode["shrinkage_at_full_charge"].number == -0.1
    assert "not stated" in cathode["shrinkage_at_full_charge"].method
