"""Lithium in the active material: where it is, what moves it, and where it gets in and out.

The content x is the share of sites that are taken. It flows down its own gradient and towards tension,

    J = -D (∇x - β x ∇σ_h),    β = Ω/(R T),

and the lithium in a body changes by what passes its surface alone. Linear elements with a lumped mass: content does not
overshoot where a current is switched on, and the sum over the nodes is the integral itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import ufl
from dolfinx import fem, mesh
from dolfinx.fem.petsc import assemble_matrix, create_matrix
from mpi4py import MPI
from petsc4py import PETSc

from mechanics.body.functional import assembled
from mechanics.clock import timed
from mechanics.lithium.surfaces import SurfaceContact, Surfaces
from mechanics.state import Number

GAS = 8.31446  # J/(mol K)
ACTIVE = 1  # number of the integrals over active cells


@dataclass(frozen=True)
class Host:
    """What lithium moves in."""

    diffusivity: float  # µm²/s
    attraction: float = 0.0  # β = Ω/(R T), 1/MPa: how tension draws lithium
    capacity: float = 1.0  # share of all sites that 1C empties in an hour
    full: float = 1.0  # content at state of charge 0


def attraction(molar_volume: float, temperature: float) -> float:
    """1/MPa, from the partial molar volume Ω of lithium in m³/mol and K."""
    return 1e6 * molar_volume / (GAS * temperature)


class Diffusion:
    """Content of the active cells, at the corners of the mesh, with what changes it.

    Stress is given as σ_h = s - κ x: the part s that does not depend on the content here and now, a field, and what the
    material itself takes off where there is more lithium. For a given stress field κ = 0 and s = σ_h.
    """

    def __init__(
        self,
        body: mesh.Mesh,
        cells: np.ndarray,
        surfaces: Mapping[str, np.ndarray],
        host: Host,
        measure: Callable[[Any], Any] = lambda x: 1,
        damage: fem.Function | None = None,
        behind: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        """Particles of any size share a current by the cells `behind` their surfaces; without it, by area."""
        self.host, self.comm = host, body.comm
        space = fem.functionspace(body, ("Lagrange", 1))
        self.content = fem.Function(space, name="lithium")
        self.stress = fem.Function(space)  # s, MPa
        self.softening = fem.Constant(body, np.float64(0.0))  # κ, MPa
        self._given, self._changing, self._since = fem.Function(space), fem.Function(space), 0.0  # see `pull`
        topology = body.topology
        self.owned = space.dofmap.index_map.size_local
        owned_cells = cells[cells < topology.index_map(topology.dim).size_local].astype(np.int32)
        self._compile(body, owned_cells, measure)
        self.mass = self._nodal(self._filling)
        self.active = np.flatnonzero(self.mass[: self.owned] > 0).astype(np.int32)
        self.volume = self.sum(self.mass)
        self._matrix = create_matrix(self._spreading)
        self._matrix.setOption(PETSc.Mat.Option.NEW_NONZERO_ALLOCATION_ERR, False)
        self._matrix.setOption(PETSc.Mat.Option.SPD, True)
        d = fem.Function(space) if damage is None else damage
        self._behind = {name: part[part < len(self._of_cells)] for name, part in (behind or {}).items()}
        volumes = {name: self._over(part, self._of_cells) for name, part in self._behind.items()}
        weight = measure(ufl.SpatialCoordinate(body))
        self._surfaces = Surfaces(self.content, cells, surfaces, d, weight, volumes if behind else None)

    @property
    def linear(self) -> bool:
        return self.host.attraction == 0

    def sum(self, nodal: np.ndarray) -> float:
        return float(self.comm.allreduce(nodal[: self.owned].sum(), op=MPI.SUM))

    def largest(self, nodal: np.ndarray) -> float:
        return float(self.comm.allreduce(np.abs(nodal[self.active]).max(initial=0.0), op=MPI.MAX))

    def amount(self) -> float:
        """∫ x."""
        return self.sum(self.mass * self.content.x.array)

    def mean(self) -> float:
        return self.amount() / self.volume

    def means(self) -> dict[str, float]:
        """Mean content behind each surface."""
        at_corners = self.content.x.array[self.content.function_space.dofmap.list[: len(self._of_cells)]]
        filled = self._of_cells * at_corners.mean(axis=1)
        return {
            name: self._over(part, filled) / self._over(part, self._of_cells) for name, part in self._behind.items()
        }

    def _over(self, cells: np.ndarray, numbers: np.ndarray) -> float:
        return float(self.comm.allreduce(numbers[cells].sum(), op=MPI.SUM))

    def soc(self) -> float:
        """Charge that is out, over the capacity."""
        return (self.host.full - self.mean()) / self.host.capacity

    def inflow(self, rate: float) -> float:
        """∫ ẋ at this C-rate, positive where it charges, which takes lithium out."""
        return -rate * self.host.capacity * self.volume / 3600

    def pull(self, stress: np.ndarray, change: np.ndarray | None = None, since: float = 0.0) -> None:
        """s by node at a time, and how fast it changes from there (MPa/s)."""
        self._given.x.array[:], self._changing.x.array[:] = stress, 0 if change is None else change
        self._since = since
        self.at(since)

    def at(self, time: float) -> None:
        """s as it is at this time."""
        self.stress.x.array[:] = self._given.x.array + (time - self._since) * self._changing.x.array

    def stress_at(self, time: float) -> np.ndarray:
        """σ_h by node at this time and the present content."""
        self.at(time)
        return self.stress.x.array - self.softening.value * self.content.x.array

    def fields(self) -> dict[str, fem.Function]:
        return {"content": self.content, "given stress": self._given, "its change": self._changing}

    def numbers(self) -> dict[str, Number]:
        return {"since": self._since, "softening": float(self.softening.value)}

    def take(self, numbers: Mapping[str, Number]) -> None:
        told: Mapping[str, Any] = numbers
        self._since, self.softening.value = told["since"], told["softening"]
        self.at(self._since)

    def rate(self) -> np.ndarray:
        """∫ ẋ φ of what flows inside; it adds up to nothing."""
        return self._nodal(self._flowing)

    @timed("matrices")
    def matrix(self, seconds: float) -> PETSc.Mat:
        """Mass + seconds × stiffness of diffusion at the present content, without the drift in s: symmetric. It is for
        the `active` rows."""
        A = self._matrix
        A.zeroEntries()
        assemble_matrix(A, self._spreading)
        A.assemble()
        A.scale(seconds)
        diagonal = A.getDiagonal()
        diagonal.array[:] += self.mass[: self.owned]
        A.setDiagonal(diagonal)
        return A

    def contact(self) -> SurfaceContact:
        """At the present damage and content."""
        return self._surfaces.contact()

    def _compile(self, body: mesh.Mesh, cells: np.ndarray, measure: Callable[[Any], Any]) -> None:
        x, s = self.content, self.stress
        u, v = ufl.TrialFunction(x.function_space), ufl.TestFunction(x.function_space)
        weight = measure(ufl.SpatialCoordinate(body))
        dx = ufl.Measure("dx", body, ACTIVE, subdomain_data=[(ACTIVE, cells)])
        D = fem.Constant(body, np.float64(self.host.diffusivity))  # another one is no other form
        if self.linear:
            spread, inwards = D, -D * ufl.grad(x)
        else:
            beta = fem.Constant(body, np.float64(self.host.attraction))
            spread = D * (1 + beta * self.softening * x)
            inwards = D * beta * x * ufl.grad(s) - spread * ufl.grad(x)
        constant = ufl.TestFunction(fem.functionspace(body, ("DG", 0)))
        owned = body.topology.index_map(body.topology.dim).size_local
        self._of_cells = fem.assemble_vector(fem.form(constant * weight * dx)).array[:owned]  # volumes
        self._filling = fem.form(v * weight * dx)
        self._flowing = fem.form(ufl.inner(inwards, ufl.grad(v)) * weight * dx)
        self._spreading = fem.form(spread * ufl.inner(ufl.grad(u), ufl.grad(v)) * weight * dx)

    def _nodal(self, form: fem.Form) -> np.ndarray:
        return assembled([form], fem.Function(self.content.function_space)).x.array
