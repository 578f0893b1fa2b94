"""Crack models: how damage dissipates (w, c_w) and how it softens (g). One object each, and a line in the table."""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Any

RESIDUAL_STIFFNESS = 1e-6  # keeps the stiffness matrix regular where a crack has passed


def _squared(d: Any) -> Any:
    return (1 - RESIDUAL_STIFFNESS) * (1 - d) ** 2 + RESIDUAL_STIFFNESS


@dataclass(frozen=True)
class CrackModel:
    """E_f = ∫ Gc/c_w (w(d)/ℓ + ℓ|∇d|²), stress degraded by g(d)."""

    w: Callable[[Any], Any]
    c_w: float
    g: Callable[[Any], Any]
    strength: Callable[[float, float, float], float]  # (modulus, toughness, ℓ): peak of a uniformly stretched bar

    def numerical_toughness(self, toughness: Any, size: Any, length: float) -> Any:
        """What to enter on elements of this size so that a crack dissipates `toughness`.

        A crack occupies a row of elements, which adds h/(c_w ℓ) to its energy (Bourdin, Francfort, Marigo 2008).
        """
        return toughness / (1 + size / (self.c_w * length))


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
}
