"""Stress, strain and energy in the cells of a body: what one wants to see of it beside displacement and damage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import basix
import numpy as np
import ufl
from dolfinx import fem
from ufl.algorithms import expand_derivatives

from mechanics.body.plastic_history import QUADRATURE_DEGREE
from mechanics.body.solid import Solid
from mechanics.potential import stored, trial_strain

IN_A_PLANE = ((0, 0), (1, 1), (2, 2), (0, 1))  # components that are not zero by themselves
IN_SPACE = (*IN_A_PLANE, (0, 2), (1, 2))
AT_ONCE = 50_000  # cells, so that no large mesh has all its points in memory at the same time


@dataclass(frozen=True)
class CellMeans:
    """Means over the volume of each cell that this process owns; tensors are (cells, 3, 3), and around an axis their
    components are those along radius, axis and circumference."""

    stress: np.ndarray  # MPa, what the damaged material bears
    strain: np.ndarray  # of the displacement: elastic, plastic and chemical together
    energy: np.ndarray  # MPa: elastic, for each unit of volume
    plastic_strain: np.ndarray | None  # None where nothing flows
    accumulated: np.ndarray | None  # plastic strain p, whichever way it went


class CellFields:
    """The stress is the derivative of the stored energy density W by the strain, after the plastic flow of the step.

    The energy is what is stored only after `Solid.accept`; before it W still holds the plastic work of the step.
    """

    def __init__(self, solid: Solid) -> None:
        self._solid, body = solid, solid.mesh
        self._components = IN_A_PLANE if body.geometry.dim == 2 else IN_SPACE
        c, flow, x = solid.coefficients, solid.flow, ufl.SpatialCoordinate(body)
        strain = solid.kinematics.strain_of(solid.state.u, x)
        trial = trial_strain(strain, c, flow)
        # By its components, since a split asks which of them are zero by themselves.
        varied = {(i, j): ufl.variable(trial[i, j]) for i, j in self._components}
        e = ufl.as_tensor([[varied.get((min(i, j), max(i, j)), 0) for j in range(3)] for i in range(3)])
        W = stored(e, solid.crack.g(solid.state.d, c.brittleness), c, solid.split, flow)
        stress = [ufl.diff(W, one) / (1 if i == j else 2) for (i, j), one in varied.items()]
        numbers = [ufl.as_ufl(solid.kinematics.measure(x)), W, *stress, *self._of(strain)]
        if flow is not None:
            numbers += [*self._of(flow.plastic_strain), flow.p]
        points, weights = basix.make_quadrature(body.basix_cell(), QUADRATURE_DEGREE)
        self._weights = np.asarray(weights)
        # Expanded, so that nothing stands in it which drops out: dolfinx would take it for another.
        self._expression = fem.Expression(expand_derivatives(ufl.as_vector(numbers)), np.asarray(points))

    def now(self) -> CellMeans:
        """The present state."""
        cells = np.arange(self._solid.mesh.topology.index_map(self._solid.mesh.topology.dim).size_local, dtype=np.int32)
        parts = np.array_split(cells, max(1, -(-len(cells) // AT_ONCE)))
        means = np.concatenate([self._means(part) for part in parts])
        n = len(self._components)
        energy, stress, strain, rest = np.split(means, [1, 1 + n, 1 + 2 * n], axis=1)
        flows = self._solid.flow is not None
        return CellMeans(
            stress=self._tensors(stress),
            strain=self._tensors(strain),
            energy=energy[:, 0],
            plastic_strain=self._tensors(rest[:, :n]) if flows else None,
            accumulated=rest[:, n] if flows else None,
        )

    def _means(self, cells: np.ndarray) -> np.ndarray:
        """Mean of each number but the measure, which weighs the points together with the quadrature."""
        if len(cells) == 0:
            return np.empty((0, self._expression.ufl_expression.ufl_shape[0] - 1))
        values = np.asarray(self._expression.eval(self._solid.mesh, cells)).reshape(len(cells), len(self._weights), -1)
        volumes = self._weights * values[:, :, 0]
        return np.einsum("cq,cqn->cn", volumes, values[:, :, 1:]) / volumes.sum(axis=1)[:, None]

    def _of(self, tensor: Any) -> list[Any]:
        return [tensor[i, j] for i, j in self._components]

    def _tensors(self, components: np.ndarray) -> np.ndarray:
        full = np.zeros((len(components), 3, 3))
        for number, (i, j) in enumerate(self._components):
            full[:, i, j] = full[:, j, i] = components[:, number]
        return full
