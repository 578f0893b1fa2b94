"""The program from Python: run a study, and read what it has left, with the same parts as the command line."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import meshio
import numpy as np
import numpy.typing as npt

from intact.case.contradictions import contradictions
from intact.case.model import Case
from intact.case.problems import CaseProblems
from intact.case.read import Study
from intact.results.finished import SAME_SOC, fields_of
from intact.results.folder import CASE, HISTORY, PICTURES, SUMMARY, left_in
from intact.results.names import FIELDS
from intact.results.whole import ResultsError

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FieldValues:
    """One field at one state: values at the points of a mesh, or one for each of its cells."""

    points: Values  # (points, 3), µm
    cells: npt.NDArray[np.int64]  # (cells, corners)
    values: Values

    @property
    def at_points(self) -> bool:
        """Whether the values are those of the points."""
        return len(self.values) == len(self.points)


@dataclass(frozen=True)
class RunResult:
    """What one run has left in its folder."""

    folder: Path

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """What was asked, what came out, versions and warnings."""
        return json.loads((self.folder / SUMMARY).read_text(encoding="utf-8"))

    @cached_property
    def history(self) -> dict[str, list[Any]]:
        """Columns of the history by name, a number (or a word, or None) for each step; pandas.DataFrame takes it."""
        with (self.folder / HISTORY).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return {name: [_number(row[name]) for row in rows] for name in (rows[0] if rows else ())}

    @property
    def kept(self) -> list[float]:
        """Charge that has flowed at each state of which there are fields: the state of charge on the first way up."""
        return list(fields_of(self.folder / FIELDS))

    def field(self, name: str, soc: float | None = None) -> FieldValues:
        """A field such as "damage", "displacement (um)" or "stress (MPa)"; without `soc` of the last state."""
        files = fields_of(self.folder / FIELDS)
        found = [file for at, file in files.items() if soc is None or abs(at - soc) < SAME_SOC]
        if not found:
            raise ResultsError(f"soc: got {soc}, takes one of {', '.join(f'{one:g}' for one in files)}")
        mesh = meshio.read(found[-1])
        known = dict(mesh.point_data) | {of: values[0] for of, values in mesh.cell_data.items()}
        if name not in known:
            raise ResultsError(f"name: got {name!r}, takes one of {', '.join(known)}")
        return FieldValues(mesh.points, mesh.cells[0].data.astype(np.int64), np.asarray(known[name], dtype=float))


@dataclass(frozen=True)
class Results:
    """What a study has left: its runs by name."""

    folder: Path

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """The joint summary of all runs."""
        return json.loads((self.folder / SUMMARY).read_text(encoding="utf-8"))

    @cached_property
    def runs(self) -> Mapping[str, RunResult]:
        """Each run that has ended, by the name of its folder."""
        return {one["folder"]: RunResult(self.folder / one["folder"]) for one in self.summary["runs"]}

    def __getitem__(self, name: str) -> RunResult:
        if name not in self.runs:
            raise KeyError(f"got {name!r}, takes one of {', '.join(self.runs)}")
        return self.runs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.runs)

    def __len__(self) -> int:
        return len(self.runs)

    @property
    def only(self) -> RunResult:
        """The run of a study that has one alone."""
        [run_] = self.runs.values()
        return run_

    def plot(self) -> list[Path]:
        """The pictures, drawn if they are not there."""
        from intact.pictures.draw import draw

        there = [self.folder / name for name in PICTURES if (self.folder / name).exists()]
        return there or draw(self.folder)


def run(
    study: Study | Case,
    output: str | Path = "results",
    *,
    jobs: int | None = 1,
    resume: bool = False,
    overwrite: bool = False,
) -> Results:
    """Solve a study that has been read, or a case made here, and return what it has left. A run that stopped early is
    among it, and says so in its summary."""
    from intact.runs.run import Beginning
    from intact.runs.run import run as solve

    if isinstance(study, Case):
        study = _alone(study)
    beginning: Beginning = "resume" if resume else "overwrite" if overwrite else "fresh"
    solve(study, Path(output), jobs=jobs, beginning=beginning)
    return open_results(Path(output) / study.name)


def open_results(folder: str | Path) -> Results:
    """What an earlier run has left in its folder, such as results/lzco-vs-lzaco."""
    folder = Path(folder)
    if not (folder / SUMMARY).exists() or (folder / CASE).exists():
        inside = ", ".join(sorted(file.name for file in left_in(folder))) or "nothing of it"
        raise ResultsError(
            f"folder: got {str(folder)!r}, takes the folder of a study that has ended; there is {inside}"
        )
    return Results(folder)


def _alone(case: Case) -> Study:
    """A study of one case, checked as a file would be."""
    name = Path(case.title or "case")
    problems = list(contradictions(case))
    if problems:
        raise CaseProblems(name, problems)
    return Study(name, case.title or "case", (({"materials.electrolyte": case.materials.electrolyte}, case),), (), ())


def _number(text: str) -> Any:
    try:
        return float(text) if text else None
    except ValueError:
        return text
