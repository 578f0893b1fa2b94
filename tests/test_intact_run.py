"""A run from the command line to what it leaves in its folder."""

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gmsh
import numpy as np
import pytest
import pyvista
from mpi4py import MPI
from tiny_case import TINY, settle, tiny
from typer.testing import CliRunner

import intact.bodies.body
from intact.bodies.body import bodies
from intact.case.read import read
from intact.cli import app
from intact.results.names import DISPLACEMENT
from intact.runs.reporter import Reporter
from intact.runs.run import run_case
from intact.runs.side_by_side import Processes
from intact.runs.trace import COLUMNS, IN_A_PLANE
from mechanics import Medium, Solid
from meshes import Notch, Stack

ROOT = Path(__file__).parent.parent
COMPARED = 'materials.electrolyte=["LZCO", "LZACO"]'
QUICK = ("steps.until=0.1", "steps.onset=0.1")  # one step and the start; nothing detaches


def program(*words: str, cwd: Path, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """The program as a process of its own, on a machine without display."""
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    command = [*before, sys.executable, "-m", "intact", *words]
    environment |= {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=300)


def run(folder: Path, *settings: str, output: str = "results", words: Sequence[str] = ()) -> Any:
    """The program in this process: typer's result."""
    tiny(folder)
    case = settle(folder / "tiny.toml", *settings)
    command = ["run", str(case), "--output", str(folder / output), *words]
    return CliRunner().invoke(app, command)


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def told(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def one_core(monkeypatch):
    """A study stays in this process then, and what a test does to it is seen."""
    monkeypatch.setattr("intact.runs.run.cores", lambda: 1)


@pytest.fixture
def no_pictures(monkeypatch):
    """Pictures have tests of their own, and take longer than a tiny case."""
    monkeypatch.setattr("intact.pictures.draw.draw", lambda folder: [])


# What one case leaves


@dataclass(frozen=True)
class Solved:
    folder: Path
    solid: Solid
    summary: dict[str, Any]


@pytest.fixture(scope="module")
def solved(tmp_path_factory) -> Solved:
    """A tiny case that was solved in this process, with the state in which it ended."""
    folder = tmp_path_factory.mktemp("solved")
    [body] = bodies(tiny(folder), MPI.COMM_SELF)
    kept = []

    def solid(one):
        kept.append(intact.bodies.body.solid(one))
        return kept[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("intact.runs.one_case.solid", solid)
        summary = run_case(body, ["a warning from before"], folder / "LZCO", MPI.COMM_SELF)
    return Solved(folder / "LZCO", kept[0], summary)


def test_history_has_its_columns_and_a_row_for_each_step(solved):
    history = rows(solved.folder / "history.csv")
    assert list(history[0]) == [column.format(unit=IN_A_PLANE) for column in COLUMNS]
    charges = [float(row["soc"]) for row in history]
    assert charges[0] == 0
    assert charges[-1] == 0.4
    assert charges == sorted(set(charges))
    assert {row["outcome"] for row in history} == {"converged"}
    assert float(history[0]["elastic_energy_uJ_per_m"]) == 0
    assert float(history[-1]["detached_fraction"]) > 0  # so that the tests below are about a crack


def test_fields_are_the_ones_of_the_solver(solved):
    reader = pyvista.get_reader(solved.folder / "fields.pvd")
    assert reader.time_values == [0.0, 0.2, 0.4]
    reader.set_active_time_value(0.4)
    grid = reader.read()[0]
    state = solved.solid.state
    x = state.d.function_space.tabulate_dof_coordinates()
    there = np.array([grid.find_closest_point(point) for point in x])
    assert np.abs(grid.points[there] - x).max() < 1e-6  # µm; the file holds its numbers in full
    assert np.abs(grid["damage"][there] - state.d.x.array).max() < 1e-12
    nodes = state.u.function_space.tabulate_dof_coordinates()
    for displacement, point in zip(state.u.x.array.reshape(-1, 2)[::50], nodes[::50], strict=True):
        near = grid.find_closest_point(point)
        if np.abs(grid.points[near] - point).max() < 1e-9:  # a corner of a triangle, not the middle of an edge
            assert grid[DISPLACEMENT][near][:2] == pytest.approx(displacement, abs=1e-12)
    assert np.abs(grid[DISPLACEMENT][:, 1]).max() > 1e-3  # µm
    areas = grid.compute_cell_sizes()["Area"]
    height = {region: areas[grid["region"] == region].sum() / 4 for region in (0, 1, 2)}
    assert height == pytest.approx({0: 1.0, 1: 0.8 - 0.05 / 4, 2: 1.0})  # less the notch, 1 × 0.1 / 2


def test_summary_says_what_was_asked_and_what_came_out(solved):
    summary, history = solved.summary, rows(solved.folder / "history.csv")
    assert summary == told(solved.folder)
    assert summary["asked"]["fracture"]["interface_toughness"] == "10 J/m^2"
    assert summary["converged"]
    assert summary["steps"] == len(history)
    last = history[-1]
    for name in ("elastic", "fracture", "spring"):
        written = float(last[f"{name}_energy_uJ_per_m"])
        assert summary["energies_at_end_uJ_per_m"][name] == pytest.approx(written, rel=1e-8)  # digits of the history
    assert summary["detached_fraction_at_soc"]["0.4"] == pytest.approx(float(last["detached_fraction"]), abs=1e-6)
    first = next(row for row in history if float(row["detached_fraction"]) > 0.01)
    assert summary["first_detachment_soc"] == float(first["soc"])
    assert 0 < first_step(summary) <= 0.05 + 1e-9  # steps.onset
    assert summary["full_detachment_soc"] is None
    ratio = summary["h_over_length_in_interface"]
    row = ratio * 3**0.5 / 2
    assert summary["mesh_correction"]["factor_in_interface"] == pytest.approx(1 + row * 3 / 8)  # c_w of AT1
    assert 0 <= summary["energy_balance"]["appeared_from_nothing"] < 0.01
    assert summary["energy_balance"]["work_uJ_per_m"] > 0
    assert summary["warnings"] == ["a warning from before"]  # and none of damage in coarse cells
    assert summary["sources"]["interface toughness"] == "10 J/m^2 (calibrated: on nothing)"
    assert {"intact", "python", "fenics-dolfinx", "petsc4py", "gmsh"} <= set(summary["versions"])
    assert "unknown" not in summary["versions"].values()


def first_step(summary: dict[str, Any]) -> float:
    return summary["first_detachment_soc"] - summary["first_detachment_after_soc"]


def test_the_resolved_case_reads_back_to_the_same(solved):
    [(_, case)] = read(solved.folder / "case.toml").cases
    [(_, asked)] = tiny(solved.folder.parent).cases
    assert case == asked


def test_a_crack_in_coarse_cells_is_warned_of(tmp_path, no_pictures):
    """One element along ℓ; the tiny case itself, with two, is not warned of."""
    result = run(tmp_path, "mesh.elements_per_length=1", "mesh.coarse=0.2 um", "steps.until=0.1", "steps.onset=0.1")
    assert result.exit_code == 0, result.output
    summary = told(tmp_path / "results/tiny")
    assert any("damage reaches 1.00 where the mesh is coarser" in note for note in summary["notes"])
    assert any("a crack is not resolved" in note for note in summary["notes"])


# What a study leaves


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> tuple[Path, str]:
    """Two electrolytes, run by the program as a process of its own; the folder and what was printed."""
    folder = tmp_path_factory.mktemp("study")
    tiny(folder)
    settle(folder / "tiny.toml", COMPARED)
    ended = program("run", "tiny.toml", cwd=folder)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return folder / "results/tiny", ended.stdout


def test_a_comparison_leaves_every_promised_file(study):
    folder, _ = study
    joint = {"summary.json", "table.csv", "table.txt", "crack-field.png", "detached-fraction.png", "contact.png"}
    assert {file.name for file in folder.iterdir() if not file.name.startswith(".")} == joint | {"LZCO", "LZACO"}
    single = {"history.csv", "summary.json", "case.toml", "fields.pvd", "regions.json", "crack-field.png"}
    for case in ("LZCO", "LZACO"):
        names = {file.name for file in (folder / case).iterdir()}
        assert {name for name in names if not name.endswith("vtu")} == single
        assert len([name for name in names if name.endswith(".vtu")]) == 3  # at SoC 0, 0.2 and 0.4


def test_the_joint_table_says_it_all(study):
    folder, printed = study
    lzco, lzaco = rows(folder / "table.csv")
    assert (lzco["materials.electrolyte"], lzaco["materials.electrolyte"]) == ("LZCO", "LZACO")
    assert 0 < float(lzco["first_detachment_after_soc"]) < float(lzco["first_detachment_soc"]) <= 0.4
    assert (lzaco["first_detachment_soc"], lzaco["full_detachment_soc"]) == ("", "")
    assert float(lzco["detached_fraction_at_0.4"]) > 0
    assert {row["outcome"] for row in (lzco, lzaco)} == {"converged"}
    for text in ((folder / "table.txt").read_text(encoding="utf-8"), printed):
        assert f"{lzco['first_detachment_after_soc']} and {lzco['first_detachment_soc']}" in text
        assert "interface toughness 10 J/m^2 (calibrated: on nothing)" in text
        assert "warning (LZACO)" in text
        assert "E/H is 6.4" in text


def test_show_prints_the_same_table(study):
    folder, printed = study
    shown = CliRunner().invoke(app, ["show", str(folder)])
    assert shown.exit_code == 0
    table = [line for line in printed.splitlines() if line.startswith("│")]
    assert len(table) == 2
    assert all(line in shown.output for line in table)
    assert "detached-fraction.png" in shown.output


def test_show_of_a_folder_without_results_is_one_sentence(study, tmp_path):
    for folder in (tmp_path, study[0] / "LZCO"):
        result = CliRunner().invoke(app, ["show", str(folder)])
        assert result.exit_code == 2
        assert result.output.startswith(f"FOLDER: got '{folder}', whose joint summary.json cannot be read")


def test_earlier_results_are_replaced_only_when_asked_for_and_other_files_kept(tmp_path, no_pictures):
    folder = tmp_path / "results/tiny/LZCO"
    folder.mkdir(parents=True)
    for name in ("fields000009.pvtu", "crack-field.png", "mine.png", "notes.txt"):
        (folder / name).write_text("old", encoding="utf-8")
    refused = run(tmp_path, *QUICK)
    assert refused.exit_code == 2
    assert "which holds results of an earlier run, takes --resume" in refused.output.replace("\n", " ")
    assert (folder / "crack-field.png").read_text(encoding="utf-8") == "old"
    assert run(tmp_path, *QUICK, words=("--overwrite",)).exit_code == 0
    names = {file.name for file in folder.iterdir()}
    assert {"mine.png", "notes.txt", "history.csv"} <= names
    assert not {"fields000009.pvtu", "crack-field.png"} & names


def own_mesh(folder: Path, shift: float = 0.0, transform: Sequence[float] | None = None) -> Path:
    """A case with a mesh file of the user's own, moved to the right."""
    stack = Stack(4.0, 1.0, 0.8, 1.0, fine=0.1, coarse=0.4, notch=Notch(1.0, 0.1))
    gmsh.initialize(interruptible=False)
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        stack.draw()
        gmsh.model.mesh.generate(2)
        gmsh.model.mesh.affineTransform(transform or [1, 0, 0, shift, 0, 1, 0, 0, 0, 0, 1, 0])
        gmsh.write(str(folder / "own.msh"))
    finally:
        gmsh.finalize()
    before, after = TINY.split("[stack]")
    after = after.partition("[fracture]")[2]
    (folder / "own.toml").write_text(f'{before}[mesh]\nfile = "own.msh"\n[fracture]{after}', encoding="utf-8")
    return folder / "own.toml"


def test_a_mesh_of_the_users_own(tmp_path, no_pictures):
    case = own_mesh(tmp_path)
    settle(case, *QUICK)
    result = CliRunner().invoke(app, ["run", str(case), "--output", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert rows(tmp_path / "own/LZCO/history.csv")[-1]["soc"] == "0.1"
    [body] = bodies(read(tmp_path / "own/LZCO/case.toml"), MPI.COMM_SELF)
    assert body.thickness("electrolyte") == pytest.approx(1.0)
    assert body.thickness("interface") == pytest.approx(0.8 - 0.05 / 4)  # area over width, less the notch


@pytest.mark.parametrize(
    ("other", "complaint"), [("3d", "has not the tetrahedra"), ("axisymmetric", "reaches to x < 0")]
)
def test_a_mesh_of_the_users_own_has_to_suit_every_geometry(tmp_path, other, complaint):
    case = own_mesh(tmp_path, shift=-1.0)
    settings = ["--set", f'geometry=["plane strain", "{other}"]', "--set", "boundaries.left=sliding"]
    result = CliRunner().invoke(app, ["check", str(case), *settings])
    assert result.exit_code == 2
    assert complaint in result.output.replace("\n", " ")


@pytest.mark.parametrize(
    ("transform", "complaint"),
    [
        ([0.866, -0.5, 0, 0, 0.5, 0.866, 0, 0, 0, 0, 1, 0], "has a boundary 'bottom' from y ="),
        ([1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0], "has a boundary 'bottom' from y = 0 to 0, and takes a flat one"),
    ],
    ids=["tilted", "upside down"],
)
def test_a_mesh_that_does_not_lie_as_layers_do_is_refused(tmp_path, transform, complaint):
    result = CliRunner().invoke(app, ["check", str(own_mesh(tmp_path, transform=transform))])
    assert result.exit_code == 2
    assert complaint in " ".join(result.output.split())


def test_layers_in_another_order_are_refused(tmp_path):
    """The names of electrolyte and cathode changed about: each lies flat, and in the wrong place."""
    case = own_mesh(tmp_path)
    text = (tmp_path / "own.msh").read_text(encoding="utf-8")
    swapped = text.replace('"electrolyte"', '"?"').replace('"cathode"', '"electrolyte"').replace('"?"', '"cathode"')
    (tmp_path / "own.msh").write_text(swapped, encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(case)])
    assert result.exit_code == 2
    assert "has its layers in another order" in " ".join(result.output.split())


@pytest.mark.parametrize("title", ["[/]", "[/red]", "[bold]x", "plain"])
def test_a_title_is_printed_as_it_stands(tmp_path, no_pictures, title):
    result = run(tmp_path, f'title="{title}"', *QUICK)
    assert result.exit_code == 0, result.output
    assert title in result.output
    shown = CliRunner().invoke(app, ["show", str(tmp_path / "results/tiny")])
    assert (shown.exit_code, title in shown.output) == (0, True)


def test_what_a_container_cannot_keep_is_refused_before_anything_is_solved(tmp_path, monkeypatch):
    monkeypatch.setenv("INTACT_KEPT", f"{tmp_path / 'kept'}:{tmp_path / 'kept'}")
    (tmp_path / "kept").mkdir()
    result = run(tmp_path, *QUICK)
    assert result.exit_code == 2
    words = " ".join(result.output.split())
    assert f"which the container cannot keep, takes a folder below {tmp_path}/kept; or call" in words
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    assert run(tmp_path, *QUICK, output="kept/../elsewhere").exit_code == 2
    assert not (tmp_path / "elsewhere").exists()
    assert run(tmp_path, *QUICK, output="link/below").exit_code == 0


@pytest.mark.slow
@pytest.mark.parametrize("split", ["spectral", "no-tension"])
def test_splits_by_principal_strains_run_in_space(tmp_path, no_pictures, split):
    space = ("geometry=3d", "stack.depth=1 um", "stack.width=2 um", "stack.notch={length='0.5 um', shape='penny'}")
    settings = (*space, f"fracture.split={split}", "flow.yield_stress=none", "mesh.elements_per_length=1.5", *QUICK)
    sides = ("boundaries.left=sliding", "output.soc=[0.1]")
    result = run(tmp_path, *settings, *sides)
    assert result.exit_code == 0, result.output


# How a run ends


def test_a_run_that_stops_says_so_everywhere(tmp_path):
    result = run(tmp_path, COMPARED, "solver.iterations=1")
    assert result.exit_code == 1
    folder = tmp_path / "results/tiny"
    for case in ("LZCO", "LZACO"):
        [row] = rows(folder / case / "history.csv")
        assert row["outcome"] == "not converged: iteration limit"
        summary = told(folder / case)
        assert not summary["converged"]
        assert "iteration limit" in summary["reason"]
        assert summary["last_soc"] is None
        assert summary["detached_fraction_at_soc"] == {"0.2": None, "0.4": None}
        assert not list((folder / case).glob("*.vtu"))  # there is no equilibrium to show
    assert {row["outcome"] for row in rows(folder / "table.csv")} == {told(folder / "LZCO")["reason"]}
    assert result.output.count("STOPPED before the first equilibrium") == 2
    assert "LZCO did not reach its end: not converged: iteration limit" in result.output


def test_a_run_that_stops_later_keeps_its_last_equilibrium(tmp_path, no_pictures):
    """Without a notch: enough iterations for elastic steps, and too few for a crack."""
    text = "".join(line for line in TINY.splitlines(keepends=True) if not line.startswith("notch"))
    (tmp_path / "tiny.toml").write_text(text, encoding="utf-8")
    settings = ("solver.iterations=15", "steps.until=1", "steps.smallest=0.1", "steps.onset=0.1")
    words = ["run", str(settle(tmp_path / "tiny.toml", *settings)), "--output", str(tmp_path / "results")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 1, result.output
    folder = tmp_path / "results/tiny"
    *steps, last = rows(folder / "LZCO/history.csv")
    assert {row["outcome"] for row in steps} == {"converged"}
    assert last["outcome"] == "not converged: iteration limit"
    [run_] = told(folder)["runs"]
    assert run_["last_soc"] == float(steps[-1]["soc"]) < float(last["soc"])
    times = pyvista.get_reader(folder / "LZCO/fields.pvd").time_values
    assert times[-1] == pytest.approx(run_["last_soc"])
    assert len(times) == len(set(times))
    assert f"STOPPED after SoC {run_['last_soc']:.4g}" in result.output


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_keeps_what_it_has(tmp_path, monkeypatch, sent):
    original, seen = Reporter.step, []

    def step(self, record):
        original(self, record)
        seen.append(record)
        if len(seen) == 3:  # the start and one step of the first case, the start of the second
            os.kill(os.getpid(), sent)

    monkeypatch.setattr(Reporter, "step", step)
    result = run(tmp_path, 'materials.electrolyte=["LZCO", "LZACO", "LPSCl"]', *QUICK)
    assert result.exit_code == 130
    folder = tmp_path / "results/tiny"
    summary = told(folder)
    assert [(one["folder"], one["converged"], one["last_soc"]) for one in summary["runs"]] == [
        ("LZCO", True, 0.1),
        ("LZACO", False, 0.0),
    ]
    assert summary["not_run"] == ["LPSCl"]
    assert str(folder) in result.output
    assert [row["soc"] for row in rows(folder / "LZACO/history.csv")] == ["0"]
    shown = CliRunner().invoke(app, ["show", str(folder)])
    assert shown.exit_code == 0
    assert "STOPPED after SoC 0" in shown.output
    assert "not run: LPSCl" in shown.output


# Cases side by side


BESIDE = ("--jobs", "2")
SLOW = ("steps.largest=0.001", "steps.onset=0.001", "steps.smallest=0.0005")  # some hundred steps


def test_a_case_finds_the_same_alone_and_beside_another(tmp_path, no_pictures):
    found = []
    for output, words in (("alone", ()), ("beside", BESIDE)):
        result = run(tmp_path, COMPARED, *QUICK, output=output, words=words)
        assert result.exit_code == 0, result.output
        folder = tmp_path / output / "tiny"
        histories = [rows(folder / case / "history.csv") for case in ("LZCO", "LZACO")]
        found.append([{**row, "seconds": ""} for history in histories for row in history])
        assert [one["folder"] for one in told(folder)["runs"]] == ["LZCO", "LZACO"]
        assert result.output.count("E/H is 6.4") == 2  # before, and below the table
    assert found[0] == found[1]  # to the last digit
    for line in ("LZCO   (1 of 2)", "LZACO  (2 of 2)", "LZCO   converged, 2 steps", "LZACO  converged, 2 steps"):
        assert line in result.output


class Deadly(list):
    """Ends the process that it is sent to."""

    def __reduce__(self) -> Any:
        return exec, ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)",)


@pytest.mark.parametrize("deadly", [{"LZACO"}, {"LZCO", "LZACO"}], ids=["one", "all"])
def test_a_case_that_is_killed_does_not_take_the_others_along(tmp_path, monkeypatch, no_pictures, deadly):
    monkeypatch.setattr("intact.runs.run.warnings", lambda body: Deadly() if body.name in deadly else [])
    result = run(tmp_path, COMPARED, *QUICK, words=BESIDE)
    assert result.exit_code == 1
    assert "LZACO  killed, perhaps for want of memory" in result.output
    folder = tmp_path / "results/tiny"
    if len(deadly) == 2:
        assert not (folder / "summary.json").exists()
        return
    assert [one["folder"] for one in told(folder)["runs"]] == ["LZCO"]
    assert list(told(folder)["lost"]) == ["LZACO"]
    assert told(folder)["not_run"] == []
    assert "LZACO is lost but for its history.csv: killed" in CliRunner().invoke(app, ["show", str(folder)]).output


def test_a_case_that_breaks_off_says_why(tmp_path, monkeypatch, no_pictures):
    class Broken(list):
        def __reduce__(self) -> Any:
            return int, ("no number",)

    monkeypatch.setattr("intact.runs.run.warnings", lambda body: Broken() if body.name == "LZCO" else [])
    result = run(tmp_path, COMPARED, *QUICK, words=BESIDE)
    assert result.exit_code == 1
    assert "LZCO   broke off with exit code 1: ValueError: invalid literal" in result.output
    assert [one["folder"] for one in told(tmp_path / "results/tiny")["runs"]] == ["LZACO"]


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_cases_side_by_side_are_interrupted_in_order(tmp_path, monkeypatch, sent):
    original, seen = Processes._tell, []

    def tell(self, name, text, style=None):
        original(self, name, text, style)
        if "detached" in text and not seen:
            seen.append(name)
            os.kill(os.getpid(), sent)

    monkeypatch.setattr(Processes, "_tell", tell)
    three = 'materials.electrolyte=["LZCO", "LZACO", "LPSCl"]'
    result = run(tmp_path, three, "output.soc=[0.002, 0.4]", *SLOW, words=BESIDE)
    assert result.exit_code == 130, result.output
    summary = told(tmp_path / "results/tiny")
    runs = {one["folder"]: one for one in summary["runs"]}
    assert 0.002 <= runs[seen[0]]["last_soc"] < 0.4
    assert {one["reason"] for one in runs.values()} == {"interrupted from outside"}
    assert "LPSCl" in summary["not_run"]
    assert {*runs, *summary["not_run"]} == {"LZCO", "LZACO", "LPSCl"}
    assert summary["lost"] == {}
    assert "interrupted" in result.output


# Where the time went


def test_the_profile_adds_up_and_is_printed_when_asked_for(tmp_path, no_pictures):
    printed = [run(tmp_path, COMPARED, *QUICK, words=words).output for words in ((), ("--profile", "--overwrite"))]
    assert [text.count("factorisations") for text in printed] == [0, 2]
    assert "time of LZACO" in printed[1]
    first, second = (one["profile"] for one in told(tmp_path / "results/tiny")["runs"])
    asked = {"matrices", "gradients", "energies", "factorisations", "linear solves"}
    for one in (first, second):
        assert asked <= set(one)
        assert list(one)[-1] == "the rest"
        assert sum(row["share"] for row in one.values()) == pytest.approx(1)
        assert all(row["seconds"] >= 0 for row in one.values())
        assert one["setting up"]["calls"] == 1  # the clock starts anew with each case
    assert told(tmp_path / "results/tiny/LZACO")["profile"] == second


def test_what_one_case_lacks_is_said_before_any_is_solved(tmp_path):
    result = run(tmp_path, 'materials.electrolyte=["LZCO", "Li2In1/3Sc1/3Cl4"]', 'flow.yield_stress=["tabor", "none"]')
    assert result.exit_code == 2
    assert "3 problems, nothing was run" in result.output  # each once, though two cases lack the moduli
    for name in ("young_modulus", "poisson_ratio", "hardness"):
        assert f"the card of Li2In1/3Sc1/3Cl4 has no {name}" in result.output
    assert [file.name for file in tmp_path.iterdir()] == ["tiny.toml"]


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = run(tmp_path, output="file")
    assert result.exit_code == 2
    assert result.output.splitlines()[-1].startswith(f"--output: got '{tmp_path}/file/tiny', takes a folder")


@pytest.mark.slow
def test_two_processes_agree_where_energy_is_not_convex_and_unknowns_are_mixed(tmp_path):
    """A cohesive crack in plane stress, up to where it has begun to open."""
    settings = ("fracture.model=PF-CZM linear", "fracture.interface_strength=150 MPa", "geometry=plane stress")
    tiny(tmp_path)
    settle(tmp_path / "tiny.toml", *settings, "steps.until=0.2")
    ends = []
    for before in ((), ("mpirun", "-n", "2")):
        ended = program("run", "tiny.toml", "--overwrite", cwd=tmp_path, before=before)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        ends.append(rows(tmp_path / "results/tiny/LZCO/history.csv")[-1])
    for name in ("elastic_energy_uJ_per_m", "fracture_energy_uJ_per_m", "work_uJ_per_m"):
        assert float(ends[1][name]) == pytest.approx(float(ends[0][name]), rel=1e-6)  # as below


@pytest.mark.slow
def test_two_processes_find_the_same_history(study, tmp_path):
    tiny(tmp_path)
    settle(tmp_path / "tiny.toml", COMPARED)
    ended = program("run", "tiny.toml", cwd=tmp_path, before=("mpirun", "-n", "2"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    folder = tmp_path / "results/tiny"
    for case in ("LZCO", "LZACO"):
        one, two = rows(study[0] / case / "history.csv"), rows(folder / case / "history.csv")
        assert len(one) == len(two)
        for here, there in zip(one, two, strict=True):
            assert here["outcome"] == there["outcome"]
            for name in (
                column.format(unit=IN_A_PLANE) for column in COLUMNS[:11] if column != "stage"
            ):  # relative to the largest in the history: what is asked of the program
                scale = max(abs(float(row[name])) for row in one) or 1.0
                assert float(there[name]) == pytest.approx(float(here[name]), abs=1e-6 * scale)
        reader = pyvista.get_reader(folder / case / "fields.pvd")
        assert reader.time_values == [0.0, 0.2, 0.4]
        assert (folder / case / "crack-field.png").stat().st_size > 10_000  # bytes; an empty sheet has fewer
    assert told(folder)["runs"][0]["processes"] == 2
    assert ended.stdout.count("(1 of 2)") == 1


# Pressure


@pytest.mark.parametrize("top", ["pressure", "sliding", "spring"])
def test_pressure_is_there_before_charge(tmp_path, no_pictures, top):
    """The first line of the history holds what the pressure stores, ½ p² H / M for each µm of width."""
    stiffness = ("boundaries.top_stiffness=20 MPa/um",) if top == "spring" else ()
    settings = (*QUICK, f"boundaries.top={top}", "boundaries.pressure=20 MPa", *stiffness, "boundaries.left=sliding")
    done = run(tmp_path, *settings, "stack.notch={length='0.2 um', opening='0.02 um'}", "flow.yield_stress=none")
    assert done.exit_code == 0, done.output
    (folder,) = (tmp_path / "results" / "tiny").glob("LZCO*")
    layers = {"electrolyte": 1.0, "interface": 0.8, "cathode": 1.0}
    media = {name: Medium(m["young"], m["poisson"], 1.0) for name, m in told(folder)["media"].items()}
    compliance = sum(thick / media[name].constrained for name, thick in layers.items())
    stored = float(rows(folder / "history.csv")[0]["elastic_energy_uJ_per_m"])
    assert stored == pytest.approx(4.0 * 20.0**2 * compliance / 2, rel=0.05)  # the notch and clamped ends take some %


# Measured shrinkage


def test_a_cathode_follows_a_measured_curve(tmp_path, no_pictures):
    """LiCoO2 swells up to a lithium content of about 0.6, and is about as large as at the start near 0.46: elastic
    energy, which goes with the square of the strain, rises, falls to a hundredth, and rises again."""
    lithium = ("shrinkage={curve='LiCoO2', lithium=[1.0, 0.43]}", "materials.active=LiCoO2")
    steps = ("steps.until=1.0", "output.soc=[0.25, 0.5, 0.75, 1.0]", "steps.largest=0.05", "steps.onset=0.05")
    settings = (*lithium, *steps, "fracture.interface_toughness=1 kJ/m^2", "flow.yield_stress=none")
    done = run(tmp_path, *settings, "stack.notch={length='0.2 um', opening='0.02 um'}")
    assert done.exit_code == 0, done.output
    (folder,) = (tmp_path / "results" / "tiny").glob("LZCO*")
    stored = {float(row["soc"]): float(row["elastic_energy_uJ_per_m"]) for row in rows(folder / "history.csv")}
    peak = max(stored, key=stored.__getitem__)
    assert 0.6 < peak < 0.8  # lithium 1 - 0.57 soc
    later = [soc for soc in stored if soc > peak]
    assert min(stored[soc] for soc in later) < 0.01 * stored[peak]
    assert stored[1.0] > 0.1 * stored[peak]  # -1.05 % of volume after +2.19 %
    summary = told(folder)
    assert summary["media"]["cathode"]["shrinkage"] == pytest.approx(-0.0035, rel=0.3)  # at SoC 1, a number
    assert summary["energy_balance"]["appeared_from_nothing"] < 1e-2
