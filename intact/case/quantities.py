"""Types of the keys of a case file: what a person writes goes in, a float in internal units comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from materials import card, curve, quantity

NUMBER = r"^\s*[-+−]?(\d+\.?\d*|\.\d+)([eE][-+−]?\d+)?\s*"


def refuse(sentence: str) -> PydanticCustomError:
    """An error whose text is taken as it stands; `{` would else be read as a placeholder."""
    return PydanticCustomError("refused", "{sentence}", {"sentence": sentence})


class Written(float):
    """A number in internal units that remembers how it was written, for the resolved case."""

    text: str | float

    def __new__(cls, number: float, text: str | float = "") -> Written:
        written = super().__new__(cls, number)
        written.text = text
        return written


@dataclass(frozen=True)
class Quantity:
    """A number with a dimension and a range, for use in Annotated."""

    dimension: str
    above: float | None = None
    least: float | None = None
    below: float | None = None
    most: float | None = None

    def read(self, text: Any) -> Written:
        try:
            number = quantity.read(text, self.dimension)
        except quantity.QuantityError as error:
            raise refuse(str(error)) from None
        if not self.inside(number):
            raise refuse(f"got {text!r}, takes {self.takes()}")
        if (slip := quantity.impossible(number, text, self.dimension)) is not None:
            raise refuse(slip)
        return Written(number, text)

    def inside(self, number: float) -> bool:
        return (
            (self.above is None or number > self.above)
            and (self.least is None or number >= self.least)
            and (self.below is None or number < self.below)
            and (self.most is None or number <= self.most)
        )

    def takes(self) -> str:
        limits = {"above": self.above, "at least": self.least, "below": self.below, "at most": self.most}
        words = " and ".join(f"{word} {limit:g}" for word, limit in limits.items() if limit is not None)
        return f"a {self.dimension} {words}"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return self.json_schema()

    def json_schema(self) -> dict[str, Any]:
        """For editors, of the text that a user writes."""
        if self.dimension != "number":  # the unit is part of the value
            return {"type": "string", "pattern": NUMBER + r"[^\s\d].*$"}
        limits = {
            "exclusiveMinimum": self.above,
            "minimum": self.least,
            "exclusiveMaximum": self.below,
            "maximum": self.most,
        }
        bounds = {word: limit for word, limit in limits.items() if limit is not None}
        return {"type": ["number", "string"], "pattern": NUMBER + "%?$", **bounds}


@dataclass(frozen=True)
class CardName:
    """The name or alias of a material of one kind, or a card file of the user's own."""

    kind: card.CardKind

    def read(self, name: Any, info: ValidationInfo) -> str:
        if not isinstance(name, str) or not name:
            raise refuse(f"got {name!r}, takes {self.takes()}")
        found = str(beside_the_case(name, info)) if name.endswith(".toml") else name
        try:
            kind = card.load(found).kind
        except card.UnknownMaterial as error:
            raise refuse(f"got {name!r}, takes {self.takes()}: {error}") from None
        except card.CardError as error:
            raise refuse(f"got {name!r}, takes {self.takes()}: {'; '.join(error.problems)}") from None
        if kind != self.kind:
            raise refuse(f"got {name!r}, which is a card of kind {kind}, takes {self.takes()}")
        return found

    def takes(self) -> str:
        return f"the name of a card of kind {self.kind} (intact materials lists them)"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        cards = [found for found in map(card.load, card.names()) if found.kind == self.kind]
        names = [name for found in cards for name in (found.name, *found.aliases)]
        return {"type": "string", "anyOf": [{"enum": names}, {"pattern": r"\.toml$"}]}


@dataclass(frozen=True)
class CurveName:
    """The name or alias of a curve of swelling, or a curve file of the user's own."""

    def read(self, name: Any, info: ValidationInfo) -> str:
        if not isinstance(name, str) or not name:
            raise refuse(f"got {name!r}, takes {self.takes()}")
        found = str(beside_the_case(name, info)) if name.endswith(".toml") else name
        try:
            curve.load(found)
        except curve.UnknownCurve as error:
            raise refuse(f"got {name!r}, takes {self.takes()}: {error}") from None
        except card.CardError as error:
            raise refuse(f"got {name!r}, takes {self.takes()}: {'; '.join(error.problems)}") from None
        return found

    def takes(self) -> str:
        return f"the name of a curve ({', '.join(curve.names())}) or a curve file (.toml)"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        names = [name for one in map(curve.load, curve.names()) for name in (one.name, *one.aliases)]
        return {"type": "string", "anyOf": [{"enum": names}, {"pattern": r"\.toml$"}]}


@dataclass(frozen=True)
class LithiumContents:
    """Lithium of the active material at state of charge 0 and 1, counted per formula unit."""

    one: Quantity

    def read(self, pair: Any) -> tuple[Written, Written]:
        if not isinstance(pair, list) or len(pair) != 2:
            raise refuse(f"got {pair!r}, takes {self.takes()}")
        full, charged = map(self.one.read, pair)
        if not charged < full:
            raise refuse(f"got {pair!r}, takes {self.takes()}")
        return full, charged

    def takes(self) -> str:
        return "two falling numbers from 0 to 1, the lithium at SoC 0 and at SoC 1"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "array", "items": self.one.json_schema(), "minItems": 2, "maxItems": 2}


@dataclass(frozen=True)
class FileName:
    """The name of a file, from the folder of the case."""

    def read(self, name: Any, info: ValidationInfo) -> Path:
        if not isinstance(name, str) or not name:
            raise refuse(f"got {name!r}, takes {self.takes()}")
        return beside_the_case(name, info)

    def takes(self) -> str:
        return "the name of a file, from the folder of the case file"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string"}


def beside_the_case(name: str, info: ValidationInfo) -> Path:
    """Absolute, so that a resolved case can be read from any folder."""
    context: Mapping[str, Path] = info.context or {}
    return (context.get("folder", Path()) / name).resolve()


Length = Annotated[float, Quantity("length", above=0)]
Toughness = Annotated[float, Quantity("toughness", above=0)]
Stress = Annotated[float, Quantity("stress", above=0)]
PressureFromZero = Annotated[float, Quantity("stress", least=0, most=20_000)]
Time = Annotated[float, Quantity("time", above=0, most=1e9)]
CRate = Annotated[float, Quantity("number", least=1e-4, most=1e3)]
Stiffness = Annotated[float, Quantity("stiffness", above=0)]
StateOfCharge = Annotated[float, Quantity("number", above=0, most=1)]
LithiumPair = Annotated[tuple[float, float], LithiumContents(Quantity("number", least=0, most=1))]
Electrolyte = Annotated[str, CardName("electrolyte")]
Active = Annotated[str, CardName("active")]
SwellingCurve = Annotated[str, CurveName()]
MeshFile = Annotated[Path, FileName()]
