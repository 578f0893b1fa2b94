"""Energy splits: which part of the elastic energy can open a crack (ψ⁺, degraded) and which cannot (ψ⁻)."""

from collections.abc import Callable
from typing import Any

import ufl

Split = Callable[[Any, Any, Any], tuple[Any, Any]]  # (elastic strain 3×3, K, μ) -> (ψ⁺, ψ⁻)


def deviatoric_energy(e: Any, mu: Any) -> Any:
    return mu * ufl.inner(ufl.dev(e), ufl.dev(e))


def no_split(e: Any, K: Any, mu: Any) -> tuple[Any, Any]:
    return K / 2 * ufl.tr(e) ** 2 + deviatoric_energy(e, mu), ufl.as_ufl(0.0)


def volumetric_deviatoric(e: Any, K: Any, mu: Any) -> tuple[Any, Any]:
    """Amor, Marigo, Maurini 2009: broken faces still carry compression."""
    opening = ufl.max_value(ufl.tr(e), 0)
    closing = ufl.tr(e) - opening  # keeps the bulk stiffness at tr e = 0, where UFL's second derivative of both is 0
    return K / 2 * opening**2 + deviatoric_energy(e, mu), K / 2 * closing**2


SPLITS: dict[str, Split] = {"none": no_split, "volumetric-deviatoric": volumetric_deviatoric}
