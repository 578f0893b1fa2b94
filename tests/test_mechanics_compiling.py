"""Compiled forms and programs that are killed while they compile one. Every cache here is the test's own."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import ufl
from dolfinx import fem, mesh
from mpi4py import MPI
from processes import ROOT, on_processes

from mechanics.compiling import UNFINISHED, CompilingError

CODE = """
import sys
import ufl
from dolfinx import fem, mesh
from mpi4py import MPI
import mechanics
line = mesh.create_unit_interval(MPI.COMM_WORLD, 2)
x = ufl.SpatialCoordinate(line)[0]
print("ready", flush=True)
for power in map(int, sys.argv[1:]):
    value = fem.assemble_scalar(fem.form(x**power * ufl.dx))
    print(round(line.comm.allreduce(value), 9), flush=True)
"""


def integral(cache: Path, power: int = 2) -> float:
    """∫ x^power from 0 to 1, by a form in this cache."""
    line = mesh.create_unit_interval(MPI.COMM_SELF, 2)
    options = {"cache_dir": cache, "timeout": 1}  # FFCx gives up after a second
    form = fem.form(ufl.SpatialCoordinate(line)[0] ** power * ufl.dx, jit_options=options)
    return round(fem.assemble_scalar(form), 9)


def whole(cache: Path) -> bool:
    """Whether every form that has been begun is there, and nothing else has been left."""
    return complete(cache) and not list(cache.glob(f"{UNFINISHED}/*"))


def complete(cache: Path) -> bool:
    """Whether every form that has been begun is there."""
    names = [{file.name.split(".")[0] for file in cache.glob(f"*{end}")} for end in (".c", ".so", ".c.cached")]
    return bool(names[0]) and names[0] == names[1] == names[2]


@dataclass
class SlowCompiler:
    """A C compiler that waits for the file `go`, and writes down that it was called."""

    folder: Path

    def __post_init__(self) -> None:
        self.path = self.folder / "cc"
        lines = ("#!/bin/sh", "cd $(dirname $0)", "echo called >> calls", "while [ ! -e go ]; do sleep 0.02; done")
        self.path.write_text("\n".join((*lines, 'cd "$OLDPWD"', 'exec gcc "$@"', "")))
        self.path.chmod(0o755)

    def calls(self) -> int:
        file = self.folder / "calls"
        return len(file.read_text().splitlines()) if file.exists() else 0

    def go(self) -> None:
        (self.folder / "go").touch()

    def wait(self) -> None:
        while not self.calls():
            time.sleep(0.02)


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[SlowCompiler]:
    compiler = SlowCompiler(tmp_path)
    yield compiler
    compiler.go()


def other(home: Path, *powers: int, **environment: str) -> subprocess.Popen[str]:
    """Another program that wants these forms; it has started, and said so."""
    program = subprocess.Popen(
        [sys.executable, "-c", CODE, *map(str, powers)],
        env=os.environ | {"XDG_CACHE_HOME": str(home), "PYTHONPATH": str(ROOT)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    return program


def test_a_form_is_kept_and_taken_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert integral(tmp_path) == integral(tmp_path) == 0.333333333
    assert whole(tmp_path)
    monkeypatch.setenv("CC", "/no/compiler")
    assert integral(tmp_path) == 0.333333333


def test_a_form_that_nobody_finishes_is_made_anew(tmp_path: Path) -> None:
    integral(tmp_path / "first")
    (begun,) = (tmp_path / "first").glob("*.c")
    (tmp_path / "second" / UNFINISHED / "killed").mkdir(parents=True)
    for folder in (tmp_path / "second", tmp_path / "second" / UNFINISHED / "killed"):
        (folder / begun.name).touch()  # as a program leaves it that is killed while FFCx writes the code
    assert integral(tmp_path / "second") == 0.333333333
    assert whole(tmp_path / "second")


@pytest.mark.parametrize("left", [0, 100])
def test_a_library_cut_short_is_made_anew(tmp_path: Path, left: int) -> None:
    integral(tmp_path)
    (library,) = tmp_path.glob("*.so")
    os.truncate(library, left)
    assert integral(tmp_path) == 0.333333333
    assert library.stat().st_size > left


def test_a_cache_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CompilingError, match=r"room in .*file/fenics, where it is kept"):
        integral(tmp_path / "file" / "fenics")


def test_a_missing_compiler_is_told_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as changed:
        changed.setenv("CC", "/no/compiler")
        with pytest.raises(CompilingError, match="takes a C compiler"):
            integral(tmp_path)
    assert integral(tmp_path) == 0.333333333
    assert whole(tmp_path)


def test_who_wants_a_form_waits_as_long_as_another_makes_it(tmp_path: Path, slow: SlowCompiler) -> None:
    cache = tmp_path / "fenics"
    with other(tmp_path, 3, CC=str(slow.path)) as first, ThreadPoolExecutor() as pool:
        slow.wait()
        second = pool.submit(integral, cache, 3)
        time.sleep(1.5)  # longer than FFCx would wait
        assert not second.done()
        slow.go()
        assert second.result(timeout=30) == 0.25
        assert first.wait() == 0
    assert slow.calls() == 2, "compiled and linked once"
    assert whole(cache)


def test_two_forms_are_made_at_once_and_one_of_a_killed_program_anew(tmp_path: Path, slow: SlowCompiler) -> None:
    cache = tmp_path / "fenics"
    with other(tmp_path, 3, CC=str(slow.path)) as killed:
        slow.wait()
        assert integral(cache, 4) == 0.2
        assert slow.calls() == 1, "the other one still compiles"
        killed.kill()
        assert integral(cache, 3) == 0.25
    assert whole(cache)


@pytest.mark.slow
def test_kills_at_any_moment_cost_nothing_but_time(tmp_path: Path) -> None:
    powers = range(3, 9)
    with other(tmp_path / "before", *powers) as undisturbed:
        ready = time.monotonic()
        expected = undisturbed.communicate(timeout=120)[0]
    seconds = time.monotonic() - ready
    moments = random.Random(15)
    for _ in range(8):
        with other(tmp_path, *powers) as killed:
            time.sleep(moments.uniform(0, seconds / len(powers)))  # while one or the next form is made
            killed.send_signal(signal.SIGKILL)
    with other(tmp_path, *powers) as last:
        said, wrong = last.communicate(timeout=120)
    assert (last.returncode, said) == (0, expected), wrong
    assert complete(tmp_path / "fenics")  # who is killed at the very end leaves his own copy of what is kept


@pytest.mark.slow
def test_several_processes_make_anew_what_nobody_finishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with other(tmp_path, 3) as one:
        assert one.wait() == 0
    cache = tmp_path / "fenics"
    for file in (*cache.glob("*.cached"), *cache.glob("*.so")):
        file.unlink()
    assert on_processes(2, "-c", CODE, "3") == ["ready", "ready", "0.25", "0.25"]
    assert whole(cache)
