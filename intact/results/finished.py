"""What a run has left in its folder, read back for the pictures."""

from __future__ import annotations

import csv
import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from intact.case import cycles
from intact.results import band
from materials import quantity

ELECTROLYTE, RULE = "materials.electrolyte", "flow.yield_stress"
CONTACT = ("open_fraction", "resistance_ratio", "resistance_ratio_touching")
END = math.inf  # stands for wherever a charge has ended
SAME_SOC = cycles.SAME  # the steps end exactly at the pictured states of charge; files hold them as text


class UnreadableError(ValueError):
    """A results folder lacks what a picture needs."""


@dataclass(frozen=True)
class HistoryLine:
    """One line of the history that is an equilibrium."""

    soc: float
    half_cycle: int
    detached: float
    flowed: float  # charge, either way: the state of charge, as long as it has not turned round
    opened: float | None = None  # None where a run does not tell
    resistance: float | None = None
    resistance_touching: float | None = None


Line = tuple[tuple[float, float], tuple[float, float]]  # both ends, µm


@dataclass(frozen=True)
class FinishedRun:
    """One run: what was compared in it, its history and the fields that were kept. When is told by the charge that
    has flowed."""

    folder: Path
    labels: Mapping[str, str]
    converged: bool
    first_detachment: float | None
    steps: tuple[HistoryLine, ...]
    cycles: cycles.Cycles
    asked: tuple[float, ...]  # that the case wants pictured
    lithium: bool  # is followed: then the charge ends by itself
    fields: Mapping[float, Path]  # to picture, in rising order
    axes: tuple[Line, ...] = ()  # of crystals that have one

    @property
    def last(self) -> float:
        """Up to where the run is an equilibrium."""
        return self.steps[-1].flowed if self.steps else 0.0

    def detached_at(self, flowed: float) -> float:
        """Detached fraction at the last step that is no later."""
        past = [step.detached for step in self.steps if step.flowed <= flowed + SAME_SOC]
        return past[-1] if past else 0.0

    def fields_at(self, flowed: float) -> Path | None:
        flowed = min(flowed, self.last) if flowed == END else flowed
        return next((file for at, file in self.fields.items() if abs(at - flowed) < SAME_SOC), None)

    def when(self, flowed: float) -> str:
        """The state of charge, and the half cycle where there are several."""
        if not self.cycles.count:
            return f"{flowed:.3g}"
        soc = next((step.soc for step in self.steps if abs(step.flowed - flowed) < SAME_SOC), flowed)
        return f"{soc:.3g} in {cycles.name(self.cycles.half_cycle(flowed))}"


@dataclass(frozen=True)
class FinishedStudy:
    """All runs of a case file, in the order of its compared values."""

    folder: Path
    title: str
    compared: tuple[str, ...]
    runs: tuple[FinishedRun, ...]

    @property
    def row_key(self) -> str:
        """The compared key with a row and a colour for each value: the electrolyte, where it is compared."""
        return ELECTROLYTE if ELECTROLYTE in self.compared or not self.compared else self.compared[0]

    @property
    def lines(self) -> list[list[FinishedRun]]:
        """The runs of each combination of the compared keys: one, or those of a band."""
        return band.groups(self.runs, self.compared, lambda run: run.labels)

    @property
    def rows(self) -> tuple[FinishedRun, ...]:
        """The runs of the joint crack field: the first value of every other key."""
        others = [key for key in self.compared if key != self.row_key]
        first, firsts = self.runs[0].labels, [line[0] for line in self.lines]
        return tuple(run for run in firsts if all(run.labels[key] == first[key] for key in others))


def read(folder: Path) -> FinishedStudy:
    """The study in a folder such as results/lzco-vs-lzaco."""
    told = _json(folder / "summary.json")
    try:
        runs = tuple(_run(folder / one["folder"], one) for one in told["runs"])
        compared = tuple(key for key in told["compare"] if all(key in run.labels for run in runs))
        title = str(told.get("title") or folder.name)
    except (KeyError, TypeError) as error:
        raise UnreadableError(f"{folder / 'summary.json'} is not what intact run writes: {error}") from None
    if not runs:
        raise UnreadableError(f"{folder / 'summary.json'} names no run")
    return FinishedStudy(folder, title, compared, runs)


def _run(folder: Path, told: Mapping[str, Any]) -> FinishedRun:
    case = tomllib.loads(_text(folder / "case.toml"))
    fields, steps, cycled = folder / "fields.pvd", _steps(folder / "history.csv"), cycles.of_file(case)
    pictured = (quantity.read(soc, "number") for soc in case.get("output", {}).get("soc", ()))
    asked = (*pictured, *cycled.kept)
    return FinishedRun(
        folder=folder,
        labels=_from_case(case) | told["labels"],
        converged=told["converged"],
        first_detachment=_first_detachment(told, steps),
        steps=steps,
        cycles=cycled,
        asked=asked,
        lithium="diffusion" in case,
        # a run that ends in its first step has no equilibrium to keep
        fields=_pictured(fields_of(fields), asked) if told["converged"] or fields.exists() else {},
        axes=tuple(_axis(one) for one in told.get("crystals", {}).values()),
    )


def _pictured(fields: dict[float, Path], asked: tuple[float, ...]) -> dict[float, Path]:
    """Every run keeps the equilibrium before any charge; pictures show it where it is asked for, or is all there is."""
    if len(fields) < 2 or any(abs(at) < SAME_SOC for at in asked):
        return fields
    return {at: file for at, file in fields.items() if abs(at) >= SAME_SOC}


def _axis(crystal: Mapping[str, Any]) -> Line:
    """A line of half the diameter along the c axis, through the middle."""
    angle, reach, (x, y) = math.radians(crystal["c_axis_degrees"]), crystal["diameter"] / 4, crystal["centre"]
    along, up = reach * math.cos(angle), reach * math.sin(angle)
    return (x - along, y - up), (x + along, y + up)


def _first_detachment(told: Mapping[str, Any], steps: tuple[HistoryLine, ...]) -> float | None:
    soc, half = told["first_detachment_soc"], told.get("cycling", {}).get("first_detachment_half_cycle", 1)
    if soc is None or half == 1:
        return soc
    return next((step.flowed for step in steps if step.half_cycle == half and abs(step.soc - soc) < SAME_SOC), None)


def _from_case(case: Mapping[str, Any]) -> dict[str, str]:
    """Material and rule are told of every run, also where they are not compared."""
    labels = {}
    for key in (ELECTROLYTE, RULE):
        section, name = key.split(".")
        if name in case.get(section, {}):
            labels[key] = str(case[section][name])
    return labels


def _steps(file: Path) -> tuple[HistoryLine, ...]:
    rows = list(csv.DictReader(_text(file).splitlines()))
    try:
        kept = [row for row in rows if row["outcome"] == "converged"]
        whens = [(float(row["soc"]), int(row.get("half_cycle", 1))) for row in kept]
        shares = [float(row["detached_fraction"]) for row in kept]
        touches = [[_number(row.get(name)) for name in CONTACT] for row in kept]
    except (KeyError, ValueError) as error:
        raise UnreadableError(f"{file} is not a history that intact run writes: {error}") from None
    so_far = cycles.flowed(whens)
    return tuple(
        HistoryLine(*when, share, at, *touch)
        for when, share, at, touch in zip(whens, shares, so_far, touches, strict=True)
    )


def _number(text: str | None) -> float | None:
    return float(text) if text else None


def fields_of(file: Path) -> dict[float, Path]:
    """The files that a .pvd lists, by their time, which is the charge that has flowed."""
    files = listed(file)
    for one in files.values():
        if not one.exists():
            raise UnreadableError(f"{one} is missing, which {file} names")
    return dict(sorted(files.items()))


def listed(file: Path) -> dict[float, Path]:
    """The same, whether the files are there or not."""
    text = _text(file)
    try:
        sets = [element.attrib for element in ElementTree.fromstring(text).iter("DataSet")]
        return {float(one["timestep"]): file.parent / one["file"] for one in sets}
    except (ElementTree.ParseError, KeyError, ValueError) as error:
        raise UnreadableError(f"{file} is not a list of fields: {error}") from None


def _json(file: Path) -> Any:
    try:
        return json.loads(_text(file))
    except json.JSONDecodeError as error:
        raise UnreadableError(f"{file} is not JSON: {error}") from None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UnreadableError(f"{file} is missing, which intact run leaves") from None
