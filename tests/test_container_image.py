"""What the image promises to what runs in it; on a dolfinx of one's own there is nothing to ask."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif("INTACT_IMAGE" not in os.environ, reason="not in Intact's image")

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("command", ["gcc", "intact", "mpirun", "mypy", "pytest", "ruff", "xvfb-run"])
def test_the_command_is_there(command: str) -> None:
    assert shutil.which(command)


def test_one_thread_a_process() -> None:
    assert os.environ["OMP_NUM_THREADS"] == "1"


def test_compiled_forms_go_where_they_are_kept() -> None:
    pytest.importorskip("dolfinx")
    from dolfinx.jit import get_options

    cache = Path(get_options()["cache_dir"])
    assert Path("/cache") in cache.parents
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    assert "/cache" in mounts, "containers/run mounts the volume that outlives a run here"


def test_home_can_be_written() -> None:
    assert os.access(Path.home(), os.W_OK)


def test_files_written_beside_the_code_belong_to_its_owner() -> None:
    owner = ROOT.stat().st_uid
    if os.getuid() != owner:
        pytest.skip("called by somebody else than the owner of the folder")
    written = ROOT / f".written-by-test-{os.getpid()}"
    written.touch()
    try:
        assert written.stat().st_uid == owner
    finally:
        written.unlink()


def test_ranks_exchange_more_than_the_engines_own_shared_memory_holds() -> None:
    # 2 × 96 MB in a shared window, where an engine gives 64 MB unasked
    program = (
        "from mpi4py import MPI; import numpy as np; c = MPI.COMM_WORLD; n = 12_000_000;"
        "w = MPI.Win.Allocate_shared(8 * n, 8, comm=c); a = np.frombuffer(w.tomemory());"
        "a[:] = c.rank; b = np.empty(n); c.Sendrecv(a, 1 - c.rank, recvbuf=b, source=1 - c.rank);"
        "assert (b == 1 - c.rank).all(); del a; w.Free()"
    )
    done = subprocess.run(
        ["mpirun", "-n", "2", sys.executable, "-c", program], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr


def test_more_processes_than_cores_start_without_a_word() -> None:
    more = str(len(os.sched_getaffinity(0)) + 1)
    done = subprocess.run(["mpirun", "-n", more, "true"], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_pictures_need_no_display() -> None:
    # in a process of its own: without a display VTK ends the process
    program = (
        "import pyvista; p = pyvista.Plotter(off_screen=True); p.add_mesh(pyvista.Cube());print(p.screenshot().std())"
    )
    without_display = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    done = subprocess.run(
        ["xvfb-run", "--auto-servernum", sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        env=without_display,
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split()[-1]) > 1.0, "the picture is one flat colour"


def test_the_packages_imported_are_those_of_this_clone() -> None:
    found = subprocess.run(
        [sys.executable, "-P", "-c", "import materials; print(materials.__path__[0])"],
        capture_output=True,
        text=True,
        cwd="/",
        check=True,
    )
    assert Path(found.stdout.strip()).resolve() == (ROOT / "materials").resolve()
