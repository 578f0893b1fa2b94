"""How much of the cathode is active material."""

from __future__ import annotations

from intact.sections import Case
from materials import mixture


def active_fraction(case: Case) -> float:
    """Of the volume: as given for particles, else from the share of the weight."""
    if case.particles is not None and case.particles.volume_fraction is not None:
        return float(case.particles.volume_fraction)
    densities = case.material("active")["density"].number, case.material("electrolyte")["density"].number
    return mixture.volume_fraction(case.composite.active_weight_fraction, *densities)
