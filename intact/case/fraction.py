"""How much of the cathode is active material."""

from __future__ import annotations

from math import pi

from intact.case.model import Case
from materials import mixture


def active_fraction(case: Case) -> float:
    """Share of active material in the volume: given for particles, drawn of one, else from the share of the weight."""
    if case.particle is not None:
        one = case.particle
        if case.geometry == "axisymmetric":
            return 4 / 3 * one.radius**3 / (one.width**2 / 4 * one.height)
        return pi * one.radius**2 / (one.width * one.height)
    if case.particles is not None and case.particles.volume_fraction is not None:
        return float(case.particles.volume_fraction)
    densities = case.material("active")["density"].number, case.material("electrolyte")["density"].number
    return mixture.volume_fraction(case.composite.active_weight_fraction, *densities)
