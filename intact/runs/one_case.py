"""Solve one case and leave its results in its folder."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter
from typing import Any

from mpi4py import MPI

import intact
import meshes
from intact.bodies.body import DAMAGED, Body, gap, solid
from intact.bodies.staging import schedule
from intact.case import cycles
from intact.case.model import as_written
from intact.case.read import resolved_digest
from intact.results import folder as results
from intact.results.folder import INTERRUPTED
from intact.results.whole import ResultsError, write_whole
from intact.runs import checkpoint, profile
from intact.runs.contact import ContactLoss
from intact.runs.lithium import Lithium
from intact.runs.reporter import Reporter
from mechanics import AlternateMinimiser, Fixed, History, Medium, Solid
from mechanics.clock import SPENT, timed
from mechanics.history.schedule import Drive


def run_case(body: Body, warned: Sequence[str], folder: Path, comm: MPI.Comm) -> dict[str, Any]:
    """Solve one case, from where its checkpoint is if there is one, and leave its results in the folder; returns its
    summary."""
    case, identity = body.case, identity_of(body)
    taken_up = checkpoint.read(folder, identity, comm)
    if comm.rank == 0:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / results.CASE, case.resolved())
    comm.barrier()
    start = perf_counter()
    SPENT.clear()
    with timed("setting up"):
        made = solid(body)
        contact = ContactLoss(body, made)
        lithium = None if case.diffusion is None else Lithium(body, made)
        minimiser = AlternateMinimiser(made, case.solver.tolerance, case.solver.iterations, linear=case.solver.linear)
    before = 0.0 if taken_up is None else taken_up.seconds
    known = _known(body, made)
    drive: Drive = schedule(case, gap(body)) if lithium is None else lithium.drive
    kept = checkpoint.Checkpoint(folder, identity, comm)

    def keep(reporter: Reporter, always: bool = False) -> None:
        if always or kept.due():
            kept.write(made.state, drive, reporter.told, reporter.trace.endings, before + perf_counter() - start)

    content = None if lithium is None else lithium.diffusion.content
    told, endings = ([], []) if taken_up is None else (taken_up.told, taken_up.endings)
    with closing(Reporter(body, made, contact, folder, content, keep, told, endings)) as reporter:
        history = History(Fixed(made, minimiser), drive, contact, reporter)
        if taken_up is not None:
            taken_up.put(made.state, drive)
        can_go_on = False
        try:
            history.run()
        except KeyboardInterrupt:  # from here on each process is on its own: the others may be anywhere
            reporter.trace.stopped, can_go_on = INTERRUPTED, True
            if comm.size == 1 and reporter.trace.records:
                keep(reporter, always=True)
        except ResultsError as error:  # the disk is full: what is there is whole, and says why there is no more
            reporter.trace.stopped, can_go_on = str(error), True
    seconds = before + perf_counter() - start
    summary = {
        "folder": body.name,
        "labels": dict(body.labels),
        "title": case.title,
        "digest": identity.case,
        "can_go_on": can_go_on,
        **reporter.trace.figures(case.output.soc),
        **reporter.each.at_end(),
        **({} if case.cycling is None else {"cycling": reporter.trace.cycles(cycles.of_case(case))}),
        **({} if lithium is None else {"lithium": lithium.figures(reporter.trace)}),
        "seconds_in_all": seconds,
        "profile": profile.profile(seconds - before),
        "warnings": [
            *warned,
            *_damage_in_coarse_cells(reporter.highest_in_coarse_cells),
            *reporter.trace.balance_warning(),
        ],
        **known,
    }
    if comm.rank == 0:
        results.write_json(folder / results.SUMMARY, summary)
    if not can_go_on:
        kept.remove()
    return summary


def identity_of(body: Body) -> checkpoint.Identity:
    return checkpoint.identity(resolved_digest(body.case), body.domain.mesh)


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
