"""What an accepted step is worth, measured on its state alone, whichever way it was found."""

from dataclasses import dataclass

import numpy as np
from dolfinx import fem
from mpi4py import MPI

from mechanics.body.solid import Solid

FLAT = 1e-6  # of the largest stiffness: a node with less has none to speak of


@dataclass(frozen=True)
class Certificate:
    """First-order conditions between the bounds, and what the step did."""

    force: float  # largest out of balance, times the largest displacement, over the energy
    damage: float  # furthest that a node would still move by itself, within its bounds
    gain: float  # of energy in the step, from where nothing but what is prescribed had moved
    healing: float  # largest fall of damage
    withheld: float  # furthest that a node would still heal by itself, had damage not to stay where it has come to


def certify(solid: Solid, d_start: np.ndarray, d_least: np.ndarray, high: float) -> Certificate:
    """The step came from damage `d_start` and the energy `high`; in the end damage was held at or above `d_least`."""
    u, d = solid.state.u, solid.state.d
    solid.hold_flow()
    force = solid.displacement.gradient(fem.Function(u.function_space)).x.array
    force[solid.fixed] = 0
    slope, stiffness = fem.Function(d.function_space), fem.Function(d.function_space)
    solid.damage.gradient(slope)
    solid.damage.hessian(np.empty(0, np.int32)).getDiagonal(stiffness.x.petsc_vec)
    stiffness.x.scatter_forward()
    stiff = np.abs(stiffness.x.array)
    alone = slope.x.array / np.maximum(stiff, FLAT * solid.comm.allreduce(float(stiff.max()), op=MPI.MAX))
    free, moves = (np.clip(d.x.array - alone, least, 1) - d.x.array for least in (d_start, d_least))
    found = force, u.x.array, moves, np.maximum(d_start - d.x.array, 0), moves - free
    out_of_balance, displacement, damage, healing, withheld = (
        solid.comm.allreduce(float(np.abs(one).max(initial=0.0)), op=MPI.MAX) for one in found
    )
    low = solid.potential()
    scale = max(abs(low), solid.shrinkage_energy(), np.finfo(float).tiny)
    return Certificate(out_of_balance * displacement / scale, damage, high - low, healing, withheld)
