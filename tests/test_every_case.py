"""Every case of the repository in a small size: a step rejected and redone, a run stopped and taken up again, and two
processes make no difference."""

import csv
import json
import shutil
import tomllib
from pathlib import Path

import pytest
from mpi4py import MPI
from tiny_case import settle

from intact.bodies.body import bodies
from intact.case.model import as_written
from intact.case.read import Study, read
from intact.case.toml_text import toml_text
from intact.runs.one_case import run_case
from intact.runs.reporter import Reporter
from mechanics import History
from tests.processes import on_processes

CASES = sorted((Path(__file__).parent.parent / "cases").glob("*.toml"))
STACK = (
    "stack.width=6 um",
    "stack.electrolyte=2.5 um",
    "stack.interface=2 um",
    "stack.notch.length=2 um",
    "mesh.elements_per_length=1.5",
)
ONE = (  # particle
    "particles.width=8 um",
    "particles.separator=0.5 um",
    "particles.thickness=8 um",
    "particles.diameter=5 um",
    "particles.volume_fraction=0.3",
    "particles.gap=0.4 um",
    "particles.interface=0.8 um",
    "fracture.length=0.4 um",
    "mesh.elements_per_length=2",
)
STEPS = ("steps.largest=0.2", "steps.onset=0.1", "steps.smallest=0.01", "output.soc=[0.4]")
SMALL = {
    "coated-particle": ("steps.until=0.4", "mesh.elements_per_length=1.5", "particle.interface=0.08 um"),
    "crystals": (*ONE, "steps.until=0.4"),
    "fast-charge": (*ONE, "steps.until=0.4"),
    "five-electrolytes": (*STACK, "stack.cathode=2.5 um"),
    "layer-thickness": (*STACK, "stack.cathode=2.5 um", "mesh.coarse=1 um"),
    "lzco-vs-lzaco": (*STACK, "stack.cathode=2.5 um"),
    "particles": (*ONE, "cycling.cycles=1", "steps.until=0.4"),
    "stack-pressure": (*STACK, "stack.cathode=2.5 um"),
    "three-cathodes": (*STACK, "stack.cathode=2.5 um"),
}
NOT_OF_THE_STATE = ("seconds",)
SAME = 1e-6  # of the largest in the history: what is asked of two processes
OF_THE_WAY = ("iterations", "out_of_balance", "damage_still_to_come", "healing", "healing_withheld", "energy_gained")


def small(case: Path, folder: Path) -> Study:
    """The first member of a study, small."""
    table = as_written(read(case).cases[0][1])
    (folder / case.name).write_text(toml_text(table), encoding="utf-8")
    return read(settle(folder / case.name, *STEPS, *SMALL[case.stem]))


def history(folder: Path) -> list[dict[str, str]]:
    with (folder / "history.csv").open(encoding="utf-8", newline="") as lines:
        return [{k: v for k, v in row.items() if k not in NOT_OF_THE_STATE} for row in csv.DictReader(lines)]


def solved(study: Study, folder: Path) -> list[dict[str, str]]:
    [body] = bodies(study, MPI.COMM_SELF)
    run_case(body, [], folder, MPI.COMM_SELF)
    return history(folder)


class Stopped(BaseException):
    """From outside, as a signal would."""


@pytest.fixture(scope="module", params=CASES, ids=[case.stem for case in CASES])
def whole(request, tmp_path_factory) -> tuple[Study, list[dict[str, str]]]:
    folder = tmp_path_factory.mktemp(request.param.stem)
    study = small(request.param, folder)
    return study, solved(study, folder / "whole")


@pytest.mark.slow
def test_a_step_that_is_rejected_and_redone_leaves_no_trace(whole, tmp_path, monkeypatch) -> None:
    study, known = whole
    step, iteration, begun = History.step, Reporter.iteration, []

    def rejecting(self, soc, count, detached) -> None:
        iteration(self, soc, count, detached)
        if len(self.trace.records) == len(known) // 2 and not begun:
            begun.append(soc)
            raise Stopped

    def again(self) -> bool:
        try:
            return step(self)
        except Stopped:
            return step(self)

    monkeypatch.setattr(Reporter, "iteration", rejecting)
    monkeypatch.setattr(History, "step", again)
    assert solved(study, tmp_path) == known
    assert begun


@pytest.mark.slow
def test_a_run_that_is_stopped_and_taken_up_does_what_it_would_have_done(whole, tmp_path, monkeypatch) -> None:
    study, known = whole
    whole_step = Reporter.whole

    def stopping(self) -> None:
        whole_step(self)
        if len(self.trace.records) == len(known) // 2:
            raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr("intact.runs.checkpoint.SHARE", 1.0)  # one after each step
        patch.setattr(Reporter, "whole", stopping)
        with pytest.raises(Stopped):
            solved(study, tmp_path)
    assert (tmp_path / "checkpoint.npz").exists()
    assert solved(study, tmp_path) == known
    assert not (tmp_path / "checkpoint.npz").exists()
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert summary["steps"] == sum(row["outcome"] == "converged" for row in known)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun here")
def test_two_processes_end_the_same(whole, tmp_path) -> None:
    study, known = whole
    command = ("-m", "intact", "run", str(study.path), "--output", str(tmp_path))
    on_processes(2, *command, timeout=600)
    [found] = [history(file.parent) for file in tmp_path.rglob("history.csv")]
    assert [row["soc"] for row in found] == [row["soc"] for row in known]
    for name in known[0]:
        if name in ("stage", "outcome") or name.startswith(OF_THE_WAY):
            continue
        numbers = [(float(a[name]), float(b[name])) for a, b in zip(known, found, strict=True) if a[name] and b[name]]
        scale = max((abs(a) for a, _ in numbers), default=0.0) or 1.0
        assert [b for _, b in numbers] == pytest.approx([a for a, _ in numbers], abs=SAME * scale, nan_ok=True), name


def test_every_case_has_a_small_size() -> None:
    assert {case.stem for case in CASES} == set(SMALL)
    for case in CASES:
        assert tomllib.loads(case.read_text(encoding="utf-8"))
