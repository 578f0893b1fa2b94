"""Keys as paths into the table of a case file, and the ways to bring values in: --set, compare and band."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from intact.problems import SWEEPS, Parts, Problem, is_list, known_keys, shown
from materials.properties import nearest

Table = dict[str, Any]
SWEPT = ("materials", "electrolyte")  # a list here needs no word in compare


def parts(key: str) -> Parts:
    """given."Li2.73Ho1.09Cl6".hardness as its three parts; none where the text is no key."""
    try:
        table: Any = tomllib.loads(f"{key} = 0") if "\n" not in key else {}
    except tomllib.TOMLDecodeError:
        return ()
    path: Parts = ()
    while isinstance(table, dict) and len(table) == 1:
        [(name, table)] = table.items()
        path += (name,)
    return path


def look_up(table: Table, path: Parts) -> Any:
    """What stands there, or None."""
    here: Any = table
    for name in path:
        here = here.get(name) if isinstance(here, dict) else None
    return here


def put(table: Table, path: Parts, value: Any) -> bool:
    """Whether the value could be put there: what is on the way must be tables."""
    here: Any = table
    for name in path[:-1]:
        here = here.setdefault(name, {})
        if not isinstance(here, dict):
            return False
    here[path[-1]] = value
    return True


def remove(table: Table, path: Parts) -> None:
    section = look_up(table, path[:-1])
    if isinstance(section, dict):
        section.pop(path[-1], None)


def can_be_compared(path: Parts) -> bool:
    """Keys that hold one value that matters to the run."""
    field = known_keys().get(".".join(path))
    own_numbers = path[:1] == ("given",) and len(path) == 3
    return own_numbers or (field is not None and not is_list(field) and path not in (("title",), ("about",)))


def apply_settings(table: Table, settings: Sequence[str]) -> list[Problem]:
    """Put every key=value in. On the command line a list is a comparison, unless band names the key, and a single value
    ends one."""
    problems = []
    for setting in settings:
        key, equals, text = setting.partition("=")
        path = parts(key)
        if not equals or not path:
            problems.append(Problem("--set", f'got {setting!r}, takes key=value, such as fracture.length="0.3 um"'))
            continue
        value = _value(text.strip())
        if not put(table, path, value):
            problems.append(Problem("--set", f"got {setting!r}, but the case has a value where that needs a table"))
        elif can_be_compared(path) and all(isinstance(table.setdefault(word, []), list) for word in SWEEPS):
            if not isinstance(value, list):
                for word in SWEEPS:
                    table[word] = [other for other in table[word] if not _names(other, path)]
            elif not any(_names(other, path) for word in SWEEPS for other in table[word]):
                table["compare"] = [*table["compare"], key.strip()]
    return problems


def _names(entry: Any, path: Parts) -> bool:
    return isinstance(entry, str) and parts(entry) == path


def _value(text: str) -> Any:
    """TOML where it is TOML, else the text itself, so that a shell needs no second pair of quotes."""
    try:
        table = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return table["value"] if len(table) == 1 else text


@dataclass(frozen=True)
class Swept:
    """The keys that carry a list: those whose values stand beside each other, and those that make up a band."""

    compared: tuple[Parts, ...]
    banded: tuple[Parts, ...]


def swept_keys(table: Table) -> tuple[Swept, list[Problem]]:
    """The keys to run the case over."""
    problems: list[Problem] = []
    compared = _listed(table, "compare", [], problems)
    banded = _listed(table, "band", compared, problems)
    if isinstance(look_up(table, SWEPT), list) and SWEPT not in (*compared, *banded):
        compared.insert(0, SWEPT)
    return Swept(tuple(compared), tuple(banded)), problems


def _listed(table: Table, word: str, taken: Sequence[Parts], problems: list[Problem]) -> list[Parts]:
    """The keys under compare or band; what is wrong with them is added to the problems."""
    entries = table.get(word, [])
    if not isinstance(entries, list):
        takes = 'takes a list of keys, such as ["flow.yield_stress"]'
        problems.append(Problem(word, f"got {shown(entries)}, {takes}"))
        return []
    keys: list[Parts] = []
    for entry in entries:
        path = parts(entry) if isinstance(entry, str) else ()
        wrong = _why_not(table, word, entry, path)
        if wrong is None and path in keys:
            wrong = Problem(word, f"got {entry!r} twice, takes each key once")
        if wrong is None and path in taken:
            wrong = Problem(word, f"got {entry!r}, which compare names, too, takes a key in one of them")
        if wrong is None:
            keys.append(path)
        else:
            problems.append(wrong)
    return keys


def _why_not(table: Table, word: str, entry: Any, path: Parts) -> Problem | None:
    """What is wrong with one entry of compare or band."""
    if not can_be_compared(path):
        hint = nearest(str(entry), known_keys()) if ".".join(path) not in known_keys() else ""
        takes = "takes keys that hold one value each, such as flow.yield_stress"
        return Problem(word, f"got {shown(entry)}, {takes}{hint}")
    values = look_up(table, path)
    if not isinstance(values, list) or not values:
        got = "nothing" if values is None else shown(values)
        return Problem(entry, f"got {got}, takes a list of values, because {word} names it")
    if any(value in values[:place] for place, value in enumerate(values)):
        return Problem(entry, f"got {shown(values)}, takes each value once")
    return None
