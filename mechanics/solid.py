"""A body of named regions on a mesh: its fields, its potential and the two functionals that are minimised in turn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import ufl
from dolfinx import fem, mesh
from mpi4py import MPI

from mechanics.crack import CrackModel
from mechanics.functional import Functional
from mechanics.history import QUADRATURE_DEGREE, PlasticHistory
from mechanics.potential import Coefficients, crack_energy, driving_energy, stored, trial_strain
from mechanics.split import Split
from mechanics.state import State

DISPLACEMENT_DEGREE = 2  # linear triangles lock in plastic flow, which keeps volume
NEVER_YIELDS = 1e12  # MPa

Entities = Mapping[str, np.ndarray]  # name -> local cells or facets


@dataclass(frozen=True)
class Medium:
    """Numbers of one region, in MPa, J/m² and plain strain."""

    young: float
    poisson: float
    toughness: float
    shrinkage: float = 0.0  # linear strain at full charge, negative where it shrinks
    yield_stress: float | None = None  # None: stays elastic
    hardening: float = 0.0

    @property
    def bulk(self) -> float:
        return self.young / (3 * (1 - 2 * self.poisson))

    @property
    def shear(self) -> float:
        return self.young / (2 * (1 + self.poisson))

    @property
    def constrained(self) -> float:
        """λ + 2μ: the modulus of a layer that cannot strain sideways."""
        return self.bulk + 4 * self.shear / 3


@dataclass(frozen=True)
class Support:
    """How a boundary is held: which displacement components are zero, and a normal spring (MPa/µm) on the rest."""

    fixed: tuple[int, ...] = ()
    spring: float = 0.0


@dataclass(frozen=True)
class Energies:
    """Per unit depth in plane strain: MPa·µm²."""

    elastic: float
    fracture: float
    spring: float


class Solid:
    """Regions of one medium each, supports, a crack model and a split; flow where a medium has a yield stress."""

    def __init__(
        self,
        body: mesh.Mesh,
        regions: Entities,
        boundaries: Entities,
        media: Mapping[str, Medium],
        supports: Mapping[str, Support],
        crack: CrackModel,
        split: Split,
        length: float,
        cell_size: np.ndarray,
    ) -> None:
        self.mesh, self.crack, self.length = body, crack, length
        self.regions, self.boundaries = regions, boundaries
        yields = any(medium.yield_stress is not None for medium in media.values())
        self._history = PlasticHistory(body) if yields else None
        self.state = self._new_state()
        self._cells = fem.functionspace(body, ("DG", 0))
        self.charge = fem.Constant(body, np.float64(0.0))  # 1 is the shrinkage at full charge
        self.coefficients = self._coefficients(media, cell_size)

        u, d, c = self.state.u, self.state.d, self.coefficients
        flow = None if self._history is None else self._history.flow
        dx = ufl.Measure("dx", body, metadata={"quadrature_degree": QUADRATURE_DEGREE})
        e, g = trial_strain(u, c, flow), crack.g(d)
        stored_energy = stored(e, g, c, split, flow) * dx
        spring_energy = self._springs(u, supports)
        fracture_energy = crack_energy(d, c, length, crack) * dx

        # The damage step keeps the plastic increment of the last displacement step (d_last). The potential can only
        # be lower than what it then sees, since W is the minimum over that increment; and the step is convex.
        self._d_last = fem.Function(d.function_space)
        Y = driving_energy(e, self._d_last, c, crack, split, flow)
        self.displacement = Functional(stored_energy + spring_energy, u)
        self.damage = Functional(g * Y * dx + fracture_energy, d)
        self.fixed = self._fixed(supports)
        if self._history is not None:
            self._history.follow(e, g, c, dx)

        self._stored, self._fracture = fem.form(stored_energy), fem.form(fracture_energy)
        self._spring = fem.form(spring_energy)

    @property
    def comm(self) -> MPI.Comm:
        return self.mesh.comm

    def break_open(self, boundary: str) -> None:
        """Faces that are a crack to start with. Without their damage a notch would take up to a quarter more than Gc
        to start from (Tanné et al. 2018), since the end of the damage profile would have to be made first."""
        space, facet_dim = self.state.d.function_space, self.mesh.topology.dim - 1
        self.mesh.topology.create_connectivity(facet_dim, self.mesh.topology.dim)
        self.state.d.x.array[fem.locate_dofs_topological(space, facet_dim, self.boundaries[boundary])] = 1

    def damage_energy(self) -> float:
        """What the damage step that follows minimises, here and now; it starts from the present damage."""
        self._d_last.x.array[:] = self.state.d.x.array
        return self.damage.value()

    def energies(self) -> Energies:
        """After `accept`; before it the elastic part still holds the plastic work of the step."""
        forms = (self._stored, self._fracture, self._spring)
        return Energies(*(self.comm.allreduce(fem.assemble_scalar(form), op=MPI.SUM) for form in forms))

    def accept(self) -> float:
        """Move the plastic history to the present state; returns the plastic work of the step."""
        return 0.0 if self._history is None else self._history.accept()

    def _new_state(self) -> State:
        vector = ("Lagrange", DISPLACEMENT_DEGREE, (self.mesh.geometry.dim,))
        u = fem.Function(fem.functionspace(self.mesh, vector), name="displacement")
        d = fem.Function(fem.functionspace(self.mesh, ("Lagrange", 1)), name="damage")
        return State(u, d, () if self._history is None else self._history.functions)

    def _coefficients(self, media: Mapping[str, Medium], cell_size: np.ndarray) -> Coefficients:
        def field(number: Any) -> fem.Function:
            f = fem.Function(self._cells)
            for name, medium in media.items():
                f.x.array[self.regions[name]] = number(medium)
            return f

        toughness = field(lambda m: m.toughness)
        toughness.x.array[:] = self.crack.numerical_toughness(toughness.x.array, cell_size, self.length)
        return Coefficients(
            bulk=field(lambda m: m.bulk),
            shear=field(lambda m: m.shear),
            toughness=toughness,
            shrinkage=self.charge * field(lambda m: m.shrinkage),
            yield_stress=field(lambda m: NEVER_YIELDS if m.yield_stress is None else m.yield_stress),
            hardening=field(lambda m: m.hardening),
        )

    def _springs(self, u: Any, supports: Mapping[str, Support]) -> Any:
        """½ k (u·n)²: a compliant platen that follows the face. A zero term keeps the sum a form without springs."""
        normal = ufl.FacetNormal(self.mesh)
        energy = fem.Constant(self.mesh, np.float64(0.0)) * ufl.dot(u, u) * ufl.dx(self.mesh)
        sprung = [(name, s.spring) for name, s in supports.items() if s.spring > 0]
        if not sprung:
            return energy
        facets = np.concatenate([self.boundaries[name] for name, _ in sprung])
        marks = np.concatenate([np.full(len(self.boundaries[n]), i) for i, (n, _) in enumerate(sprung)])
        order = np.argsort(facets)
        tags = mesh.meshtags(self.mesh, self.mesh.topology.dim - 1, facets[order], marks[order].astype(np.int32))
        ds = ufl.Measure("ds", self.mesh, subdomain_data=tags)
        for i, (_, stiffness) in enumerate(sprung):
            energy += stiffness / 2 * ufl.dot(u, normal) ** 2 * ds(i)
        return energy

    def _fixed(self, supports: Mapping[str, Support]) -> np.ndarray:
        """Local numbers of the displacement unknowns that are held at zero, ghosts included."""
        space, facet_dim = self.state.u.function_space, self.mesh.topology.dim - 1
        self.mesh.topology.create_connectivity(facet_dim, self.mesh.topology.dim)
        held = [np.empty(0, dtype=np.int32)]
        for name, support in supports.items():
            nodes = fem.locate_dofs_topological(space, facet_dim, self.boundaries[name])
            held += [nodes * self.mesh.geometry.dim + component for component in support.fixed]
        return np.unique(np.concatenate(held))
