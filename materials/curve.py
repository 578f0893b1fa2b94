"""Curve files: measured swelling over lithium content (curves/*.toml), with method, source and confidence.

Like a card, a curve is a TOML file that anyone can write, and is checked completely when it is read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from materials import quantity
from materials.card import read_toml
from materials.properties import nearest
from materials.swelling import Change, Curve, Lattice, Origin, SwellingError, disagreement
from materials.value import WORDS, CardError, MaterialError, faults_of_words

__all__ = ["Curve", "SwellingError", "UnknownCurve", "load", "names", "of_material", "read_curve"]

CURVES = Path(__file__).parent / "curves"
HEADER = ("name", "aliases", "about", "reference")
ORIGIN = ("method", "source", "doi", "confidence", "note")
COLUMNS = {"volume": ("change of volume",), "lattice": ("change of a", "change of c")}
LARGEST = 50.0  # percent; no crystal keeps its structure through more


class UnknownCurve(MaterialError):
    """No curve of that name."""


def names() -> list[str]:
    """The curves that come with the program."""
    return sorted({curve.name for curve in _shelf().values()}, key=str.lower)


def load(name: str) -> Curve:
    """The curve of that name or alias or, where the text ends in .toml, the one in that file."""
    if name.endswith(".toml"):
        return read_curve(Path(name))
    if name not in _shelf():
        raise UnknownCurve(f"there is no curve for {name}{nearest(name, _shelf())}")
    return _shelf()[name]


def of_material(*its_names: str) -> Curve | None:
    """The curve that goes by one of the names of a material, if there is one."""
    return next((_shelf()[name] for name in its_names if name in _shelf()), None)


@lru_cache(maxsize=1)
def _shelf() -> dict[str, Curve]:
    """Every name and alias among the curves that come with the program."""
    shelf: dict[str, Curve] = {}
    for path in sorted(CURVES.glob("*.toml")):
        curve = read_curve(path)
        for name in (curve.name, *curve.aliases):
            if name in shelf:
                raise CardError([f"{path.name}: {name} already names the curve {shelf[name].name}"])
            shelf[name] = curve
    return shelf


def read_curve(path: Path) -> Curve:
    """Read and check one curve file; a CardError names every fault by file, key and value."""
    table = read_toml(path, "curve")
    if problems := list(_faults(table)):
        raise CardError([f"{path}: {problem}" for problem in problems])
    name = table["name"]
    (volume,) = _changes(table["volume"], f"the volume of {name}")
    lattice = None
    if "lattice" in table:
        a, c = _changes(table["lattice"], f"a of {name}", f"c of {name}")
        bound = quantity.read(table["lattice"]["agrees_within"], "number")
        lattice = Lattice(a, c, bound, _origin(table["lattice"]))
        apart, where = disagreement(volume, lattice)
        if apart > bound:
            raise CardError(
                [
                    f"{path}: lattice: a² c is {apart:.2%} of the volume off [volume] at {where:g} lithium, "
                    f"takes at most lattice.agrees_within = {bound:.2%}"
                ]
            )
    return Curve(name, table["about"], volume, _origin(table["volume"]), lattice, tuple(table.get("aliases", ())))


def _changes(table: Mapping[str, Any], *of: str) -> tuple[Change, ...]:
    lithium, *columns = zip(*table["points_in_percent"], strict=True)
    return tuple(
        Change(name, tuple(map(float, lithium)), tuple(percent / 100 for percent in column))
        for name, column in zip(of, columns, strict=True)
    )


def _origin(table: Mapping[str, Any]) -> Origin:
    return Origin(table["method"], table.get("source"), table["confidence"], table.get("doi"), table.get("note", ""))


def _faults(table: Mapping[str, Any]) -> Iterator[str]:
    known = (*HEADER, *COLUMNS)
    for key in table.keys() - set(known):
        yield f"{key}: is not a key of a curve{nearest(key, known)}"
    for key in ("name", "about"):
        if not isinstance(table.get(key), str) or not table[key].strip():
            yield f"{key}: got {table.get(key, 'nothing')!r}, takes a text; it stands above the first [...]"
    aliases, reference = table.get("aliases", []), table.get("reference")
    if not isinstance(aliases, list) or not all(isinstance(alias, str) for alias in aliases):
        yield f"aliases: got {aliases!r}, takes a list of texts"
    if reference is None or not _number(reference) or not 0 <= reference <= 1:
        yield f"reference: got {reference!r}, takes the lithium content that changes count from, such as 1.0"
        reference = math.nan
    for key in COLUMNS:
        if key in table or key == "volume":
            part = table.get(key, {})
            faults = _faults_of_part(key, part, reference) if isinstance(part, dict) else [f"takes a table [{key}]"]
            yield from (f"{key}: {fault}" for fault in faults)


def _faults_of_part(key: str, part: Mapping[str, Any], reference: float) -> Iterator[str]:
    known = (*ORIGIN, "points_in_percent", *["agrees_within"] * (key == "lattice"))
    for word in part.keys() - set(known):
        yield f"{word} is not a word that [{key}] takes{nearest(word, known)}"
    yield from faults_of_words({word: entry for word, entry in part.items() if word in WORDS})
    if key == "lattice":
        try:
            if not 0 < quantity.read(part.get("agrees_within", "nothing"), "number") < 1:
                yield f'agrees_within: got {part["agrees_within"]!r}, takes a share between 0 and 1, such as "0.5 %"'
        except quantity.QuantityError as error:
            yield f"agrees_within: {error}"
    yield from (f"points_in_percent: {fault}" for fault in _faults_of_points(part, COLUMNS[key], reference))


def _faults_of_points(part: Mapping[str, Any], columns: tuple[str, ...], reference: float) -> Iterator[str]:
    """The first fault hides the others: a row of the wrong kind has no lithium content."""
    rows, form = part.get("points_in_percent"), f"[lithium content, {' in %, '.join(columns)} in %]"
    if not isinstance(rows, list) or len(rows) < 2:
        yield f"got {len(rows) if isinstance(rows, list) else 'no'} points, takes two or more rows {form}"
        return
    for row in rows:
        if not isinstance(row, list) or len(row) != 1 + len(columns) or not all(map(_number, row)):
            yield f"got {row!r}, takes {form}, all finite"
            return
        if not 0 <= row[0] <= 1 or any(abs(percent) > LARGEST for percent in row[1:]):
            yield f"got {row!r}, takes a lithium content from 0 to 1 and changes of at most {LARGEST:g} %"
            return
    for sooner, later in pairwise(rows):
        if later[0] >= sooner[0]:
            yield f"got {later[0]:g} after {sooner[0]:g}, takes lithium contents that fall, as in a charge"
            return
    if rows[-1][0] <= reference <= rows[0][0]:
        lithium = tuple(row[0] for row in rows)
        for number, name in enumerate(columns, 1):
            change = Change(name, lithium, tuple(row[number] for row in rows)).at(reference)
            if abs(change) > 1e-9:
                yield f"got {change:g} % for the {name} at the reference, {reference:g} lithium, takes 0 there"


def _number(entry: object) -> bool:
    return isinstance(entry, int | float) and not isinstance(entry, bool) and math.isfinite(entry)
