"""Alternate minimisation, round by round: displacement with damage held, then damage with displacement held.

Over-relaxed (Farrell & Maurini 2017) where that lowers the energy. It never fails, and takes hundreds of rounds where a
crack runs.
"""

import numpy as np
from mpi4py import MPI

from mechanics.body.solid import Solid
from mechanics.minimise.newton import BoundedNewton

SHARP = 1e-11  # energy that a step at equilibrium may still promise, relative to the stored energy and its scale
LOOSE = 1e-2  # the same on the way there, relative to what the last step gained


class Alternation:
    """One step's rounds. `change` is that of damage in the last of them, `moved` where it was, and `gain` the energy
    that it gained, or a step of what came after it. `energy` is that of the body, as a scale."""

    def __init__(self, solid: Solid, displacement: BoundedNewton, damage: BoundedNewton, relaxation: float) -> None:
        self._solid, self._displacement, self._damage, self._relaxation = solid, displacement, damage, relaxation
        self._d = solid.state.d.x.array
        self.moved, self.change, self.gain = np.zeros_like(self._d), np.inf, 0.0
        self.failure = ""  # what has gone wrong in the last minimisation that did not converge
        self._least_energy = solid.shrinkage_energy()
        self.energy = self._energy()

    def equilibrate(self, sharply: bool) -> bool:
        """Sharply, or as well as the last gain deserves."""
        self.energy = self._energy()
        result = self._displacement.minimise(self.sharp if sharply else max(self.sharp, LOOSE * self.gain))
        self.failure = result.failure
        return result.converged

    def degrade(self) -> bool:
        before = self._d.copy()
        self._solid.hold_flow()
        result = self._damage.minimise(self.sharp)
        self.gain, last, self.failure = result.gain, self.moved, result.failure
        self.moved = self._d - before
        self.change = self._solid.comm.allreduce(float(np.abs(self.moved).max(initial=0.0)), op=MPI.MAX)
        self._over_relax(before, result.start, last)
        return result.converged

    @property
    def sharp(self) -> float:
        return SHARP * self.energy

    def _energy(self) -> float:
        return max(abs(self._solid.displacement.value()), self._least_energy)

    def _over_relax(self, before: np.ndarray, highest: float, last: np.ndarray) -> None:
        """Go further along the change of damage, unless that ends above the energy from which it came.

        Only while one change follows the other: where they alternate, going further is what makes them.
        """
        owned = self._solid.state.d.function_space.dofmap.index_map.size_local
        if self._solid.comm.allreduce(float(self.moved[:owned] @ last[:owned]), op=MPI.SUM) <= 0:
            return
        further = np.clip(before + self._relaxation * self.moved, self._damage.lower.x.array, 1)
        minimum = self._d.copy()
        self._d[:] = further
        if self._solid.damage.value() > highest:
            self._d[:] = minimum
