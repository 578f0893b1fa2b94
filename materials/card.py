"""Cards: what a material is made of, as numbers that carry method, source and confidence.

A card is a TOML file that anyone can write. It is checked completely when it is read, with all faults told.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from materials.properties import PROPERTIES, nearest
from materials.value import CardError, Confidence, MaterialError, Value, given, read_values

__all__ = [
    "CardError",
    "CardKind",
    "Confidence",
    "Material",
    "MaterialError",
    "MissingProperty",
    "UnknownMaterial",
    "Value",
    "load",
    "names",
    "read_card",
    "read_toml",
]

CardKind = Literal["electrolyte", "active", "anode"]

CARDS = Path(__file__).parent / "cards"
HEADER = ("name", "aliases", "formula", "kind", "about")


class UnknownMaterial(MaterialError):
    """No card of that name."""


class MissingProperty(MaterialError):
    """The card does not know the property: nobody has measured it, or nobody has entered it."""


@dataclass(frozen=True)
class Material:
    """A card that has been read. `material["hardness"].number` is the preferred hardness in MPa."""

    name: str
    formula: str
    kind: CardKind
    about: str
    aliases: tuple[str, ...] = ()
    values: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)

    def has(self, key: str) -> bool:
        return key in self.values

    def __getitem__(self, key: str) -> Value:
        """The preferred value of a property."""
        if key not in PROPERTIES:
            raise MissingProperty(f"{key} is not a property that cards know{nearest(key, PROPERTIES)}")
        if key not in self.values:
            table = self.name if re.fullmatch(r"[A-Za-z0-9_-]+", self.name) else f'"{self.name}"'
            raise MissingProperty(
                f"the card of {self.name} has no {key} ({PROPERTIES[key].meaning}); give it in the case:\n"
                f"[given.{table}]\n{key} = {PROPERTIES[key].example}"
            )
        return next(value for value in self.values[key] if value.preferred)

    def with_given(self, numbers: Mapping[str, str | float]) -> Material:
        """The same material, with a case's own numbers preferred to those of the card."""
        values, problems = dict(self.values), []
        for key, text in numbers.items():
            try:
                own = given(key, text)
            except CardError as error:
                problems += [f"given.{self.name}.{problem}" for problem in error.problems]
                continue
            values[key] = (own, *(replace(value, preferred=False) for value in self.values.get(key, ())))
        if problems:
            raise CardError(problems)
        return replace(self, values=values)


def names() -> list[str]:
    """The materials that come with the program."""
    return sorted({name for name, _ in _shelf().values()}, key=str.lower)


def load(name: str) -> Material:
    """The material of that name or alias or, where the text ends in .toml, the card in that file."""
    if name.endswith(".toml"):
        return read_card(Path(name))
    if name not in _shelf():
        raise UnknownMaterial(f"there is no card for {name}{nearest(name, _shelf())}")
    return read_card(_shelf()[name][1])


@lru_cache(maxsize=1)
def _shelf() -> dict[str, tuple[str, Path]]:
    """Every name and alias among the cards that come with the program, with the card's name and its file."""
    shelf: dict[str, tuple[str, Path]] = {}
    for path in sorted(CARDS.glob("*.toml")):
        header = read_toml(path)
        if faults := _faults_of_header(header):
            raise CardError([f"{path}: {fault}" for fault in faults])
        for name in (header["name"], *header.get("aliases", ())):
            if name in shelf:
                raise CardError([f"{path.name}: {name} already names the card {shelf[name][1].name}"])
            shelf[name] = (header["name"], path)
    return shelf


def read_card(path: Path) -> Material:
    """Read and check one card file; a CardError names every fault by file, key and value."""
    table = read_toml(path)
    values: dict[str, tuple[Value, ...]] = {}
    problems = _faults_of_header(table)
    for key in table.keys() - set(HEADER):
        try:
            values[key] = read_values(key, table[key])
        except CardError as error:
            problems += error.problems
    if problems:
        raise CardError([f"{path}: {problem}" for problem in problems])
    ordered = {key: values[key] for key in PROPERTIES if key in values}
    aliases = tuple(table.get("aliases", ()))
    return Material(table["name"], table["formula"], table["kind"], table["about"], aliases, ordered)


def read_toml(path: Path, kind: str = "card") -> dict[str, Any]:
    """The file as a table, or a CardError that says why not."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CardError([f"{path}: there is no such {kind} file"]) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CardError([f"{path}: cannot be read as TOML: {error}"]) from None


def _faults_of_header(table: Mapping[str, Any]) -> list[str]:
    faults = []
    for key in ("name", "formula", "kind", "about"):
        text = table.get(key, "nothing")
        if key not in table or not isinstance(text, str) or not text.strip():
            faults.append(f"{key}: got {text!r}, takes a text; it stands above the first [[...]]")
    kind, aliases, kinds = table.get("kind"), table.get("aliases", []), get_args(CardKind)
    if isinstance(kind, str) and kind not in kinds:
        faults.append(f"kind: got {kind!r}, takes {' or '.join(kinds)}{nearest(kind, kinds)}")
    if not isinstance(aliases, list) or not all(isinstance(alias, str) for alias in aliases):
        faults.append(f"aliases: got {aliases!r}, takes a list of texts")
    return faults
