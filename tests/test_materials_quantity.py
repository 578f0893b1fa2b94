"""Text with units becomes the number it stands for, or a sentence that says what was wrong."""

import math
import re
import subprocess
import sys

import pint
import pytest
from hypothesis import given
from hypothesis import strategies as some

from materials import units
from materials.quantity import EXAMPLES, INTERNAL, QuantityError, read


@pytest.mark.parametrize(
    ("text", "dimension", "number"),
    [
        ("1.41 GPa", "stress", 1410.0),
        ("5um", "length", 5.0),
        ("5 µm", "length", 5.0),  # micro sign
        ("5 μm", "length", 5.0),  # Greek mu
        ("500 nm", "length", 0.5),
        ("70 J/m^2", "toughness", 70.0),
        ("70 J/m²", "toughness", 70.0),
        ("0.07 N/mm", "toughness", 70.0),
        ("70 MPa*um", "toughness", 70.0),
        ("0.23 MPa√m", "stress intensity", 0.23),
        ("230 kPa*m^(1/2)", "stress intensity", 0.23),
        ("20 MPa/um", "stiffness", 20.0),
        ("2770 kg/m^3", "density", 2.77),
        ("2.55 mS cm^-1", "conductivity", 2.55),
        ("0.255 S/m", "conductivity", 2.55),
        ("275 mAh/g", "specific capacity", 275.0),
        ("49.1 mol/l", "concentration", 49100.0),
        ("-10 %", "number", -0.1),
        ("−10%", "number", -0.1),  # the minus sign of a word processor
        ("0.3", "number", 0.3),
        (0.3, "number", 0.3),
        (1, "number", 1.0),
    ],
)
def test_reads(text, dimension, number):
    assert read(text, dimension) == pytest.approx(number, rel=1e-14)  # nothing but the rounding of one factor


@pytest.mark.parametrize(
    ("text", "dimension", "sentence"),
    [
        ("5 GPa", "length", """got '5 GPa' (a stress), takes a length such as "5 um\""""),
        ("5", "length", """got '5' (no unit), takes a length such as "5 um\""""),
        (5, "length", """got 5 (no unit), takes a length such as "5 um\""""),
        ("30 %", "stress", """got '30 %' (a number), takes a stress such as "1.41 GPa\""""),
        (True, "number", """got True, takes a number such as 0.3 or "30 %\""""),
        (None, "stress", """got None, takes a stress such as "1.41 GPa\""""),
    ],
)
def test_wrong_dimension_is_one_sentence(text, dimension, sentence):
    with pytest.raises(QuantityError) as error:
        read(text, dimension)
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("1.41 Gpa", "did you mean GPa?"),
        ("1,41 GPa", "decimal mark is a point"),
        ("5 K", "of another dimension"),
    ],
)
def test_hints(text, hint):
    with pytest.raises(QuantityError, match=hint):
        read(text, "stress")


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 10**400, "nan", "inf", "1e400", "", "%"])
def test_refuses_what_is_no_finite_number(number):
    with pytest.raises(QuantityError):
        read(number, "number")


@pytest.mark.parametrize(
    "text",
    [
        "5 (",
        "5 m^^2",
        "5 m/0",
        "5 um + 3 um",
        "5 3 um",
        "5 um; 3",
        "5 __import__('os')",
        "5 m^9^9^9",
        "5 m^(1/0)",
    ],
)
def test_refuses_what_is_no_unit(text):
    with pytest.raises(QuantityError):
        read(text, "length")


@given(some.text(max_size=12) | some.text(alphabet="umGPa^*/()0123456789.- √%", max_size=12))
def test_any_text_is_read_or_refused_in_words(text):
    try:
        number = read(f"1 {text}", "length")
    except QuantityError:
        number = 0.0
    assert math.isfinite(number)


def test_every_example_is_right():
    assert EXAMPLES.keys() == INTERNAL.keys()
    for dimension, example in EXAMPLES.items():
        for text in example.split(" or "):
            assert read(text.strip('"'), dimension) > 0


@pytest.mark.parametrize("text", ["MPa", "J/m^2", "mS cm^-1", "kg/m^3", "kPa*m^(1/2)", "J/(m^2)", "N/m*s", "mA*h/g"])
def test_units_put_together_are_those_of_pint(text):
    """Pint is a reference here and no part of the program: it takes longer to import than a case to be read."""
    theirs = pint.UnitRegistry().parse_units(text)
    assert_same(units.parsed(text), theirs)


def test_every_unit_that_is_known_is_that_of_pint():
    registry = pint.UnitRegistry()
    for name, unit in units.UNITS.items():
        plain = re.sub("[Ω\u2126]", "ohm", re.sub("[\u00c5\u212b]", "angstrom", name)).replace("%", "percent")
        plain = (
            f"{plain[:-2]}A*hour" if plain.endswith("Ah") else f"{plain[:-2]}W*hour" if name.endswith("Wh") else plain
        )
        assert_same(unit, registry.parse_units(plain))


def assert_same(ours: units.Unit, theirs: pint.Unit) -> None:
    plain = (1.0 * theirs).to_root_units()
    powers = dict(zip(("meter", "gram", "second", "ampere", "kelvin", "mole"), ours.powers, strict=True))
    assert {base: power for base, power in powers.items() if power} == pytest.approx(dict(plain._units), rel=1e-12)
    grams = 1000.0 ** float(powers["gram"])  # pint's root unit of mass
    assert float(ours.factor) * grams == pytest.approx(plain.magnitude, rel=1e-12), theirs


def test_reading_a_quantity_loads_neither_pint_nor_numpy():
    ask = (
        "import sys, materials.card; from materials.quantity import read; read('1 GPa', 'stress'); "
        "sys.exit(not {'pint', 'numpy'}.isdisjoint(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", ask], check=False).returncode == 0
