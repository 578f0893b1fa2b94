"""From a case to the body that is solved: mesh, supports, solid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from mpi4py import MPI

import meshes
from intact.layers import Layers, layers
from intact.sections import Case, Platen, Side
from mechanics import CRACK_MODELS, SPLITS, Solid, Support

REGIONS = ("electrolyte", "interface", "cathode")
BOUNDARIES = ("bottom", "top", "left", "right")


@dataclass(frozen=True)
class Body:
    case: Case
    layers: Layers
    domain: meshes.Domain
    cell_size: np.ndarray
    solid: Solid


def domain(case: Case, comm: MPI.Comm) -> meshes.Domain:
    """The stack of the case, or the user's own mesh with the same names."""
    if case.stack is None:
        found = meshes.load(str(case.mesh.file), comm)
        found.require(REGIONS, BOUNDARIES)
        return found
    stack, notch = case.stack, case.stack.notch
    return meshes.build(
        meshes.Stack(
            width=stack.width,
            electrolyte=stack.electrolyte,
            interface=stack.interface,
            cathode=stack.cathode,
            fine=case.fracture.length / case.mesh.elements_per_length,
            coarse=case.mesh.coarse,
            notch=None if notch is None else meshes.Notch(notch.length, notch.opening, notch.shape),
        ),
        comm,
    )


def body(case: Case, comm: MPI.Comm) -> Body:
    made = layers(case)
    where = domain(case, comm)
    size = meshes.element_size(where.mesh)
    solid = Solid(
        where.mesh,
        where.regions,
        where.boundaries,
        made.media,
        _supports(case),
        CRACK_MODELS[case.fracture.model],
        SPLITS[case.fracture.split],
        float(case.fracture.length),
        size,
    )
    if "notch" in where.boundaries:
        solid.break_open("notch")
    return Body(case, made, where, size, solid)


def _supports(case: Case) -> dict[str, Support]:
    held = case.boundaries

    def platen(kind: Platen, stiffness: float | None) -> Support:
        fixed = {"clamped": (0, 1), "sliding": (1,)}.get(kind, ())
        return Support(fixed, float(stiffness or 0.0))

    def side(kind: Side) -> Support:
        return Support((0,) if kind == "sliding" else ())

    return {
        "bottom": platen(held.bottom, held.bottom_stiffness),
        "top": platen(held.top, held.top_stiffness),
        "left": side(held.left),
        "right": side(held.right),
    }
