"""Layers on each other, and a mesh of the user's own of such layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from dolfinx.mesh import entities_to_geometry
from mpi4py import MPI

import meshes
from intact.bodies.kind import CRACK_WIDTH, Interface, Kind, Role
from intact.case.model import Case
from mechanics import KINEMATICS, Solid
from mechanics.measure.detachment import Detachment
from mechanics.measure.opening import ACROSS_LAYERS, Opening

REGIONS = ("electrolyte", "interface", "cathode")  # each of its own role
LEVEL = 1e-6  # of its extent: what rounding in a file leaves of a flat side
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
    """Refuses a mesh of the user's own that is not one of what the case says."""
    dimension = KINEMATICS[case.geometry].dimension
    if found.mesh.geometry.dim != dimension:
        cells = "triangles" if dimension == 2 else "tetrahedra"
        raise meshes.MeshError(
            f"the mesh file '{case.mesh.file}' has not the {cells} that geometry = \"{case.geometry}\" takes"
        )
    found.require(REGIONS, [*SIDES, *(("front", "back") if dimension == 3 else ())])
    _upright(case, found)
    if case.geometry == "axisymmetric" and found.mesh.comm.allreduce(found.mesh.geometry.x[:, 0].min(), op=MPI.MIN) < 0:
        raise meshes.MeshError(f"the mesh file '{case.mesh.file}' reaches to x < 0; the axis is at x = 0")


def _upright(case: Case, found: meshes.Domain) -> None:
    """Layers lie across y, the electrolyte below: what is measured of an interface and what holds it count on that."""
    x, comm = found.mesh.geometry.x, found.mesh.comm

    def ends(names: Iterable[str], of: Mapping[str, Any], entities: int, along: int) -> tuple[float, float]:
        """Least and largest coordinate of the corners of some cells or facets, on all processes."""
        marked = np.concatenate([of[name] for name in names])
        found.mesh.topology.create_connectivity(entities, found.mesh.topology.dim)
        places = x[np.unique(entities_to_geometry(found.mesh, entities, marked)), along] if len(marked) else np.empty(0)
        low = comm.allreduce(float(places.min(initial=np.inf)), op=MPI.MIN)
        return low, comm.allreduce(float(places.max(initial=-np.inf)), op=MPI.MAX)

    dim = found.mesh.topology.dim
    whole = [ends(REGIONS, found.regions, dim, along) for along in range(dim)]
    slack = LEVEL * max(high - low for low, high in whole)
    walls = {"bottom": (1, 0), "top": (1, 1), "left": (0, 0), "right": (0, 1)}
    walls |= {"front": (2, 0), "back": (2, 1)} if dim == 3 else {}
    for name, (along, end) in walls.items():
        low, high = ends([name], found.boundaries, dim - 1, along)
        if max(abs(low - whole[along][end]), abs(high - whole[along][end])) > slack:
            axis, which = "xyz"[along], ("least", "largest")[end]
            raise meshes.MeshError(
                f"the mesh file '{case.mesh.file}' has a boundary '{name}' from {axis} = {low:.4g} to {high:.4g}, and "
                f"takes a flat one at the {which} {axis}, {whole[along][end]:.4g}: layers lie across y"
            )
    middles = [sum(ends([name], found.regions, dim, 1)) / 2 for name in REGIONS]
    if not middles[0] < middles[1] < middles[2]:
        raise meshes.MeshError(
            f"the mesh file '{case.mesh.file}' has its layers in another order, and takes, from the bottom up, "
            f"{', '.join(REGIONS)}"
        )


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
