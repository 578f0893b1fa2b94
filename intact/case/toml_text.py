"""Writes TOML, which the standard library only reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

BARE = re.compile(r"[A-Za-z0-9_-]+")


def dotted(parts: Iterable[str]) -> str:
    """A key as TOML writes it: given."Li2.73Ho1.09Cl6".hardness."""
    return ".".join(part if BARE.fullmatch(part) else quoted(part) for part in parts)


def toml_text(table: Mapping[str, Any], parents: tuple[str, ...] = ()) -> str:
    """The table as TOML text: its own keys first, then a [section] for each table inside, and [[a list of them]]."""
    listed = {name: entry for name, entry in table.items() if _is_list_of_tables(entry)}
    plain = {name: entry for name, entry in table.items() if not isinstance(entry, Mapping) and name not in listed}
    own = [f"{dotted([name])} = {_value(entry)}\n" for name, entry in plain.items()]
    head = f"\n[{dotted(parents)}]\n" if parents and (own or not table) else ""
    inner = (toml_text(entry, (*parents, name)) for name, entry in table.items() if isinstance(entry, Mapping))
    lists = (
        f"\n[[{dotted((*parents, name))}]]\n{toml_text(one).lstrip()}"
        for name, entry in listed.items()
        for one in entry
    )
    return head + "".join(own) + "".join(inner) + "".join(lists)


def _is_list_of_tables(entry: object) -> bool:
    return isinstance(entry, list) and bool(entry) and isinstance(entry[0], Mapping)


def _value(entry: object) -> str:
    if isinstance(entry, str):
        return quoted(entry)
    if isinstance(entry, bool):
        return str(entry).lower()
    if isinstance(entry, int | float):
        return repr(entry)
    if isinstance(entry, list):
        return f"[{', '.join(map(_value, entry))}]"
    raise TypeError(f"{entry!r} has no place in a case file")


def quoted(text: str) -> str:
    """TOML's basic strings are JSON's, except that TOML refuses a bare DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
