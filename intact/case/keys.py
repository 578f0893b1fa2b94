"""Keys as paths into the table of a case file, and the ways to bring values in: --set, compare and band."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from intact.case.problems import SWEEPS, Parts, Problem, is_list, known_keys, shown
from materials.properties import nearest

Table = dict[str, Any]
SWEPT = ("materials", "electrolyte")  # a list here needs no word in compare
PAIR = ("shrinkage", "lithium")  # one value, though of two numbers


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
    one_value = field is not None and (not is_list(field) or path == PAIR)
    return own_numbers or (one_value and path not in (("title",), ("about",)))


def apply_settings(table: Table, settings: Sequence[str]) -> list[Problem]:
    """Put every key=value in, compare and band before the lists that they name. On the command line a list is a
    comparison, unless band names the key, and a single value ends one."""
    problems = []
    for setting in sorted(settings, key=lambda setting: setting.partition("=")[0].strip() not in SWEEPS):
        key, equals, text = setting.partition("=")
        path = parts(key)
        if not equals or not path:
            problems.append(Problem("--set", f'got {setting!r}, takes key=value, such as fracture.length="0.3 um"'))
            continue
        value = _value(text.strip())
        if not put(table, path, value):
            problems.append(Problem("--set", f"got {setting!r}, but the case has a value where that needs a table"))
        elif can_be_compared(path) and all(isinstance(table.setdefault(word, []), list) for word in SWEEPS):
            if not _several(path, value):
                for word in SWEEPS:
                    table[word] = [left for entry in table[word] if (left := _without(entry, path))]
            elif not any(path in map(_parts, _together(entry)) for word in SWEEPS for entry in table[word]):
                table["compare"] = [*table["compare"], key.strip()]
    return problems


def _several(path: Parts, value: Any) -> bool:
    return isinstance(value, list) and (path != PAIR or all(isinstance(one, list) for one in value))


def _together(entry: Any) -> list[Any]:
    """An entry of compare or band as the keys that go together in it."""
    return entry if isinstance(entry, list) else [entry]


def _without(entry: Any, path: Parts) -> Any:
    """What is left of an entry without this key."""
    left = [key for key in _together(entry) if _parts(key) != path]
    return left if isinstance(entry, list) else (left or [None])[0]


def _parts(key: Any) -> Parts:
    return parts(key) if isinstance(key, str) else ()


def _value(text: str) -> Any:
    """TOML where it is TOML, else the text itself, so that a shell needs no second pair of quotes."""
    try:
        table = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return table["value"] if len(table) == 1 else text


Group = tuple[Parts, ...]  # keys whose lists go together, value by value; the first names the case


@dataclass(frozen=True)
class Swept:
    """The keys that carry a list: those whose values stand beside each other, and those that make up a band."""

    compared: tuple[Group, ...]
    banded: tuple[Group, ...]


def swept_keys(table: Table) -> tuple[Swept, list[Problem]]:
    """The keys to run the case over."""
    problems: list[Problem] = []
    taken: dict[Parts, str] = {}
    compared, banded = (tuple(_listed(table, word, taken, problems)) for word in SWEEPS)
    if isinstance(look_up(table, SWEPT), list) and SWEPT not in taken:
        compared = ((SWEPT,), *compared)
    return Swept(compared, banded), problems


def _listed(table: Table, word: str, taken: dict[Parts, str], problems: list[Problem]) -> Iterator[Group]:
    """The keys under compare or band, alone or together; what is wrong with them is added to the problems."""
    entries = table.get(word, [])
    if not isinstance(entries, list):
        takes = 'takes a list of keys, such as ["flow.yield_stress"]'
        problems.append(Problem(word, f"got {shown(entries)}, {takes}"))
        return
    for entry in entries:
        group = [_parts(key) for key in _together(entry)]
        wrong = [_why_not(table, word, key, path, taken) for key, path in zip(_together(entry), group, strict=True)]
        found = [one for one in wrong if one is not None]
        problems += found
        if group and not found:
            problems += _uneven(table, word, entry, group)
            yield tuple(group)


def _uneven(table: Table, word: str, entry: Any, group: Sequence[Parts]) -> Iterator[Problem]:
    lists = [look_up(table, path) for path in group]
    if len(set(map(len, lists))) > 1:
        yield Problem(word, f"got {shown(entry)}, takes keys with lists of one length, since they go together")
    if any(value in lists[0][:place] for place, value in enumerate(lists[0])):
        yield Problem(_together(entry)[0], f"got {shown(lists[0])}, takes each value once")


def _why_not(table: Table, word: str, entry: Any, path: Parts, taken: dict[Parts, str]) -> Problem | None:
    """What is wrong with one key in compare or band; it is taken from then on."""
    if not can_be_compared(path):
        hint = nearest(str(entry), known_keys()) if ".".join(path) not in known_keys() else ""
        takes = "takes keys that hold one value each, such as flow.yield_stress"
        return Problem(word, f"got {shown(entry)}, {takes}{hint}")
    values = look_up(table, path)
    if not _several(path, values) or not values:
        got = "nothing" if values is None else shown(values)
        return Problem(entry, f"got {got}, takes a list of values, because {word} names it")
    if path in taken:
        where = "twice, takes each key once" if taken[path] == word else f"and {taken[path]} has it, too, takes it once"
        return Problem(word, f"got {entry!r} {where}")
    taken[path] = word
    return None
