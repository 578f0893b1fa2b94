"""The command line: what it starts, what it says, how it ends."""

import json
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest
from test_intact_case import MINIMAL
from typer.testing import CliRunner

from intact.case.read import Study
from intact.cli import app

ROOT = Path(__file__).parent.parent
COMMANDS = ("run", "check", "show", "materials", "schema", "compare")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder but for the minimal case."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "case.toml").write_text(MINIMAL, encoding="utf-8")
    return tmp_path


def invoke(*words: str):
    return CliRunner().invoke(app, list(words))


def intact(*words: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The program as a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    command = [sys.executable, "-m", "intact", *words]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def called(monkeypatch, module: str, name: str) -> list[tuple]:
    """Stands in for a part of the program that solves, and keeps what it was called with."""
    calls: list[tuple] = []
    stand_in = types.ModuleType(module)
    setattr(stand_in, name, lambda *arguments: calls.append(arguments) or True)
    monkeypatch.setitem(sys.modules, module, stand_in)
    return calls


def test_help_names_every_command_and_shows_a_case():
    text = invoke("--help").output
    assert all(command in text for command in COMMANDS)
    assert "[materials]" in text
    assert "interface_toughness" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_has_an_example(command):
    result = invoke(command, "--help")
    assert result.exit_code == 0
    assert f"intact {command}" in result.output
    assert "Example" in result.output


def test_help_starts_without_the_heavy_packages(tmp_path):
    code = "import sys; from intact.cli import app; print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert not {"dolfinx", "pyvista", "pint", "numpy", "mpi4py", "pydantic", "gmsh"} & set(loaded)


def test_run_hands_over_the_study_and_the_folder(folder, monkeypatch):
    calls = called(monkeypatch, "intact.runs.run", "run")
    result = invoke("run", "case.toml", "--set", "steps.until=0.5", "--set", "title=Half", "--output", "out")
    assert result.exit_code == 0, result.output
    [(study, output)] = calls
    assert isinstance(study, Study)
    assert study.title == "Half"
    assert study.cases[0][1].steps.until == 0.5
    assert output == Path("out")


def test_check_hands_over_the_study(folder, monkeypatch):
    calls = called(monkeypatch, "intact.runs.preflight", "check")
    assert invoke("check", "case.toml").exit_code == 0
    [(study,)] = calls
    assert study.folders == ("LZACO",)


def test_show_hands_over_the_folder(folder, monkeypatch):
    calls = called(monkeypatch, "intact.results.folder", "show")
    assert invoke("show", str(folder)).exit_code == 0
    assert calls == [(folder,)]


def test_show_of_a_missing_folder_is_one_sentence(folder):
    result = invoke("show", "nowhere")
    assert result.exit_code == 2
    assert result.output == "FOLDER: got 'nowhere', takes a folder that intact run has left\n"


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_wrong_case_ends_with_code_2_no_traceback_and_nothing_on_disk(folder, command):
    before = sorted(folder.rglob("*"))
    ended = intact(command, "case.toml", "--set", "fracture.lenght=1", "--set", "stack.width=5 GPa", cwd=folder)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    first, *rest = ended.stderr.splitlines()
    assert first == "case.toml: 2 problems, nothing was run"
    assert [line.split(":")[0].strip() for line in rest] == ["stack.width", "fracture.lenght"]
    assert sorted(folder.rglob("*")) == before


def test_only_the_first_process_prints(folder):
    wrong = ("check", "case.toml", "--set", "steps.until=2")
    first = intact(*wrong, cwd=folder, OMPI_COMM_WORLD_RANK="0")
    second = intact(*wrong, cwd=folder, OMPI_COMM_WORLD_RANK="1")
    assert (first.returncode, second.returncode) == (2, 2)
    assert "steps.until" in first.stderr
    assert second.stdout + second.stderr == ""


def test_an_error_of_ours_is_one_sentence_and_a_bug_keeps_its_traceback(folder, monkeypatch):
    from materials.card import load

    stand_in = types.ModuleType("intact.runs.preflight")
    stand_in.check = lambda study: load("LZACCO")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "intact.runs.preflight", stand_in)
    result = invoke("check", "case.toml")
    assert result.exit_code == 2
    assert result.output.startswith("there is no card for LZACCO")
    stand_in.check = lambda study: int("x")  # type: ignore[attr-defined]
    assert isinstance(invoke("check", "case.toml").exception, ValueError)


ONE_FAILS = """
import sys, types
from mpi4py import MPI

def check(study):
    if MPI.COMM_WORLD.rank == 0:
        raise RuntimeError("broken")
    MPI.COMM_WORLD.barrier()

sys.modules["intact.runs.preflight"] = types.ModuleType("intact.runs.preflight")
sys.modules["intact.runs.preflight"].check = check
sys.argv = ["intact", "check", "case.toml"]
from intact.cli import main
main()
"""


def test_a_process_that_fails_does_not_leave_the_others_waiting(folder):
    (folder / "one_fails.py").write_text(ONE_FAILS, encoding="utf-8")
    ended = subprocess.run(
        ["mpirun", "-n", "2", sys.executable, "one_fails.py"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,  # seconds, of which it takes two; without the abort it would wait for ever
    )
    assert ended.returncode == 1
    assert "RuntimeError: broken" in ended.stderr


def test_materials_lists_the_cards():
    result = invoke("materials")
    assert result.exit_code == 0
    assert all(name in result.output for name in ("LZACO", "LZCO", "scNCM92", "electrolyte", "active"))


def test_a_card_is_shown_with_its_values_and_sources():
    output = invoke("materials", "LZACO").output
    assert all(word in output for word in ("young_modulus", "1.41 GPa", "hardness", "0.22 GPa", "measured", "10.1038"))
    assert "Tabor 73 MPa, expanding cavity 153 MPa" in " ".join(output.split())


def test_a_hardness_that_cannot_be_is_warned_of():
    assert "in effect elastic" in " ".join(invoke("materials", "LZCO").output.split())


def test_what_a_card_lacks_is_said_with_the_way_to_give_it():
    output = " ".join(invoke("materials", "Li2In1/3Sc1/3Cl4").output.split())
    assert "A run needs what is absent: young_modulus, poisson_ratio, hardness." in output
    assert '[given."Li2In1/3Sc1/3Cl4"] young_modulus = "1.41 GPa"' in output


def test_unknown_material_names_the_nearest():
    result = invoke("materials", "LZACCO")
    assert result.exit_code == 2
    assert "did you mean LZACO" in result.output


def test_schema_prints_json_or_a_table():
    assert json.loads(invoke("schema").output)["properties"]["compare"]["type"] == "array"
    table = invoke("schema", "--table").output
    assert all(word in table for word in ("[fracture]", "interface_toughness_confidence", "required", "tabor"))
