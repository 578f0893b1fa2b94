"""Runs over what is unknown, folded into one line: lowest and highest of what came out."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_case import settle, tiny
from typer.testing import CliRunner

from intact.cli import app
from intact.pictures import contact_sheet, curve_sheet
from intact.pictures.sheet import Sheet
from intact.results import band, finished, tables

TOUGHNESS = "fracture.interface_toughness"


def ended(first: float | None, whole: float | None = None, stopped: bool = False, **labels: str) -> dict[str, Any]:
    """What the folding reads of the summary of a run."""
    half = {"first": first, "full": whole}
    return {
        "folder": "_".join(labels.values()),
        "labels": labels,
        "converged": not stopped,
        "steps": 7,
        "last_soc": 0.7 if stopped else 1.0,
        **{f"{kind}_detachment_soc": soc for kind, soc in half.items()},
        **{f"{kind}_detachment_after_soc": soc and soc - 0.01 for kind, soc in half.items()},
        "detached_fraction_at_soc": {"0.5": 0.0 if first is None else 0.3, "1": None if stopped else 1.0},
    }


def test_runs_are_folded_by_what_is_compared():
    runs = [ended(0.4, e="A", g="1"), ended(0.2, e="B", g="1"), ended(0.5, e="A", g="2"), ended(None, e="C")]
    lines = band.of_summaries(runs, ["e"])
    assert [[run["folder"] for run in line] for line in lines] == [["A_1", "A_2"], ["B_1"], ["C"]]
    assert [one["first_detachment_soc"] for one in band.folded(runs, ["e"])] == [[0.4, 0.5], [0.2, 0.2], [None, None]]


@pytest.mark.parametrize(
    ("runs", "written"),
    [
        ((ended(0.4), ended(0.2), ended(0.3)), "0.19 ... 0.4"),
        ((ended(0.4), ended(None)), "0.39 ... none"),
        ((ended(None), ended(None)), "none"),
        ((ended(0.4), ended(None, stopped=True), ended(None)), "0.39 ... none up to 0.7"),
        ((ended(0.4),), "0.39 and 0.4"),
    ],
)
def test_first_detachment_lies_between_the_soonest_and_the_latest(runs, written):
    assert tables._located_in(runs, "first_detachment") == written


def test_later_in_a_discharge_is_lower():
    """Of two that let go in the first discharge the one at the higher state of charge does so sooner."""
    high, low, charge = (ended(soc) | {"cycling": {"first_detachment_half_cycle": 2}} for soc in (0.8, 0.3, 0.9))
    charge["cycling"] = {"first_detachment_half_cycle": 1}
    assert band.soonest_and_latest([low, high], "first_detachment") == (high, low)
    assert band.soonest_and_latest([low, charge], "first_detachment") == (charge, low)


def test_a_share_is_told_once_or_from_lowest_to_highest():
    assert tables._spread([0.5, None, 0.25], "{:.0%}".format) == "25% ... 50%"
    assert tables._spread([0.5, 0.501], "{:.0%}".format) == "50%"
    assert tables._spread([None], "{:.0%}".format) == "-"


def test_a_band_that_did_not_converge_says_so():
    assert tables._outcome_of([ended(0.1), ended(0.1, stopped=True)]) == "STOPPED: 1 of 2 runs"


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    """LZCO with two toughnesses, and LZACO; without the fields, which no curve needs."""
    folder = tmp_path_factory.mktemp("band")
    tiny(folder)
    electrolytes, toughness = 'materials.electrolyte=["LZCO", "LZACO"]', f'{TOUGHNESS}=["14 J/m^2", "10 J/m^2"]'
    settle(folder / "tiny.toml", electrolytes, toughness, f'band=["{TOUGHNESS}"]', "compare=[]")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("intact.runs.run.cores", lambda: 1)
        patch.setattr("intact.pictures.draw.draw", lambda folder: [])
        command = ["run", str(folder / "tiny.toml"), "--output", str(folder / "results")]
        ended = CliRunner().invoke(app, command)
    assert ended.exit_code == 0, ended.output
    return folder / "results" / "tiny"


def test_a_study_with_a_band_has_a_line_for_each_electrolyte(study):
    told = json.loads((study / "summary.json").read_text(encoding="utf-8"))
    assert (told["compare"], told["band"]) == (["materials.electrolyte"], [TOUGHNESS])
    lzco, lzaco = told["folded"]
    assert lzco["runs"] == ["LZCO_14-J-m-2", "LZCO_10-J-m-2"]
    tough, weak, *_ = told["runs"]
    assert lzco["first_detachment_soc"] == [weak["first_detachment_soc"], tough["first_detachment_soc"]]
    assert lzco["detached_fraction_at_soc"]["0.4"] == [
        tough["detached_fraction_at_soc"]["0.4"],
        weak["detached_fraction_at_soc"]["0.4"],
    ]
    assert lzaco["first_detachment_soc"] == [None, None]
    table = (study / "table.txt").read_text(encoding="utf-8")
    assert [line.split()[1] for line in table.splitlines() if line.startswith("│")] == ["LZCO", "LZACO"]
    assert "converged, 2 runs" in table
    with (study / "table.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row[TOUGHNESS] for row in rows] == ["14 J/m^2", "10 J/m^2"] * 2


def test_curves_show_a_band_from_lowest_to_highest(study, monkeypatch):
    sheets: list[Sheet] = []
    monkeypatch.setattr(Sheet, "save", lambda sheet, file: sheets.append(sheet))
    monkeypatch.setattr(finished, "fields_of", lambda file: {})
    made = finished.read(study)
    assert [run.folder.name for run in made.rows] == ["LZCO_14-J-m-2", "LZACO_14-J-m-2"]
    curve_sheet.draw(made, study / "unused.png")
    contact_sheet.draw(made, study / "unused.png")
    [axes], [shares, _] = (sheet.figure.axes for sheet in sheets)
    assert len(axes.collections) == len(shares.collections) == 2
    names = [text.get_text().split("\n")[0] for text in axes.get_legend().get_texts()]
    assert names == ["LZCO", "LZACO", "first detachment"]
    tough, weak = made.lines[0]
    flowed, low, high = curve_sheet.envelope([tough, weak], lambda step: step.detached)
    for run, edge in ((tough, low), (weak, high)):  # what is tougher has let go less
        there = np.interp([step.flowed for step in run.steps], flowed, edge)
        assert there == pytest.approx([step.detached for step in run.steps], abs=1e-12)  # round-off
