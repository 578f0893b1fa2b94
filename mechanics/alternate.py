"""Alternate minimisation: displacement with damage held, damage with displacement held, until neither moves.

Over-relaxed (Farrell & Maurini 2017) where that lowers the energy. Ends in an explicit outcome: a cap on the
iterations is never taken for an equilibrium.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np
from dolfinx import fem
from mpi4py import MPI

from mechanics.linear import LinearSolver
from mechanics.newton import BoundedNewton
from mechanics.solid import Solid

FACTOR_PATIENCE = 10  # CG iterations above which a new factorisation is cheaper, measured on the main case
SHARP = 1e-11  # energy that a step at equilibrium may still promise, relative to the stored energy and its scale
LOOSE = 1e-2  # the same on the way there, relative to what the last damage step gained


class Ending(Enum):
    CONVERGED = "converged"
    LIMIT = "not converged: iteration limit"
    DISPLACEMENT = "not converged: no equilibrium of displacement"
    DAMAGE = "not converged: damage step"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Outcome:
    ending: Ending
    iterations: int
    change: float  # of damage in the last iteration

    @property
    def converged(self) -> bool:
        return self.ending is Ending.CONVERGED


class AlternateMinimiser:
    """Finds the state of least potential near the present one with damage at or above the damage it starts from."""

    def __init__(self, solid: Solid, tolerance: float = 1e-4, limit: int = 3000, relaxation: float = 1.8) -> None:
        self.solid = solid
        self.tolerance, self.limit, self.relaxation = tolerance, limit, relaxation
        u, d = solid.state.u, solid.state.d
        self._d_start = fem.Function(d.function_space)  # irreversibility: the lower bound
        self._held = fem.Function(u.function_space), fem.Function(u.function_space)  # bounds that meet where u is given
        for bound, number in zip(self._held, (-np.inf, np.inf), strict=True):
            bound.x.array[:] = number
        elasticity = LinearSolver(solid.comm, FACTOR_PATIENCE, 1e-2)
        self._displacement = BoundedNewton(solid.displacement, *self._held, elasticity)
        ceiling = fem.Function(d.function_space)
        ceiling.x.array[:] = 1
        self._damage = BoundedNewton(solid.damage, self._d_start, ceiling, LinearSolver(solid.comm, None, 1e-6))

    def minimise(self, interrupt: Callable[[int], bool] = lambda count: False) -> Outcome:
        solid, d = self.solid, self.solid.state.d.x.array
        self._d_start.x.array[:] = d
        for given in (*self._held, solid.state.u):
            given.x.array[solid.fixed] = solid.prescribed
        self._last = np.zeros_like(d)
        self._scale = solid.shrinkage_energy()
        change, drop, confirmed = np.inf, 0.0, False
        for iteration in range(1, self.limit + 1):
            settled = change <= self.tolerance
            if not self._equilibrate(0.0 if settled else LOOSE * drop):
                return Outcome(Ending.DISPLACEMENT, iteration, change)
            if confirmed:
                return Outcome(Ending.CONVERGED, iteration, change)
            before, highest = d.copy(), solid.damage_energy()
            damage = self._damage.minimise(self._sharp)
            if not damage.converged:
                return Outcome(Ending.DAMAGE, iteration, change)
            drop = highest - damage.energy
            change = self._largest(np.abs(d - before))
            confirmed = settled and change <= self.tolerance
            if not confirmed:
                self._over_relax(before, highest)
            if interrupt(iteration):
                return Outcome(Ending.INTERRUPTED, iteration, change)
        return Outcome(Ending.LIMIT, self.limit, change)

    def _equilibrate(self, loose: float) -> bool:
        """Loosely while damage still moves: as good as the last change of damage deserves."""
        self._sharp = SHARP * max(abs(self.solid.displacement.value()), self._scale)
        return self._displacement.minimise(max(self._sharp, loose)).converged

    def _over_relax(self, before: np.ndarray, highest: float) -> None:
        """Go further along the change of damage, unless that ends above the energy from which the step came.

        Only while one step follows the other: where they alternate, going further is what makes them.
        """
        d = self.solid.state.d.x.array
        minimum = d.copy()
        step, last, self._last = minimum - before, self._last, minimum - before
        owned = self.solid.state.d.function_space.dofmap.index_map.size_local
        if self.solid.comm.allreduce(float(step[:owned] @ last[:owned]), op=MPI.SUM) <= 0:
            return
        np.clip(before + self.relaxation * step, self._d_start.x.array, 1, out=d)
        if self.solid.damage.value() > highest:
            d[:] = minimum

    def _largest(self, numbers: np.ndarray) -> float:
        return self.solid.comm.allreduce(float(numbers.max(initial=0.0)), op=MPI.MAX)
