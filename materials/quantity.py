"""The one place that knows units: text as a person writes it, to a number in the units of the program.

Inside, lengths are µm and stresses MPa, so that a toughness in J/m² (= MPa µm) enters with no factor.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache

from materials import units

INTERNAL: Mapping[str, str] = {
    "number": "",
    "length": "um",
    "time": "s",
    "stress": "MPa",
    "toughness": "J/m^2",
    "stress intensity": "MPa*m^0.5",
    "stiffness": "MPa/um",
    "density": "g/cm^3",
    "molar mass": "g/mol",
    "concentration": "mol/m^3",
    "diffusivity": "m^2/s",
    "conductivity": "mS/cm",
    "specific capacity": "mAh/g",
}

EXAMPLES: Mapping[str, str] = {
    "number": '0.3 or "30 %"',
    "length": '"5 um"',
    "time": '"30 min"',
    "stress": '"1.41 GPa"',
    "toughness": '"70 J/m^2"',
    "stress intensity": '"0.23 MPa*m^0.5"',
    "stiffness": '"20 MPa/um"',
    "density": '"2.77 g/cm^3"',
    "molar mass": '"97.6 g/mol"',
    "concentration": '"49100 mol/m^3"',
    "diffusivity": '"4e-15 m^2/s"',
    "conductivity": '"2.55 mS/cm"',
    "specific capacity": '"275 mAh/g"',
}

# Only for the nearest right spelling of a unit nobody knows: "1.41 Gpa" is the commonest slip.
COMMON_UNITS = ("nm", "um", "mm", "kPa", "MPa", "GPa", "J/m^2", "kN/mm", "mS/cm", "S/cm", "S/m")

# What a quantity may be anywhere in a cell, with room to spare, as a person would write it: what is outside is a slip,
# and would end a run in the middle.
POSSIBLE: Mapping[str, tuple[str, str]] = {
    "length": ("0.1 nm", "1 m"),
    "time": ("1 ms", "1e5 h"),
    "stress": ("1 Pa", "10 TPa"),
    "toughness": ("1e-6 J/m^2", "1e7 J/m^2"),
    "stress intensity": ("1e-6 MPa*m^0.5", "1e4 MPa*m^0.5"),
    "stiffness": ("1e-9 MPa/um", "1e9 MPa/um"),
    "density": ("1e-3 g/cm^3", "100 g/cm^3"),
    "molar mass": ("1 g/mol", "1e6 g/mol"),
    "concentration": ("1e-3 mol/m^3", "1e6 mol/m^3"),
    "diffusivity": ("1e-30 m^2/s", "1e-3 m^2/s"),
    "conductivity": ("1e-20 mS/cm", "1e10 mS/cm"),
    "specific capacity": ("1e-3 mAh/g", "1e5 mAh/g"),
}

NUMBER_THEN_UNIT = re.compile(r"\s*([-+−]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+−]?\d+)?)\s*(.*?)\s*", re.DOTALL)


class QuantityError(ValueError):
    """What was written is not a quantity of the wanted dimension; the text is a sentence for the user."""


def read(text: str | float | int, dimension: str) -> float:
    """What `text` stands for, in the program's units (INTERNAL). Only a "number" may lack a unit."""
    takes = f"takes a {dimension} such as {EXAMPLES[dimension]}"
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise QuantityError(f"got {_shown(text)}, {takes}")
    number, unit = _split(text, takes)
    if unit:
        factor = _factor(unit, dimension)
        if factor is None:
            raise QuantityError(f"got {_shown(text)} ({_described(unit)}), {takes}")
        # dividing keeps 94 % at 0.94, where 94 times 0.01 leaves a stray digit
        number = number * factor if factor >= 1 else number / (1 / factor)
    elif dimension != "number":
        raise QuantityError(f"got {_shown(text)} (no unit), {takes}")
    if not math.isfinite(number):
        raise QuantityError(f"got {_shown(text)}, which is not finite, {takes}")
    return number


def impossible(number: float, text: object, dimension: str) -> str | None:
    """A sentence where a quantity other than 0 is so small or so large that it is a slip."""
    if dimension not in POSSIBLE or number == 0:
        return None
    least, most = (read(limit, dimension) for limit in POSSIBLE[dimension])
    if least <= abs(number) <= most:
        return None
    return f"got {_shown(text)}, takes a {dimension} that is possible, from {' to '.join(POSSIBLE[dimension])}"


def _split(text: str | float | int, takes: str) -> tuple[float, str]:
    if not isinstance(text, str):
        try:
            return float(text), ""
        except OverflowError:
            raise QuantityError(f"got {_shown(text)}, which is too large, {takes}") from None
    parts = NUMBER_THEN_UNIT.fullmatch(text)
    if parts is None:
        raise QuantityError(f"got {_shown(text)}, which does not start with a number, {takes}")
    digits, unit = parts.groups()
    if unit.startswith(","):
        raise QuantityError(f"got {_shown(text)} (the decimal mark is a point, not a comma), {takes}")
    return float(digits.replace("−", "-")), unit


@lru_cache(maxsize=256)
def _factor(unit: str, dimension: str) -> float | None:
    """What one of the unit is in the program's own; None where it is no unit, or of another dimension."""
    try:
        one, internal = units.parsed(unit), units.parsed(INTERNAL[dimension])
        return float(one.factor / internal.factor) if one.powers == internal.powers else None
    except (units.NoUnit, OverflowError):
        return None


def _described(unit: str) -> str:
    """What a unit of the wrong dimension measures, or the nearest right spelling of an unknown one."""
    try:
        units.parsed(unit)
    except units.NoUnit:
        lower = {known.lower(): known for known in COMMON_UNITS}
        near = get_close_matches(unit.lower(), lower, n=1)
        hint = f"; did you mean {lower[near[0]]}?" if near else ""
        return f"{unit} is not a unit known here{hint}"
    for dimension in INTERNAL:
        if _factor(unit, dimension) is not None:
            return f"a {dimension}"
    return f"of another dimension: {unit}"


def _shown(text: object) -> str:
    return repr(text) if len(repr(text)) <= 60 else f"{repr(text)[:57]}..."
