"""What is known about the materials, as tables."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from intact.case.toml_text import dotted
from intact.console import console
from materials import curve
from materials.card import Material, Value, load, names
from materials.hardness import HardnessError, expanding_cavity, hardness_warnings, tabor
from materials.properties import PROPERTIES
from materials.swelling import Change, Origin

# What a run asks of each layer, unless flow.yield_stress is "none" or "card": then no hardness.
NEEDED = {
    "electrolyte": ("young_modulus", "poisson_ratio", "density", "hardness"),
    "active": ("young_modulus", "poisson_ratio", "density"),
    "anode": (),
}
LISTED = {
    "young_modulus": "E",
    "poisson_ratio": "ν",
    "hardness": "H",
    "toughness": "Gc",
    "density": "density",
}


def print_list() -> None:
    """All cards, one line each, with the preferred values."""
    table = Table("kind", "name", "also", *LISTED.values(), box=box.SIMPLE_HEAD)
    cards = [load(name) for name in names()]
    for kind in NEEDED:
        table.add_section()
        for material in (card for card in cards if card.kind == kind):
            also = ", ".join(alias for alias in material.aliases if len(alias) < 13)  # longer ones are formulas
            values = (_short(material[key]) if material.has(key) else "" for key in LISTED)
            table.add_row(*map(escape, (kind, material.name, also, *values)))
    console.print(table)
    console.print("* assumed, not measured. All values of one, with their sources: intact materials NAME")


def _short(value: Value) -> str:
    return value.text + (" *" if value.confidence == "assumed" else "")


def print_card(name: str) -> None:
    """Everything on one card, and what it lacks."""
    material = load(name)
    also = f", also {', '.join(material.aliases)}" if material.aliases else ""
    console.print(f"[bold]{escape(material.name)}[/bold]{escape(also)}: {material.kind}, {escape(material.formula)}")
    console.print(escape(material.about))
    for key, values in material.values.items():
        console.print(f"\n[bold]{key}[/bold]  {escape(PROPERTIES[key].meaning)}")
        for value in values:
            _print_value(value, among_several=len(values) > 1)
    _print_curve(material)
    console.print()
    for remark in remarks(material):
        console.print(Padding(escape(remark), (0, 0, 1, 0)))


def _print_curve(material: Material) -> None:
    """Prints that its swelling has been measured over the charge, how far, and by whom."""
    found = curve.of_material(material.name, *material.aliases)
    if found is None:
        return
    console.print(
        f"\n[bold]curve {escape(found.name)}[/bold]  change of volume over lithium content, for shrinkage.curve"
    )
    console.print(Padding(escape(found.about), (0, 0, 0, 2)))
    _print_points(found.volume, "volume", found.origin)
    if found.lattice is not None:
        _print_points(found.lattice.a, "lattice a and c", found.lattice.origin)


def _print_points(change: Change, of: str, origin: Origin) -> None:
    first, *_, last = change.lithium
    console.print(
        f"  {of}: {len(change.lithium)} points from {first:g} to {last:g} lithium  [bold]{origin.confidence}[/bold]"
    )
    source = ", ".join(filter(None, (origin.source, f"doi:{origin.doi}" if origin.doi else "")))
    for words in (origin.method, source, origin.note):
        if words:
            console.print(Padding(escape(words), (0, 0, 0, 6)))


def _print_value(value: Value, among_several: bool) -> None:
    """One number and, below it, how it was found, by whom, and what else to know."""
    mark = "  <- used" if among_several and value.preferred else ""
    spread = f" ({value.spread})" if value.spread else ""
    console.print(f"  {escape(value.text + spread)}  [bold]{value.confidence}[/bold]{mark}")
    source = ", ".join(filter(None, (value.source, f"doi:{value.doi}" if value.doi else "")))
    for words in (value.method, source, value.bounds_from and f"bounds: {value.bounds_from}", value.note):
        if words:
            console.print(Padding(escape(words), (0, 0, 0, 6)))


def remarks(material: Material) -> Iterator[str]:
    """What to know before using the card: what is absent, and what its hardness is worth."""
    absent = [key for key in NEEDED[material.kind] if not material.has(key)]
    if absent:
        own = "\n".join(f"{key} = {PROPERTIES[key].example}" for key in absent)
        yield (
            f"A run needs what is absent: {', '.join(absent)}. Your own numbers go into the case, such as\n"
            f"[{dotted(['given', material.name])}]\n{own}"
        )
    if "hardness" in absent:
        yield 'Without a hardness a run takes flow.yield_stress = "none", or "card" with a yield_stress.'
    indented = ("hardness", "young_modulus", "poisson_ratio")
    if all(map(material.has, indented)):
        yield from _hardness_remarks(*(material[key].number for key in indented))


def _hardness_remarks(hardness: float, young: float, poisson: float) -> Iterator[str]:
    try:
        cavity = f"{expanding_cavity(hardness, young, poisson):.0f} MPa"
    except HardnessError as error:
        cavity = f"none: {error}"
    yield f"Yield stress from the hardness: Tabor {tabor(hardness):.0f} MPa, expanding cavity {cavity}"
    yield from hardness_warnings(hardness, young, poisson)
