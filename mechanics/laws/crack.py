"""Crack models: how damage dissipates (w, c_w) and how it softens (g). One object each, and a line in the table."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, pi, sqrt
from typing import Any

RESIDUAL_STIFFNESS = 1e-6  # keeps the stiffness matrix regular where a crack has passed
ROUND = 1e-20  # rounds off (1-d)^p at d = 1, where d may be above 1 by round-off, in units of (1-d)²


def _with_residual(g: Any) -> Any:
    return (1 - RESIDUAL_STIFFNESS) * g + RESIDUAL_STIFFNESS


def _squared(d: Any, a1: Any) -> Any:
    return _with_residual((1 - d) ** 2)


@dataclass(frozen=True)
class CrackModel:
    """E_f = ∫ Gc/c_w (w(d)/ℓ + ℓ|∇d|²), stress degraded by g(d, a1); a1 says how brittle a cohesive crack is."""

    w: Callable[[Any], Any]
    c_w: float
    g: Callable[[Any, Any], Any]
    # (E, Gc, ℓ): peak stress of a uniformly stretched bar; None: the strength is an input
    strength: Callable[[float, float, float], float] | None
    least_a1: float = 0.0  # below it damage jumps instead of growing

    def numerical_toughness(self, toughness: Any, size: Any, length: float) -> Any:
        """What to enter on elements of this size so that a crack dissipates `toughness`.

        A crack occupies a row of elements, which adds h/(c_w ℓ) to its energy (Bourdin, Francfort, Marigo 2008).
        """
        return toughness / (1 + size / (self.c_w * length))

    def largest_length(self, young: float, toughness: float, strength: float) -> float:
        """The ℓ above which this strength cannot be had without a jump: 4 E Gc / (π a1 ft²) with the least a1."""
        return 4 * young * toughness / (pi * self.least_a1 * strength**2) if self.least_a1 else inf


def cohesive(p: float, a2: float, a3: float) -> CrackModel:
    """PF-CZM (Wu 2017; Wu & Nguyen 2018): g = (1-d)^p / ((1-d)^p + a1 d (1 + a2 d + a2 a3 d²)).

    With a1 = 4 E Gc / (π ℓ ft²) the peak stress and the law by which stress falls with the opening depend on ft and
    Gc, and not on ℓ, as long as a1 is large enough. Damage grows steadily with the strain of a point where w'/(-g')
    grows with d, which from d = 0 on means a1 ≥ p + a2 + ½. That is also where a bar no longer than the first band of
    damage, 2πℓ/√(2p + 2a2 + 1), would snap back: the band cannot be held by what is around it. (Wu 2017 asks for
    g'' ≥ 0 only, a1 ≥ p + a2; for linear softening that is ℓ ≤ 8/(3π) E Gc/ft² in place of 2/π E Gc/ft².)
    """

    def g(d: Any, a1: Any) -> Any:
        rest = ((1 - d) ** 2 + ROUND) ** (p / 2)
        return _with_residual(rest / (rest + a1 * d * (1 + a2 * d + a2 * a3 * d**2)))

    return CrackModel(w=lambda d: 2 * d - d**2, c_w=pi, g=g, strength=None, least_a1=p + a2 + 0.5)


CRACK_MODELS = {
    "AT1": CrackModel(
        w=lambda d: d,
        c_w=8 / 3,
        g=_squared,
        strength=lambda E, Gc, ell: sqrt(3 * E * Gc / (8 * ell)),
    ),
    "AT2": CrackModel(
        w=lambda d: d**2,
        c_w=2.0,
        g=_squared,
        strength=lambda E, Gc, ell: 9 / 16 * sqrt(E * Gc / (3 * ell)),
    ),
    "PF-CZM linear": cohesive(p=2, a2=-1 / 2, a3=0),
    "PF-CZM exponential": cohesive(p=5 / 2, a2=2 ** (5 / 3) - 3, a3=0),
    "PF-CZM Cornelissen": cohesive(p=2, a2=1.3868, a3=0.6567),  # concrete: Cornelissen, Hordijk, Reinhardt 1986
}
