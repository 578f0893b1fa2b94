"""Fatigue: a toughness that falls where a body is loaded again and again, on quadrature points.

Carrara, Ambati, Alessi, De Lorenzis, CMAME 361, 112731, 2020, without influence of the mean load:

    ᾱ = ∫ H(α α̇) |α̇| dt,   α = g(d) ψ⁺     what has loaded a point so far; unloading does not count
    f = (2 α_T / (ᾱ + α_T))²                 what is left of the toughness where ᾱ > α_T, else 1

A crack that grows by dφ, with φ = Gc/c_w (w/ℓ + ℓ|∇d|²), costs f dφ. What it has cost is not given back when f falls
afterwards: f φ falls without work, and that is counted as dissipated, too.

ᾱ is exact where α only rises or only falls in each step, whatever the size of the step. f is that of the last accepted
step, so that a step is still a minimisation: damage comes up to a step late, and then sets free more than it costs,
both of first order in the step.
"""

from collections.abc import Mapping
from typing import Any

import basix
import basix.ufl
import numpy as np
from dolfinx import fem, mesh

from mechanics.body.plastic_history import QUADRATURE_DEGREE
from mechanics.laws.medium import Medium


class Fatigue:
    """α and ᾱ of the last accepted state, f, and the energy of cracks that has fallen with f, per volume."""

    def __init__(self, body: mesh.Mesh, regions: Mapping[str, np.ndarray], media: Mapping[str, Medium]) -> None:
        cell = body.basix_cell()
        space = fem.functionspace(body, basix.ufl.quadrature_element(cell, degree=QUADRATURE_DEGREE))
        self._loading, self._loaded, self.left, self.lost = self.functions = tuple(
            fem.Function(space) for _ in range(4)
        )
        self.left.x.array[:] = 1
        self._threshold = np.full(len(self.left.x.array), np.inf)
        for name, medium in media.items():
            if medium.fatigue is not None:
                self._threshold[space.dofmap.list[regions[name]]] = medium.fatigue
        self._now = fem.Function(space), fem.Function(space)
        self._points = np.asarray(basix.make_quadrature(cell, QUADRATURE_DEGREE)[0])

    def follow(self, active: Any, cost: Any) -> None:
        """Compile what `accept` needs: α, and φ of the toughness without fatigue."""
        self._expressions = tuple(fem.Expression(density, self._points) for density in (active, cost))

    def accept(self) -> None:
        """Move to the present state."""
        for now, expression in zip(self._now, self._expressions, strict=True):
            now.interpolate(expression)
        active, cost = (f.x.array for f in self._now)
        loading, loaded, left, lost = (f.x.array for f in self.functions)
        active = np.maximum(active, 0)  # where pressure closes against shear (star-convex) nothing is loaded
        loaded += np.maximum(active - loading, 0)
        loading[:] = active
        weaker = toughness_left(loaded / self._threshold)
        lost += (left - weaker) * cost
        left[:] = weaker


def toughness_left(loaded: np.ndarray) -> np.ndarray:
    """f of ᾱ/α_T."""
    return np.minimum((2 / (1 + loaded)) ** 2, 1)
