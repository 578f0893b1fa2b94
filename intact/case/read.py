"""Reads a case file: all of it, at once, into one Case for each combination of the keys that carry a list."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from intact.case.contradictions import contradictions
from intact.case.keys import SWEPT, Group, Swept, Table, apply_settings, look_up, put, remove, swept_keys
from intact.case.model import Case, as_written
from intact.case.problems import SWEEPS, CaseProblems, Parts, Problem, known_keys, location, problem
from intact.case.toml_text import dotted, toml_text
from materials import quantity
from materials.card import CardError, UnknownMaterial, load
from materials.properties import nearest

__all__ = ["Case", "CaseProblems", "Study", "read"]

LONGEST = 40  # characters of settings in the name of a folder
OF_SHELL = (("materials", "shell"), ("particle", "shell_toughness"), ("particle", "inner_toughness"))
FOLLOWS = "default_factory_not_called"  # pydantic's word for a default that waits for a key which is wrong


@dataclass(frozen=True)
class Study:
    """A case file that has been read: a Case for each combination, with the values of its keys as written. Cases that
    differ in banded keys alone are folded into one line."""

    path: Path
    title: str
    cases: tuple[tuple[Mapping[str, str], Case], ...]
    compared: tuple[str, ...]
    banded: tuple[str, ...]
    settings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name of its results folder: two runs of one file that differ in their settings do not meet."""
        if not self.settings:
            return self.path.stem
        told = _safe("+".join(re.sub(r"\s", "", one) for one in self.settings))
        short = told if len(told) <= LONGEST else hashlib.sha256("\n".join(self.settings).encode()).hexdigest()[:8]
        return f"{self.path.stem}+{short}"

    @property
    def folders(self) -> tuple[str, ...]:
        """A folder name for each case, in their order: LZCO_tabor. A name that is taken gets a number."""
        names: list[str] = []
        for labels, _ in self.cases:
            name = "_".join(map(_safe, labels.values()))
            names.append(f"{name}~{len(names)}" if name in names else name)
        return tuple(names)


def read(path: str | Path, settings: Sequence[str] = ()) -> Study:
    """The study in a case file, changed by settings such as "fracture.length=0.3 um".

    Raises CaseProblems, which holds everything that is wrong.
    """
    path = Path(path)
    table = _table(path)
    problems = apply_settings(table, settings)
    swept, wrong = swept_keys(table)
    problems += wrong
    told = {one.key for one in problems}
    compared = swept.compared or ((SWEPT,),)
    combinations = list(_combinations(table, swept))
    _leave_out_idle_keys([each for each, _ in combinations], path.parent)
    cases = []
    for each, own in combinations:
        case, wrong = _check(each, path.parent)
        problems += [one for one in wrong if one.key not in told]
        if case is not None:
            cases.append(({dotted(key): str(look_up(each, key)) for key, *_ in (*compared, *own)}, case))
    problems += _in_no_case(swept, combinations)
    if problems:
        raise CaseProblems(path, problems)
    return Study(
        path, cases[0][1].title or path.stem, tuple(cases), _dotted(compared), _dotted(swept.banded), tuple(settings)
    )


def resolved_digest(case: Case) -> str:
    """The same for cases that ask for the same, whatever they are called."""
    table = {name: entry for name, entry in as_written(case).items() if name not in ("title", "about")}
    return hashlib.sha256(toml_text(table).encode()).hexdigest()


def _safe(name: str) -> str:
    return re.sub(r"[^\w.+%=-]+", "-", name)


def _dotted(groups: Iterable[Group]) -> tuple[str, ...]:
    return tuple(dotted(first) for first, *_ in groups)


def _table(path: Path) -> Table:
    takes = "takes the name of a case file in TOML, such as cases/lzco-vs-lzaco.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        text = f"got a file that is not there, {takes}{nearest(str(path), map(str, path.parent.glob('*.toml')))}"
    except tomllib.TOMLDecodeError as error:
        text = f'got a line that is not TOML, takes lines such as length = "0.2 um": {error}'
    except (OSError, UnicodeDecodeError) as error:
        text = f"got what cannot be read, {takes}: {error}"
    raise CaseProblems(path, [Problem(str(path), text)])


def _combinations(table: Table, swept: Swept) -> Iterator[tuple[Table, list[Group]]]:
    """The table once for each combination of the values of its keys, with the banded keys that are its own: a number
    given for a material makes a band where the material is, and is left out elsewhere."""
    plain = {name: entry for name, entry in table.items() if name not in SWEEPS}
    for compared in _with_each_value(plain, swept.compared):
        own = []
        for group in swept.banded:
            matter = tuple(key for key in group if _matters(compared, key))
            own += [matter] * bool(matter)
            for key in set(group) - set(matter):
                remove(compared, key)
        for each in _with_each_value(compared, own):
            yield each, own


def _with_each_value(table: Table, groups: Sequence[Group]) -> Iterator[Table]:
    # Lists of different lengths have been told of as a mistake.
    lists = [list(zip(*(look_up(table, key) for key in group), strict=False)) for group in groups]
    # What is left of a group without the keys that do not matter may say the same again.
    for chosen in product(*([one for i, one in enumerate(each) if one not in each[:i]] for each in lists)):
        one = deepcopy(table)
        for group, values in zip(groups, chosen, strict=True):
            for key, value in zip(group, values, strict=True):
                put(one, key, value)
        yield one


def _matters(table: Table, key: Parts) -> bool:
    bare = _is_zero(look_up(table, ("particle", "shell")))
    if key[0] != "given":
        return not (bare and key in OF_SHELL)
    roles = ("electrolyte", "active", *["shell"] * (not bare))
    return _card(key[1]) in [_card(look_up(table, ("materials", role))) for role in roles]


def _is_zero(length: Any) -> bool:
    try:
        return quantity.read(length, "length") == 0
    except quantity.QuantityError:  # there is none, or a wrong one, which is told elsewhere
        return False


def _card(name: object) -> object:
    """The name of the card behind a name or alias; the name itself where there is none, which is told elsewhere."""
    try:
        return load(name).name if isinstance(name, str) else name
    except (UnknownMaterial, CardError):
        return name


def _in_no_case(swept: Swept, combinations: Sequence[tuple[Table, list[Group]]]) -> Iterator[Problem]:
    for group in swept.banded:
        if set(group).isdisjoint(key for _, own in combinations for each in own for key in each):
            what = "material" if group[0][0] == "given" else "shell"
            words = f"has no effect, since no case has this {what}, takes leaving it out of band"
            yield Problem(dotted(group[0]), words)


def _leave_out_idle_keys(tables: Sequence[Table], folder: Path) -> None:
    """A key that some combinations need is no mistake in the others: the spring of one of two tops."""
    idle = [{wrong.key for wrong in _check(table, folder)[1] if wrong.idle} for table in tables]
    for table, keys in zip(tables, idle, strict=True):
        for key in keys - idle[0].intersection(*idle):
            remove(table, tuple(key.split(".")))


def _check(table: Table, folder: Path) -> tuple[Case | None, list[Problem]]:
    """The case and everything that is wrong with it.

    So that a wrong key does not hide a contradiction among the others, an example takes its place.
    """
    problems: list[Problem] = []
    case, table = None, deepcopy(table)
    for _ in range(3):  # what hides behind a table of the wrong kind shows in the next round
        try:
            case = Case.model_validate(table, context={"folder": folder})
            break
        except ValidationError as error:
            errors = [one for one in error.errors(include_url=False) if one["type"] != FOLLOWS]
        problems = problems or [problem(one) for one in errors]
        for one in errors:
            _mend(table, location(one))
    wrong = {one.key for one in problems}
    if case is not None:
        problems += [one for one in contradictions(case) if wrong.isdisjoint((one.key, *one.others))]
    return case, problems


def _mend(table: Table, path: Parts) -> None:
    field = known_keys().get(".".join(path))
    if field is not None and field.is_required() and field.examples:
        put(table, path, deepcopy(field.examples[0]))
    else:
        remove(table, path)
