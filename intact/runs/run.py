"""Run a study: each of its cases in a folder of its own, then the joint table and pictures above them."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal

from mpi4py import MPI
from rich.text import Text

from intact.bodies.body import bodies
from intact.case.read import Study, resolved_digest
from intact.console import console
from intact.pictures import draw as pictures
from intact.results import band, tables
from intact.results import folder as results
from intact.results.folder import INTERRUPTED
from intact.results.lock import locked
from intact.results.whole import ResultsError
from intact.runs import checkpoint, profile
from intact.runs.one_case import identity_of, run_case
from intact.runs.preflight import warnings
from intact.runs.side_by_side import Ended, Order, cores, side_by_side
from meshes.processes import on_first

Beginning = Literal["fresh", "resume", "overwrite"]  # what becomes of results that are there already
AGAIN = "takes --resume to go on with it, --overwrite to begin anew, or another folder"


def run(
    study: Study,
    output: Path,
    comm: MPI.Comm = MPI.COMM_WORLD,
    jobs: int | None = None,
    with_profile: bool = False,
    beginning: Beginning = "fresh",
) -> bool:
    """False when a run had to stop early; everything up to there is kept and says so. As many cases at once as there
    are jobs, or cores; under mpirun one after the other."""
    todo = bodies(study, comm)
    folder = output / study.name
    beforehand = [warnings(body) for body in todo]
    for text in results.once(list(zip(study.folders, beforehand, strict=True))):
        console.print(text, style="yellow", markup=False)
    orders = [(body, warned, folder / body.name) for body, warned in zip(todo, beforehand, strict=True)]
    with ExitStack() as stack:
        on_first(comm, lambda: stack.enter_context(locked(folder)))
        stack.enter_context(interruptible(folder))
        told = _begin(orders, folder, beginning, comm)
        for name in told:
            console.print(f"{name}: has been solved already", markup=False)
        twins = _twins(orders)
        left = [order for order in orders if order[0].name not in told and order[0].name not in twins]
        at_once = min(len(left), jobs or cores()) if comm.size == 1 else 1
        for name, end in _one_after_the_other(left, comm) if at_once <= 1 else side_by_side(left, at_once):
            told[name] = end
            if with_profile and not isinstance(end, str):
                console.print(profile.table(name, end["profile"]))
            told |= _copied(orders, twins, told, comm)
            joint = _joint(study, told)
            if comm.rank == 0 and joint["runs"]:  # after each, so that nothing which ends the program takes them along
                results.write(folder, joint)
        told |= _copied(orders, twins, told, comm)  # of those, too, that had been solved already
        joint = _joint(study, told)
        if comm.rank == 0 and joint["runs"]:
            results.write(folder, joint)
            _draw(folder, joint)
            results.show(folder)
        comm.barrier()
    return not joint["lost"] and all(one["converged"] for one in joint["runs"])


def _begin(orders: Sequence[Order], folder: Path, beginning: Beginning, comm: MPI.Comm) -> dict[str, Any]:
    """What is solved already, by name. All else that an earlier run has left is looked at, or cleared away, before
    anything is solved."""

    def looked_at() -> dict[str, Any]:
        places = (folder, *(place for _, _, place in orders))
        if beginning == "fresh" and any(map(results.left_in, places)):
            raise ResultsError(f"--output: got {str(folder)!r}, which holds results of an earlier run, {AGAIN}")
        if beginning != "resume":
            for place in places:
                results.prepare(place)
            return {}
        found = {body.name: results.solved(place, resolved_digest(body.case)) for body, _, place in orders}
        return {name: summary for name, summary in found.items() if summary is not None}

    told: dict[str, Any] = comm.bcast(on_first(comm, looked_at))
    for body, _, place in orders:
        if beginning == "resume" and body.name not in told:
            checkpoint.read(place, identity_of(body), comm)
    return told


def _twins(orders: Sequence[Order]) -> dict[str, str]:
    """Cases that are the same as one before them, and which."""
    first: dict[str, str] = {}
    found = {}
    for body, _, _ in orders:
        known = first.setdefault(resolved_digest(body.case), body.name)
        if known != body.name:
            found[body.name] = known
    return found


def _copied(
    orders: Sequence[Order], twins: Mapping[str, str], told: Mapping[str, Any], comm: MPI.Comm
) -> dict[str, Any]:
    """Results of cases that are the same as others which have been solved."""
    bodies_and_places = {body.name: (body, place) for body, _, place in orders}
    found = {}
    for name, first in twins.items():
        end = told.get(first)
        if end is None or name in told:
            continue
        if isinstance(end, str):
            found[name] = end
            continue
        body, place = bodies_and_places[name]
        found[name] = summary = end | {"folder": name, "labels": dict(body.labels)}
        if comm.rank == 0:
            results.copy(bodies_and_places[first][1], place, summary)
    return found


def _one_after_the_other(orders: Sequence[Order], comm: MPI.Comm) -> Iterator[Ended]:
    for number, (body, warned, folder) in enumerate(orders, 1):
        console.rule(Text(f"{body.name} ({number} of {len(orders)})"), align="left")
        try:
            summary = run_case(body, warned, folder, comm)
        except ResultsError:  # the next would fare no better
            raise
        except Exception as error:
            if comm.size > 1:  # the other processes may be anywhere
                raise
            console.print(Text(traceback.format_exc()))
            yield body.name, f"broke off with {type(error).__name__}: {error}"
            continue
        yield body.name, summary
        if summary["reason"] == INTERRUPTED:
            raise KeyboardInterrupt


@contextmanager
def interruptible(folder: Path) -> Iterator[None]:
    """Ctrl-C and SIGTERM alike end the run in order: they are told from an error, and where the results are is said."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        console.rule("interrupted", align="left")
        if (folder / results.SUMMARY).exists():
            results.show(folder)
        else:
            console.print(f"what there is lies in {folder}", markup=False, soft_wrap=True)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _joint(study: Study, told: Mapping[str, tables.Summary | str]) -> dict[str, Any]:
    """In the order of the study, whichever ended first."""
    ends = {name: told[name] for name in study.folders if name in told}
    runs = [end for end in ends.values() if not isinstance(end, str)]
    lost = {name: end for name, end in ends.items() if isinstance(end, str)}
    not_run = [name for name in study.folders if name not in told]
    return {
        "title": study.title,
        "case": str(study.path),
        "compare": list(study.compared),
        **({"band": list(study.banded), "folded": band.folded(runs, study.compared)} if study.banded else {}),
        "runs": runs,
        "lost": lost,
        "not_run": not_run,
        "notes": results.notes(runs, not_run, lost),
    }


def _draw(folder: Path, summary: dict[str, Any]) -> None:
    console.print("drawing ...")
    try:
        pictures.draw(folder)
    except pictures.PictureError as error:
        summary["notes"].append(f"warning: {error}")
        results.write(folder, summary)
    console.rule(align="left")
