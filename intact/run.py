"""Run a study: each of its cases in a folder of its own, then the joint table and pictures above them."""

from __future__ import annotations

import platform
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter
from typing import Any

from mpi4py import MPI

import intact
import meshes
from intact import pictures, results
from intact.body import DAMAGED, Body, bodies, solid
from intact.case import Study
from intact.console import console
from intact.preflight import warnings
from intact.reporter import Reporter
from intact.sections import as_written
from intact.trace import INTERRUPTED
from mechanics import AlternateMinimiser, Charge, Solid, evolve


def run(study: Study, output: Path, comm: MPI.Comm = MPI.COMM_WORLD) -> bool:
    """False when a run had to stop early; everything up to there is kept and says so."""
    todo = bodies(study, comm)
    folder = output / study.path.stem
    beforehand = [warnings(body) for body in todo]
    for text in results.once(list(zip(study.folders, beforehand, strict=True))):
        console.print(text, style="yellow", markup=False)
    told: list[dict[str, Any]] = []
    with interruptible(folder):
        _prepare(folder, comm)
        for number, (body, warned) in enumerate(zip(todo, beforehand, strict=True), 1):
            console.rule(f"{body.name} ({number} of {len(todo)})", align="left")
            told.append(run_case(body, warned, folder / body.name, comm))
            if comm.rank == 0:  # after each case, so that nothing which ends the program takes them with it
                results.write(folder, _joint(study, told))
            if told[-1]["reason"] == INTERRUPTED:
                raise KeyboardInterrupt
        if comm.rank == 0:
            _draw(folder, _joint(study, told))
            results.show(folder)
        comm.barrier()
    return all(one["converged"] for one in told)


def run_case(body: Body, warned: Sequence[str], folder: Path, comm: MPI.Comm) -> dict[str, Any]:
    """Solve one case and leave its results in the folder; returns its summary."""
    start = perf_counter()
    _prepare(folder, comm)
    if comm.rank == 0:
        (folder / results.CASE).write_text(body.case.resolved(), encoding="utf-8")
    case, made = body.case, solid(body)
    known = _known(body, made)
    minimiser = AlternateMinimiser(made, case.solver.tolerance, case.solver.iterations, linear=case.solver.linear)
    charge = Charge(case.steps.until, case.steps.largest, case.steps.smallest, case.output.soc)
    with closing(Reporter(body, made, folder)) as reporter:
        try:
            evolve(made, minimiser, charge, reporter.detachment, case.steps.onset, reporter)
        except KeyboardInterrupt:  # from here on each process is on its own: the others may be anywhere
            reporter.trace.stopped = INTERRUPTED
    summary = {
        "folder": body.name,
        "labels": dict(body.labels),
        "title": case.title,
        **reporter.trace.figures(case.output.soc),
        "seconds_in_all": perf_counter() - start,
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
    ratio = body.sizes("interface")[0] / case.fracture.length
    row = body.mean(meshes.row_height(body.domain.mesh), "interface") / case.fracture.length
    return {
        "asked": as_written(case),
        "processes": made.comm.size,
        "cells": body.domain.cell_counts(),
        "unknowns": {name: one.index_map.size_global * one.index_map_bs for name, one in maps.items()},
        "h_over_length_in_interface": ratio,
        "mesh_correction": {
            "factor_in_interface": 1 + row / made.crack.c_w,
            "toughness_of_interface_layer_J_per_m2": body.media["interface"].toughness,
            "meaning": "the interface layer has the toughness for which a crack along it costs what the case says, as "
            "wide as crack and layer are; each was entered divided by 1 + h/(c_w l), h the height of a row of cells",
        },
        "active_volume_fraction": body.layers.active_volume_fraction,
        "media": {name: asdict(medium) for name, medium in body.media.items()},
        "media_units": "MPa, J/m^2, linear strain at SoC 1",
        "sources": dict(body.layers.sources),
        "versions": versions(),
    }


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


def _joint(study: Study, told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    not_run = study.folders[len(told) :]
    return {
        "title": study.title,
        "case": str(study.path),
        "compare": list(study.cases[0][0]),
        "runs": list(told),
        "not_run": list(not_run),
        "notes": results.notes(told, not_run),
    }


def _draw(folder: Path, summary: dict[str, Any]) -> None:
    console.print("drawing ...")
    try:
        pictures.draw(folder)
    except pictures.PictureError as error:
        summary["notes"].append(f"warning: {error}")
        results.write(folder, summary)
    console.rule(align="left")
