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
from intact.bodies.kind import Drawn, Interface, Kind, Role
from intact.bodies.kinds import kind_of
from intact.bodies.media import Layers, layers, missing
from intact.case.model import Case
from intact.case.problems import CaseProblems, Problem
from intact.case.read import Study
from materials.card import MissingProperty
from materials.hardness import HardnessError
from materials.mixture import MixtureError
from mechanics import CRACK_MODELS, KINEMATICS, SPLITS, Medium, Solid, Split, star_convex
from mechanics.laws.thin_layer import ThinLayerError, layer_toughness

RESOLVED = 0.5  # h/ℓ at most, for a crack to be resolved
SCATTER = 1.4  # largest over wanted element size in a layer that gmsh has meshed evenly: 1.13 to 1.36 were seen
COARSE = RESOLVED * SCATTER  # h/ℓ of a cell that is meant to be coarser than that
RIGID = 1e4  # relative to the stack: by 1e-4 of what the stack does, a gap that is held gives way
DAMAGED = 0.5  # the core of a crack, which coarse cells do not resolve; its tail, and diffuse damage, they do


class NarrowError(ValueError):
    """A layer has no room for a crack; by the key of its width."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key


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

    @property
    def kind(self) -> Kind:
        return kind_of(self.case)

    @cached_property
    def interfaces(self) -> tuple[Interface, ...]:
        """All that are watched."""
        return self.kind.interfaces(self.domain.regions)

    @cached_property
    def roles(self) -> Mapping[str, Role]:
        """Role of each region; a mesh of the user's own may have regions without one."""
        found = {region: self.kind.role(region) for region in self.domain.regions}
        return {region: role for region, role in found.items() if role in self.kind.shown}

    @cached_property
    def media(self) -> Mapping[Role, Medium]:
        """What mechanics is given: an interface layer as tough as it takes for a crack along it to cost what the case
        says, though it is as wide as the layer and reaches beyond."""
        media = dict(self.layers.media)
        for role, beside in self.thin.items():
            try:
                toughness = layer_toughness(
                    media[role].toughness,
                    *(media[neighbour].toughness for neighbour in beside),
                    self.thickness(role),
                    float(self.case.fracture.length),
                    CRACK_MODELS[self.case.fracture.model],
                    self.mean(meshes.row_height(self.domain.mesh), role),
                )
            except ThinLayerError as error:
                key = self.kind.narrow.get(role, f"{self.kind.key}.interface")
                raise NarrowError("mesh.file" if self.case.mesh.file else key, str(error)) from None
            media[role] = replace(media[role], toughness=toughness)
        return media

    @cached_property
    def media_of_regions(self) -> Mapping[str, Medium]:
        """Crystals that have an axis of their own are a medium each."""
        crystals = self.kind.crystals(self.case)
        found = {region: self.media[role] for region, role in self.roles.items()}
        for region, oriented in crystals.items():
            of_all = found[region].crystal
            assert of_all is not None, "what has an axis strains by it"
            found[region] = replace(found[region], crystal=replace(of_all, axis=oriented.axis))
        return found

    @property
    def thin(self) -> dict[Role, tuple[Role, Role]]:
        """Layers along which cracks run, watched or not, and what is on their two sides."""
        weak = {role: beside for role, beside in self.kind.weak.items() if self.regions(role)}
        return {one.role: one.beside for one in self.interfaces} | weak

    @property
    def bulk(self) -> list[Role]:
        """Roles that this body has among those whose thickness should be some ℓ."""
        return [role for role in self.kind.bulk if self.regions(role)]

    def regions(self, role: Role) -> list[str]:
        """Those with this role."""
        return [region for region, of in self.roles.items() if of == role]

    def sizes(self, role: Role) -> tuple[float, float]:
        """Mean and largest element size in all regions of a role, over all processes and each cell once."""
        largest = float(self.cell_size[self._owned(role)].max(initial=0.0))
        return self.mean(self.cell_size, role), self.domain.mesh.comm.allreduce(largest, op=MPI.MAX)

    def mean(self, of_cells: np.ndarray, role: Role) -> float:
        """Over the cells of a role, over all processes and each cell once."""
        numbers, comm = of_cells[self._owned(role)], self.domain.mesh.comm
        return comm.allreduce(float(numbers.sum())) / comm.allreduce(len(numbers))

    def thickness(self, role: Role) -> float:
        """As given in the case; in a mesh of the user's own the volume over the area, so that waves do no harm."""
        given = self.kind.thickness(self.case, role)
        if given is not None:
            return given
        dim = self.domain.mesh.topology.dim
        powers = float(np.sum(self.cell_size[self._owned(role)] ** dim))
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

    def _owned(self, role: Role) -> np.ndarray:
        topology = self.domain.mesh.topology
        cells = np.concatenate([self.domain.regions[region] for region in self.regions(role)])
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
    domains: dict[Drawn, meshes.Domain] = {}  # cases that differ in materials share a mesh
    for _, case in study.cases:
        kind = kind_of(case)
        try:
            geometry = kind.drawn(case)
            if geometry not in domains:
                domains[geometry] = _domain(geometry, comm)
            kind.check(case, domains[geometry])
        except meshes.MeshError as error:
            problems.append(Problem(kind.key, str(error)))
        except MissingProperty:  # is told already
            continue
    if problems:
        raise CaseProblems(study.path, problems)
    found = [domains[kind_of(case).drawn(case)] for _, case in study.cases]
    ready = [
        Body(name, labels, case, of, domain, meshes.element_size(domain.mesh))
        for name, (labels, case), of, domain in zip(study.folders, study.cases, made, found, strict=True)
    ]
    for body in ready:
        try:
            problems += _too_long(body)
        except NarrowError as error:
            problems.append(Problem(f"{body.name}: {error.key}", str(error)))
    if problems:
        raise CaseProblems(study.path, problems)
    return ready


def _made_anew(name: str, labels: Mapping[str, str], case: Case, of: Layers) -> Body:
    domain = _domain(kind_of(case).drawn(case), MPI.COMM_WORLD)
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
        body.media_of_regions,
        body.kind.supports(case, gap(body)),
        CRACK_MODELS[case.fracture.model],
        _split(case),
        float(case.fracture.length),
        rows,
        KINEMATICS[case.geometry],
    )
    if "notch" in domain.boundaries:
        made.break_open("notch")
    return made


def _domain(geometry: Drawn, comm: MPI.Comm) -> meshes.Domain:
    return meshes.load(geometry, comm) if isinstance(geometry, Path) else meshes.build(geometry, comm)


def _split(case: Case) -> Split:
    gamma = case.fracture.star_convexity
    return SPLITS[case.fracture.split] if gamma is None else star_convex(float(gamma))


def gap(body: Body) -> float:
    """Stiffness, per area, of what holds a gap: as good as rigid beside the stack."""
    return RIGID * max(medium.young for medium in body.media.values()) / body.extent()[1]
