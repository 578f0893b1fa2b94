"""Closed forms that a run is held against."""

from collections.abc import Sequence
from math import sqrt

from mechanics.solid import Medium


def clamped_strip(layers: Sequence[tuple[float, Medium]]) -> tuple[float, float]:
    """Bonded elastic layers (thickness, medium) between platens that hold u = 0, wide against their thickness.

    Returns stress across the layers and energy release rate of a crack along them at full charge (case V4):
    σ = -Σ(h 3K ε*/M) / Σ(h/M),  G = ½ σ² Σ(h/M),  M = λ + 2μ.  G has the sign of σ: pressed layers give a negative one.
    """
    compliance = sum(h / m.constrained for h, m in layers)
    contraction = -sum(h * 3 * m.bulk * m.shrinkage / m.constrained for h, m in layers)
    stress = contraction / compliance
    return stress, stress * abs(stress) * compliance / 2


def critical_charge(release_rate: float, toughness: float) -> float | None:
    """State of charge at which G = Gc, G growing with its square; None where the layers press instead of pull."""
    return sqrt(toughness / release_rate) if release_rate > 0 else None
