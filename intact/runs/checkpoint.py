"""Where a run is, in one file that is written whole or not at all; from it the run goes on as if it had not stopped."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from mpi4py import MPI
from pydantic import TypeAdapter

from intact.results.folder import BEGIN_ANEW, CHECKPOINT
from intact.results.whole import ResultsError, written_whole
from intact.runs.told import Told
from mechanics.history.checkpoint import collected, fingerprint, spread
from mechanics.history.schedule import Drive
from mechanics.state import State
from meshes.processes import on_first

FORMAT = 1  # grows by one when an older file can no longer be taken up
SHARE = 0.05  # of the time of a run that checkpoints may take: a step that takes long has one of its own
ABOUT = "about"  # the array that is the text of everything that is no field
TOLD = TypeAdapter(list[Told])


@dataclass(frozen=True)
class Identity:
    """What a checkpoint belongs to: a resolved case, on a mesh."""

    case: str
    mesh: str


@dataclass(frozen=True)
class TakenUp:
    """What a run goes on from, known to all processes; the arrays to the first."""

    told: list[Told]
    seconds: float
    endings: list[tuple[str, str]]
    _numbers: dict[str, Any]
    _pacing: dict[str, Any]
    _arrays: dict[str, np.ndarray] = field(repr=False)

    def put(self, state: State, drive: Drive) -> None:
        """State and schedule to where they were."""
        spread(state, self._arrays)
        state.take(self._numbers)
        drive.take_pacing(self._pacing)


class Checkpoint:
    """The file of one run. Written after a step as long as writing takes no more than its share of the time."""

    def __init__(self, folder: Path, identity: Identity, comm: MPI.Comm) -> None:
        self._file, self._identity, self._comm = folder / CHECKPOINT, identity, comm
        self._spent, self._start = 0.0, perf_counter()

    def due(self) -> bool:
        """Whether there is time for one; the first process says it for all."""
        return self._comm.bcast(self._spent <= SHARE * (perf_counter() - self._start))

    def write(
        self, state: State, drive: Drive, told: list[Told], endings: list[tuple[str, str]], seconds: float
    ) -> None:
        """The present state, with all that has been told of the steps to it."""
        start = perf_counter()
        arrays, numbers, pacing = collected(state), state.numbers(), drive.pacing()
        if self._comm.rank == 0:
            about = {
                "format": FORMAT,
                "case": self._identity.case,
                "mesh": self._identity.mesh,
                "seconds": seconds,
                "numbers": numbers,
                "pacing": pacing,
                "endings": endings,
                "told": TOLD.dump_python(told, mode="json"),
            }
            held: dict[str, Any] = {ABOUT: np.array(json.dumps(about))} | arrays
            with written_whole(self._file) as file, file.open("wb") as opened:
                np.savez(opened, **held)
        self._spent += perf_counter() - start

    def remove(self) -> None:
        """The run has ended: there is nothing to go on from."""
        if self._comm.rank == 0:
            self._file.unlink(missing_ok=True)


def identity(case: str, body: Any) -> Identity:
    """What a case, by its digest, and a mesh are known by."""
    return Identity(case, fingerprint(body))


def read(folder: Path, asked: Identity, comm: MPI.Comm) -> TakenUp | None:
    """What the run in this folder can go on from; None where there is nothing yet. All processes raise what the first
    one meets."""
    found = on_first(comm, lambda: _read(folder / CHECKPOINT, asked))
    about = comm.bcast(None if found is None else found[0])
    if about is None:
        return None
    told = TOLD.validate_python(about["told"])
    endings = [(stage, why) for stage, why in about["endings"]]
    arrays = {} if found is None else found[1]
    return TakenUp(told, about["seconds"], endings, about["numbers"], about["pacing"], arrays)


def _read(file: Path, asked: Identity) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
    if not file.exists():
        return None
    try:
        with np.load(file, allow_pickle=False) as held:
            arrays = {name: held[name] for name in held.files}
        about = json.loads(str(arrays.pop(ABOUT)))
        known = about["format"], about["case"], about["mesh"]
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ResultsError(f"--resume: got {file}, which is damaged ({error}), {BEGIN_ANEW}") from None
    if known[0] != FORMAT:
        raise ResultsError(f"--resume: got {file}, which another version of Intact has written, {BEGIN_ANEW}")
    if known[1] != asked.case:
        raise ResultsError(f"--resume: got {file}, of a case that has been changed since, {BEGIN_ANEW}")
    if known[2] != asked.mesh:
        raise ResultsError(f"--resume: got {file}, which was made on another mesh, {BEGIN_ANEW}")
    return about, arrays
