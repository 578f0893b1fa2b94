"""One number with where it comes from, and the check that it says so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from materials import quantity
from materials.properties import PROPERTIES, nearest

Confidence = Literal["measured", "secondary", "derived", "assumed", "calibrated"]

WORDS = ("method", "source", "doi", "confidence", "bounds_from", "note")
FIELDS = ("value", *WORDS, "bounds", "sigma", "preferred")


class MaterialError(ValueError):
    """Something about a material that the user can put right; the text says how."""


class CardError(MaterialError):
    """A card, or a case's own numbers, cannot be read; `problems` holds one sentence for each fault."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Value:
    """One number for one property. `number`, `bounds` and `sigma` are in `unit`, the program's own."""

    number: float
    unit: str
    text: str  # as written on the card
    method: str
    source: str | None
    confidence: Confidence
    doi: str | None = None
    bounds: tuple[float, float] | None = None
    bounds_from: str = ""
    sigma: float | None = None
    spread: str = ""  # sigma and bounds as written, to stand behind `text`
    preferred: bool = True
    note: str = ""


def given(key: str, text: str | float) -> Value:
    """A number that a case gives for itself: nobody vouches for it, so it counts as assumed."""
    try:
        number = PROPERTIES[key].read(text)
    except KeyError:
        raise CardError([f"{key}: is not a property that cards know{nearest(key, PROPERTIES)}"]) from None
    except quantity.QuantityError as error:
        raise CardError([f"{key}: {error}"]) from None
    return Value(number, _unit(key), str(text), "as given", "given in the case", "assumed")


def read_values(key: str, entries: object) -> tuple[Value, ...]:
    """All values of one property on a card; exactly one is preferred, and says why if there is a choice."""
    if key not in PROPERTIES:
        raise CardError([f"{key}: is not a property that cards know{nearest(key, PROPERTIES)}"])
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise CardError([f"{key}: got {entries!r}, takes one or more tables headed [[{key}]]"])
    problems = [
        f"{key}: value {entry.get('value', 'absent')!r}: {fault}" for entry in entries for fault in _faults(key, entry)
    ]
    if problems:
        raise CardError(problems)
    values = tuple(_value(key, entry, preferred=len(entries) == 1) for entry in entries)
    preferred = [value for value in values if value.preferred]
    if len(preferred) != 1:
        marked = " and ".join(value.text for value in preferred) or "none"
        raise CardError([f"{key}: got {marked} marked preferred, takes preferred = true on exactly one of its values"])
    if len(values) > 1 and not preferred[0].note:
        raise CardError([f"{key}: value {preferred[0].text!r}: is preferred to others, so its note must say why"])
    return values


def _value(key: str, entry: Mapping[str, Any], preferred: bool) -> Value:
    """From an entry that has no faults."""
    sigma, bounds, dimension = entry.get("sigma"), entry.get("bounds"), PROPERTIES[key].dimension
    spread = ([f"± {sigma}"] if sigma is not None else []) + ([f"{bounds[0]} to {bounds[1]}"] if bounds else [])
    return Value(
        number=PROPERTIES[key].read(entry["value"]),
        unit=_unit(key),
        text=str(entry["value"]),
        method=entry["method"],
        source=entry.get("source"),
        confidence=entry["confidence"],
        doi=entry.get("doi"),
        bounds=(quantity.read(bounds[0], dimension), quantity.read(bounds[1], dimension)) if bounds else None,
        bounds_from=entry.get("bounds_from", ""),
        sigma=None if sigma is None else quantity.read(sigma, dimension),
        spread=", ".join(spread),
        preferred=entry.get("preferred", preferred),
        note=entry.get("note", ""),
    )


def _unit(key: str) -> str:
    return quantity.INTERNAL[PROPERTIES[key].dimension]


def _faults(key: str, entry: Mapping[str, Any]) -> list[str]:
    return [*faults_of_words(entry), *_faults_of_numbers(key, entry)]


def faults_of_words(entry: Mapping[str, Any]) -> list[str]:
    """What is wrong with the words that say where a number, or a whole curve, comes from."""
    faults = [f"{word} is not a word that a value takes{nearest(word, FIELDS)}" for word in entry if word not in FIELDS]
    for word in WORDS:
        if word in entry and not (isinstance(entry[word], str) and entry[word].strip()):
            faults.append(f"{word}: got {entry[word]!r}, takes a text that is not empty")
    if "method" not in entry:
        faults.append("method is missing: how was it measured, or why was it assumed?")
    confidence, choices = entry.get("confidence", "nothing"), get_args(Confidence)
    if confidence not in choices:
        hint = nearest(str(confidence), choices)
        faults.append(f"confidence: got {confidence}, takes one of {', '.join(choices)}{hint}")
    elif confidence != "assumed" and "source" not in entry:
        faults.append(f'source is missing: name one, or write confidence = "assumed" (got {confidence})')
    if isinstance(entry.get("doi"), str) and not re.fullmatch(r"10\.\d{4,}/\S+", entry["doi"]):
        faults.append(f"doi: got {entry['doi']!r}, takes the bare DOI such as 10.1038/s41467-025-68210-5")
    if not isinstance(entry.get("preferred", True), bool):
        faults.append(f"preferred: got {entry['preferred']!r}, takes true or false")
    return faults


def _faults_of_numbers(key: str, entry: Mapping[str, Any]) -> list[str]:
    """Sigma and bounds need only the dimension: the property's own limits hold for the value."""
    dimension, faults = PROPERTIES[key].dimension, []
    sigma, bounds = entry.get("sigma"), entry.get("bounds")
    try:
        number = PROPERTIES[key].read(entry["value"]) if "value" in entry else None
    except quantity.QuantityError as error:
        return [str(error)]
    if number is None:
        faults.append(f"value is missing, takes a {dimension} such as {PROPERTIES[key].example}")
    try:
        if sigma is not None and quantity.read(sigma, dimension) <= 0:
            faults.append(f"sigma: got {sigma!r}, takes one above 0")
    except quantity.QuantityError as error:
        faults.append(f"sigma: {error}")
    if bounds is None:
        return faults
    if not isinstance(bounds, list) or len(bounds) != 2:
        return [*faults, f"bounds: got {bounds!r}, takes two, the lower and the upper"]
    try:
        lower, upper = (quantity.read(bound, dimension) for bound in bounds)
    except quantity.QuantityError as error:
        return [*faults, f"bounds: {error}"]
    if number is not None and not lower <= number <= upper:
        faults.append(f"bounds: got {bounds!r}, takes a lower and an upper with the value between them")
    return faults
