"""Keys as paths into the table of a case file, and the two ways to bring values in: --set and compare."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

from intact.problems import Parts, Problem, is_list, known_keys, shown
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
    """Put every key=value in. On the command line a list is a comparison, and a single value ends one."""
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
        elif isinstance(table.setdefault("compare", []), list) and can_be_compared(path):
            others = [other for other in table["compare"] if not isinstance(other, str) or parts(other) != path]
            table["compare"] = [*others, key.strip()] if isinstance(value, list) else others
    return problems


def _value(text: str) -> Any:
    """TOML where it is TOML, else the text itself, so that a shell needs no second pair of quotes."""
    try:
        table = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return table["value"] if len(table) == 1 else text


def compared_keys(table: Table) -> tuple[list[Parts], list[Problem]]:
    """The keys that carry a list to run the case over."""
    entries = table.get("compare", [])
    if not isinstance(entries, list):
        return [], [Problem("compare", f'got {shown(entries)}, takes a list of keys, such as ["flow.yield_stress"]')]
    keys: list[Parts] = []
    problems = []
    for entry in entries:
        path = parts(entry) if isinstance(entry, str) else ()
        wrong = _why_not(table, entry, path)
        if wrong is None and path in keys:
            wrong = Problem("compare", f"got {entry!r} twice, takes each key once")
        if wrong is None:
            keys.append(path)
        else:
            problems.append(wrong)
    if isinstance(look_up(table, SWEPT), list) and SWEPT not in keys:
        keys.insert(0, SWEPT)
    return keys, problems


def _why_not(table: Table, entry: Any, path: Parts) -> Problem | None:
    """What is wrong with one entry of compare."""
    if not can_be_compared(path):
        hint = nearest(str(entry), known_keys()) if ".".join(path) not in known_keys() else ""
        takes = "takes keys that hold one value each, such as flow.yield_stress"
        return Problem("compare", f"got {shown(entry)}, {takes}{hint}")
    values = look_up(table, path)
    if not isinstance(values, list) or not values:
        got = "nothing" if values is None else shown(values)
        return Problem(entry, f"got {got}, takes a list of values, because compare names it")
    if any(value in values[:place] for place, value in enumerate(values)):
        return Problem(entry, f"got {shown(values)}, takes each value once")
    return None
