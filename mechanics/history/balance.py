"""The work that charging, pressure and moving platens do on a body, to hold against where it went (case V13)."""

from dataclasses import dataclass

import numpy as np
from mpi4py import MPI

from mechanics.body.solid import Solid


@dataclass(frozen=True)
class Loads:
    """What acts on a body, and on what."""

    charge: float
    charging: float  # force
    held: np.ndarray  # displacements of this process
    forces: np.ndarray
    strain: np.ndarray  # chemical, of this process, where it is not in proportion to charge
    stress: np.ndarray
    pressures: np.ndarray
    pressed_in: np.ndarray  # volumes, of each
    exchanged: float  # energy that springs have brought along when a platen was held or let go


class Balance:
    """Adds up ∫ ∂Π/∂charge dcharge + ∫ ∂Π/∂ε* dε* + ∫ forces · d(held displacements) + ∫ pressure d(volume) by the
    trapezoidal rule, from equilibrium to equilibrium. A crack that jumps sets free more than it costs: then the body
    holds less than the work."""

    def __init__(self, solid: Solid, work: float = 0.0) -> None:
        """From the present equilibrium on; `work` has been done before."""
        self.work = work
        self._solid = solid
        self._last = self._now()

    def step(self) -> None:
        """Adds the work up to the present state, which is an equilibrium whose plastic history has been accepted."""
        now, before = self._now(), self._last
        self._last = now
        self.work += (now.charging + before.charging) / 2 * (now.charge - before.charge)
        self.work += float((now.pressures + before.pressures) @ (now.pressed_in - before.pressed_in)) / 2
        self.work += now.exchanged - before.exchanged
        done = float((now.forces + before.forces) @ (now.held - before.held)) / 2
        done += float((now.stress + before.stress) @ (now.strain - before.strain)) / 2
        self.work += self._solid.comm.allreduce(done, op=MPI.SUM)

    def _now(self) -> Loads:
        solid, swelling, none = self._solid, self._solid.swelling, np.empty(0)
        pressures, volumes = solid.platens.pressing()
        return Loads(
            charge=float(solid.charge.value),
            charging=solid.charging_force(),
            held=solid.prescribed.copy(),
            forces=solid.holding_forces(),
            strain=none if swelling is None else swelling.strain.x.array.copy(),
            stress=none if swelling is None else swelling.stress(),
            pressures=pressures,
            pressed_in=volumes,
            exchanged=solid.platens.exchanged,
        )
