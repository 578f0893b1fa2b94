"""What acts on the boundaries of a body from outside: pressure, springs, and plates that stay level.

Pressure is there before all else, and constant. A spring on the same boundary acts from where that has pressed to: a
housing that has been pressed together, or, if the spring is stiff, one whose gap is held.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import ufl
from dolfinx import fem, mesh

from mechanics.body.supports import Support

LEVEL = 1e3  # stiffness of a level platen against tilt and bending, relative to the body's


class Platens:
    """Energies of a displacement; None where there is nothing of the kind."""

    def __init__(
        self,
        rest: fem.Function,
        displacement: Callable[[Any], Any],
        measure: Any,
        supports: Mapping[str, Support],
        boundaries: Mapping[str, np.ndarray],
        rigidity: float,
    ) -> None:
        acting = {name: one for name, one in supports.items() if one.spring > 0 or one.pressure != 0 or one.level}
        self._acting, self._displacement, self._measure = list(acting.values()), displacement, measure
        self._rigidity = LEVEL * rigidity  # MPa times area
        self.pressed = any(one.pressure != 0 for one in self._acting)
        self._rest = rest  # where springs begin that wait for the pressure
        self._engaged = fem.Constant(rest.function_space.mesh, np.float64(0.0))
        body = rest.function_space.mesh
        self._normal = ufl.FacetNormal(body)
        if acting:
            facets = np.concatenate([boundaries[name] for name in acting])
            marks = np.concatenate([np.full(len(boundaries[name]), i) for i, name in enumerate(acting)])
            order = np.argsort(facets)
            tags = mesh.meshtags(body, body.topology.dim - 1, facets[order], marks[order].astype(np.int32))
            self._ds = ufl.Measure("ds", body, subdomain_data=tags)

    def engage(self, u: np.ndarray) -> None:
        """After the pressure has pressed: springs that have waited for it act from here."""
        self._rest.x.array[:] = u
        self._engaged.value = 1.0

    def stored(self, u: Any) -> Any:
        """½ k (u·n)² of springs, which follow the face, and what keeps a platen level."""
        return self._sum(self._spring(one, u) for one in self._acting)

    def work(self, u: Any) -> Any:
        """Of the pressure."""
        return self._sum(-one.pressure * self._out(u) if one.pressure != 0 else None for one in self._acting)

    def potential(self, u: Any) -> Any:
        found, work = self.stored(u), self.work(u)
        return found if work is None else -work if found is None else found - work

    def _spring(self, support: Support, u: Any) -> Any:
        energy, n = None, self._normal
        if support.spring > 0:
            waits = support.pressure != 0
            moved = self._out(u) - self._out(self._rest) if waits else self._out(u)
            energy = support.spring / 2 * moved**2 * (self._engaged if waits else 1)
        if support.level:
            slope = ufl.dot(n, ufl.grad(self._displacement(u)))
            along = slope - ufl.dot(slope, n) * n
            tilt = self._rigidity / 2 * ufl.dot(along, along)
            energy = tilt if energy is None else energy + tilt
        return energy

    def _out(self, u: Any) -> Any:
        return ufl.dot(self._displacement(u), self._normal)

    def _sum(self, densities: Any) -> Any:
        terms = [one * self._measure * self._ds(i) for i, one in enumerate(densities) if one is not None]
        return sum(terms[1:], terms[0]) if terms else None
