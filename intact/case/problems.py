"""What is wrong with a case file, in sentences: key, what it got, what it takes, nearest right spelling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from intact.case.model import Case
from intact.case.quantities import CardName, CurveName, FileName, LithiumContents, Quantity
from intact.case.schedule import StageSection
from intact.case.toml_text import dotted
from materials.properties import nearest

Parts = tuple[str, ...]
SWEEPS = ("compare", "band")  # the two lists of keys that carry a list


@dataclass(frozen=True)
class Problem:
    """One mistake. `others` are the keys it contradicts; `idle` means that the key merely has no effect."""

    key: str
    text: str
    others: tuple[str, ...] = ()
    idle: bool = False

    def __str__(self) -> str:
        return f"{self.key}: {self.text}"


class CaseProblems(ValueError):
    """Everything that is wrong with a case, told together."""

    def __init__(self, path: Path, problems: Sequence[Problem]) -> None:
        self.path = path
        self.problems = tuple(dict.fromkeys(problems))
        count = f"{len(self.problems)} problem{'s' * (len(self.problems) > 1)}"
        super().__init__("\n  ".join((f"{path}: {count}, nothing was run", *map(str, self.problems))))


@lru_cache(maxsize=1)
def known_keys() -> Mapping[str, FieldInfo]:
    """Every fixed key of the case file, dotted; [given] is open and not among them."""
    return dict(_leaves(Case, ()))


def _leaves(section: type[BaseModel], parents: Parts) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in section.model_fields.items():
        inner = section_of(field)
        if inner is not None:
            yield from _leaves(inner, (*parents, name))
        elif name != "given":
            yield ".".join((*parents, name)), field


def section_of(field: FieldInfo) -> type[BaseModel] | None:
    """The model behind a field that is a table of the case file."""
    kind = without_none(field)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def without_none(field: FieldInfo) -> Any:
    """The type of a key that may be left out: X of X | None."""
    kinds = get_args(field.annotation)
    return next(kind for kind in kinds if kind is not NoneType) if NoneType in kinds else field.annotation


def location(error: ErrorDetails) -> Parts:
    """The path of the key; positions in a list and pydantic's names of alternatives are not part of it."""
    parts = tuple(part for part in error["loc"] if isinstance(part, str))
    return parts[:3] if parts[:1] == ("given",) else parts


def problem(error: ErrorDetails) -> Problem:
    """The sentence for one of pydantic's errors."""
    path, got = location(error), error["input"]
    key, field = dotted(path), known_keys().get(".".join(path))
    if path[:1] == ("schedule",):
        return _in_schedule(error)
    if error["type"] == "extra_forbidden":
        return Problem(key, _unknown(path))
    if field is None:
        return Problem(key, f"got {shown(got)}, takes {_table(path)}")
    if error["type"] == "missing":
        return Problem(key, f"got nothing, takes {takes(field)}")
    if isinstance(got, list) and not is_list(field):
        return Problem(key, f'got {shown(got)}, takes {takes(field)}; to run once for each, list "{key}" in compare')
    if error["type"] == "refused":
        return Problem(key, error["msg"])
    hint = nearest(got, choices(field)) if isinstance(got, str) else ""
    return Problem(key, f"got {shown(got)}, takes {takes(field)}{hint}")


def _in_schedule(error: ErrorDetails) -> Problem:
    """A key of a stage, with the number of the stage counted from 1."""
    _, *where = error["loc"]
    numbers = [str(part + 1) if isinstance(part, int) else part for part in where]
    key, got = ".".join(("schedule", *numbers)), shown(error["input"])
    stages = StageSection.model_fields
    if len(where) < 2:
        return Problem(key, f'got {got}, takes stages, each a table [[schedule]] with a key such as stage = "charge"')
    name = str(where[1])
    if error["type"] == "extra_forbidden":
        return Problem(key, f"got an unknown key, a stage takes {', '.join(stages)}{nearest(name, stages)}")
    if error["type"] == "missing":
        return Problem(key, f"got nothing, takes {takes(stages[name])}")
    if error["type"] == "refused":
        return Problem(key, error["msg"])
    hint = nearest(str(error["input"]), choices(stages[name]))
    return Problem(key, f"got {got}, takes {takes(stages[name])}{hint}")


def _unknown(path: Parts) -> str:
    *section, name = path
    siblings = list(model_at(tuple(section)).model_fields) + ([] if section else [*SWEEPS])
    where = f"[{dotted(section)}]" if section else "a case"
    return f"got an unknown key, {where} takes {', '.join(siblings)}{_meant(name, siblings)}"


def _meant(name: str, siblings: list[str]) -> str:
    """The key in the wrong section, or misspelled, or both."""
    elsewhere = {known: known.split(".")[-1] for known in known_keys()}
    if name not in elsewhere.values() and (hint := nearest(name, siblings)):
        return hint
    near = get_close_matches(name, elsewhere.values(), n=1)
    keys = [known for known, last in elsewhere.items() if last in near]
    return f"; did you mean {' or '.join(keys)}?" if keys else ""


def model_at(section: Parts) -> type[BaseModel]:
    """The model of a section: Notch of ("stack", "notch")."""
    model: type[BaseModel] = Case
    for name in section:
        model = section_of(model.model_fields[name]) or model
    return model


def _table(path: Parts) -> str:
    if path[:1] == ("given",):
        return ("a table", "a table", 'a number or a quantity such as "1.3 GPa"')[len(path) - 1]
    return f"a table such as [{dotted(path)}]"


def takes(field: FieldInfo) -> str:
    """What a key takes, in words."""
    for kind in (*field.metadata, *getattr(without_none(field), "__metadata__", ())):
        if isinstance(kind, Quantity | CardName | CurveName | LithiumContents | FileName):
            return kind.takes() + _example(field)
    if choices(field):
        return " or ".join(f'"{choice}"' for choice in choices(field))
    if field.annotation == tuple[StageSection, ...] | None:
        return "stages, each a table [[schedule]]"
    plain: dict[Any, str] = {int: "a whole number of at least 1", str: "a text"}
    return plain.get(field.annotation or str, "a list of numbers between 0 and 1") + _example(field)


def _example(field: FieldInfo) -> str:
    example = field.examples[0] if field.examples else ""
    return f', such as "{example}"' if isinstance(example, str) else f", such as {example}"


def choices(field: FieldInfo) -> tuple[str, ...]:
    kind = without_none(field)
    return get_args(kind) if get_origin(kind) is Literal else ()


def is_list(field: FieldInfo) -> bool:
    kind = without_none(field)
    return get_origin(get_args(kind)[0] if get_origin(kind) is Annotated else kind) is tuple


def shown(got: object) -> str:
    text = repr(got)
    return text if len(text) <= 60 else f"{text[:57]}..."
