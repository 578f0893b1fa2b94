"""The work that charging and moving platens do on a body, to hold against where it went (case V13)."""

import numpy as np
from mpi4py import MPI

from mechanics.solid import Solid


class Balance:
    """Adds up ∫ ∂Π/∂charge dcharge + ∫ forces · d(held displacements) by the trapezoidal rule, from equilibrium to
    equilibrium. A crack that jumps sets free more than it costs: then the body holds less than the work."""

    def __init__(self, solid: Solid) -> None:
        self.work = 0.0
        self._solid = solid
        self._last = self._now()

    def step(self) -> None:
        """To the present state, which is an equilibrium whose plastic history has been accepted."""
        charge, force, held, forces = self._now()
        charge_before, force_before, held_before, forces_before = self._last
        self._last = charge, force, held, forces
        done = float((forces + forces_before) @ (held - held_before)) / 2
        self.work += (force + force_before) / 2 * (charge - charge_before)
        self.work += self._solid.comm.allreduce(done, op=MPI.SUM)

    def _now(self) -> tuple[float, float, np.ndarray, np.ndarray]:
        solid = self._solid
        forces = solid.holding_forces()
        return float(solid.charge.value), solid.charging_force(), solid.prescribed.copy(), forces
