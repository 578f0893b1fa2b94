"""A body that is moved by its boundaries, from equilibrium to equilibrium, and what is kept of that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from dolfinx import fem
from dolfinx.mesh import entities_to_geometry

from intact.results.crack_record import CrackRecord
from mechanics import AlternateMinimiser, Solid


class NoEquilibrium(ArithmeticError):
    """A step that did not converge."""


@dataclass(frozen=True)
class Step:
    load: float
    force: float  # MPa·µm
    elastic_energy: float  # MPa·µm²
    fracture_energy: float
    iterations: int


Finished = Callable[[np.ndarray, np.ndarray, Sequence[Step]], bool]  # (vertices, damage, steps so far)


def drive(
    solid: Solid,
    loads: Sequence[float],
    held: tuple[str, int],
    load_name: str,
    keep: Sequence[float] = (),
    finished: Finished = lambda points, damage, steps: False,
) -> CrackRecord:
    """Until `finished`. `held` is the boundary and component whose force is of interest; fields are kept at the loads
    `keep`, and at the end."""
    minimiser, sampler = AlternateMinimiser(solid), _Sampler(solid)
    steps: list[Step] = []
    kept = []
    for load in loads:
        solid.load(float(load))
        outcome = minimiser.minimise()
        if not outcome.converged:
            raise NoEquilibrium(f"at load {load:g}: {outcome.ending.value}")
        solid.accept()
        energies = solid.energies()
        force = solid.reaction(*held)
        steps.append(Step(float(load), force, energies.elastic, energies.fracture, outcome.iterations))
        damage, displacement = sampler.fields()
        done = load == loads[-1] or finished(sampler.points, damage, steps)
        if done or any(np.isclose(load, keep)):
            kept.append((float(load), damage, displacement))
        if done:
            break
    fields = (np.array(column) for column in zip(*kept, strict=True))
    columns = {name: np.array([getattr(step, name) for step in steps]) for name in Step.__dataclass_fields__}
    return CrackRecord(sampler.points, sampler.triangles, solid.length, load_name, *fields, columns)


class _Sampler:
    """Damage and displacement at the vertices of the mesh, in the order of its geometry."""

    def __init__(self, solid: Solid) -> None:
        body = solid.mesh
        cells = np.arange(body.topology.index_map(2).size_local, dtype=np.int32)
        self._solid = solid
        self.points = body.geometry.x[:, :2].copy()
        self.triangles = entities_to_geometry(body, 2, cells).astype(np.int64)
        self._linear = fem.Function(fem.functionspace(body, ("Lagrange", 1, (2,))))
        self._nodes = np.empty(len(self.points), np.int64)  # of linear fields, by vertex
        self._nodes[body.geometry.dofmap[cells]] = solid.state.d.function_space.dofmap.list[cells]

    def fields(self) -> tuple[np.ndarray, np.ndarray]:
        self._linear.interpolate(self._solid.deformation)
        return self._solid.state.d.x.array[self._nodes], self._linear.x.array.reshape(-1, 2)[self._nodes]
