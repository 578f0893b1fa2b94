"""J2 flow from one step to the next: the plastic increment Δp that minimises the potential, as a formula.

The yield stress grows as σ(p) = σy + H' p + S (1 - exp(-p/p_s)); linear where S = 0, after Voce 1948 elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ufl

from mechanics.laws.coefficients import Coefficients

ROUND = 1e-12  # rounds off q = sqrt(3/2 s:s) at s = 0, in units of strain²

# Halley steps to Δp where hardening saturates. With β = (3 μ g + H') p_s / S the relative error is below 1e-9 for
# β > 0.01 whatever the load, 2e-5 at 0.001. Intact ductile bodies have β > 0.1, and W is stationary in Δp.
STEPS = 4


@dataclass(frozen=True)
class Flow:
    """J2 flow from an old plastic strain εp_old with accumulated p_old (history at quadrature points).

    A body that `saturates` in any of its regions pays for the exponentials everywhere; the others do not.
    """

    plastic_strain: Any
    p: Any
    saturates: bool = False

    def increment(self, e: Any, g: Any, c: Coefficients) -> Any:
        """Δp ≥ 0 that the trial strain e asks for: f / (3 μ g + H') when hardening is linear, and else the root of
        f = (3 μ g + H') Δp + S' (1 - exp(-Δp/p_s)), S' = S exp(-p_old/p_s)."""
        f, slope = self._overstress(e, g, c), 3 * c.shear * g + c.hardening
        if not self.saturates:
            return f / slope
        # From the asymptote, which is below the root; from 0 Halley's step would have a pole.
        dp, remaining = ufl.max_value((f - self._remaining(c)) / slope, 0), self._remaining(c)
        for _ in range(STEPS):
            rest = remaining * ufl.exp(-dp / c.saturation_strain)
            R, bend = f - remaining + rest - slope * dp, rest / c.saturation_strain**2
            fall = slope + rest / c.saturation_strain
            dp += 2 * R * fall / (2 * fall**2 - R * bend)
        return dp

    def relief(self, e: Any, g: Any, c: Coefficients) -> Any:
        """What flow takes off the trial energy: g q Δp - 3/2 μ g Δp² less the dissipation of Δp."""
        dp, slope = self.increment(e, g, c), 3 * c.shear * g + c.hardening
        if not self.saturates:
            return dp**2 * slope / 2
        return self._overstress(e, g, c) * dp - slope / 2 * dp**2 - self._saturating(dp, c)

    def direction(self, e: Any, c: Coefficients) -> Any:
        """(3/2) s / q."""
        return 3 * c.shear * ufl.dev(e) / mises(e, c.shear)

    def dissipation(self, dp: Any, c: Coefficients) -> Any:
        """∫ σ(p) dp over the increment."""
        linear = (c.yield_stress + c.hardening * (self.p + dp / 2)) * dp
        if not self.saturates:
            return linear
        return linear + (c.saturation - self._remaining(c)) * dp + self._saturating(dp, c)

    def _overstress(self, e: Any, g: Any, c: Coefficients) -> Any:
        """f = max(g q - σ(p_old), 0)."""
        limit = c.yield_stress + c.hardening * self.p
        if self.saturates:
            limit += c.saturation - self._remaining(c)
        return ufl.max_value(g * mises(e, c.shear) - limit, 0)

    def _remaining(self, c: Coefficients) -> Any:
        """S': the part of the saturation stress that is still to come."""
        return c.saturation * ufl.exp(-self.p / c.saturation_strain)

    def _saturating(self, dp: Any, c: Coefficients) -> Any:
        """∫ S' (1 - exp(-Δp/p_s)) dΔp."""
        return self._remaining(c) * (dp - c.saturation_strain * (1 - ufl.exp(-dp / c.saturation_strain)))


def mises(e: Any, mu: Any) -> Any:
    """q = sqrt(3/2 s:s) with s = 2 μ dev e."""
    return mu * ufl.sqrt(6 * ufl.inner(ufl.dev(e), ufl.dev(e)) + ROUND)
