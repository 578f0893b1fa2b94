"""Charge and discharge in turn, from the case file to the pictures."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pyvista
from mpi4py import MPI
from test_intact_pictures import write_fields
from tiny_case import tiny
from typer.testing import CliRunner

from intact.bodies.body import bodies
from intact.bodies.media import layers
from intact.case import cycles
from intact.case.cycles import Cycles
from intact.case.read import CaseProblems, read
from intact.cli import app
from intact.pictures import crack_sheet, curve_sheet
from intact.pictures import draw as pictures
from intact.pictures.sheet import Sheet
from intact.results import crack_record, finished, tables
from intact.results import folder as results
from intact.runs.run import run_case
from intact.runs.trace import Trace
from mechanics import Outcome, Record
from mechanics.body.solid import Energies
from mechanics.minimise.climb import Ending

FIVE = ("cycling.cycles=5", "cycling.down_to=0.1")
QUICK = ("steps.until=0.3", "steps.largest=0.2", "steps.onset=0.2", "output.soc=[0.15]", "materials.electrolyte=LZACO")

# Schedules


def test_turns_and_ends():
    two = Cycles(2, until=0.8, down_to=0.3)
    assert two.turns == (0.3, 0.8, 0.3)
    assert two.ends == pytest.approx([0.8, 1.3, 1.8, 2.3])
    assert two.kept == two.ends
    assert [two.half_cycle(at) for at in (0.0, 0.8, 0.81, 1.3, 2.0, 2.3, 2.3 + 1e-9)] == [1, 1, 2, 2, 4, 4, 4]
    assert two.keeps(1.8)
    assert not two.keeps(1.7)
    assert [cycles.name(half) for half in (1, 2, 3, 20)] == ["charge 1", "discharge 1", "charge 2", "discharge 10"]


def test_one_charge_alone_has_no_turns_and_keeps_no_ends():
    assert (Cycles(0).turns, Cycles(0).kept, Cycles(0, 0.6).ends) == ((), (), (0.6,))


@pytest.mark.parametrize(("count", "kept"), [(1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (4, [1, 2, 4]), (9, [1, 5, 9])])
def test_of_many_cycles_three_are_kept(count, kept):
    halves = [Cycles(count).half_cycle(end) for end in Cycles(count).kept]
    assert halves == [half for cycle in kept for half in (2 * cycle - 1, 2 * cycle)]


def test_what_has_flowed():
    steps = [(0.0, 1), (0.4, 1), (0.8, 1), (0.3, 2), (0.5, 3), (0.8, 3)]
    assert list(cycles.flowed(steps)) == pytest.approx([0.0, 0.4, 0.8, 1.3, 1.5, 1.8])


# The case file


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (("cycling.cycles=0",), "cycling.cycles: got 0, takes a whole number of at least 1, such as 3"),
        (("cycling.cycles=1.5",), "cycling.cycles: got 1.5, takes a whole number of at least 1, such as 3"),
        (("cycling.down_to=0.2",), "cycling.cycles: got nothing, takes a whole number of at least 1, such as 3"),
        (
            ("cycling.cycles=2", "cycling.down_to=0.4"),
            "cycling.down_to: got 0.4, takes less than steps.until = 0.4",
        ),
        (
            ("cycling.cycles=2", "cycling.down_to=-0.1"),
            "cycling.down_to: got -0.1, takes a number at least 0 and below 1",
        ),
        (("fatigue.threshold=10",), 'fatigue.threshold: got 10 (no unit), takes a stress such as "1.41 GPa"'),
        (("fatigue.threshold=0 MPa",), "fatigue.threshold: got '0 MPa', takes a stress above 0"),
    ],
)
def test_mistakes_are_told_in_a_sentence(tmp_path, changes, sentence):
    with pytest.raises(CaseProblems) as caught:
        tiny(tmp_path, *changes)
    assert [str(problem) for problem in caught.value.problems] == [sentence]


def test_cycles_can_be_compared_and_the_resolved_case_reads_back_the_same(tmp_path):
    study = tiny(tmp_path, "cycling.cycles=[1, 10]", "fatigue.threshold=2 MJ/m^3")
    assert [cycles.of_case(case).count for _, case in study.cases] == [1, 10]
    for _, case in study.cases:
        path = tmp_path / "resolved.toml"
        path.write_text(case.resolved(), encoding="utf-8")
        [(_, again)] = read(path).cases
        assert again == case
        assert again.cycling.down_to == 0
        assert again.fatigue.threshold == pytest.approx(2.0)  # MPa


def test_a_tougher_layer_bears_as_many_times_more(tmp_path):
    """Bulk 10 times as tough as the interface; without the table nothing tires."""
    [(_, case)] = tiny(tmp_path, "fatigue.threshold=2 MPa").cases
    found = layers(case)
    thresholds = {name: medium.fatigue for name, medium in found.media.items()}
    assert thresholds == pytest.approx({"electrolyte": 20.0, "interface": 2.0, "cathode": 20.0})
    assert found.sources["fatigue threshold"] == "2 MPa (given in the case, of the interface)"
    [(_, plain)] = tiny(tmp_path).cases
    assert {medium.fatigue for medium in layers(plain).media.values()} == {None}
    assert "fatigue threshold" not in layers(plain).sources


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ((), "4 to SoC 0.4, none larger than 0.1"),
        (("cycling.cycles=1",), "4 to SoC 0.4, then 4 down to SoC 0, none larger than 0.1"),
        (FIVE, "4 to SoC 0.4, then 3 in each of 9 half cycles between that and SoC 0.1, none larger than 0.1"),
    ],
)
def test_check_tells_the_steps(tmp_path, changes, words):
    tiny(tmp_path)
    settings = [word for change in changes for word in ("--set", change)]
    result = CliRunner().invoke(app, ["check", str(tmp_path / "tiny.toml"), *settings])
    assert result.exit_code == 0, result.output
    assert words in " ".join(result.output.split())


# What a run leaves


@pytest.fixture(scope="module")
def cycled(tmp_path_factory) -> Path:
    """Five cycles of a body that does not detach; the joint folder."""
    folder = tmp_path_factory.mktemp("cycled")
    study = tiny(folder, *FIVE, *QUICK)
    [body] = bodies(study, MPI.COMM_SELF)
    summary = run_case(body, [], folder / "tiny" / body.name, MPI.COMM_SELF)
    summary = {"title": study.title, "compare": list(study.cases[0][0]), "runs": [summary], "notes": []}
    results.write(folder / "tiny", json.loads(json.dumps(summary)))
    return folder / "tiny"


def test_history_numbers_half_cycles_and_lands_on_turns(cycled):
    with (cycled / "LZACO/history.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    steps = [(int(row["half_cycle"]), float(row["soc"])) for row in rows]
    assert steps[:3] == [(1, 0.0), (1, 0.15), (1, 0.3)]  # the pictured one on the first way up only
    assert steps[3:] == [(half, 0.3 if half % 2 else 0.1) for half in range(2, 11)]


def test_fields_are_kept_by_the_charge_that_has_flowed(cycled):
    times = pyvista.get_reader(cycled / "LZACO/fields.pvd").time_values
    assert times == pytest.approx([0, 0.15, 0.3, 0.5, 1.1, 1.3, 1.9, 2.1])  # the start, cycles 1, 3 and 5


def test_summary_and_table_tell_the_first_and_the_last_cycle(cycled):
    told = json.loads((cycled / "LZACO/summary.json").read_text(encoding="utf-8"))
    assert told["cycling"] == {
        "cycles": 5,
        "first_detachment_half_cycle": None,
        "full_detachment_half_cycle": None,
        "last_half_cycle": 10,
        "charge_passed": pytest.approx(2.1),
        "detached_fraction_after_half_cycle": {str(half): 0.0 for half in range(1, 11)},
        "contact_fraction_after_half_cycle": {str(half): 1.0 for half in range(1, 11)},
    }
    text = (cycled / "table.txt").read_text(encoding="utf-8")
    assert "first cycle" in text
    assert "last cycle" in text
    with (cycled / "table.csv").open(encoding="utf-8") as file:
        [row] = csv.DictReader(file)
    assert (row["detached_fraction_after_first_cycle"], row["detached_fraction_after_last_cycle"]) == ("0.0", "0.0")


def test_a_record_of_it_is_over_the_charge_that_has_flowed(cycled):
    record = crack_record.read(cycled / "LZACO")
    assert record.load_name == "charge that has flowed"
    assert record.loads == pytest.approx([0, 0.15, 0.3, 0.5, 1.1, 1.3, 1.9, 2.1])
    assert record.curve["load"] == pytest.approx([0, 0.15, *np.arange(0.3, 2.2, 0.2)])
    assert "half_cycle" not in record.curve


def test_pictures_have_a_column_for_each_end_that_was_kept(cycled):
    [run] = finished.read(cycled).runs
    shown = crack_sheet.columns([run])
    words = [crack_sheet._column_heading(at, [run]) for at in shown]
    assert words[:4] == ["0.15", "0.3", "discharge 1", "charge 3"]
    assert words[4:] == ["discharge 3", "charge 5", "discharge 5"]
    assert all(run.fields_at(at) is not None for at in shown)


# Words


def record(soc: float, half: int, detached: float, work: float = 1.0, ending: Ending = Ending.CONVERGED) -> Record:
    energies = Energies(0.0, 0.0, 0.0)
    return Record(soc, detached, 0.0, energies, work, work, Outcome(ending, 1, 0.0), 0, 0.0, half_cycle=half)


def traced(*records: Record) -> Trace:
    trace = Trace(None)
    for one in records:
        trace.add(one)
    return trace


def test_what_happens_in_a_later_half_cycle_is_told_with_it():
    steps = [(0.0, 1, 0.0), (0.8, 1, 0.0), (0.3, 2, 0.0), (0.6, 3, 0.2), (0.8, 3, 0.2), (0.5, 4, 1.0)]
    trace = traced(*(record(*step) for step in steps), record(0.4, 4, 1.0, ending=Ending.LIMIT))
    told = trace.cycles(Cycles(2, 0.8, 0.3))
    assert told["first_detachment_half_cycle"] == 3
    assert told["full_detachment_half_cycle"] == told["last_half_cycle"] == 4
    assert told["charge_passed"] == pytest.approx(0.8 + 0.5 + 0.5 + 0.3)
    assert told["detached_fraction_after_half_cycle"] == {"1": 0.0, "2": 0.0, "3": 0.2}  # the fourth has no end
    assert trace.stopped == "not converged: iteration limit in the step to SoC 0.4 of discharge 2"
    run = trace.figures([]) | {"cycling": told}
    assert tables.outcome(run) == "STOPPED after SoC 0.5 in discharge 2"
    assert tables._located(run, "first_detachment") == "0.3 and 0.6 in charge 2"
    assert tables._located(run, "full_detachment") == "0.8 and 0.5 in discharge 2"
    assert [tables._after_cycle(run, which) for which in ("first", "last")] == [0.0, None]


def test_work_that_is_given_back_is_no_measure():
    """What an elastic body holds too much for a moment is a share of the most work done, not of what is left of it."""
    trace = traced(record(0.0, 1, 0.0, 0.0), record(1.0, 1, 0.0, 8.0), record(0.0, 2, 0.0, 1e-12))
    trace.records[-1] = replace(trace.records[-1], plastic_work=1e-9)
    assert trace.figures([])["energy_balance"]["appeared_from_nothing"] == pytest.approx(1e-9 / 8)
    assert trace.balance_warning() == []


@pytest.fixture
def two_runs(tmp_path) -> Path:
    """Three cycles between SoC 0.2 and 1: one body lets go in the second charge, another run ends in the last one."""
    runs = []
    turns = Cycles(3, 1.0, 0.2)
    for name, first, last in (("LZCO", 2.2, 5.0), ("LZACO", 9.0, 4.0)):
        folder = tmp_path / name
        folder.mkdir()
        times = (0.6, *(end for end in turns.ends if end < last + 1e-9), *([4.0] if last == 4.0 else []))
        write_fields(MPI.COMM_SELF, folder, times, first)
        (folder / "case.toml").write_text(
            f'[materials]\nelectrolyte = "{name}"\n[flow]\nyield_stress = "tabor"\n[steps]\nuntil = 1.0\n'
            "[cycling]\ncycles = 3\ndown_to = 0.2\n[output]\nsoc = [0.6]\n"
        )
        lines, soc, before = ["soc,half_cycle,detached_fraction,outcome"], 0.0, 0.0
        for at in np.arange(1, 26) / 5:
            half = turns.half_cycle(at)
            soc += (at - before) * (1 if half % 2 else -1)
            before = at
            if at < last + 1e-9:
                lines.append(f"{soc:.6g},{half},{0.5 * (at > first - 1e-9)},converged")
        (folder / "history.csv").write_text("\n".join(lines) + "\n")
        runs.append(
            {
                "folder": name,
                "labels": {"materials.electrolyte": name},
                "converged": last == 5.0,
                "first_detachment_soc": 0.6 if name == "LZCO" else None,
                "cycling": {"first_detachment_half_cycle": 3 if name == "LZCO" else None},
            }
        )
    told = {"title": "Three cycles", "compare": ["materials.electrolyte"], "runs": runs}
    (tmp_path / "summary.json").write_text(json.dumps(told))
    return tmp_path


def test_curves_go_over_the_charge_that_has_flowed(two_runs, monkeypatch):
    sheets: list[Sheet] = []
    monkeypatch.setattr(Sheet, "save", lambda sheet, file: sheets.append(sheet))
    curve_sheet.draw(finished.read(two_runs), two_runs / "unused.png")
    (axes,) = sheets[0].figure.axes
    words = [text.get_text() for text in axes.get_legend().get_texts()]
    assert words[:2] == [
        "LZCO\nbegins to detach at 0.6 in charge 2",
        "LZACO\nNOT CONVERGED after 0.8 in charge 3",
    ]
    [ring] = [line.get_xydata() for line in axes.get_lines() if line.get_markerfacecolor() == "white"]
    assert ring == pytest.approx(np.array([[2.2, 0.5]]))
    curve = max(axes.get_lines(), key=lambda line: len(line.get_xdata()))
    assert curve.get_xdata() == pytest.approx(np.arange(1, 26) / 5)
    assert axes.get_xlim()[1] == pytest.approx(5.0)
    assert "flowed" in axes.get_xlabel()


def test_a_run_that_ends_in_a_later_half_cycle_says_so_in_its_column(two_runs):
    study = finished.read(two_runs)
    lzco, lzaco = study.runs
    shown = crack_sheet.columns(study.runs)
    assert shown == pytest.approx([0.6, 1.0, 1.8, 2.6, 3.4, 4.2, 5.0])
    assert [lzco.detached_at(at) for at in shown] == [0, 0, 0, 0.5, 0.5, 0.5, 0.5]
    assert [lzaco.fields_at(at) is not None for at in shown] == [True] * 5 + [False] * 2
    assert lzaco.when(lzaco.last) == "0.8 in charge 3"
    assert lzaco.fields_at(lzaco.last) is not None


@pytest.mark.slow
def test_pictures_of_several_cycles_are_drawn(cycled, two_runs):
    drawn = [*pictures.draw(cycled), *pictures.draw(two_runs)]
    assert len(drawn) == 8  # contact.png of the run that tells of it
    assert all(file.stat().st_size > 10_000 for file in drawn)  # bytes; an empty sheet has fewer


@pytest.mark.slow
def test_an_interface_that_tires_lets_go_in_a_later_charge(tmp_path):
    """The tiny stack charged to just below where it begins to detach. With fatigue it lets go all the same, later."""
    halves = {}
    for threshold in (None, "10 MPa"):
        tired = [] if threshold is None else [f"fatigue.threshold={threshold}"]
        study = tiny(tmp_path, "cycling.cycles=4", "steps.until=0.3", "steps.onset=0.1", "output.soc=[0.3]", *tired)
        [body] = bodies(study, MPI.COMM_SELF)
        summary = run_case(body, [], tmp_path / str(threshold), MPI.COMM_SELF)
        assert summary["converged"]
        halves[threshold] = summary["cycling"]["first_detachment_half_cycle"]
        assert summary["energy_balance"]["appeared_from_nothing"] < 0.02
    assert halves[None] is None
    assert halves["10 MPa"] in (3, 5, 7)
