"""Ions on their way through a body that cracks: -∇·(g(d) σ ∇φ) = q.

Where damage is so high that an interface counts as detached, nothing passes. A crack that gapes holds gas; but its
damage stays a little below 1, and with (1-d)² = 1e-4 a stack of 10 µm that is wholly detached would have no more than
some 30 times its resistance, and be charged as before.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import ufl
from dolfinx import fem
from mpi4py import MPI

from mechanics.body.functional import CELLS, Functional
from mechanics.body.plastic_history import QUADRATURE_DEGREE
from mechanics.body.solid import Solid
from mechanics.clock import timed
from mechanics.laws.crack import RESIDUAL_STIFFNESS
from mechanics.linear.solver import LinearSolver
from mechanics.measure.detachment import BROKEN
from mechanics.measure.opening import Opening

# What a broken place still conducts, so that the matrix stays regular. Not the residual stiffness of 1e-6: a crack
# 0.1 µm wide would conduct like 10 cm of electrolyte, and a cathode that is cut off could still be charged through it.
# Of a resistance through what is broken one knows only that it is very large.
LEAK = 1e-9
ACCURATE = 1e-10  # residual of the linear systems; the current, an energy, is then exact to its square
PATIENCE = 20  # CG iterations with an aged factor


class Conduction:
    """Potential in a solid whose regions conduct as given, damaged places by the share g(d), broken ones not at all.

    A damaged place has parted for good or, with `touching`, only while it is open: faces that are pressed together then
    conduct as if whole. Rough faces touch here and there, so that the truth lies between the two. The intact body, to
    which both are compared, is without damage; where a notch is a hole in the mesh, it has that hole, too.
    """

    def __init__(
        self,
        solid: Solid,
        opening: Opening,
        conductivity: Mapping[str, float],
        start: str = "bottom",
        end: str = "top",
        source: Sequence[str] = ("cathode",),
        own: float | None = None,
    ) -> None:
        """From boundary to boundary; `source` are the regions whose ions leave through the first. `own` is what these
        are to their own ions, where that is not what they are to others: a particle that is charged lets its lithium
        through, also to the other side of it, and is in the way of all the rest. What does not conduct at all leaks."""
        self._comm: MPI.Comm = solid.comm
        self._opening, self._d = opening, solid.state.d
        body, numbers = solid.mesh, fem.functionspace(solid.mesh, ("DG", 0))
        conducts, supplies, self._whole, self._broken = (fem.Function(numbers) for _ in range(4))
        least = LEAK * max(conductivity.values())
        for name, number in conductivity.items():
            conducts.x.array[solid.regions[name]] = max(number, least)
        for name in source:
            supplies.x.array[solid.regions[name]] = 1
        self._conducts, self._to_all = conducts, conducts.x.array.copy()
        self._to_own = self._to_all if own is None else np.where(supplies.x.array > 0, own, self._to_all)
        phi = fem.Function(fem.functionspace(body, ("Lagrange", 1)))
        cells = np.arange(body.topology.index_map(body.topology.dim).size_local, dtype=np.int32)
        dx = ufl.Measure("dx", body, CELLS, {"quadrature_degree": QUADRATURE_DEGREE}, [(CELLS, cells)])
        measure = solid.kinematics.measure(ufl.SpatialCoordinate(body))

        g = solid.crack.g(solid.state.d, solid.coefficients.brittleness)
        left = ufl.max_value((g - RESIDUAL_STIFFNESS) / (1 - RESIDUAL_STIFFNESS), 0)
        share = self._whole + (1 - self._whole) * (LEAK + (1 - LEAK) * (1 - self._broken) * left)
        heat = share * conducts / 2 * ufl.inner(ufl.grad(phi), ufl.grad(phi))
        self._supply = fem.Constant(body, np.float64(0.0))
        self._functional = Functional((heat - self._supply * supplies * phi) * measure * dx, phi)

        self._intact, self._limit = fem.Function(phi.function_space), fem.Constant(body, np.float64(1.0))
        lost = ufl.max_value(ufl.min_value((phi - self._intact) / self._limit, 1), 0)
        self._lost, self._volume = (fem.form(f * supplies * measure * dx) for f in (lost, fem.Constant(body, 1.0)))
        self._residual, self._step = fem.Function(phi.function_space), fem.Function(phi.function_space)
        body.topology.create_connectivity(body.topology.dim - 1, body.topology.dim)
        self._start, self._end = (
            fem.locate_dofs_topological(phi.function_space, body.topology.dim - 1, solid.boundaries[name])
            for name in (start, end)
        )
        self._solvers: dict[tuple[bool, bool], LinearSolver] = {}
        self._of_intact: float | None = None  # conductance
        self._supplied: float | None = None  # for which the potential in the intact body is known

    @timed("conduction")
    def resistance_ratio(self, touching: bool = False) -> float:
        """Resistance from boundary to boundary, over that of the intact body."""
        if self._of_intact is None:
            self._whole.x.array[:] = 1
            self._of_intact = self._conductance(touching)
        self._break(touching)
        return self._of_intact / self._conductance(touching)

    def conductance(self, touching: bool = False) -> float:
        """Current for each unit of potential."""
        self._break(touching)
        return self._conductance(touching)

    @timed("conduction")
    def reachable(self, supply: float, window: float, touching: bool = True) -> float:
        """Share of the capacity of the source that is reached at a current that all of it supplies evenly (for each
        volume), with `window` the potential from empty to full.

        Charging ends where the potential has reached the cut-off; a place whose ions lose η more on their way than in
        the intact body then has the share η/window still to give. What is wholly cut off gives nothing. Current that
        would seek another way, and so lose less, is not counted: it is the share that is reached at least.
        """
        if self._supplied != supply:
            self._whole.x.array[:] = 1
            self._solve(touching, supply)
            self._intact.x.array[:] = self._functional.x.x.array
            self._supplied = supply
        self._break(touching)
        self._solve(touching, supply)
        self._limit.value = window
        return 1 - self._sum(self._lost) / self._sum(self._volume)

    def potential(self) -> np.ndarray:
        """At the nodes, for one unit between the boundaries; a broken place has parted for good."""
        self._break(False)
        self._solve(False, None)
        return self._functional.x.x.array.copy()

    def _break(self, touching: bool) -> None:
        """A cell is broken where one of its nodes is, so that a row of such nodes leaves no way through; it is whole,
        and damage does not count, where all of them touch."""
        nodes = self._d.function_space.dofmap.list
        self._broken.x.array[:] = (self._d.x.array >= BROKEN)[nodes].any(axis=1)
        self._whole.x.array[:] = self._opening.touching()[nodes].all(axis=1) if touching else 0

    def _conductance(self, touching: bool) -> float:
        """Twice the heat that one unit of potential makes."""
        self._solve(touching, None)
        return 2 * self._functional.value()

    def _solve(self, touching: bool, supply: float | None) -> None:
        """One unit between the boundaries or, with a supply, nothing at the first alone. Newton, of which a quadratic
        functional takes one step."""
        phi, between = self._functional.x.x.array, supply is None
        self._supply.value = supply or 0.0
        self._conducts.x.array[:] = self._to_all if between else self._to_own
        held = np.concatenate([self._start, self._end]) if between else self._start
        phi[:] = 0
        if between:
            phi[self._end] = 1
        A = self._functional.hessian(held)
        self._functional.gradient(self._residual).x.array[held] = 0
        self._residual.x.array[:] *= -1
        solver = self._solvers.setdefault((between, touching), LinearSolver(self._comm, PATIENCE, ACCURATE))
        solver.solve(A, self._residual.x.petsc_vec, self._step.x.petsc_vec)
        self._step.x.scatter_forward()
        phi += self._step.x.array

    def _sum(self, form: Any) -> float:
        return self._comm.allreduce(fem.assemble_scalar(form), op=MPI.SUM)
