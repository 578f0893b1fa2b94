"""The material as the potential sees it: fields over a mesh, constant in each cell."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Coefficients:
    """The material as UFL sees it: fields over the mesh, constant in each cell."""

    bulk: Any
    shear: Any
    toughness: Any
    shrinkage: Any  # eigenstrain ε*, isotropic and linear, at the present state of charge: what is in proportion to it
    yield_stress: Any
    hardening: Any
    saturation: Any = 0.0  # Voce: stress by which hardening ends up above linear hardening
    saturation_strain: Any = 1.0  # and the plastic strain over which it gets there
    brittleness: Any = 0.0  # a1 = 4 E Gc / (π ℓ ft²) of a cohesive crack
    fabric: Any = None  # I + a m⊗m where some planes cleave more easily than others
    swelling: Any = None  # the rest of ε*, 3×3: measured curves, crystals
