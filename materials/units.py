"""Units that a person may write, as exact multiples of the SI's base units."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

BASES = ("m", "kg", "s", "A", "K", "mol")


@dataclass(frozen=True)
class Unit:
    """A factor and the power of each base unit; products, ratios and powers of units are units."""

    factor: Fraction | float  # a float only where a root was taken
    powers: tuple[Fraction, ...]

    def __mul__(self, other: Unit) -> Unit:
        return Unit(self.factor * other.factor, tuple(map(sum, zip(self.powers, other.powers, strict=True))))

    def __pow__(self, power: Fraction) -> Unit:
        return Unit(self.factor**power, tuple(one * power for one in self.powers))


def _unit(factor: str | int, **powers: int) -> Unit:
    return Unit(Fraction(factor), tuple(Fraction(powers.get(base, 0)) for base in BASES))


ONE = _unit(1)
PREFIXES = {"p": "1e-12", "n": "1e-9", "u": "1e-6", "µ": "1e-6", "μ": "1e-6", "m": "1e-3", "c": "1e-2", "d": "1e-1"}
PREFIXES |= {"k": "1e3", "M": "1e6", "G": "1e9", "T": "1e12"}
LONG_PREFIXES = {"pico": "1e-12", "nano": "1e-9", "micro": "1e-6", "milli": "1e-3", "centi": "1e-2", "deci": "1e-1"}
LONG_PREFIXES |= {"kilo": "1e3", "mega": "1e6", "giga": "1e9", "tera": "1e12"}

# Symbol, names, and the unit: those that take a prefix, such as the k of km and the kilo of kilometer ...
WITH_PREFIX: tuple[tuple[str, tuple[str, ...], Unit], ...] = (
    ("m", ("meter", "metre"), _unit(1, m=1)),
    ("g", ("gram",), _unit("1e-3", kg=1)),
    ("s", ("second",), _unit(1, s=1)),
    ("A", ("ampere",), _unit(1, A=1)),
    ("K", ("kelvin",), _unit(1, K=1)),
    ("mol", ("mole",), _unit(1, mol=1)),
    ("Hz", ("hertz",), _unit(1, s=-1)),
    ("N", ("newton",), _unit(1, kg=1, m=1, s=-2)),
    ("Pa", ("pascal",), _unit(1, kg=1, m=-1, s=-2)),
    ("J", ("joule",), _unit(1, kg=1, m=2, s=-2)),
    ("W", ("watt",), _unit(1, kg=1, m=2, s=-3)),
    ("C", ("coulomb",), _unit(1, A=1, s=1)),
    ("V", ("volt",), _unit(1, kg=1, m=2, s=-3, A=-1)),
    ("S", ("siemens",), _unit(1, kg=-1, m=-2, s=3, A=2)),
    ("ohm", (), _unit(1, kg=1, m=2, s=-3, A=-2)),
    ("Ω", (), _unit(1, kg=1, m=2, s=-3, A=-2)),
    ("\u2126", (), _unit(1, kg=1, m=2, s=-3, A=-2)),  # the sign that looks like the letter
    ("Ah", (), _unit(3600, A=1, s=1)),
    ("Wh", (), _unit(3600, kg=1, m=2, s=-2)),
    ("l", ("liter", "litre"), _unit("1e-3", m=3)),
    ("L", (), _unit("1e-3", m=3)),
    ("bar", (), _unit("1e5", kg=1, m=-1, s=-2)),
    ("eV", (), _unit("1.602176634e-19", kg=1, m=2, s=-2)),
)
# ... and those that take none.
ALONE: tuple[tuple[str, tuple[str, ...], Unit], ...] = (
    ("%", ("percent",), _unit("1e-2")),
    ("ppm", (), _unit("1e-6")),
    ("min", ("minute",), _unit(60, s=1)),
    ("h", ("hour", "hr"), _unit(3600, s=1)),
    ("d", ("day",), _unit(86400, s=1)),
    ("week", (), _unit(604800, s=1)),
    ("micron", (), _unit("1e-6", m=1)),
    ("angstrom", ("\u00c5", "\u212b"), _unit("1e-10", m=1)),  # the letter, and the sign that looks like it
    ("atm", (), _unit(101325, kg=1, m=-1, s=-2)),
    ("psi", (), _unit(Fraction("0.45359237") * Fraction("9.80665") / Fraction("0.0254") ** 2, kg=1, m=-1, s=-2)),
    ("t", ("tonne",), _unit(1000, kg=1)),
    ("dyn", ("dyne",), _unit("1e-5", kg=1, m=1, s=-2)),
    ("erg", (), _unit("1e-7", kg=1, m=2, s=-2)),
)


def _named() -> Iterator[tuple[str, Unit]]:
    """Every unit by everything that it may be called; a name may stand in the plural."""
    for symbol, names, unit in WITH_PREFIX:
        for prefix, factor in {"": "1", **PREFIXES}.items():
            yield prefix + symbol, _unit(factor) * unit
        for prefix, factor in {"": "1", **LONG_PREFIXES}.items():
            for name in names:
                yield prefix + name, _unit(factor) * unit
                yield f"{prefix}{name}s", _unit(factor) * unit
    for symbol, names, unit in ALONE:
        for name in (symbol, *names):
            yield name, unit
            if len(name) > 3:
                yield f"{name}s", unit


UNITS: Mapping[str, Unit] = dict(_named())

NAME = r"[A-Za-zµμΩ\u2126\u00c5\u212b]+|%"
# Small powers and nothing else: no text can keep the program calculating (m^9^9^9 would for ever).
POWER = r"(?:\^|\*\*)(?:[-+]?\d(?:\.\d)?|\([-+]?\d(?:[./]\d)?\))|⁻?[¹²³⁴]"
TOKEN = re.compile(rf"\s*(?:(?P<name>{NAME})|(?P<power>{POWER})|(?P<sign>[*/()√]))")
RAISED = str.maketrans("⁻¹²³⁴", "-1234")


class NoUnit(ValueError):
    """The text is not a unit that is known here."""


def parsed(text: str) -> Unit:
    """The unit that a text such as J/m^2, MPa√m, mS cm^-1, kPa*m^(1/2) or % stands for; without any it is 1."""
    tokens = _tokens(text)
    if not tokens:
        return ONE
    try:
        unit = _product(tokens)
    except (ArithmeticError, IndexError):  # 1/0 as a power, a text that ends too soon
        raise NoUnit(text) from None
    if tokens:
        raise NoUnit(text)
    return unit


def _tokens(text: str) -> list[tuple[str, str]]:
    """Kind and text of each piece, the last one first."""
    for sign, plainer in (("−", "-"), ("·", "*"), ("⋅", "*")):
        text = text.replace(sign, plainer)
    tokens, at = [], 0
    text = text.strip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise NoUnit(text)
        tokens.append((str(match.lastgroup), match.group(str(match.lastgroup))))
        at = match.end()
    return tokens[::-1]


def _product(tokens: list[tuple[str, str]]) -> Unit:
    """Factors from left to right; a space multiplies as * does."""
    unit = _raised(tokens)
    while tokens and tokens[-1] != ("sign", ")"):
        sign = tokens.pop()[1] if tokens[-1][1] in "*/" else "*"
        unit *= _raised(tokens) ** Fraction(-1 if sign == "/" else 1)
    return unit


def _raised(tokens: list[tuple[str, str]]) -> Unit:
    """One factor with its power."""
    kind, text = tokens.pop()
    if text == "√":
        return _raised(tokens) ** Fraction(1, 2)
    if text == "(":
        unit = _product(tokens)
        if tokens.pop() != ("sign", ")"):
            raise NoUnit(text)
    elif kind == "name" and text in UNITS:
        unit = UNITS[text]
    else:
        raise NoUnit(text)
    return unit ** _power(tokens.pop()[1]) if tokens and tokens[-1][0] == "power" else unit


def _power(text: str) -> Fraction:
    return Fraction(text.strip("^*()").translate(RAISED))
