"""The incremental potential, as the physics sheet has it. Everything else is its derivative, taken by UFL.

    Π(u, d) = ∫ W(ε(u), g(d)) + Gc/c_w (w(d)/ℓ + ℓ|∇d|²)

W is already minimised over the plastic increment, so equilibrium, yielding by the true (degraded) stress and damage
all follow from one function. Plastic dissipation is not degraded by damage.
"""

from typing import Any

import ufl

from mechanics.laws.coefficients import Coefficients
from mechanics.laws.crack import CrackModel
from mechanics.laws.flow import Flow
from mechanics.laws.split import Split


def trial_strain(strain: Any, c: Coefficients, flow: Flow | None) -> Any:
    """e = ε(u) - εp_old - ε*."""
    e = strain - c.shrinkage * ufl.Identity(3)
    e = e if c.swelling is None else e - c.swelling
    return e if flow is None else e - flow.plastic_strain


def stored(e: Any, g: Any, c: Coefficients, split: Split, flow: Flow | None) -> Any:
    """W: elastic energy of the trial strain, less what plastic flow takes off."""
    opening, closing = split.parts(e, c.bulk, c.shear)
    W = g * opening + closing
    return W if flow is None else W - flow.relief(e, g, c)


def driving_energy(e: Any, d: Any, c: Coefficients, crack: CrackModel, split: Split, flow: Flow | None) -> Any:
    """Y = ∂W/∂g: the elastic energy after the return, which drives damage."""
    g = ufl.variable(crack.g(d, c.brittleness))
    return ufl.diff(stored(e, g, c, split, flow), g)


def crack_energy(d: Any, c: Coefficients, length: float, crack: CrackModel) -> Any:
    slope = ufl.grad(d)
    steepness = ufl.inner(slope, slope) if c.fabric is None else ufl.inner(slope, c.fabric * slope)
    return c.toughness / crack.c_w * (crack.w(d) / length + length * steepness)
