"""From [diffusion] to how lithium moves in particles: its numbers, its schedule, and what it is told by."""

from __future__ import annotations

from intact.case.model import Case
from intact.case.shrinking import active_strain, window
from materials.swelling import LinearStrain
from mechanics.lithium.coupling import Seconds
from mechanics.lithium.diffusion import Host, attraction
from mechanics.lithium.transport import Current

ROOM = 298.15  # K; cards have their numbers at 25 °C
HOUR = 3600  # s
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


def stages(case: Case, of: Host) -> list[Current]:
    """Charge, with a stage up to each state of charge that is kept, and rest."""
    assert case.diffusion is not None, "asked for where there is one"

    def content(soc: float) -> float:
        return of.full - soc * of.capacity

    rate, end = float(case.diffusion.c_rate), content(case.steps.until)
    up_to = sorted({float(soc) for soc in (*case.output.soc, case.steps.until)})
    charge = [Current(rate, mean=content(soc), surface=end) for soc in up_to]
    return [*charge, *([Current(0.0, float(case.diffusion.rest))] if case.diffusion.rest > 0 else [])]


def seconds(case: Case, soc: float) -> float:
    """That a charge takes for so much."""
    assert case.diffusion is not None, "asked for where there is one"
    return soc * HOUR / float(case.diffusion.c_rate)


def steps(case: Case) -> Seconds:
    return Seconds(seconds(case, case.steps.smallest), seconds(case, case.steps.onset))
