"""The incremental potential, as the physics sheet has it. Everything else is its derivative, taken by UFL.

    Π(u, d) = ∫ W(ε(u), g(d)) + Gc/c_w (w(d)/ℓ + ℓ|∇d|²)

W is already minimised over the plastic increment, so equilibrium, yielding by the true (degraded) stress and damage
all follow from one function. Plastic dissipation is not degraded by damage.
"""

from dataclasses import dataclass
from typing import Any

import ufl

from mechanics.crack import CrackModel
from mechanics.flow import Flow
from mechanics.split import Split


@dataclass(frozen=True)
class Coefficients:
    """The material as UFL sees it: fields over the mesh, constant in each cell."""

    bulk: Any
    shear: Any
    toughness: Any
    shrinkage: Any  # eigenstrain ε*, isotropic and linear, at the present state of charge: what is in proportion to it
    yield_stress: Any
    hardening: Any
    saturation: Any = 0.0  # Voce: stress by which hardening ends up above linear hardening
    saturation_strain: Any = 1.0  # and the plastic strain over which it gets there
    brittleness: Any = 0.0  # a1 = 4 E Gc / (π ℓ ft²) of a cohesive crack
    fabric: Any = None  # I + a m⊗m where some planes cleave more easily than others
    swelling: Any = None  # the rest of ε*, 3×3: measured curves, crystals


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
