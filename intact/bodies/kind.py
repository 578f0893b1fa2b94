"""What the rest of the program has to know of a geometry, whichever kind of it that is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import cos, radians, sin
from pathlib import Path
from typing import Any

import numpy as np
from dolfinx import fem

import meshes
from intact.bodies.supports import platens_and_sides
from intact.case.model import Case
from mechanics import Solid, Support
from mechanics.measure.detachment import Sections
from mechanics.measure.opening import Opening

CRACK_WIDTH = 4  # in ℓ: a damage profile is so wide, of AT1 exactly and of the others nearly

Role = str  # what a region is: several regions may have the same medium
Drawn = meshes.Stack | meshes.Composite | meshes.Particle | Path  # or the file with a mesh of the user's own


@dataclass(frozen=True)
class Interface:
    """A layer that is watched for whether it lets go."""

    name: str  # for people: "interface", or of what it holds, "particle 3"
    region: str
    role: Role
    beside: tuple[Role, Role]  # what is on its two sides
    surface: str | None = None  # boundary of the particle, a region with the name above, that it is around


@dataclass(frozen=True)
class Oriented:
    """A crystal with its c axis in the plane."""

    c_axis_degrees: float  # from x, counter-clockwise
    centre: tuple[float, float]  # µm
    diameter: float

    @property
    def axis(self) -> tuple[float, float, float]:
        angle = radians(self.c_axis_degrees)
        return cos(angle), sin(angle), 0.0


def all_alike(case: Case) -> dict[str, Oriented]:
    """No region has an axis of its own."""
    return {}


def normals(domain: meshes.Domain, surfaces: Sequence[str]) -> fem.Function:
    """In each cell that of the nearest surface, in three components."""
    normal = fem.Function(fem.functionspace(domain.mesh, ("DG", 0, (3,))))
    normal.x.array[:] = np.ravel(meshes.nearest_normal(domain, surfaces))
    return normal


def fits(case: Case, domain: meshes.Domain) -> None:
    """What Intact draws is what the case says."""


@dataclass(frozen=True)
class Kind:
    """One kind of geometry; all of them are in `intact.bodies.kinds`."""

    key: str  # where a case file says it
    drawn: Callable[[Case], Drawn]
    role: Callable[[str], Role]  # of a region, by its name
    shown: Mapping[Role, str]  # each role that may be, by its name in pictures (`intact.results.regions`)
    source: Role  # which shrinks, and whose lithium leaves through the first of the ends
    bulk: tuple[Role, ...]  # whose thickness should be some ℓ
    thickness: Callable[[Case, Role], float | None]  # None: not one that the case gives
    interfaces: Callable[[Iterable[str]], tuple[Interface, ...]]  # among regions
    sections: Callable[[Solid, Opening, Interface, float, bool], Sections]  # with element size, around an axis or not
    normal: Callable[[meshes.Domain], Any]  # of the interfaces, in three components, by UFL
    # all interfaces as one, where one lies behind the other
    in_series: Callable[[Solid, Opening, Sequence[Interface], float, bool], Sections] | None = None
    across: tuple[Role, ...] = ()  # layers of one piece from bottom to top, where there are no others
    ends: tuple[str, str] = ("bottom", "top")  # between which ions pass; those of the source leave by the first
    weak: Mapping[Role, tuple[Role, Role]] = field(default_factory=dict)  # other thin layers: what is on their sides
    narrow: Mapping[Role, str] = field(default_factory=dict)  # the key of their width, where it is not KEY.interface
    cracking: tuple[Role, ...] = ()  # of which is told how far they have cracked, and of each interface what has let go
    shell: Role | None = None  # of which is told how deep cracks go
    crystals: Callable[[Case], Mapping[str, Oriented]] = all_alike  # by their region
    supports: Callable[[Case, float], dict[str, Support]] = platens_and_sides
    check: Callable[[Case, meshes.Domain], None] = fits  # MeshError where a mesh of the user's own is another
