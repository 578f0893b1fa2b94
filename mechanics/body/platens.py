"""What acts on the boundaries of a body from outside: pressure, springs, and plates that stay level.

A platen under pressure follows the body. It can be held where it has pressed to, by a spring: a housing that has been
pressed together, or, if the spring is stiff, one whose gap is held. Any other spring acts from the start.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import ufl
from dolfinx import fem, mesh
from mpi4py import MPI

from mechanics.body.supports import Support
from mechanics.state import Number

LEVEL = 1e3  # stiffness of a level platen against tilt and bending, relative to the body's


class Platens:
    """Energies of a displacement, None where there is nothing of the kind; pressures and what holds a platen now."""

    def __init__(
        self,
        u: fem.Function,
        displacement: Callable[[Any], Any],
        measure: Any,
        supports: Mapping[str, Support],
        boundaries: Mapping[str, np.ndarray],
        rigidity: float,
    ) -> None:
        body = u.function_space.mesh
        acting = {name: one for name, one in supports.items() if one.spring > 0 or one.presses or one.level}
        self._acting, self._displacement, self._measure = acting, displacement, measure
        self._comm: MPI.Comm = body.comm
        self._rigidity = LEVEL * rigidity  # MPa times area
        self._u, self._rest = u, fem.Function(u.function_space)  # where springs begin that hold a platen
        self._pressed = {name: one for name, one in acting.items() if one.presses}
        self._pressure = {name: _constant(body, one.pressure or 0.0) for name, one in self._pressed.items()}
        self._holding = {name: _constant(body, 0.0) for name in self._pressed}  # stiffness, MPa/µm
        self.exchanged = 0.0  # energy that springs have brought along, less what they took when they let go
        self._normal = ufl.FacetNormal(body)
        if acting:
            facets = np.concatenate([boundaries[name] for name in acting])
            marks = np.concatenate([np.full(len(boundaries[name]), i) for i, name in enumerate(acting)])
            order = np.argsort(facets)
            tags = mesh.meshtags(body, body.topology.dim - 1, facets[order], marks[order].astype(np.int32))
            self._ds = {name: ufl.Measure("ds", body, subdomain_data=tags)(i) for i, name in enumerate(acting)}
        self._moved = self._on_each(lambda name: self._out(u))
        self._rested = self._on_each(lambda name: self._out(self._rest))
        self._areas = [self._sum(form) for form in self._on_each(lambda name: _constant(body, 1.0))]

    @property
    def pressed(self) -> bool:
        """Whether any of them presses, or may."""
        return bool(self._pressed)

    def press(self, pressure: float) -> None:
        """Every platen that may press does it with this pressure from now on."""
        for one in self._pressure.values():
            one.value = pressure

    def hold(self, stiffness: float | None = None) -> None:
        """Hold every platen that presses where it is, by a spring of this stiffness, or its own; 0 lets it follow the
        body, under the pressure that it has borne: it presses and never pulls."""
        self._let_go()
        self._rest.x.array[:] = self._u.x.array
        for name, one in self._holding.items():
            one.value = self._pressed[name].spring if stiffness is None else stiffness

    def _let_go(self) -> None:
        """Pressure takes the place of the force of springs, whose energy goes out of the body with them."""
        for (name, stretched), area in zip(self._stretched(), self._areas, strict=True):
            stiffness = float(self._holding[name].value)
            if stiffness > 0:
                self.exchanged -= stiffness / 2 * stretched**2 * area  # level: stretched the same all over
                self._pressure[name].value = max(float(self._pressure[name].value) + stiffness * stretched, 0.0)

    def borne(self) -> list[float]:
        """Mean pressure of each platen that may press, with that of the springs that hold it; negative: it pulls."""
        return [
            float(self._pressure[name].value) + float(self._holding[name].value) * stretched
            for name, stretched in self._stretched()
        ]

    def _stretched(self) -> Iterator[tuple[str, float]]:
        """Each that may press, and how far on average it has moved from where its spring rests."""
        for name, area, moved, rested in zip(self._pressed, self._areas, self._moved, self._rested, strict=True):
            yield name, (self._sum(moved) - self._sum(rested)) / area

    def pressing(self) -> tuple[np.ndarray, np.ndarray]:
        """Pressures, and volumes by which they have pressed in: their work is the integral of one over the other."""
        return self.pressures, -np.array([self._sum(moved) for moved in self._moved])

    @property
    def pressures(self) -> np.ndarray:
        """What each that may press does it with now, MPa, without springs."""
        return np.array([float(one.value) for one in self._pressure.values()])

    def fields(self) -> dict[str, fem.Function]:
        return {"rest": self._rest} if self.pressed else {}

    def numbers(self) -> dict[str, Number]:
        told: dict[str, Number] = {"exchanged": self.exchanged}
        for name in self._pressed:
            told |= {f"pressure {name}": float(self._pressure[name].value)}
            told |= {f"holding {name}": float(self._holding[name].value)}
        return told

    def take(self, numbers: Mapping[str, Number]) -> None:
        self.exchanged = numbers["exchanged"]  # type: ignore[assignment]
        for name in self._pressed:
            self._pressure[name].value = numbers[f"pressure {name}"]
            self._holding[name].value = numbers[f"holding {name}"]

    def stored(self, u: Any) -> Any:
        """½ k (u·n)² of springs, which follow the face, and what keeps a platen level."""
        return self._added(self._spring(name, u) for name in self._acting)

    def potential(self, u: Any) -> Any:
        """What is stored, less what pressure does."""
        pressures = (self._pressure.get(name) for name in self._acting)
        work = self._added(None if one is None else -one * self._out(u) for one in pressures)
        found = self.stored(u)
        return found if work is None else -work if found is None else found - work

    def _spring(self, name: str, u: Any) -> Any:
        support, energy, n = self._acting[name], None, self._normal
        if name in self._pressed:
            energy = self._holding[name] / 2 * (self._out(u) - self._out(self._rest)) ** 2
        elif support.spring > 0:
            energy = support.spring / 2 * self._out(u) ** 2
        if support.level:
            slope = ufl.dot(n, ufl.grad(self._displacement(u)))
            along = slope - ufl.dot(slope, n) * n
            tilt = self._rigidity / 2 * ufl.dot(along, along)
            energy = tilt if energy is None else energy + tilt
        return energy

    def _out(self, u: Any) -> Any:
        return ufl.dot(self._displacement(u), self._normal)

    def _added(self, densities: Iterable[Any]) -> Any:
        """Over all that act."""
        pairs = zip(self._acting, densities, strict=True)
        terms = [one * self._measure * self._ds[name] for name, one in pairs if one is not None]
        return sum(terms[1:], terms[0]) if terms else None

    def _on_each(self, density: Callable[[str], Any]) -> list[fem.Form]:
        """Integral over each that may press."""
        return [fem.form(density(name) * self._measure * self._ds[name]) for name in self._pressed]

    def _sum(self, form: fem.Form) -> float:
        return float(self._comm.allreduce(fem.assemble_scalar(form), op=MPI.SUM))


def _constant(body: mesh.Mesh, value: float) -> fem.Constant:
    return fem.Constant(body, np.float64(value))
