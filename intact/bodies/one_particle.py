"""One particle in electrolyte, bare or in a shell, of one piece or of grains."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import meshes
from intact.bodies.kind import CRACK_WIDTH, Interface, Kind, Role, normals
from intact.case.model import Case
from mechanics import Solid
from mechanics.measure.detachment import DetachmentAround
from mechanics.measure.opening import Opening

ROLES = {"matrix": "electrolyte", "core": "active"}  # what grains are, too; every other region is its own role
BETWEEN_GRAINS = "grain boundaries"
MIDDLE = (0.0, 0.0)  # also of a half or a quarter


def _drawn(case: Case) -> meshes.Particle:
    asked = case.particle
    assert asked is not None, "what kind it is was seen from that"
    grains = asked.grains
    return meshes.Particle(
        radius=asked.radius,
        width=asked.width,
        height=asked.height,
        fine=case.fracture.length / case.mesh.elements_per_length,
        coarse=case.mesh.coarse,
        reach=(CRACK_WIDTH * case.fracture.length + asked.interface) / 2,  # the crack is in the middle of the layer
        shell=asked.shell,
        inner_interface=asked.interface if asked.shell else 0.0,
        outer_interface=asked.interface,
        grains=None if grains is None else meshes.Grains(grains.number, grains.boundary, grains.seed),
        part=asked.part,
    )


def _role(region: str) -> Role:
    if region.startswith("grain ") and region != BETWEEN_GRAINS:
        return "active"
    return ROLES.get(region, region)


def _thickness(case: Case, role: Role) -> float | None:
    asked = case.particle
    assert asked is not None, "what kind it is was seen from that"
    interface = float(asked.interface)
    return {
        "active": 2 * float(asked.radius),
        "shell": asked.shell - interface,
        "inner interface": interface,
        "outer interface": interface,
        BETWEEN_GRAINS: None if asked.grains is None else float(asked.grains.boundary),
    }.get(role)


def _interfaces(regions: Iterable[str]) -> tuple[Interface, ...]:
    if "shell" not in regions:
        return (Interface("outer interface", "outer interface", "outer interface", ("active", "electrolyte")),)
    return (
        Interface("inner interface", "inner interface", "inner interface", ("active", "shell")),
        Interface("outer interface", "outer interface", "outer interface", ("shell", "electrolyte")),
    )


def _in_series(
    solid: Solid, opening: Opening, interfaces: Sequence[Interface], size: float, around_axis: bool
) -> DetachmentAround:
    layers = [one.region for one in interfaces]
    return DetachmentAround(solid.state.d, opening.volumes, solid.regions, layers, size, MIDDLE, around_axis)


def _sections(solid: Solid, opening: Opening, interface: Interface, size: float, around_axis: bool) -> DetachmentAround:
    return _in_series(solid, opening, [interface], size, around_axis)


def _normal(domain: meshes.Domain) -> Any:
    """Outwards; of a boundary between grains across it."""
    surfaces = [name for name in ("core surface", "shell surface", "between grains") if name in domain.boundaries]
    return normals(domain, surfaces)


ONE_PARTICLE = Kind(
    key="particle",
    drawn=_drawn,
    role=_role,
    # the layers belong to what they are made of
    shown={
        "electrolyte": "electrolyte",
        "outer interface": "electrolyte",
        "shell": "shell",
        "inner interface": "shell",
        "active": "particle",
        BETWEEN_GRAINS: "particle",
    },
    source="active",
    bulk=("active", "shell"),
    thickness=_thickness,
    interfaces=_interfaces,
    sections=_sections,
    normal=_normal,
    in_series=_in_series,
    ends=("top", "core surface"),
    weak={BETWEEN_GRAINS: ("active", "active")},
    narrow={BETWEEN_GRAINS: "particle.grains.boundary"},
    cracking=("active", BETWEEN_GRAINS, "shell"),
    shell="shell",
)
