"""Lithium and mechanics in turn: a step of transport, the strain that goes with it, equilibrium, and its stress."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import ufl
from dolfinx import fem
from dolfinx.fem.petsc import assemble_matrix, create_matrix
from petsc4py import PETSc

from mechanics.alternate import AlternateMinimiser, Outcome
from mechanics.diffusion import ACTIVE, Diffusion
from mechanics.functional import assembled
from mechanics.linear import LinearSolver
from mechanics.medium import Medium
from mechanics.solid import Solid, SolidError
from mechanics.transport import Transport

Strain = Callable[
    [np.ndarray], np.ndarray
]  # content -> linear strain, isotropic; zero where the body is as it was built
NUDGE = 1e-3  # of content, over which the slope of the strain is taken
SMOOTHINGS = 4  # the second one on are for the nodes of the surface
CUTS = 12  # times that a step is halved until one gives up


class Observer(Protocol):
    def step(self, transport: Transport, outcome: Outcome) -> None:
        """After each step that is kept, and after the one at which the run has to stop."""


class Coupling:
    """What content and equilibrium tell each other, on the active cells of a solid.

    Where there is more lithium the material is pushed together by what is around it: in a body without end σ_h changes
    by -κ for each unit of content, κ = 2E/(3(1-ν)) dε*/dx (Goodier), and elsewhere by that and something smooth. With
    σ_h taken from the last equilibrium this would be an explicit step of a diffusion that may be larger than that of
    the content itself, and unstable. So transport gets s = σ_h + κ x and follows -κ x itself; what is left of s is
    extrapolated from the last two equilibria, which is of second order, and by how much that was wrong limits the next
    step. A tolerance of content below β x times what equilibria leave of stress cannot be had.
    """

    def __init__(self, solid: Solid, diffusion: Diffusion, cells: np.ndarray, medium: Medium, strain: Strain) -> None:
        if solid.swelling is None:
            raise SolidError("lithium strains cells one by one: the active medium takes a curve as its shrinkage")
        body = solid.mesh
        self._solid, self._diffusion, self._swelling = solid, diffusion, solid.swelling
        self._strain, self._medium = strain, medium
        owned = body.topology.index_map(body.topology.dim).size_local
        self._cells, self._owned = cells, cells[cells < owned].astype(np.int32)
        self._corners = diffusion.content.function_space.dofmap.list
        self._recover = _Recovery(diffusion, self._owned, solid.kinematics.measure(ufl.SpatialCoordinate(body)))
        self._before: tuple[np.ndarray, np.ndarray, float] | None = None  # stress and content of cells, time

    def strain(self) -> None:
        """Content to strain, one number in each cell."""
        strains = self._strain(self._of_cells(self._diffusion.content.x.array, self._cells))
        tensors = self._swelling.strain.x.array.reshape(-1, 3, 3)
        tensors[self._cells] = strains[:, None, None] * np.eye(3)

    def stress(self, time: float) -> float:
        """Stress of the equilibrium at this time, to transport; by how much content would differ had it been known."""
        diffusion = self._diffusion
        if diffusion.linear:
            return 0.0
        tensors = self._swelling.stress().reshape(-1, 3, 3)[self._owned]
        stress = -np.trace(tensors, axis1=1, axis2=2) / (3 * self._recover.volumes)
        content = self._of_cells(diffusion.content.x.array, self._owned)
        softening, expected = self._softening(), diffusion.stress_at(time)
        smooth, change = self._recover(stress + softening * content), None
        wrong = 0.0
        if self._before is not None:
            old_stress, old_content, old_time = self._before
            change = (smooth - self._recover(old_stress + softening * old_content)) / (time - old_time)
            wrong = self._moves(smooth - softening * diffusion.content.x.array - expected)
        self._before = stress, content, time
        diffusion.softening.value = softening
        diffusion.pull(smooth, change, time)
        return wrong

    def _moves(self, stress: np.ndarray) -> float:
        """Largest change of content at rest in this stress, as far as it is not the same all over."""
        diffusion = self._diffusion
        even = diffusion.sum(diffusion.mass * stress) / diffusion.volume
        return diffusion.host.attraction * diffusion.mean() * diffusion.largest(stress - even)

    def _of_cells(self, nodal: np.ndarray, cells: np.ndarray) -> np.ndarray:
        return nodal[self._corners[cells]].mean(axis=1)

    def _softening(self) -> float:
        """κ at the mean content. Any number would be right in the limit; this one leaves s smooth."""
        around = self._diffusion.mean() + np.array([-NUDGE, NUDGE])
        low, high = self._strain(around)
        slope = max(float(high - low) / (2 * NUDGE), 0.0)
        return 2 * self._medium.young / (3 * (1 - self._medium.poisson)) * slope


def charge(
    solid: Solid, minimiser: AlternateMinimiser, transport: Transport, coupling: Coupling, observer: Observer
) -> bool:
    """Through the schedule of the transport, from the equilibrium at the content it starts with.

    False when a step did not converge however small; the state is then the last equilibrium.
    """
    outcome = _equilibrium(solid, minimiser, transport, coupling)
    if outcome.converged:
        solid.seat()
    observer.step(transport, outcome)
    if not outcome.converged:
        return False
    cuts = 0
    while not transport.finished:
        transport.advance()
        if transport.elapsed == 0:  # a stage has ended where it was
            continue
        outcome = _equilibrium(solid, minimiser, transport, coupling)
        if outcome.converged:
            cuts = 0
            observer.step(transport, outcome)
            continue
        if cuts == CUTS:
            observer.step(transport, outcome)
        transport.retreat()
        coupling.strain()
        if cuts == CUTS:
            return False
        cuts += 1
    return True


def _equilibrium(solid: Solid, minimiser: AlternateMinimiser, transport: Transport, coupling: Coupling) -> Outcome:
    """At the present content, or back to where the solid was."""
    saved = solid.state.save()
    coupling.strain()
    outcome = minimiser.minimise()
    if outcome.converged:
        solid.accept()
        transport.heed(coupling.stress(transport.time))
    else:
        solid.state.restore(saved)
    return outcome


class _Recovery:
    """A field at the nodes from one number in each active cell: its projection, and as a projection takes too much of
    the middle of a cell to its nodes, that of what is still missing in the cells, a few times over."""

    def __init__(self, diffusion: Diffusion, cells: np.ndarray, weight: Any) -> None:
        self._space = diffusion.content.function_space
        body = self._space.mesh
        dx = ufl.Measure("dx", body, ACTIVE, subdomain_data=[(ACTIVE, cells)])
        u, v = ufl.TrialFunction(self._space), ufl.TestFunction(self._space)
        self._numbers = fem.Function(fem.functionspace(body, ("DG", 0)))
        constant = ufl.TestFunction(self._numbers.function_space)
        self.volumes = fem.assemble_vector(fem.form(constant * weight * dx)).array[cells]
        self._right = fem.form(self._numbers * v * weight * dx)
        mass = fem.form(u * v * weight * dx)
        self._matrix = create_matrix(mass)
        self._matrix.setOption(PETSc.Mat.Option.SPD, True)
        assemble_matrix(self._matrix, mass)
        self._matrix.assemble()
        self._solver = LinearSolver(body.comm, 10, 1e-12, rows=diffusion.active)
        self._cells, self._corners = cells, self._space.dofmap.list[cells]

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        found = np.zeros_like(fem.Function(self._space).x.array)
        for _ in range(SMOOTHINGS):
            found += self._projected(numbers - found[self._corners].mean(axis=1))
        return found

    def _projected(self, numbers: np.ndarray) -> np.ndarray:
        self._numbers.x.array[:] = 0
        self._numbers.x.array[self._cells] = numbers
        right, found = assembled([self._right], fem.Function(self._space)), fem.Function(self._space)
        self._solver.solve(self._matrix, right.x.petsc_vec, found.x.petsc_vec)
        found.x.scatter_forward()
        return found.x.array
