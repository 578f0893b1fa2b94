"""From [diffusion] to how lithium moves in particles, in numbers."""

from __future__ import annotations

from intact.case.model import Case
from intact.case.shrinking import active_strain, window
from materials.swelling import LinearStrain
from mechanics.lithium.diffusion import Host, attraction

ROOM = 298.15  # K; cards have their numbers at 25 °C
TOLERANCE = 1e-3  # of lithium content, that a step may be wrong by


def host(case: Case) -> Host:
    """Content is counted per formula unit; without a curve it is known against that at state of charge 0 alone."""
    assert case.diffusion is not None, "asked for where there is one"
    active, strain = case.material("active"), active_strain(case)
    diffusivity = 1e12 * active["diffusivity"].number  # µm²/s
    if not isinstance(strain, LinearStrain):
        return Host(diffusivity)
    over = window(case)
    capacity = over.full - over.charged
    if case.diffusion.drift == "none":
        return Host(diffusivity, 0.0, capacity, over.full)
    # m³/mol, of the lithium that goes out, in the mean over the charge
    volume = -strain.volume(1.0) / (capacity * active["max_concentration"].number)
    return Host(diffusivity, attraction(volume, ROOM), capacity, over.full)
