"""The case file described: as JSON Schema for editors, as a table for people."""

from __future__ import annotations

import inspect
import math
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from rich import box
from rich.markup import escape
from rich.table import Table

from intact.case.keys import can_be_compared
from intact.case.model import Case
from intact.case.problems import Parts, known_keys, model_at, takes
from intact.case.quantities import Quantity
from intact.case.schedule import StageSection
from materials.properties import PROPERTIES

Node = dict[str, Any]
COMPARE = (
    "keys that carry a list; the case is run once for each combination of their values; keys in a list of their own go "
    "together, value by value"
)
BAND = (
    "the same for what is unknown: its values are run, too, and told as one line, from the lowest to the highest of "
    "what comes out; a number given for a material is left out where the material is not"
)


def schema() -> Node:
    """JSON Schema of the file as it is written: quantities are text, and compared keys may carry lists."""
    root = Case.model_json_schema()
    for key in known_keys():
        path = tuple(key.split("."))
        section = root
        for name in path[:-1]:
            section = _section(root, section["properties"][name])
        leaf = _without_null(section["properties"][path[-1]])
        section["properties"][path[-1]] = _single_or_list(leaf) if can_be_compared(path) else leaf
    for name in ("stack", "particles", "particle", "fatigue", "diffusion", "cycling", "schedule"):
        root["properties"][name] = _without_null(root["properties"][name])
    for model, name in (("StackSection", "notch"), ("ParticleSection", "grains")):
        within = root["$defs"][model]["properties"]
        within[name] = _without_null(within[name])
    stage = root["$defs"]["StageSection"]["properties"]
    root["$defs"]["StageSection"]["properties"] = {name: _without_null(node) for name, node in stage.items()}
    root["properties"]["given"]["additionalProperties"] = _given()
    for word, meaning in (("compare", COMPARE), ("band", BAND)):
        together = {"anyOf": [_compared_keys(), {"type": "array", "items": _compared_keys()}]}
        root["properties"][word] = {"description": meaning, "type": "array", "items": together}
    about = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Case file of Intact"}
    return {**_without_titles(root), **about}


def _section(root: Node, node: Node) -> Node:
    """The definition behind the reference to a section."""
    references = [one["$ref"] for one in (node, *node.get("anyOf", ())) if "$ref" in one]
    return root["$defs"][references[0].rpartition("/")[2]]


def _without_null(node: Node) -> Node:
    """TOML has no null: what may be None is a key that may be left out."""
    kinds = [one for one in node.get("anyOf", ()) if one != {"type": "null"}]
    if len(kinds) != 1:
        return node
    return {name: entry for name, entry in node.items() if name not in ("anyOf", "default")} | kinds[0]


def _single_or_list(node: Node) -> Node:
    about: Node = {name: node[name] for name in ("description", "examples", "default") if name in node}
    single = {name: entry for name, entry in node.items() if name not in (*about, "title")}
    several = {"type": "array", "items": single, "minItems": 1, "description": "with this key in compare or band"}
    return {**about, "anyOf": [single, several]}


def _given() -> Node:
    properties = {}
    for name, known in PROPERTIES.items():
        below = known.below if math.isfinite(known.below) else None
        single = Quantity(known.dimension, above=known.above, below=below).json_schema()
        properties[name] = _single_or_list({"description": known.meaning, **single})
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _compared_keys() -> Node:
    keys = [key for key in known_keys() if can_be_compared(tuple(key.split(".")))]
    return {"type": "string", "anyOf": [{"enum": keys}, {"pattern": r"^given\."}]}


def _without_titles(node: Any) -> Any:
    """pydantic's titles only repeat the keys; where the key itself is title, a table stands there."""
    if isinstance(node, dict):
        kept = {name: entry for name, entry in node.items() if name != "title" or not isinstance(entry, str)}
        return {name: _without_titles(entry) for name, entry in kept.items()}
    return [_without_titles(entry) for entry in node] if isinstance(node, list) else node


def table() -> Table:
    """Every key with what it takes, its default and its meaning."""
    rows = Table(box=box.SIMPLE_HEAD, title="The case file")
    for column in ("key", "default", "meaning", "takes"):
        rows.add_column(column, no_wrap=column == "key")
    for word, meaning, example in (("compare", COMPARE, "flow.yield_stress"), ("band", BAND, "given.LZCO.hardness")):
        rows.add_row(word, "none", meaning, f'a list of keys, such as \\["{example}"]')
    section: Parts = ()
    for key, field in known_keys().items():
        path = tuple(key.split("."))
        if path[:-1] != section:
            section = path[:-1]
            rows.add_section()
            rows.add_row(escape(f"[{'.'.join(section)}]"), "", _section_meaning(section), style="bold")
        rows.add_row(*map(escape, (path[-1], _default(path, field), field.description or "", takes(field))))
    rows.add_section()
    rows.add_row(escape("[[schedule]]"), "", inspect.cleandoc(StageSection.__doc__ or ""), style="bold")
    for name, field in StageSection.model_fields.items():
        default = "required" if field.is_required() else "" if field.default is PydanticUndefined else "none"
        rows.add_row(*map(escape, (name, default, field.description or "", takes(field))))
    rows.add_section()
    rows.add_row(escape("[given.NAME]"), "", escape(Case.model_fields["given"].description or ""), style="bold")
    return rows


def _section_meaning(section: Parts) -> str:
    return inspect.cleandoc(model_at(section).__doc__ or "")


def _default(path: Parts, field: FieldInfo) -> str:
    if field.is_required():
        section_may_be_absent = not Case.model_fields[path[0]].is_required()
        return "" if section_may_be_absent else "required"
    if field.default is PydanticUndefined:  # the meaning says what happens without it
        return ""
    return "none" if field.default in (None, "") else str(field.default)
