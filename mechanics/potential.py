"""The incremental potential, as the physics sheet has it. Everything else is its derivative, taken by UFL.

    Π(u, d) = ∫ W(ε(u), g(d)) + Gc/c_w (w(d)/ℓ + ℓ|∇d|²)

W is already minimised over the plastic increment, so equilibrium, yielding by the true (degraded) stress and damage
all follow from one function. Plastic dissipation is not degraded by damage.
"""

from dataclasses import dataclass
from typing import Any

import ufl

from mechanics.crack import CrackModel
from mechanics.split import Split

ROUND = 1e-12  # rounds off q = sqrt(3/2 s:s) at s = 0, in units of strain²


@dataclass(frozen=True)
class Coefficients:
    """The material as UFL sees it: fields over the mesh, constant in each cell."""

    bulk: Any
    shear: Any
    toughness: Any
    shrinkage: Any  # eigenstrain ε*, isotropic and linear, at the present state of charge
    yield_stress: Any
    hardening: Any


@dataclass(frozen=True)
class Flow:
    """J2 flow from an old plastic strain εp_old with accumulated p_old (history at quadrature points)."""

    plastic_strain: Any
    p: Any

    def increment(self, e: Any, g: Any, c: Coefficients) -> Any:
        """Δp that the trial strain e asks for: f / (3 μ g + H')."""
        f = ufl.max_value(g * mises(e, c.shear) - c.yield_stress - c.hardening * self.p, 0)
        return f / (3 * c.shear * g + c.hardening)

    def relief(self, e: Any, g: Any, c: Coefficients) -> Any:
        """What flow takes off the trial energy: f² / (2 (3 μ g + H'))."""
        return self.increment(e, g, c) ** 2 * (3 * c.shear * g + c.hardening) / 2

    def direction(self, e: Any, c: Coefficients) -> Any:
        """(3/2) s / q."""
        return 3 * c.shear * ufl.dev(e) / mises(e, c.shear)

    def dissipation(self, dp: Any, c: Coefficients) -> Any:
        return (c.yield_stress + c.hardening * (self.p + dp / 2)) * dp


def strain(u: Any) -> Any:
    """ε(u) as 3×3; plane strain in 2D. The only place that knows the kinematics."""
    e = ufl.sym(ufl.grad(u))
    if u.ufl_shape == (3,):
        return e
    return ufl.as_tensor([[e[0, 0], e[0, 1], 0], [e[1, 0], e[1, 1], 0], [0, 0, 0]])


def trial_strain(u: Any, c: Coefficients, flow: Flow | None) -> Any:
    """e = ε(u) - εp_old - ε*."""
    e = strain(u) - c.shrinkage * ufl.Identity(3)
    return e if flow is None else e - flow.plastic_strain


def mises(e: Any, mu: Any) -> Any:
    """q = sqrt(3/2 s:s) with s = 2 μ dev e."""
    return mu * ufl.sqrt(6 * ufl.inner(ufl.dev(e), ufl.dev(e)) + ROUND)


def stored(e: Any, g: Any, c: Coefficients, split: Split, flow: Flow | None) -> Any:
    """W: elastic energy of the trial strain, less what plastic flow takes off."""
    opening, closing = split(e, c.bulk, c.shear)
    W = g * opening + closing
    return W if flow is None else W - flow.relief(e, g, c)


def driving_energy(e: Any, d: Any, c: Coefficients, crack: CrackModel, split: Split, flow: Flow | None) -> Any:
    """Y = ∂W/∂g: the elastic energy after the return, which drives damage."""
    g = ufl.variable(crack.g(d))
    return ufl.diff(stored(e, g, c, split, flow), g)


def crack_energy(d: Any, c: Coefficients, length: float, crack: CrackModel) -> Any:
    return c.toughness / crack.c_w * (crack.w(d) / length + length * ufl.inner(ufl.grad(d), ufl.grad(d)))
