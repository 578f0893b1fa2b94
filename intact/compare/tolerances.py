"""What `intact compare` measures, how each is defined, and how far apart two results may be unless told otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from materials import quantity
from materials.properties import nearest


class CompareError(ValueError):
    """Two results that have nothing to compare, or a tolerance that is none."""


@dataclass(frozen=True)
class Tolerance:
    default: float
    meaning: str


# The defaults are for one case in two programs or on two meshes. A crack that lies s beside the other differs by s/ℓ at
# most, and by (5/3)^½ s/ℓ in L2 (AT1: ∫ d'² / ∫ d²): damage_max allows ℓ/2, damage_l2 0.15 ℓ, or a crack 4 % longer.
# Path, peak and energies: what the verification list asks of two programs (within ℓ, 5 %).
TOLERANCES: Mapping[str, Tolerance] = {
    "damage_l2": Tolerance(0.2, "L2 norm of dA - dB over the larger norm of dA, dB"),
    "damage_max": Tolerance(0.5, "largest |dA - dB| at any vertex of both"),
    "displacement_l2": Tolerance(0.1, "L2 norm of uA - uB over the larger norm"),
    "path": Tolerance(1.0, "Hausdorff, isolines d = 0.5 and 0.9, in lengths ℓ"),
    "detached": Tolerance(0.05, "detached fraction, largest difference"),
    "onset": Tolerance(0.03, "load of first, full detachment, peak; relative"),
    "energy": Tolerance(0.05, "each energy at these loads, over its largest"),
    "force": Tolerance(0.05, "peak force; relative"),
}


def tolerances(settings: Iterable[str]) -> dict[str, float]:
    """All tolerances, with those changed that are set, such as "path=0.5" or "energy=1 %"."""
    numbers = {name: tolerance.default for name, tolerance in TOLERANCES.items()}
    for setting in settings:
        name, equals, text = setting.partition("=")
        name = name.strip()
        if name not in TOLERANCES or not equals:
            takes = f"takes NAME=NUMBER with one of {', '.join(TOLERANCES)}{nearest(name, TOLERANCES)}"
            raise CompareError(f"--tolerance: got {setting!r}, {takes}")
        try:
            numbers[name] = quantity.read(text, "number")
        except quantity.QuantityError as error:
            raise CompareError(f"--tolerance {name}: {error}") from None
        if numbers[name] < 0:
            raise CompareError(f"--tolerance {name}: got {text!r}, takes zero or more")
    return numbers
