"""Run a study: each of its cases in a folder of its own, then the joint table and pictures above them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from dolfinx import fem
from dolfinx.io import VTKFile
from mpi4py import MPI

import intact
from intact import pictures, results
from intact.body import REGIONS, Body, body
from intact.case import Study
from intact.console import console
from intact.sections import Case
from mechanics import AlternateMinimiser, Charge, Record, evolve
from mechanics.detachment import DETACHED, Detachment

COARSE = 0.5  # h/ℓ above which a crack is not resolved
DAMAGED = 0.1  # damage that should not be seen there
SIGN_OF_LIFE = 15.0  # seconds between lines while one long step is solved


def run(study: Study, output: Path, comm: MPI.Comm = MPI.COMM_WORLD) -> bool:
    """False when a run had to stop early; everything up to there is kept and says so."""
    folder = output / study.path.stem
    _prepare(folder, comm)
    told: list[dict[str, Any]] = []
    for (labels, case), name in zip(study.cases, study.folders, strict=True):
        console.rule(f"{name} ({len(told) + 1} of {len(study.cases)})", align="left")
        told.append({"folder": name, "labels": dict(labels)} | run_case(case, folder / name, comm))
    if comm.rank == 0:
        _conclude(study, folder, told)
    comm.barrier()
    return all(one["converged"] for one in told)


def run_case(case: Case, folder: Path, comm: MPI.Comm) -> dict[str, Any]:
    """Solve one case and leave its results in the folder; returns its summary."""
    start = perf_counter()
    made = body(case, comm)
    _prepare(folder, comm)
    if comm.rank == 0:
        (folder / results.CASE).write_text(case.resolved(), encoding="utf-8")
    for text in made.layers.warnings:
        console.print(f"warning: {text}", style="yellow", markup=False)
    reporter = Reporter(made, folder)
    minimiser = AlternateMinimiser(made.solid, case.solver.tolerance, case.solver.iterations)
    steps = case.steps
    charge = Charge(steps.until, steps.largest, steps.smallest, case.output.soc)
    evolve(made.solid, minimiser, charge, reporter.detachment, steps.onset, reporter)
    reporter.close()
    summary = _summary(made, reporter, perf_counter() - start)
    if comm.rank == 0:
        results.write_json(folder / results.SUMMARY, summary)
    return summary


class Reporter:
    """Keeps the history, the fields at the pictured states of charge, and tells how far it is."""

    def __init__(self, made: Body, folder: Path) -> None:
        self.trace = results.Trace()
        case, solid = made.case, made.solid
        self.detachment = Detachment(
            solid.state.d, made.domain.regions, made.domain.boundaries, "interface", _fine(made)
        )
        self._solid = solid
        self._pictured = case.output.soc
        self._clock = perf_counter()
        self._told = 0.0  # detached fraction in the last line
        self._history = results.History(folder / results.HISTORY) if solid.comm.rank == 0 else None
        self._fields = VTKFile(solid.comm, str(folder / "fields.pvd"), "w")
        vertex_space = fem.functionspace(solid.mesh, ("Lagrange", 1, (solid.mesh.geometry.dim,)))
        self._displacement = fem.Function(vertex_space, name="displacement")
        self._region = fem.Function(fem.functionspace(solid.mesh, ("DG", 0)), name="region")
        for number, name in enumerate(REGIONS):
            self._region.x.array[made.domain.regions[name]] = number

    def iteration(self, soc: float, count: int, detached: float) -> None:
        if perf_counter() - self._clock > SIGN_OF_LIFE:
            self._tell(f"  SoC {soc:.4f}: still at it, iteration {count}, {detached:.0%} detached")

    def step(self, record: Record) -> None:
        self.trace.add(record)
        if self._history is not None:
            self._history.write(record)
        pictured = any(abs(record.soc - soc) < 1e-9 for soc in self._pictured)
        if not record.outcome.converged:
            self._tell(f"  SoC {record.soc:.4f}: {record.outcome.ending.value}; the run stops here", "bold red")
        elif pictured or record.detached_fraction - self._told > DETACHED:
            self._told = record.detached_fraction
            self._tell(f"  SoC {record.soc:.4f}: {record.detached_fraction:.0%} detached")
        elif perf_counter() - self._clock > SIGN_OF_LIFE:
            self._tell(f"  SoC {record.soc:.4f}: {record.detached_fraction:.0%} detached")
        if pictured or not record.outcome.converged:
            last = self.trace.records[-1].soc if self.trace.records else 0.0
            self._keep_fields(last)

    def close(self) -> None:
        self._fields.close()
        if self._history is not None:
            self._history.close()

    def _keep_fields(self, soc: float) -> None:
        self._displacement.interpolate(self._solid.state.u)
        self._fields.write_function([self._displacement, self._solid.state.d, self._region], soc)

    def _tell(self, text: str, style: str | None = None) -> None:
        console.print(text, style=style, markup=False)
        self._clock = perf_counter()


def _fine(made: Body) -> float:
    """The mean element size of the interface layer, over all processes."""
    sizes = made.cell_size[made.domain.regions["interface"]]
    total, count = made.solid.comm.allreduce(float(sizes.sum())), made.solid.comm.allreduce(len(sizes))
    return total / count


def _summary(made: Body, reporter: Reporter, seconds: float) -> dict[str, Any]:
    case, solid = made.case, made.solid
    warnings = [*made.layers.warnings, *_damage_in_coarse_cells(made)]
    ratio = _fine(made) / case.fracture.length
    return {
        "title": case.title,
        **reporter.trace.figures(case.output.soc),
        "seconds_in_all": seconds,
        "processes": solid.comm.size,
        "cells": made.domain.cell_counts(),
        "unknowns": unknowns(made),
        "h_over_length_in_interface": ratio,
        "mesh_correction": "toughness was entered divided by 1 + h/(c_w l), "
        f"{1 + ratio / solid.crack.c_w:.4f} in the interface, so that a crack costs what the case says",
        "active_volume_fraction": made.layers.active_volume_fraction,
        "media": {name: vars(medium) for name, medium in made.layers.media.items()},
        "media_units": "MPa, J/m^2, linear strain at SoC 1",
        "sources": dict(made.layers.sources),
        "warnings": warnings,
        "versions": {"intact": intact.__version__, **results.versions()},
    }


def unknowns(made: Body) -> dict[str, int]:
    state = made.solid.state
    maps = {"displacement": state.u.function_space.dofmap, "damage": state.d.function_space.dofmap}
    return {name: m.index_map.size_global * m.index_map_bs for name, m in maps.items()}


def _damage_in_coarse_cells(made: Body) -> list[str]:
    """A crack that left the fine mesh is not to be trusted."""
    solid = made.solid
    coarse = made.cell_size > COARSE * made.case.fracture.length
    nodes = solid.state.d.function_space.dofmap.list[coarse]
    highest = solid.comm.allreduce(float(solid.state.d.x.array[nodes].max(initial=0.0)), op=MPI.MAX)
    if highest <= DAMAGED:
        return []
    return [
        f"damage reaches {highest:.2f} where the mesh is coarser than half of fracture.length: the crack left the "
        "fine part of the mesh, and what it does there is not resolved; take a smaller mesh.coarse"
    ]


def _prepare(folder: Path, comm: MPI.Comm) -> None:
    """The folder, without the fields and pictures of an earlier run in it."""
    if comm.rank == 0:
        folder.mkdir(parents=True, exist_ok=True)
        for old in (*folder.glob("fields*"), *folder.glob("*.png")):
            old.unlink()
    comm.barrier()


def _conclude(study: Study, folder: Path, told: list[dict[str, Any]]) -> None:
    summary: dict[str, Any] = {
        "title": study.title,
        "case": str(study.path),
        "compare": list(study.cases[0][0]),
        "runs": told,
        "notes": _notes(told),
    }
    results.write_json(folder / results.SUMMARY, summary)
    console.print("drawing ...")
    try:
        pictures.draw(folder)
    except pictures.PictureError as error:
        console.print(f"warning: {error}", style="yellow", markup=False)
    console.rule(align="left")
    results.show(folder)


def _notes(told: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the table must not be read without: provenance of the toughness, and every warning."""
    toughness = dict.fromkeys(f"interface toughness {one['sources']['interface toughness']}" for one in told)
    warnings = dict.fromkeys(f"warning: {text}" for one in told for text in one["warnings"])
    stopped = [f"{one['folder']} did not reach the end: {one['reason']}" for one in told if not one["converged"]]
    return [*toughness, *warnings, *stopped]
