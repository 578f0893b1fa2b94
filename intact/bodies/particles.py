"""Particles in electrolyte, each with an interface of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np

import meshes
from intact.bodies.kind import CRACK_WIDTH, Interface, Kind, Oriented, Role, normals
from intact.case.fraction import active_fraction
from intact.case.model import Case
from mechanics import Solid
from mechanics.measure.detachment import DetachmentAround
from mechanics.measure.opening import Opening

SHAPES: dict[str, Literal["round", "angular"]] = {"disc": "round", "polygon": "angular"}  # as meshes call them


def _drawn(case: Case) -> meshes.Composite:
    asked = case.particles
    assert asked is not None, "what kind it is was seen from that"
    return meshes.Composite(
        width=asked.width,
        separator=asked.separator,
        thickness=asked.thickness,
        particles=meshes.Particles(
            fraction=active_fraction(case),
            median=asked.diameter,
            spread=asked.spread,
            gap=asked.gap,
            shape=SHAPES[asked.shape],
            sides="walls",
            seed=asked.seed,
        ),
        interface=asked.interface,
        fine=case.fracture.length / case.mesh.elements_per_length,
        coarse=case.mesh.coarse,
        reach=(CRACK_WIDTH * case.fracture.length + asked.interface) / 2,  # the crack is in the middle of the layer
    )


def _role(region: str) -> Role:
    """Role of a region such as "electrolyte", "interface 3" or "particle 3"."""
    word = region.split()[0]
    return "active" if word == "particle" else word


def _thickness(case: Case, role: Role) -> float | None:
    asked = case.particles
    assert asked is not None, "what kind it is was seen from that"
    return {"interface": float(asked.interface), "active": float(asked.diameter)}.get(role)


def _crystals(case: Case) -> dict[str, Oriented]:
    """Every angle is as likely as another. Their numbers are a stream of the seed beside that of the arrangement."""
    asked = case.particles
    assert asked is not None, "what kind it is was seen from that"
    if asked.crystals == "even":
        return {}
    packing = _drawn(case).packing
    angles = np.random.default_rng((asked.seed, 1)).uniform(0, 180, len(packing.radii))
    middles = packing.shapes.centres + np.array([0.0, float(asked.separator)])
    return {
        f"particle {n}": Oriented(float(angle), (float(middle[0]), float(middle[1])), 2 * float(radius))
        for n, (angle, middle, radius) in enumerate(zip(angles, middles, packing.radii, strict=True), 1)
    }


def _interfaces(regions: Iterable[str]) -> tuple[Interface, ...]:
    numbers = sorted(int(name.split()[1]) for name in regions if name.startswith("particle"))
    return tuple(
        Interface(f"particle {n}", f"interface {n}", "interface", ("electrolyte", "active"), f"surface {n}")
        for n in numbers
    )


def _sections(solid: Solid, opening: Opening, interface: Interface, size: float, around_axis: bool) -> DetachmentAround:
    return DetachmentAround(solid.state.d, opening.volumes, solid.regions, [interface.region], size)


def _normal(domain: meshes.Domain) -> Any:
    """Normal of the nearest surface of a particle."""
    surfaces = [name for name in domain.boundaries if name.startswith("surface ")]
    return normals(domain, surfaces)


PARTICLES = Kind(
    key="particles",
    drawn=_drawn,
    role=_role,
    # where a layer ends in the electrolyte is of no interest: its edge follows the cells
    shown={"electrolyte": "electrolyte", "interface": "electrolyte", "active": "particles"},
    source="active",
    bulk=("active",),
    thickness=_thickness,
    interfaces=_interfaces,
    sections=_sections,
    normal=_normal,
    crystals=_crystals,
)
