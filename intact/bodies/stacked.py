"""Layers on each other, and a mesh of the user's own of such layers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from mpi4py import MPI

import meshes
from intact.bodies.kind import CRACK_WIDTH, Interface, Kind, Role
from intact.case.model import Case
from mechanics import KINEMATICS, Solid
from mechanics.measure.detachment import Detachment
from mechanics.measure.opening import ACROSS_LAYERS, Opening

REGIONS = ("electrolyte", "interface", "cathode")  # each of its own role
SIDES = ("bottom", "top", "left", "right")  # in 3d also front and back


def _drawn(case: Case) -> meshes.Stack:
    stack = case.stack
    assert stack is not None, "what kind it is was seen from that"
    notch = stack.notch
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


def _thickness(case: Case, role: Role) -> float:
    return float(getattr(case.stack, role))


def _interfaces(regions: Iterable[str]) -> tuple[Interface, ...]:
    return (Interface("interface", "interface", "interface", ("electrolyte", "cathode")),)


def _sections(solid: Solid, opening: Opening, interface: Interface, size: float, around_axis: bool) -> Detachment:
    return Detachment(solid.state.d, solid.regions, solid.boundaries, interface.region, size, around_axis)


def _normal(domain: meshes.Domain) -> Any:
    return ACROSS_LAYERS


def _check(case: Case, found: meshes.Domain) -> None:
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


STACK = Kind(
    key="stack",
    drawn=_drawn,
    role=str,
    shown={name: name for name in REGIONS},
    source="cathode",
    bulk=("electrolyte", "cathode"),
    thickness=_thickness,
    interfaces=_interfaces,
    sections=_sections,
    normal=_normal,
    across=REGIONS,
)
OWN_MESH = replace(
    STACK,
    key="mesh.file",
    drawn=lambda case: Path(str(case.mesh.file)),
    thickness=lambda case, role: None,
    check=_check,
)
