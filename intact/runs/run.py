"""Run a study: each of its cases in a folder of its own, then the joint table and pictures above them."""

from __future__ import annotations

import platform
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter
from typing import Any

from mpi4py import MPI

import intact
import meshes
from intact.bodies.body import DAMAGED, Body, bodies, solid
from intact.case import cycles
from intact.case.model import as_written
from intact.case.read import Study
from intact.console import console
from intact.pictures import draw as pictures
from intact.results import band, tables
from intact.results import folder as results
from intact.runs import profile
from intact.runs.contact import ContactLoss
from intact.runs.lithium import Lithium
from intact.runs.preflight import warnings
from intact.runs.reporter import Reporter
from intact.runs.side_by_side import Ended, Order, cores, side_by_side
from intact.runs.trace import INTERRUPTED
from mechanics import AlternateMinimiser, Charge, Medium, Solid, evolve
from mechanics.clock import SPENT, timed

NO_ONE_ELSE = nullcontext()  # to wait for


def run(
    study: Study, output: Path, comm: MPI.Comm = MPI.COMM_WORLD, jobs: int | None = None, with_profile: bool = False
) -> bool:
    """False when a run had to stop early; everything up to there is kept and says so. As many cases at once as there
    are jobs, or cores; under mpirun one after the other."""
    todo = bodies(study, comm)
    folder = output / study.path.stem
    beforehand = [warnings(body) for body in todo]
    for text in results.once(list(zip(study.folders, beforehand, strict=True))):
        console.print(text, style="yellow", markup=False)
    orders = [(body, warned, folder / body.name) for body, warned in zip(todo, beforehand, strict=True)]
    at_once = min(len(todo), jobs or cores()) if comm.size == 1 else 1
    told: dict[str, tables.Summary | str] = {}
    with interruptible(folder):
        _prepare(folder, comm)
        for name, end in _one_after_the_other(orders, comm) if at_once == 1 else _side_by_side(orders, at_once):
            told[name] = end
            if with_profile and not isinstance(end, str):
                console.print(profile.table(name, end["profile"]))
            joint = _joint(study, told)
            if comm.rank == 0 and joint["runs"]:  # after each, so that nothing which ends the program takes them along
                results.write(folder, joint)
        if comm.rank == 0 and joint["runs"]:
            _draw(folder, joint)
            results.show(folder)
        comm.barrier()
    return not joint["lost"] and all(one["converged"] for one in joint["runs"])


def _one_after_the_other(orders: Sequence[Order], comm: MPI.Comm) -> Iterator[Ended]:
    for number, (body, warned, folder) in enumerate(orders, 1):
        console.rule(f"{body.name} ({number} of {len(orders)})", align="left")
        summary = run_case(body, warned, folder, comm)
        yield body.name, summary
        if summary["reason"] == INTERRUPTED:
            raise KeyboardInterrupt


def _side_by_side(orders: Sequence[Order], at_once: int) -> Iterator[Ended]:
    for _, _, folder in orders:  # what cannot be written is told, and what is old removed, before any starts
        results.prepare(folder)
    console.rule(f"{len(orders)} cases, {at_once} at once", align="left")
    yield from side_by_side(orders, at_once)


def run_case(
    body: Body,
    warned: Sequence[str],
    folder: Path,
    comm: MPI.Comm,
    turn: AbstractContextManager[None] = NO_ONE_ELSE,
) -> dict[str, Any]:
    """Solve one case and leave its results in the folder; returns its summary. Forms are compiled in `turn`."""
    _prepare(folder, comm)
    case = body.case
    if comm.rank == 0:
        (folder / results.CASE).write_text(case.resolved(), encoding="utf-8")
    with turn:
        start = perf_counter()
        SPENT.clear()
        with timed("setting up"):
            made = solid(body)
            contact = ContactLoss(body, made)
            lithium = None if case.diffusion is None else Lithium(body, made)
            minimiser = AlternateMinimiser(
                made, case.solver.tolerance, case.solver.iterations, linear=case.solver.linear
            )
    known = _known(body, made)
    cycled = cycles.of_case(case)
    charge = Charge(case.steps.until, case.steps.largest, case.steps.smallest, case.output.soc, cycled.turns)
    content = None if lithium is None else lithium.diffusion.content
    with closing(Reporter(body, made, contact, folder, content)) as reporter:
        try:
            if lithium is None:
                evolve(made, minimiser, charge, contact, case.steps.onset, reporter)
            else:
                lithium.charge(minimiser, contact, reporter)
        except KeyboardInterrupt:  # from here on each process is on its own: the others may be anywhere
            reporter.trace.stopped = INTERRUPTED
    seconds = perf_counter() - start
    summary = {
        "folder": body.name,
        "labels": dict(body.labels),
        "title": case.title,
        **reporter.trace.figures(case.output.soc),
        **({"contact_of_each_at_end": dict(reporter.each.last)} if len(contact.parts) > 1 else {}),
        **({} if case.cycling is None else {"cycling": reporter.trace.cycles(cycled)}),
        **({} if lithium is None else {"lithium": lithium.figures(reporter.trace)}),
        "seconds_in_all": seconds,
        "profile": profile.profile(seconds),
        "warnings": [
            *warned,
            *_damage_in_coarse_cells(reporter.highest_in_coarse_cells),
            *reporter.trace.balance_warning(),
        ],
        **known,
    }
    if comm.rank == 0:
        results.write_json(folder / results.SUMMARY, summary)
    return summary


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


def _prepare(folder: Path, comm: MPI.Comm) -> None:
    if comm.rank == 0:
        results.prepare(folder)
    comm.barrier()


def _known(body: Body, made: Solid) -> dict[str, Any]:
    """What was asked and what it was solved with: all that is known of a run before it starts."""
    case, state = body.case, made.state
    maps = {"displacement": state.u.function_space.dofmap, "damage": state.d.function_space.dofmap}
    layer = body.interfaces[0].role
    ratio = body.sizes(layer)[0] / case.fracture.length
    row = body.mean(meshes.row_height(body.domain.mesh), layer) / case.fracture.length
    return {
        "asked": as_written(case),
        "processes": made.comm.size,
        "cells": body.domain.cell_counts(),
        "unknowns": {name: one.index_map.size_global * one.index_map_bs for name, one in maps.items()},
        "h_over_length_in_interface": ratio,
        "mesh_correction": {
            "factor_in_interface": 1 + row / made.crack.c_w,
            "toughness_of_interface_layer_J_per_m2": body.media[layer].toughness,
            "meaning": "the interface layer has the toughness for which a crack along it costs what the case says, as "
            "wide as crack and layer are; each was entered divided by 1 + h/(c_w l), h the height of a row of cells",
        },
        "active_volume_fraction": body.layers.active_volume_fraction,
        "media": {name: _numbers(medium) for name, medium in body.media.items()},
        "media_units": "MPa, J/m^2, linear strain at SoC 1",
        **_crystals(body),
        "sources": dict(body.layers.sources),
        "versions": versions(),
    }


def _crystals(body: Body) -> dict[str, Any]:
    """Those with an axis of their own; among the media there is one for all, with its c axis along x."""
    crystals = body.kind.crystals(body.case)
    if not crystals:
        return {}
    return {"crystals": {name: asdict(one) for name, one in crystals.items()}, "crystals_units": "degrees from x, µm"}


def _numbers(medium: Medium) -> dict[str, Any]:
    """The medium with its strain at full charge, of a crystal along its axis, too."""
    along = {} if medium.crystal is None else {"crystal": (medium.crystal.axis, medium.crystal.along(1.0))}
    return asdict(replace(medium, shrinkage=medium.strain(1.0), crystal=None)) | along


def versions() -> dict[str, str]:
    found = {"intact": intact.__version__, "python": platform.python_version()}
    for name in ("fenics-dolfinx", "petsc4py", "gmsh", "numpy", "pyvista"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found


def _damage_in_coarse_cells(highest: float) -> list[str]:
    """A crack that left the fine mesh is not to be trusted."""
    if highest <= DAMAGED:
        return []
    return [
        f"damage reaches {highest:.2f} where the mesh is coarser than half of fracture.length: what a crack does "
        "there is not resolved; take a finer mesh there (mesh.coarse)"
    ]


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
