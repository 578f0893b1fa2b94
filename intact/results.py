"""What a run leaves in its folder, written as it goes, and the joint table above the folders."""

from __future__ import annotations

import csv
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.table import Table

from intact.console import console
from mechanics.detachment import DETACHED, WHOLLY
from mechanics.evolution import Record

HISTORY = "history.csv"
SUMMARY = "summary.json"
CASE = "case.toml"
# Energies are per unit depth: MPa µm² = µJ/m.
COLUMNS = (
    "soc",
    "detached_fraction",
    "max_damage",
    "elastic_energy_uJ_per_m",
    "fracture_energy_uJ_per_m",
    "spring_energy_uJ_per_m",
    "plastic_work_uJ_per_m",
    "iterations",
    "repetitions",
    "outcome",
    "seconds",
)


class ResultsError(ValueError):
    """The folder is not one that intact run has left."""


class History:
    """history.csv, a line as soon as its step is known."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", newline="", encoding="utf-8")
        self._writer = csv.writer(self._file)
        self._writer.writerow(COLUMNS)
        self._file.flush()

    def write(self, record: Record) -> None:
        energies = (record.energies.elastic, record.energies.fracture, record.energies.spring)
        self._writer.writerow(
            [
                f"{record.soc:.6g}",
                f"{record.detached_fraction:.6f}",
                f"{record.max_damage:.6f}",
                *(f"{number:.9g}" for number in (*energies, record.plastic_work)),
                record.outcome.iterations,
                record.cuts,
                record.outcome.ending.value,
                f"{record.seconds:.2f}",
            ]
        )
        self._file.flush()

    def close(self) -> None:
        self._file.close()


@dataclass
class Trace:
    """The accepted steps so far, and the state of charge at which the interface let go."""

    records: list[Record] = field(default_factory=list)
    failed: Record | None = None

    def add(self, record: Record) -> None:
        if record.outcome.converged:
            self.records.append(record)
        else:
            self.failed = record

    def reaches(self, fraction: float) -> tuple[float, float] | None:
        """The step (from, to) in which the detached fraction passes this one; None if it never does."""
        before = 0.0
        for record in self.records:
            if record.detached_fraction > fraction:
                return before, record.soc
            before = record.soc
        return None

    def figures(self, pictured: Sequence[float]) -> dict[str, Any]:
        first, whole = self.reaches(DETACHED), self.reaches(WHOLLY)
        last = self.records[-1] if self.records else None
        return {
            "converged": self.failed is None,
            "stopped_at_soc": None if self.failed is None else self.failed.soc,
            "reason": None if self.failed is None else self.failed.outcome.ending.value,
            "first_detachment_soc": first and first[1],
            "first_detachment_after_soc": first and first[0],
            "full_detachment_soc": whole and whole[1],
            "full_detachment_after_soc": whole and whole[0],
            "detached_fraction_at_soc": {
                f"{soc:g}": next((r.detached_fraction for r in self.records if abs(r.soc - soc) < 1e-9), None)
                for soc in pictured
            },
            "detached_fraction_at_end": last and last.detached_fraction,
            "steps": len(self.records),
            "iterations": sum(r.outcome.iterations for r in self.records),
            "seconds": sum(r.seconds for r in self.records),
        }


def versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in ("fenics-dolfinx", "petsc4py", "gmsh", "numpy", "pyvista"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def table(summary: Mapping[str, Any]) -> Table:
    """One line a run: where it let go, and whether it may be believed."""
    runs = summary["runs"]
    labels = list(runs[0]["labels"])
    sheet = Table(title=summary["title"], title_justify="left")
    for key in labels:
        sheet.add_column(key.rpartition(".")[2].replace("_", " "))
    for heading in ("first detachment", "full detachment", *(f"at {soc}" for soc in _pictured(runs))):
        sheet.add_column(heading, justify="right")
    sheet.add_column("outcome")
    for run in runs:
        sheet.add_row(*(run["labels"][key] for key in labels), *_cells(run, _pictured(runs)), _outcome(run))
    return sheet


def _pictured(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """The state of charge in the middle of the pictures, and the last: the two that the paper speaks of."""
    told = sorted({soc for run in runs for soc in run["detached_fraction_at_soc"]}, key=float)
    return [told[len(told) // 2], told[-1]] if len(told) > 1 else told


def _cells(run: Mapping[str, Any], pictured: Sequence[str]) -> list[str]:
    def soc(key: str) -> str:
        return "none" if run[f"{key}_soc"] is None else f"SoC {run[f'{key}_soc']:.3g}"

    def share(at: str) -> str:
        fraction = run["detached_fraction_at_soc"].get(at)
        return "-" if fraction is None else f"{fraction:.0%}"

    return [soc("first_detachment"), soc("full_detachment"), *map(share, pictured)]


def _outcome(run: Mapping[str, Any]) -> str:
    if run["converged"]:
        return f"converged, {run['steps']} steps"
    return f"STOPPED before SoC {run['stopped_at_soc']:.4g}: {run['reason']}"


def show(folder: Path) -> None:
    """Print the table of a results folder, its warnings and where the pictures are."""
    path = folder / SUMMARY
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
        sheet = table(summary)
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise ResultsError(
            f"{folder}: got a folder without a joint {SUMMARY} that can be read ({error}), "
            "takes one that intact run has left, such as results/lzco-vs-lzaco"
        ) from error
    console.print(sheet)
    for line in summary["notes"]:
        console.print(f"  · {line}", markup=False)
    console.print(f"results in {folder}", markup=False)
    for picture in sorted(folder.glob("*.png")):
        console.print(f"  {picture}", markup=False)
