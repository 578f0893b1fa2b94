"""What an accepted step is worth, measured on its state alone, whichever way it was found."""

from dataclasses import dataclass

import numpy as np
from dolfinx import fem
from mpi4py import MPI

from mechanics.solid import Solid

FLAT = 1e-6  # of the largest stiffness: a node with less has none to speak of


@dataclass(frozen=True)
class Certificate:
    """First-order conditions between the bounds, and what the step did."""

    force: float  # largest out of balance, times the largest displacement, over the energy
    damage: float  # furthest that a node would still move by itself, within its bounds
    gain: float  # of energy in the step, from where nothing but what is prescribed had moved
    healing: float  # largest fall of damage


def certify(solid: Solid, d_start: np.ndarray, high: float) -> Certificate:
    """`high`: the energy from which the step came."""
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
    moves = np.clip(d.x.array - alone, d_start, 1) - d.x.array
    largest = [float(np.abs(one).max(initial=0.0)) for one in (force, u.x.array, moves)]
    out_of_balance, displacement, damage, healing = (
        solid.comm.allreduce(one, op=MPI.MAX) for one in (*largest, float((d_start - d.x.array).max(initial=0.0)))
    )
    low = solid.potential()
    scale = max(abs(low), solid.shrinkage_energy(), np.finfo(float).tiny)
    return Certificate(out_of_balance * displacement / scale, damage, high - low, max(healing, 0.0))
