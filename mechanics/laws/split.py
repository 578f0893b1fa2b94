"""Energy splits: which part of the elastic energy can open a crack (ψ⁺, degraded) and which cannot (ψ⁻).

A split is one object and a line in the table. The strain is always a symmetric 3×3 tensor.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from math import pi, sqrt
from typing import Any

import ufl
from ufl.algorithms import expand_derivatives
from ufl.algorithms.expand_indices import expand_indices

# The distance of two principal strains is rounded off, so that it has a second derivative where they meet: by 1e-8 of
# the strain, which leaves ψ⁺ and ψ⁻ as they are (2e-16 E |e|² at most) and puts 1e-7 of round-off into the tangent.
# With less rounding there would be more of it. The absolute one only lets zero strain have a tangent, too.
ROUND, NEAREST = 1e-16, 1e-40  # relative, and strain²


@dataclass(frozen=True)
class Split:
    """ψ⁺ + ψ⁻ is the elastic energy."""

    parts: Callable[[Any, Any, Any], tuple[Any, Any]]  # (elastic strain 3×3, K, μ) -> (ψ⁺, ψ⁻)
    shear_opens: bool  # ψ⁺ holds all of the deviatoric energy, which the closed-form return of plastic flow needs


def volumetric_energy(e: Any, K: Any) -> Any:
    return K / 2 * ufl.tr(e) ** 2


def deviatoric_energy(e: Any, mu: Any) -> Any:
    return mu * ufl.inner(ufl.dev(e), ufl.dev(e))


def positive_and_negative(x: Any) -> tuple[Any, Any]:
    """<x>₊ and <x>₋, which add up to x. That keeps the stiffness at x = 0, where UFL takes the second derivatives of
    max(x, 0)² and of min(x, 0)² both to be 0."""
    positive = ufl.max_value(x, 0)
    return positive, x - positive


def no_split(e: Any, K: Any, mu: Any) -> tuple[Any, Any]:
    return volumetric_energy(e, K) + deviatoric_energy(e, mu), ufl.as_ufl(0.0)


def volumetric_deviatoric(e: Any, K: Any, mu: Any) -> tuple[Any, Any]:
    """Amor, Marigo, Maurini 2009: broken faces still carry compression."""
    opening, closing = positive_and_negative(ufl.tr(e))
    return K / 2 * opening**2 + deviatoric_energy(e, mu), K / 2 * closing**2


def star_convex(gamma: float) -> Split:
    """Vicentini, Zolesi, Carrara, Maurini, De Lorenzis 2024: ψ⁺ = μ |dev e|² + K/2 (<tr e>₊² - γ* <tr e>₋²), γ* ≥ -1.

    γ* sets how much stronger the body is in compression than in tension; 0 is volumetric-deviatoric, -1 no split.
    With γ* > 0 pressure closes a crack that shear would open: ψ⁺ is negative under enough of it. That is meant.
    """
    if gamma < -1:
        raise ValueError(f"star convexity is {gamma}, and has to be -1 or more")

    def parts(e: Any, K: Any, mu: Any) -> tuple[Any, Any]:
        opening, closing = positive_and_negative(ufl.tr(e))
        volumetric = K / 2 * (opening**2 - gamma * closing**2)
        return volumetric + deviatoric_energy(e, mu), (1 + gamma) * K / 2 * closing**2

    return Split(parts, shear_opens=True)


def spectral(e: Any, K: Any, mu: Any) -> tuple[Any, Any]:
    """Miehe, Welschinger, Hofacker 2010: ψ± = λ/2 <tr e>±² + μ Σ <e_i>±². Both are positive for ν ≥ 0 only."""
    volume = positive_and_negative(ufl.tr(e))
    lengths = [positive_and_negative(x) for x in principal_strains(e)]
    lame = K - 2 * mu / 3
    opening, closing = (lame / 2 * volume[i] ** 2 + mu * sum(x[i] ** 2 for x in lengths) for i in (0, 1))
    return opening, closing


def no_tension(e: Any, K: Any, mu: Any) -> tuple[Any, Any]:
    """Freddi, Royer-Carfagni 2010: ψ⁻ is the energy of a body that cannot bear tension (masonry, Del Piero 1989), which
    cracks in as many principal directions as it takes for no stress to be tensile."""
    nu, E = (3 * K - 2 * mu) / (6 * K + 2 * mu), 9 * K * mu / (3 * K + mu)
    a, b, c = principal_strains(e)  # a ≥ b
    e1, e2, e3 = ufl.max_value(a, c), ufl.max_value(ufl.min_value(a, c), b), ufl.min_value(b, c)
    whole = volumetric_energy(e, K) + deviatoric_energy(e, mu)
    plate = E / (2 * (1 - nu**2)) * (e2**2 + e3**2 + 2 * nu * e2 * e3)
    two_or_whole = ufl.conditional(ufl.gt((1 - nu) * e1 + nu * (e2 + e3), 0), plate, whole)
    one_or_more = ufl.conditional(ufl.gt(e2 + nu * e3, 0), E / 2 * e3**2, two_or_whole)
    closing = ufl.conditional(ufl.gt(e3, 0), 0, one_or_more)
    return whole - closing, closing


SPLITS: dict[str, Split] = {
    "none": Split(no_split, shear_opens=True),
    "volumetric-deviatoric": Split(volumetric_deviatoric, shear_opens=True),
    "spectral": Split(spectral, shear_opens=False),
    "no-tension": Split(no_tension, shear_opens=False),
}  # and star_convex(γ*), which takes a number


def principal_strains(e: Any) -> tuple[Any, Any, Any]:
    """Three principal strains, the first at or above the second."""
    return _in_plane(e) if _vanishes(e[0, 2]) and _vanishes(e[1, 2]) else _in_space(e)


def _vanishes(component: Any) -> bool:
    """Zero for UFL, whatever the numbers: out-of-plane shear in two dimensions."""
    return isinstance(expand_indices(expand_derivatives(component)), ufl.constantvalue.Zero)


def _rounding(e: Any) -> Any:
    return ROUND * ufl.inner(e, e) + NEAREST


def _in_plane(e: Any) -> tuple[Any, Any, Any]:
    mean = (e[0, 0] + e[1, 1]) / 2
    radius = ufl.sqrt(((e[0, 0] - e[1, 1]) / 2) ** 2 + e[0, 1] ** 2 + _rounding(e))
    return mean + radius, mean - radius, e[2, 2]


def _in_space(e: Any) -> tuple[Any, Any, Any]:
    """The trigonometric form, in falling order: tan 3θ = sqrt(Δ/27)/J3, with the discriminant Δ = 4 J2³ - 27 J3²."""
    s, rounding = ufl.dev(e), _rounding(e)
    J2, J3 = ufl.inner(s, s) / 2 + rounding, ufl.det(s)
    discriminant = _discriminant(s) + 48 * rounding * J2**2
    theta = ufl.atan2(ufl.sqrt(discriminant / 27), J3) / 3
    mean, radius = ufl.tr(e) / 3, 2 / sqrt(3) * ufl.sqrt(J2)
    first, second, third = (mean + radius * ufl.cos(theta + turn) for turn in (0, -2 * pi / 3, 2 * pi / 3))
    return first, second, third


def _discriminant(s: Any) -> Any:
    """As a sum of squares: 4 J2³ - 27 J3² loses its last digits where two strains nearly meet, may come out negative,
    and a bound at 0 would take its curvature away.

    It is the Gram determinant of 1, s and s², here of 1, s and what s² has orthogonal to 1 (Lagrange's identity).
    """
    t = ufl.dev(s * s)
    a, b = ([x[0, 0], x[1, 1], x[2, 2], *(sqrt(2) * x[i, j] for i, j in ((0, 1), (0, 2), (1, 2)))] for x in (s, t))
    return 3 * sum((a[i] * b[j] - a[j] * b[i]) ** 2 for i, j in combinations(range(6), 2))
