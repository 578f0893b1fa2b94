"""From a study to the bodies that are solved: layers, mesh and supports of each case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from mpi4py import MPI

import meshes
from intact.case import Study
from intact.layers import Layers, layers, missing
from intact.problems import CaseProblems, Problem
from intact.sections import Case, Side, Top
from materials.hardness import HardnessError
from materials.mixture import MixtureError
from mechanics import CRACK_MODELS, KINEMATICS, SPLITS, Medium, Solid, Split, Support, star_convex
from mechanics.interface import ThinLayerError, layer_toughness

REGIONS = ("electrolyte", "interface", "cathode")
SIDES = ("bottom", "top", "left", "right")  # of the stack; in 3d also front and back
CRACK_WIDTH = 4  # in ℓ: a damage profile is so wide, of AT1 exactly and of the others nearly
RESOLVED = 0.5  # h/ℓ at most, for a crack to be resolved
SCATTER = 1.4  # largest over wanted element size in a layer that gmsh has meshed evenly: 1.13 to 1.36 were seen
COARSE = RESOLVED * SCATTER  # h/ℓ of a cell that is meant to be coarser than that
RIGID = 1e4  # relative to the stack: by 1e-4 of what the stack does, a gap that is held gives way
DAMAGED = 0.5  # the core of a crack, which coarse cells do not resolve; its tail, and diffuse damage, they do


@dataclass(frozen=True)
class Body:
    """One case of a study, with all that is known of it before anything is solved."""

    name: str  # of its results folder
    labels: Mapping[str, str]
    case: Case
    layers: Layers
    domain: meshes.Domain
    cell_size: np.ndarray

    def __reduce__(self) -> tuple[Any, ...]:
        """It travels to another process without its mesh, which is made anew there."""
        return _made_anew, (self.name, self.labels, self.case, self.layers)

    @cached_property
    def media(self) -> Mapping[str, Medium]:
        """What mechanics is given: an interface layer as tough as it takes for a crack along it to cost what the case
        says, though it is as wide as the layer and reaches beyond."""
        media = dict(self.layers.media)
        case, interface = self.case, media["interface"]
        size = self.mean(meshes.row_height(self.domain.mesh), "interface")
        toughness = layer_toughness(
            interface.toughness,
            media["electrolyte"].toughness,
            media["cathode"].toughness,
            self.thickness("interface"),
            float(case.fracture.length),
            CRACK_MODELS[case.fracture.model],
            size,
        )
        return media | {"interface": replace(interface, toughness=toughness)}

    def sizes(self, region: str) -> tuple[float, float]:
        """Mean and largest element size in a region, over all processes and each cell once."""
        largest = float(self.cell_size[self._owned(region)].max(initial=0.0))
        return self.mean(self.cell_size, region), self.domain.mesh.comm.allreduce(largest, op=MPI.MAX)

    def mean(self, of_cells: np.ndarray, region: str) -> float:
        """Over the cells of a region, over all processes and each cell once."""
        numbers, comm = of_cells[self._owned(region)], self.domain.mesh.comm
        return comm.allreduce(float(numbers.sum())) / comm.allreduce(len(numbers))

    def thickness(self, region: str) -> float:
        """As given in the case; in a mesh of the user's own the volume over the area, so that waves do no harm."""
        if self.case.stack is not None:
            return float(getattr(self.case.stack, region))
        dim = self.domain.mesh.topology.dim
        powers = float(np.sum(self.cell_size[self._owned(region)] ** dim))
        volume = self.domain.mesh.comm.allreduce(powers) * (np.sqrt(3) / 4 if dim == 2 else 1 / (6 * np.sqrt(2)))
        width, _, *depth = self.extent()
        return float(volume / np.prod([width, *depth]))

    def extent(self) -> tuple[float, ...]:
        """Width, height and, in three dimensions, depth of the mesh."""
        x, comm = self.domain.mesh.geometry.x, self.domain.mesh.comm
        return tuple(
            float(comm.allreduce(x[:, i].max(), op=MPI.MAX) - comm.allreduce(x[:, i].min(), op=MPI.MIN))
            for i in range(self.domain.mesh.geometry.dim)
        )

    def _owned(self, region: str) -> np.ndarray:
        topology = self.domain.mesh.topology
        cells = self.domain.regions[region]
        return cells[cells < topology.index_map(topology.dim).size_local]


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
            if case.stack is None:
                _check_file(case, domains[geometry])
        except meshes.MeshError as error:
            problems.append(Problem("stack" if case.mesh.file is None else "mesh.file", str(error)))
    if problems:
        raise CaseProblems(study.path, problems)
    found = [domains[_geometry(case)] for _, case in study.cases]
    ready = [
        Body(name, labels, case, of, domain, meshes.element_size(domain.mesh))
        for name, (labels, case), of, domain in zip(study.folders, study.cases, made, found, strict=True)
    ]
    for body in ready:
        try:
            problems += _too_long(body)
        except ThinLayerError as error:
            key = "stack.interface" if body.case.mesh.file is None else "mesh.file"
            problems.append(Problem(f"{body.name}: {key}", str(error)))
    if problems:
        raise CaseProblems(study.path, problems)
    return ready


def _made_anew(name: str, labels: Mapping[str, str], case: Case, of: Layers) -> Body:
    domain = _domain(_geometry(case), MPI.COMM_WORLD)
    return Body(name, labels, case, of, domain, meshes.element_size(domain.mesh))


def _too_long(body: Body) -> list[Problem]:
    """A cohesive crack that is smeared too widely cannot have the strength that is asked for."""
    case, found = body.case, []
    crack, length = CRACK_MODELS[case.fracture.model], case.fracture.length
    for name, medium in body.media.items():
        if medium.strength is None:
            continue
        entered = float(crack.numerical_toughness(medium.toughness, COARSE * length, length))  # at least
        most = crack.largest_length(medium.young, entered, medium.strength)
        if length > most:
            found.append(
                Problem(
                    "fracture.length",
                    f"got {length:g} um, takes at most {0.999 * most:.3g} um with {case.fracture.model} and a strength "
                    f"of {medium.strength:.4g} MPa in the {name}, or softening is a jump; or lower strengths, "
                    "fracture.interface_strength and fracture.bulk_strength",
                )
            )
    return found


def solid(body: Body) -> Solid:
    """What mechanics solves, at SoC 0, with the notch as a crack that is there already."""
    case, domain = body.case, body.domain
    # Where cells are so coarse that they do not resolve a crack, there is none to correct the toughness for.
    rows = np.minimum(meshes.row_height(domain.mesh), COARSE * float(case.fracture.length))
    made = Solid(
        domain.mesh,
        domain.regions,
        domain.boundaries,
        body.media,
        _supports(case, _gap(body)),
        CRACK_MODELS[case.fracture.model],
        _split(case),
        float(case.fracture.length),
        rows,
        KINEMATICS[case.geometry],
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
        halo=max(CRACK_WIDTH * case.fracture.length - stack.interface, 0.0) / 2,
        notch=None if notch is None else meshes.Notch(notch.length, notch.opening, notch.shape),
        depth=stack.depth,
    )


def _domain(geometry: meshes.Stack | Path, comm: MPI.Comm) -> meshes.Domain:
    return meshes.build(geometry, comm) if isinstance(geometry, meshes.Stack) else meshes.load(geometry, comm)


def _check_file(case: Case, found: meshes.Domain) -> None:
    """That a mesh of the user's own is one of what the case says."""
    dimension = KINEMATICS[case.geometry].dimension
    if found.mesh.geometry.dim != dimension:
        cells = "triangles" if dimension == 2 else "tetrahedra"
        raise meshes.MeshError(
            f"the mesh file '{case.mesh.file}' has not the {cells} that geometry = \"{case.geometry}\" takes"
        )
    found.require(REGIONS, [*SIDES, *(("front", "back") if dimension == 3 else ())])
    if case.geometry == "axisymmetric" and found.mesh.comm.allreduce(found.mesh.geometry.x[:, 0].min(), op=MPI.MIN) < 0:
        raise meshes.MeshError(f"the mesh file '{case.mesh.file}' reaches to x < 0; the axis is at x = 0")


def _split(case: Case) -> Split:
    gamma = case.fracture.star_convexity
    return SPLITS[case.fracture.split] if gamma is None else star_convex(float(gamma))


def _gap(body: Body) -> float:
    """Stiffness, per area, of what holds a gap: as good as rigid beside the stack."""
    return RIGID * max(medium.young for medium in body.media.values()) / body.extent()[1]


def _supports(case: Case, gap: float) -> dict[str, Support]:
    """`gap`: the stiffness of what holds one."""
    held = case.boundaries
    dimension = KINEMATICS[case.geometry].dimension
    clamped: Mapping[str, tuple[int, ...]] = {"clamped": tuple(range(dimension)), "sliding": (1,)}

    def side(component: int, kind: Side | None) -> Support:
        return Support((component,) if kind != "free" else ())

    def platen(kind: Top, stiffness: float | None) -> Support:
        return Support(clamped.get(kind, ()), float(stiffness or 0.0))

    def upper() -> Support:
        """Pressed first, and then held by a spring, by none, or by one so stiff that it holds the gap."""
        if held.pressure is None:
            return platen(held.top, held.top_stiffness)
        spring = {"pressure": 0.0, "sliding": gap, "spring": float(held.top_stiffness or 0.0)}[held.top]
        return Support(spring=spring, pressure=float(held.pressure), level=True)

    supports = {
        "bottom": platen(held.bottom, held.bottom_stiffness),
        "top": upper(),
        "left": side(0, held.left),
        "right": side(0, held.right),
    }
    if dimension == 3:
        supports |= {"front": side(2, held.front), "back": side(2, held.back)}
    return supports
