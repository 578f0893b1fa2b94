"""A body of named regions on a mesh: its fields, its potential and the two functionals that are minimised in turn."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import ufl
from dolfinx import fem, mesh
from mpi4py import MPI

from mechanics.body.coupled import Coupled
from mechanics.body.functional import CELLS, Functional
from mechanics.body.plastic_history import QUADRATURE_DEGREE, PlasticHistory
from mechanics.body.platens import Platens
from mechanics.body.supports import Support, held
from mechanics.body.swelling import Swelling
from mechanics.laws.crack import CrackModel
from mechanics.laws.fatigue import Fatigue
from mechanics.laws.kinematics import PLANE_STRAIN, Kinematics
from mechanics.laws.medium import Medium, coefficients
from mechanics.laws.split import Split
from mechanics.potential import crack_energy, driving_energy, stored, trial_strain
from mechanics.state import Number, State

Entities = Mapping[str, np.ndarray]  # name -> local cells or facets


class SolidError(ValueError):
    """Parts of a model that do not go together."""


@dataclass(frozen=True)
class Energies:
    """MPa·µm², per unit depth, in a plane; MPa·µm³ around an axis and in three dimensions."""

    elastic: float
    fracture: float  # what cracks have cost, also where the toughness has fallen since
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
        kinematics: Kinematics = PLANE_STRAIN,
    ) -> None:
        _check(body, media, crack, split, kinematics)
        self.mesh, self.crack, self.length, self.kinematics = body, crack, length, kinematics
        self.split = split
        self.regions, self.boundaries = regions, boundaries
        yields = any(medium.yield_stress is not None for medium in media.values())
        saturates = any(medium.saturation > 0 for medium in media.values())
        self._history = PlasticHistory(body, saturates) if yields else None
        tires = any(medium.fatigue is not None for medium in media.values())
        self._fatigue = Fatigue(body, regions, media) if tires else None
        self.state = self._new_state()
        self.charge = fem.Constant(body, np.float64(0.0))  # 1 is the shrinkage at full charge
        charge = ufl.variable(self.charge)
        uneven = any(medium.uneven for medium in media.values())
        self.swelling = Swelling(body, regions, media) if uneven else None
        swelling = None if self.swelling is None else self.swelling.strain
        self.coefficients = replace(
            coefficients(media, body, regions, crack, length, cell_size, charge), swelling=swelling
        )

        u, d, sound = self.state.u, self.state.d, self.coefficients
        c = sound if self._fatigue is None else replace(sound, toughness=self._fatigue.left * sound.toughness)
        self.flow = flow = None if self._history is None else self._history.flow
        x = ufl.SpatialCoordinate(body)
        measure = kinematics.measure(x)
        rigidity = max(medium.young for medium in media.values()) * _extent(body)
        self.platens = Platens(u, kinematics.displacement, measure, supports, boundaries, rigidity)
        cells = np.arange(body.topology.index_map(body.topology.dim).size_local, dtype=np.int32)
        dx = ufl.Measure("dx", body, CELLS, {"quadrature_degree": QUADRATURE_DEGREE}, [(CELLS, cells)])

        def integral(density: Any) -> Any:
            return density * measure * dx

        def trial(u: Any) -> Any:
            return trial_strain(kinematics.strain_of(u, x), c, flow)

        def fracture_of(d: Any) -> Any:
            return integral(crack_energy(d, c, length, crack))

        def inside(u: Any, d: Any) -> Any:
            return integral(stored(trial(u), crack.g(d, c.brittleness), c, split, flow)) + fracture_of(d)

        e, g = trial(u), crack.g(d, c.brittleness)
        W, spring, fracture = stored(e, g, c, split, flow), self.platens.stored(u), fracture_of(d)

        # The damage step keeps the plastic increment of the last displacement step (d_last). The potential can only
        # be lower than what it then sees, since W is the minimum over that increment.
        self._d_last = fem.Function(d.function_space)
        Y = driving_energy(e, self._d_last, c, crack, split, flow)
        self.displacement = Functional(integral(W), u, self.platens.potential(u))
        self.damage = Functional(integral(g * Y) + fracture, d)
        self.coupled = Coupled(self.state, inside, self.platens.potential)
        if self._history is not None:
            self._history.follow(e, g, c, integral)
        spent = fracture
        if self._fatigue is not None:
            self._fatigue.follow(g * driving_energy(e, d, c, crack, split, flow), crack_energy(d, sound, length, crack))
            spent = fracture + integral(self._fatigue.lost)

        self._energies = [None if energy is None else fem.form(energy) for energy in (integral(W), spent, spring)]
        volumetric = 3 * c.shrinkage + (0 if swelling is None else ufl.tr(swelling))
        self._shrinking = fem.form(integral(c.bulk * volumetric**2 / 2))
        self._charging = fem.form(integral(ufl.diff(W, charge)))
        if self.swelling is not None:
            self.swelling.follow(integral(W))
        self._held = held(u.function_space, supports, boundaries)
        self.fixed = np.unique(np.concatenate([np.empty(0, np.int32), *(one.unknowns for one in self._held)]))
        self.prescribed = np.zeros(len(self.fixed))  # values of the fixed unknowns at the present load
        self.state.add("load", self)
        if self.platens.pressed:
            self.state.add("platens", self.platens)

    @property
    def comm(self) -> MPI.Comm:
        return self.mesh.comm

    @property
    def deformation(self) -> fem.Function:
        """The displacement, whatever else is unknown."""
        return self.state.u.sub(0) if self.kinematics.thin else self.state.u

    def fields(self) -> dict[str, fem.Function]:
        """No field: the load is a number alone."""
        return {}

    def numbers(self) -> dict[str, Number]:
        return {"charge": float(self.charge.value)}

    def take(self, numbers: Mapping[str, Number]) -> None:
        self.load(float(numbers["charge"]))  # type: ignore[arg-type]

    def load(self, load: float) -> None:
        """Charge so far, and move the held boundaries to where they are at that load."""
        self.charge.value = load
        if self.swelling is not None:
            self.swelling.at(load)
        for one in self._held:
            self.prescribed[np.searchsorted(self.fixed, one.unknowns)] = one.at(load)

    @property
    def pressure(self) -> float:
        """Mean of what platens that press do it with, MPa; 0 where none does."""
        pressures = self.platens.pressures
        return float(pressures.mean()) if len(pressures) else 0.0

    def press(self, pressure: float) -> None:
        """Platens that press do it with this pressure."""
        self.platens.press(pressure)

    def hold(self, stiffness: float) -> None:
        """Platens that press are held where they are, by a spring of this stiffness; 0: they follow."""
        self.platens.hold(stiffness)

    def seat(self) -> float:
        """After the first equilibrium, that of the pressure alone: springs on the same boundary act from here. Returns
        the plastic work."""
        if not self.platens.pressed:
            return 0.0
        self.platens.hold()
        return self.accept()

    def break_open(self, boundary: str) -> None:
        """Faces that are a crack to start with. Without their damage a notch would take up to a quarter more than Gc
        to start from (Tanné et al. 2018), since the end of the damage profile would have to be made first."""
        space, facet_dim = self.state.d.function_space, self.mesh.topology.dim - 1
        self.mesh.topology.create_connectivity(facet_dim, self.mesh.topology.dim)
        self.state.d.x.array[fem.locate_dofs_topological(space, facet_dim, self.boundaries[boundary])] = 1

    def potential(self) -> float:
        """Π, here and now."""
        return self.displacement.value() + self._sum(self._energies[1])

    def hold_flow(self) -> None:
        """The damage step that follows starts from the present damage and keeps the flow that goes with it."""
        self._d_last.x.array[:] = self.state.d.x.array

    def energies(self) -> Energies:
        """After `accept`; before it the elastic part still holds the plastic work of the step."""
        return Energies(*(0.0 if form is None else self._sum(form) for form in self._energies))

    def shrinkage_energy(self) -> float:
        """What the shrinkage would store if nothing moved: a scale, also for a body that is free of stress."""
        return self._sum(self._shrinking)

    def charging_force(self) -> float:
        """∂Π/∂charge: the work that shrinkage does for each unit of charge. After `accept`."""
        return self._sum(self._charging)

    def holding_forces(self) -> np.ndarray:
        """Forces on the fixed unknowns, in the order of `fixed`; nothing on those that another process owns."""
        force = self.displacement.gradient(fem.Function(self.state.u.function_space)).x.array
        dofmap = self.state.u.function_space.dofmap
        owned = dofmap.index_map.size_local * dofmap.index_map_bs
        return np.where(self.fixed < owned, force[self.fixed], 0.0)

    def reaction(self, boundary: str, component: int) -> float:
        """The force that holds or moves a boundary: MPa·µm for each µm of depth in a plane, else MPa·µm². Where two of
        them meet and both are held, it counts for both."""
        unknowns = next(one.unknowns for one in self._held if (one.boundary, one.component) == (boundary, component))
        force = float(self.holding_forces()[np.searchsorted(self.fixed, unknowns)].sum())
        return self.comm.allreduce(force, op=MPI.SUM)

    def accept(self) -> float:
        """Move plastic history and fatigue to the present state; returns the plastic work of the step."""
        if self._fatigue is not None:
            self._fatigue.accept()
        return 0.0 if self._history is None else self._history.accept()

    def _new_state(self) -> State:
        element = self.kinematics.element(self.mesh.basix_cell())
        u = fem.Function(fem.functionspace(self.mesh, element), name="displacement")
        d = fem.Function(fem.functionspace(self.mesh, ("Lagrange", 1)), name="damage")
        histories = (() if one is None else one.functions for one in (self._history, self._fatigue))
        plastic, fatigue = histories
        return State(u, d, plastic, fatigue)

    def _sum(self, form: Any) -> float:
        return self.comm.allreduce(fem.assemble_scalar(form), op=MPI.SUM)


def _extent(body: mesh.Mesh) -> float:
    """The longest side of the box around it."""
    low, high = body.geometry.x.min(axis=0), body.geometry.x.max(axis=0)
    body.comm.Allreduce(MPI.IN_PLACE, low, op=MPI.MIN)
    body.comm.Allreduce(MPI.IN_PLACE, high, op=MPI.MAX)
    return float(np.max(high - low))


def _check(
    body: mesh.Mesh, media: Mapping[str, Medium], crack: CrackModel, split: Split, kinematics: Kinematics
) -> None:
    if body.geometry.dim != kinematics.dimension:
        raise SolidError(f"the mesh has {body.geometry.dim} dimensions, and the kinematics {kinematics.dimension}")
    if not split.shear_opens and any(medium.yield_stress is not None for medium in media.values()):
        raise SolidError("this split leaves shear energy in closed cracks, for which there is no flow rule")
    if crack.strength is None and any(medium.strength is None for medium in media.values()):
        raise SolidError("this crack model takes a strength for every region")
