"""From indentation hardness to yield stress: pure functions of numbers, every stress in MPa."""

from __future__ import annotations

import math

# A Berkovich tip stands for a cone whose face rises at 19.7° to the surface (70.3° from the axis).
TAN_BETA = math.tan(math.radians(19.7))

# H/σy of a fully plastic indent (Tabor 1951), which no correction exceeds.
FULLY_PLASTIC = 3.0


class HardnessError(ValueError):
    """No yield stress belongs to this hardness and these moduli."""


def tabor(hardness: float) -> float:
    """Yield stress of a fully plastic indent, H/3 (Tabor 1951)."""
    return hardness / FULLY_PLASTIC


def elastic_limit(young: float, poisson: float) -> float:
    """The hardness of a body that never yields (Sneddon 1965), E tanβ / (2(1-ν²)): none can show more."""
    return young * TAN_BETA / (2 * (1 - poisson**2))


def constraint(yield_stress: float, young: float, poisson: float) -> float:
    """H/σy, at most 3: the pressure in Johnson's expanding cavity (1970) and ⅔ for the deviator beside it.

    Without that ⅔ (after Studman, Moore & Jones 1977) no yield stress belongs to a glass as soft as LZACO.
    """
    strain = young * TAN_BETA / yield_stress
    core = 2 / 3 * (1 + math.log((strain + 4 * (1 - 2 * poisson)) / (6 * (1 - poisson))))
    return min(core + 2 / 3, FULLY_PLASTIC)


def expanding_cavity(hardness: float, young: float, poisson: float) -> float:
    """Yield stress with H = σy constraint(σy): for soft glasses, where an indent is far from fully plastic.

    Nearly incompressible bodies (ν above 0.44) reach a greatest hardness, beyond which nothing belongs to H.
    """
    lower = upper = tabor(hardness)  # the constraint is 3 at most, so σy is H/3 at least
    while (reached := upper * constraint(upper, young, poisson)) < hardness:
        lower, upper = upper, 1.1 * upper
        if upper * constraint(upper, young, poisson) <= reached:
            raise HardnessError(
                f"no yield stress gives hardness {hardness:g} MPa with E = {young:g} MPa and ν = {poisson:g} "
                "in the expanding-cavity model; use Tabor's rule, or give yield_stress itself"
            )
    for _ in range(60):  # halves the bracket down to round-off
        middle = (lower + upper) / 2
        if middle * constraint(middle, young, poisson) < hardness:
            lower = middle
        else:
            upper = middle
    return upper


def hardness_warnings(hardness: float, young: float, poisson: float) -> list[str]:
    """What a user should know before a yield stress is made from this hardness (in MPa, as is E)."""
    limit = elastic_limit(young, poisson)
    if hardness > limit:
        return [
            f"hardness {_gpa(hardness)} is above {_gpa(limit)}, the most that E = {_gpa(young)} allows if "
            "nothing yields, E tan 19.7° / (2(1-ν²)): the two do not belong together, and with the "
            f"yield stress of Tabor's rule, {tabor(hardness):.0f} MPa, the material is in effect elastic"
        ]
    if young / hardness < 10:
        return [
            f"E/H is {young / hardness:.1f}; below about 10 Tabor's rule, here {tabor(hardness):.0f} MPa, "
            "underrates the yield stress, and the expanding cavity is the better rule"
        ]
    return []


def _gpa(stress: float) -> str:
    return f"{stress / 1000:.3g} GPa"
