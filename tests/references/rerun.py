"""Intact's mechanics on the mesh and with the numbers of a reference of the main case, at loads of one's choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from dolfinx import fem
from dolfinx.mesh import entities_to_geometry
from mpi4py import MPI

import meshes
from intact.compare.geometry import boundary_edges
from intact.results.crack_record import CrackRecord
from materials import quantity
from mechanics import CRACK_MODELS, SPLITS, AlternateMinimiser, Medium, Solid, Support
from mechanics.measure.detachment import Detachment
from meshes.domain import distribute
from meshes.parts import NO_TRIANGLES, Parts

SUPPORTS = {"bottom": Support((0, 1)), "top": Support((1,)), "right": Support((0,))}
TINY = 1e-6  # µm


def rerun(reference: CrackRecord, charges: Sequence[float]) -> CrackRecord:
    """Elastic layers; fields at every one of the charges."""
    case = reference.about["settings"]
    domain = _domain(reference)
    size = meshes.element_size(domain.mesh)
    solid = Solid(
        domain.mesh,
        domain.regions,
        domain.boundaries,
        {layer: Medium(**numbers) for layer, numbers in reference.about["media"].items()},
        SUPPORTS,
        CRACK_MODELS[case["fracture"]["model"]],
        SPLITS[case["fracture"]["split"]],
        reference.length,
        meshes.row_height(domain.mesh),
    )
    solid.break_open("notch")
    fine = float(size[domain.regions["interface"]].mean())
    detachment = Detachment(solid.state.d, domain.regions, domain.boundaries, "interface", fine)
    minimiser, rows, fields = AlternateMinimiser(solid), [], []
    for charge in charges:
        solid.load(charge)
        if not minimiser.minimise().converged:
            raise ArithmeticError(f"no equilibrium at {charge:g}")
        solid.accept()
        energies = solid.energies()
        rows.append((charge, detachment.fraction(), energies.elastic, energies.fracture))
        fields.append(_at_vertices(solid))
    names = ("load", "detached_fraction", "elastic_energy", "fracture_energy")
    return replace(
        reference,
        points=domain.mesh.geometry.x[:, :2].copy(),
        triangles=_triangles(domain.mesh),
        loads=np.array(charges),
        damage=np.array([d for d, _ in fields]),
        displacement=np.array([u for _, u in fields]),
        curve=dict(zip(names, np.array(rows).T, strict=True)),
    )


def write(reference: Path, charges: Sequence[float], file: Path) -> None:
    rerun(CrackRecord.read(reference), charges).write(file)


def _domain(reference: CrackRecord) -> meshes.Domain:
    """The mesh of the record, with the parts that a layered stack has by where they lie."""
    case, points = reference.about["settings"]["stack"], reference.points

    def length(text: str) -> float:
        return quantity.read(text, "length")

    heights = np.cumsum([length(case["electrolyte"]), length(case["interface"])])
    tip, opening = length(case["notch"]["length"]), length(case["notch"]["opening"])
    layer = np.searchsorted(heights, points[reference.triangles].mean(axis=1)[:, 1])
    edges = boundary_edges(reference.triangles)
    x, y = points[edges].transpose(2, 0, 1)  # (edges, two ends) each
    (left, bottom), (right, top) = points.min(axis=0), points.max(axis=0)
    beside = np.abs(y - heights.mean()) < opening / 2 + TINY
    places = {
        "bottom": (y < bottom + TINY),
        "top": (y > top - TINY),
        "right": (x > right - TINY),
        "left": (x < left + TINY),
        "notch": beside & (x < tip + TINY),
    }
    names = ("electrolyte", "interface", "cathode")
    parts = Parts(
        points=np.column_stack([points, np.zeros(len(points))]),
        regions={name: reference.triangles[layer == number] for number, name in enumerate(names)},
        boundaries={name: edges[held.all(axis=1)] for name, held in places.items()},
        nameless=NO_TRIANGLES,
    )
    return distribute(lambda: parts, MPI.COMM_SELF)


def _triangles(body) -> np.ndarray:
    cells = np.arange(body.topology.index_map(2).size_local, dtype=np.int32)
    return entities_to_geometry(body, 2, cells).astype(np.int64)


def _at_vertices(solid: Solid) -> tuple[np.ndarray, np.ndarray]:
    """Damage and displacement, in the order of the points of the mesh."""
    body = solid.mesh
    cells = np.arange(body.topology.index_map(2).size_local)
    linear = fem.Function(fem.functionspace(body, ("Lagrange", 1, (2,))))
    linear.interpolate(solid.deformation)
    node = np.empty(len(body.geometry.x), dtype=np.int64)
    node[body.geometry.dofmap[cells]] = solid.state.d.function_space.dofmap.list[cells]
    return solid.state.d.x.array[node], linear.x.array.reshape(-1, 2)[node]
