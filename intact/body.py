"""From a study to the bodies that are solved: layers, mesh and supports of each case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mpi4py import MPI

import meshes
from intact.case import Study
from intact.layers import Layers, layers, missing
from intact.problems import CaseProblems, Problem
from intact.sections import Case, Platen, Side
from materials.hardness import HardnessError
from materials.mixture import MixtureError
from mechanics import CRACK_MODELS, SPLITS, Solid, Support

REGIONS = ("electrolyte", "interface", "cathode")
BOUNDARIES = ("bottom", "top", "left", "right")
RESOLVED = 0.5  # h/ℓ at most, for a crack to be resolved
SCATTER = 1.25  # largest over wanted element size in a layer that gmsh has meshed evenly: 1.13 to 1.23 were seen
COARSE = RESOLVED * SCATTER  # h/ℓ of a cell that is meant to be coarser than that
DAMAGED = 0.5  # the core of a crack, which coarse cells do not resolve; its tail, and diffuse damage, they do
FIXED: Mapping[str, tuple[int, ...]] = {"clamped": (0, 1), "sliding": (1,)}


@dataclass(frozen=True)
class Body:
    """One case of a study, with all that is known of it before anything is solved."""

    name: str  # of its results folder
    labels: Mapping[str, str]
    case: Case
    layers: Layers
    domain: meshes.Domain
    cell_size: np.ndarray

    def sizes(self, region: str) -> tuple[float, float]:
        """Mean and largest element size in a region, over all processes and each cell once."""
        size, comm = self.cell_size[self._owned(region)], self.domain.mesh.comm
        mean = comm.allreduce(float(size.sum())) / comm.allreduce(len(size))
        return mean, comm.allreduce(float(size.max(initial=0.0)), op=MPI.MAX)

    def thickness(self, region: str) -> float:
        """As given in the case; in a mesh of the user's own the area over the width, so that waves do no harm."""
        if self.case.stack is not None:
            return float(getattr(self.case.stack, region))
        squares = float(np.sum(self.cell_size[self._owned(region)] ** 2))
        area = self.domain.mesh.comm.allreduce(squares) * np.sqrt(3) / 4
        return area / self.extent()[0]

    def extent(self) -> tuple[float, float]:
        """Width and height of the mesh."""
        x, comm = self.domain.mesh.geometry.x, self.domain.mesh.comm
        width, height = (
            comm.allreduce(x[:, i].max(), op=MPI.MAX) - comm.allreduce(x[:, i].min(), op=MPI.MIN) for i in (0, 1)
        )
        return float(width), float(height)

    def _owned(self, region: str) -> np.ndarray:
        cells = self.domain.regions[region]
        return cells[cells < self.domain.mesh.topology.index_map(2).size_local]


def bodies(study: Study, comm: MPI.Comm) -> list[Body]:
    """Every case of the study. What any of them lacks is told here, together, before the first is solved."""
    made: list[Layers] = []
    problems: list[Problem] = []
    for (_, case), name in zip(study.cases, study.folders, strict=True):
        lacks = [Problem(key, text.replace("\n", "\n    ")) for key, text in missing(case)]
        problems += lacks
        try:
            made += [] if lacks else [layers(case)]
        except (MixtureError, HardnessError) as error:
            problems.append(Problem(name, str(error)))
    domains: dict[meshes.Stack | Path, meshes.Domain] = {}  # cases that differ in materials share a mesh
    for _, case in study.cases:
        try:
            geometry = _geometry(case)
            if geometry not in domains:
                domains[geometry] = _domain(geometry, comm)
        except meshes.MeshError as error:
            problems.append(Problem("stack" if case.mesh.file is None else "mesh.file", str(error)))
    if problems:
        raise CaseProblems(study.path, problems)
    found = [domains[_geometry(case)] for _, case in study.cases]
    return [
        Body(name, labels, case, of, domain, meshes.element_size(domain.mesh))
        for name, (labels, case), of, domain in zip(study.folders, study.cases, made, found, strict=True)
    ]


def solid(body: Body) -> Solid:
    """What mechanics solves, at SoC 0, with the notch as a crack that is there already."""
    case, domain = body.case, body.domain
    made = Solid(
        domain.mesh,
        domain.regions,
        domain.boundaries,
        body.layers.media,
        _supports(case),
        CRACK_MODELS[case.fracture.model],
        SPLITS[case.fracture.split],
        float(case.fracture.length),
        body.cell_size,
    )
    if "notch" in domain.boundaries:
        made.break_open("notch")
    return made


def _geometry(case: Case) -> meshes.Stack | Path:
    """The stack of the case, or the file with the user's own mesh."""
    if case.stack is None:
        return Path(str(case.mesh.file))
    stack, notch = case.stack, case.stack.notch
    return meshes.Stack(
        width=stack.width,
        electrolyte=stack.electrolyte,
        interface=stack.interface,
        cathode=stack.cathode,
        fine=case.fracture.length / case.mesh.elements_per_length,
        coarse=case.mesh.coarse,
        notch=None if notch is None else meshes.Notch(notch.length, notch.opening, notch.shape),
    )


def _domain(geometry: meshes.Stack | Path, comm: MPI.Comm) -> meshes.Domain:
    if isinstance(geometry, meshes.Stack):
        return meshes.build(geometry, comm)
    found = meshes.load(geometry, comm)
    found.require(REGIONS, BOUNDARIES)
    return found


def _supports(case: Case) -> dict[str, Support]:
    held = case.boundaries

    def side(kind: Side) -> Support:
        return Support((0,) if kind == "sliding" else ())

    def platen(kind: Platen, stiffness: float | None) -> Support:
        return Support(FIXED.get(kind, ()), float(stiffness or 0.0))

    return {
        "bottom": platen(held.bottom, held.bottom_stiffness),
        "top": platen(held.top, held.top_stiffness),
        "left": side(held.left),
        "right": side(held.right),
    }
