"""Tells how far two crack fields are apart: as table, JSON and picture."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from intact.compare import picture as compare_picture
from intact.compare.comparison import PER_LOAD, Comparison, Measure
from intact.results.crack_record import CrackRecord
from intact.results.folder import write_json
from intact.results.whole import ResultsError

TABLE, PICTURE = "compare.json", "compare.png"


def report(comparison: Comparison, console: Console, folder: Path | None) -> None:
    """Print the table; with a folder also leave compare.json and compare.png there."""
    console.print(_fields_table(comparison))
    if any(measure.name not in PER_LOAD for measure in comparison.measures):
        console.print(_curve_table(comparison))
    for text in comparison.not_compared:
        console.print(f"not compared: {text}", markup=False)
    for measure in comparison.outside:
        console.print(_outside(measure, comparison.a), style="bold red", markup=False)
    if comparison.within:
        console.print("within every tolerance", style="green")
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_json(folder / TABLE, as_json(comparison))
            compare_picture.draw(comparison, folder / PICTURE)
        except OSError as error:
            raise ResultsError(
                f"--output: got {str(folder)!r}, takes a folder that can be written ({error.strerror})"
            ) from None
        console.print(f"{folder / TABLE} and {folder / PICTURE}", markup=False, soft_wrap=True)


def as_json(comparison: Comparison) -> dict[str, Any]:
    """For programs. JSON has no infinity: null stands for it, where only one of the two has what is compared."""
    sides = zip("ab", comparison.names, (comparison.a, comparison.b), strict=True)
    return {
        **{side: {"path": name, "title": of.title, "length_um": of.length} for side, name, of in sides},
        "load": comparison.a.load_name,
        "loads": list(comparison.loads),
        "within": comparison.within,
        "measures": [
            asdict(one) | {"value": one.value if np.isfinite(one.value) else None, "within": one.within}
            for one in comparison.measures
        ],
        "not_compared": list(comparison.not_compared),
    }


def _fields_table(comparison: Comparison) -> Table:
    """A line for each load, a column for each measure of the fields."""
    measured = [one for one in comparison.measures if one.name in PER_LOAD]
    columns = list(dict.fromkeys((one.what, one.name, one.tolerance) for one in measured))
    sheet = Table(title=Text(f"A {comparison.names[0]}\nB {comparison.names[1]}"), title_justify="left")
    sheet.add_column(comparison.a.load_name)
    for what, name, tolerance in columns:
        sheet.add_column(f"{what}\n{name} {tolerance:g}", justify="right")
    for load in comparison.loads:
        here = {one.what: one for one in measured if one.load == load}
        sheet.add_row(f"{load:g}", *(_shown(here[what]) for what, _, _ in columns))
    return sheet


def _curve_table(comparison: Comparison) -> Table:
    sheet = Table("measure", "tolerance", "difference", "A", "B", f"at {comparison.a.load_name}")
    for one in comparison.measures:
        if one.name not in PER_LOAD:
            ends = ("none" if number is None else f"{number:.6g}" for number in (one.a, one.b))
            load = "" if one.load is None else f"{one.load:g}"
            sheet.add_row(one.what, f"{one.name} {one.tolerance:g}", _shown(one), *ends, load)
    return sheet


def _shown(measure: Measure) -> str:
    text = f"{measure.value:.2g}" if np.isfinite(measure.value) else "one has none"
    return text if measure.within else f"[bold red]{text}[/]"


def _outside(measure: Measure, a: CrackRecord) -> str:
    where = "" if measure.load is None else f" at {a.load_name} {measure.load:g}"
    told = f"{measure.value:.3g}" if np.isfinite(measure.value) else "infinite, since only one of the two has any,"
    return f"outside: {measure.what}{where} is {told} > {measure.name} = {measure.tolerance:g}"
