"""Runs that are killed, refused, taken up again; folders that belong to one run at a time."""

import csv
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from tiny_case import settle, tiny
from typer.testing import CliRunner

from intact.case.read import read
from intact.cli import app
from intact.results.fields import FieldFile
from intact.results.finished import fields_of
from intact.results.lock import locked
from intact.results.whole import ResultsError

ROOT = Path(__file__).parent.parent
QUICK = ("steps.until=0.1", "output.soc=[0.1]", "steps.onset=0.1")  # one step and the start
STAGES = (
    "boundaries.top=pressure",
    'schedule=[{stage="press", pressure="20 MPa"}, {stage="release", pressure="5 MPa"}, {stage="charge", until=0.3, '
    'platen="held"}, {stage="rest", time="1 h"}, {stage="discharge", platen="follows", pressure="5 MPa"}]',
    "output.soc=[0.3]",
    "steps.largest=0.1",
)


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    monkeypatch.setattr("intact.pictures.draw.draw", lambda folder: [])


def run(case: Path, *words: str) -> tuple[int, str]:
    command = ["run", str(case), "--jobs", "1", "--output", str(case.parent / "results"), *words]
    result = CliRunner().invoke(app, command)
    return result.exit_code, " ".join(result.output.split())


def case(folder: Path, *settings: str) -> Path:
    tiny(folder)
    file = folder / "tiny.toml"
    if settings[:1] == STAGES[:1]:  # which say themselves up to where
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        file.write_text("".join(line for line in lines if not line.startswith("until")), encoding="utf-8")
    return settle(file, *settings)


def history(folder: Path) -> list[dict[str, str]]:
    with (folder / "history.csv").open(encoding="utf-8", newline="") as lines:
        return [{name: of for name, of in row.items() if name != "seconds"} for row in csv.DictReader(lines)]


def started(file: Path, output: Path, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "intact", "run", str(file), "--jobs", "1", "--output", str(output), *words]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)


def test_a_schedule_goes_through_its_stages(tmp_path) -> None:
    file = case(tmp_path, *STAGES)
    code, said = run(file)
    assert code == 0, said
    rows = history(tmp_path / "results/tiny/LZCO")
    stages = list(dict.fromkeys(row["stage"] for row in rows))
    assert stages == ["press", "release", "charge 1", "rest", "discharge 1"]
    last = {row["stage"]: row for row in rows}
    assert float(last["press"]["pressure_MPa"]) == pytest.approx(20)
    assert float(last["release"]["pressure_MPa"]) == pytest.approx(5)
    assert float(last["charge 1"]["soc"]) == 0.3
    assert float(last["charge 1"]["pressure_MPa"]) < 5  # the cathode has shrunk away from a platen that is held
    assert float(last["rest"]["time_s"]) - float(last["charge 1"]["time_s"]) == pytest.approx(3600)
    assert float(last["discharge 1"]["soc"]) == 0
    assert [row["half_cycle"] for row in (last["charge 1"], last["discharge 1"])] == ["1", "2"]
    balance = json.loads((tmp_path / "results/tiny/LZCO/summary.json").read_text())["energy_balance"]
    assert balance["appeared_from_nothing"] < 1e-2


def test_a_folder_with_results_is_left_alone(tmp_path) -> None:
    file = case(tmp_path, *QUICK)
    assert run(file)[0] == 0
    before = (tmp_path / "results/tiny/LZCO/history.csv").stat().st_mtime_ns
    code, said = run(file)
    assert code == 2
    assert "which holds results of an earlier run, takes --resume" in said
    code, said = run(file, "--resume")  # of a run that has ended: nothing is solved
    assert (code, "LZCO: has been solved already" in said) == (0, True)
    assert (tmp_path / "results/tiny/LZCO/history.csv").stat().st_mtime_ns == before
    assert run(file, "--resume", "--overwrite") == (
        2,
        "--resume: contradicts --overwrite, takes leaving out one of them",
    )
    assert run(file, "--overwrite")[0] == 0


def test_a_case_that_has_been_changed_is_not_taken_up(tmp_path) -> None:
    file = case(tmp_path, *QUICK)
    assert run(file)[0] == 0
    settle(file, "fracture.interface_toughness=12 J/m^2")
    code, said = run(file, "--resume")
    assert code == 2
    assert "results of a case that has been changed since, takes --overwrite" in said


def test_two_runs_at_once_do_not_meet(tmp_path) -> None:
    file = case(tmp_path, *QUICK)
    with locked(tmp_path / "results" / "tiny"):
        code, said = run(file)
    assert code == 2
    assert "into which another run is writing" in said
    assert run(file)[0] == 0
    with pytest.raises(ResultsError, match="takes a folder that can be written"), locked(file / "below"):
        pass


def test_runs_with_other_settings_have_other_folders(tmp_path) -> None:
    file = case(tmp_path, *QUICK)
    assert run(file)[0] == 0
    assert run(file, "--set", "fracture.interface_toughness=12 J/m^2")[0] == 0
    assert run(file, "--set", "fracture.interface_toughness=14 J/m^2")[0] == 0
    names = sorted(one.name for one in (tmp_path / "results").iterdir())
    assert names == ["tiny", "tiny+fracture.interface_toughness=12J-m-2", "tiny+fracture.interface_toughness=14J-m-2"]
    toughness = "fracture.interface_toughness"
    settings = ("steps.smallest=0.05", "steps.onset=0.05", f"{toughness}=0.5 J/m^2", f"{toughness}=1.5 J/m^2")
    assert len({read(file, [one]).name for one in settings}) == len(settings)


def test_cases_that_are_the_same_are_solved_once(tmp_path, monkeypatch) -> None:
    from intact.runs import run as runs

    file = case(tmp_path, *QUICK, 'fracture.interface_toughness=["10 J/m^2", "10.0 J/m^2"]')
    digests = iter(["a", "a", "a", "a", "a", "a"])
    monkeypatch.setattr(runs, "resolved_digest", lambda one: next(digests, "a"))
    code, said = run(file)
    assert code == 0, said
    assert "(1 of 1)" in said
    both = json.loads((tmp_path / "results/tiny/summary.json").read_text())["runs"]
    assert [one["labels"]["fracture.interface_toughness"] for one in both] == ["10 J/m^2", "10.0 J/m^2"]
    folders = [tmp_path / "results/tiny" / one["folder"] for one in both]
    assert history(folders[0]) == history(folders[1])


def stopped(file: Path, monkeypatch, after: int = 3) -> Path:
    """A run that Ctrl-C has ended after so many equilibria; its folder."""
    from intact.runs.reporter import Reporter

    whole = Reporter.whole

    def stopping(self) -> None:
        whole(self)
        if len(self.trace.records) == after:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Reporter, "whole", stopping)
        assert run(file)[0] == 130
    return file.parent / "results/tiny/LZCO"


@pytest.mark.parametrize("settings", [(), STAGES, ("cycling.cycles=1",)], ids=["charge", "stages", "cycle"])
def test_a_run_that_was_stopped_goes_on_as_if_it_had_not(tmp_path, monkeypatch, settings) -> None:
    (tmp_path / "whole").mkdir()
    file, plain = case(tmp_path, *settings), case(tmp_path / "whole", *settings)
    folder = stopped(file, monkeypatch)
    assert json.loads((folder / "summary.json").read_text())["reason"] == "interrupted from outside"
    code, said = run(file, "--resume")
    assert code == 0, said
    assert run(plain)[0] == 0
    known = tmp_path / "whole/results/tiny/LZCO"
    assert history(folder) == history(known)
    one, two = fields_of(folder / "fields.pvd"), fields_of(known / "fields.pvd")
    assert list(one) == list(two)
    for at in one:
        assert one[at].read_bytes() == two[at].read_bytes()


@pytest.mark.parametrize("harm", ["cut", "mesh", "format"])
def test_a_checkpoint_that_does_not_fit_is_refused_and_left(tmp_path, monkeypatch, harm) -> None:
    file = case(tmp_path)
    folder = stopped(file, monkeypatch)
    checkpoint = folder / "checkpoint.npz"
    if harm == "cut":
        os.truncate(checkpoint, checkpoint.stat().st_size // 2)
        told = "which is damaged"
    elif harm == "format":
        monkeypatch.setattr("intact.runs.checkpoint.FORMAT", 99)
        told = "which another version of Intact has written"
    else:
        monkeypatch.setattr("intact.runs.checkpoint.fingerprint", lambda body: "another")
        told = "which was made on another mesh"
    before = history(folder)
    code, said = run(file, "--resume")
    assert code == 2
    assert told in said
    assert history(folder) == before


@pytest.mark.slow
@pytest.mark.parametrize("settings", [(), STAGES], ids=["charge", "stages"])
def test_kills_at_random_moments_lose_nothing_but_the_step_in_hand(tmp_path, settings) -> None:
    file = case(tmp_path, *settings, "steps.largest=0.02", "steps.onset=0.02")
    begun = time.monotonic()
    assert started(file, tmp_path / "plain").wait(timeout=300) == 0
    seconds, moments, words = time.monotonic() - begun, random.Random(3), ()
    for _ in range(6):
        child = started(file, tmp_path / "killed", *words)
        time.sleep(moments.uniform(0.3, 0.8 * seconds))
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        for list_ in (tmp_path / "killed").rglob("fields.pvd"):
            assert all(one.exists() for one in fields_of(list_).values())  # readable after each
        words = ("--resume",) if (tmp_path / "killed").exists() else ()
    assert started(file, tmp_path / "killed", *words).wait(timeout=300) == 0
    assert history(tmp_path / "killed/tiny/LZCO") == history(tmp_path / "plain/tiny/LZCO")


def test_a_full_disk_stops_a_run_in_order(tmp_path) -> None:
    """The operating system refuses files beyond some size, as a full disk does."""
    file = case(tmp_path, *QUICK)

    def small() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))

    command = [sys.executable, "-P", "-m", "intact", "run", str(file), "--jobs", "1", "--output", str(tmp_path / "out")]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, preexec_fn=small, check=False)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stdout + done.stderr
    assert "cannot be written (File too large): what was written before is kept" in " ".join(
        (done.stdout + done.stderr).split()
    )
    assert not list((tmp_path / "out").rglob(".unfinished-*"))


def test_a_run_goes_on_once_there_is_room_again(tmp_path, monkeypatch) -> None:
    """A full disk is not the end of a run, though there is a summary of what it had come to."""
    file = case(tmp_path)
    assert run(file, "--output", str(tmp_path / "plain"))[0] == 0
    write = FieldFile.write

    def full(self, time: float, *more) -> None:
        if time > 0.3:
            raise ResultsError("fields cannot be written")
        write(self, time, *more)

    with monkeypatch.context() as patch:
        patch.setattr(FieldFile, "write", full)
        code, said = run(file)
    assert code == 1, said
    assert "LZCO did not reach its end: fields cannot be written" in said
    code, said = run(file, "--resume")
    assert code == 0, said
    assert "solved already" not in said
    one, two = (tmp_path / folder / "tiny/LZCO" for folder in ("plain", "results"))
    assert history(one) == history(two)
    assert list(fields_of(one / "fields.pvd")) == list(fields_of(two / "fields.pvd")) == [0.0, 0.2, 0.4]


def test_the_time_of_checkpoints_is_a_small_share(tmp_path, monkeypatch) -> None:
    from intact.runs.checkpoint import SHARE, Checkpoint

    spent: list[float] = []
    write = Checkpoint.write

    def timed(self, *words) -> None:
        start = time.perf_counter()
        write(self, *words)
        spent.append(time.perf_counter() - start)

    monkeypatch.setattr(Checkpoint, "write", timed)
    begun = time.perf_counter()
    assert run(case(tmp_path))[0] == 0
    assert spent
    assert sum(spent) < SHARE * (time.perf_counter() - begun) + max(spent)
    assert np.isfinite(spent).all()
