"""From equilibrium to equilibrium, and the crack record that is left of it."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from intact.results.crack_record import CrackRecord

from .phase_field import PhaseField


def follow(
    body: PhaseField,
    load_name: str,
    loads: Collection[float],
    kept: Collection[float],
    move: Callable[[float], None],
    column: str,
    measure: Callable[[], float],
) -> CrackRecord:
    """`move` sets a load, `measure` gives what the curve tells of it beside the energies; fields at the kept ones."""
    rows, fields = [], []
    for load in sorted({*loads, *kept}):
        move(load)
        count = body.minimise()
        rows.append((load, measure(), body.elastic_energy(), body.fracture_energy()))
        print(f"  {load_name} {load:.4g}: {column} {rows[-1][1]:.4g}, {count} iterations", flush=True)
        if load in kept:
            fields.append((load, body.d.copy(), body.u.reshape(-1, 2)[: len(body.points)].copy()))
    names = ("load", column, "elastic_energy", "fracture_energy")
    return CrackRecord(
        points=body.points,
        triangles=body.triangles,
        length=body.length,
        load_name=load_name,
        loads=np.array([load for load, _, _ in fields]),
        damage=np.array([d for _, d, _ in fields]),
        displacement=np.array([u for _, _, u in fields]),
        curve=dict(zip(names, np.array(rows).T, strict=True)),
    )
