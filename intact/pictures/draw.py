"""Makes the pictures of a results folder: python3 -m intact.pictures results/lzco-vs-lzaco

Drawing happens in a child process. VTK may end its process where it finds no display, and a run that has
solved for hours must not die of its pictures.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

PATIENCE = 900.0  # seconds; half a minute is usual
# A child of a process that mpirun has started would take itself for one, too, and wait for the others.
OF_MPI = ("OMPI_", "PMIX_", "PMI_", "PRTE_", "MPI_", "MPIR_", "HYDI_", "HYDRA_")


class PictureError(ValueError):
    """The pictures could not be made; the results are none the worse."""


def draw(folder: Path, patience: float = PATIENCE) -> list[Path]:
    """Make every picture of a results folder from its files alone; returns the pictures."""
    again = f"the results are kept; to draw them again: python3 -m intact.pictures {folder}"
    command = [*_display(), sys.executable, "-P", "-m", "intact.pictures.gallery", str(folder)]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment(),
        process_group=0,  # so that a virtual display ends with the child
    ) as child:
        try:
            said, _ = child.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            raise PictureError(f"no pictures: drawing took more than {patience:g} s; {again}") from None
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGTERM)
    told = _told(said)
    if "pictures" in told:
        return [Path(file) for file in told["pictures"]]
    problem = told.get("problem", [_why(child.returncode, said)])[0]
    raise PictureError(f"no pictures: {problem}; {again}")


def _display() -> list[str]:
    """A display of our own: Debian's VTK draws on X only, and one at the far end of an ssh is slow."""
    return ["xvfb-run", "--auto-servernum"] if shutil.which("xvfb-run") else []


def environment() -> dict[str, str]:
    """This process's, without MPI, and with this very package to import."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OF_MPI)}
    path = (str(Path(__file__).resolve().parents[2]), kept.get("PYTHONPATH"))
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, path))}


def _told(said: str) -> dict[str, list[str]]:
    """The line of JSON with which the child ends, among what VTK and the display may have said."""
    for line in reversed(said.splitlines()):
        if line.startswith(('{"pictures"', '{"problem"')):
            return json.loads(line)
    return {}


def _why(code: int, said: str) -> str:
    if code < 0 and not _display() and not os.environ.get("DISPLAY"):
        return "there is no display, and VTK needs one or xvfb-run (Debian: apt install xvfb)"
    last = said.strip().splitlines()[-1:] or ["nothing was said"]
    return f"drawing ended with code {code} ({last[0].strip()})"


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: python3 -m intact.pictures FOLDER, such as results/lzco-vs-lzaco", file=sys.stderr)
        return 2
    try:
        for picture in draw(Path(sys.argv[1])):
            print(picture)
    except PictureError as error:
        print(error, file=sys.stderr)
        return 2
    return 0
