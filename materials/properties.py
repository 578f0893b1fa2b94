"""The words a card may use, each with its dimension and the range that makes physical sense."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from materials import quantity


@dataclass(frozen=True)
class Property:
    """One word of the vocabulary. The limits are open: a value lies strictly between them."""

    dimension: str
    meaning: str
    example: str
    above: float = 0.0
    below: float = math.inf

    def read(self, text: str | float | int) -> float:
        """The number in the program's units, or a QuantityError that says what this property takes."""
        number = quantity.read(text, self.dimension)
        if self.above < number < self.below:
            if (slip := quantity.impossible(number, text, self.dimension)) is not None:
                raise quantity.QuantityError(slip)
            return number
        unit = quantity.INTERNAL[self.dimension]
        limits = f"above {self.above:g}" + (f" and below {self.below:g}" if self.below < math.inf else "")
        raise quantity.QuantityError(f"got {text!r}, takes a {self.dimension} {limits} {unit}".rstrip())


PROPERTIES: Mapping[str, Property] = {
    "young_modulus": Property("stress", "Young's modulus E", '"1.41 GPa"'),
    "poisson_ratio": Property("number", "Poisson's ratio", "0.3", above=-1.0, below=0.5),
    "hardness": Property("stress", "indentation hardness H", '"1.3 GPa"'),
    "yield_stress": Property("stress", "uniaxial yield stress", '"100 MPa"'),
    "strength": Property("stress", "tensile strength", '"100 MPa"'),
    "toughness": Property("toughness", "critical energy release rate Gc", '"1 J/m^2"'),
    "stress_intensity": Property("stress intensity", "fracture toughness K_IC", '"0.23 MPa*m^0.5"'),
    "surface_energy_2gamma": Property("toughness", "twice the surface energy: a floor for Gc", '"0.5 J/m^2"'),
    "work_of_separation": Property("toughness", "work to open a grain boundary", '"0.3 J/m^2"'),
    "work_of_adhesion": Property("toughness", "work to part it from the partner named in the method", '"1 J/m^2"'),
    "density": Property("density", "density", '"2.77 g/cm^3"'),
    "relative_density": Property("number", "density of a pressed pellet over that of the crystal", '"96 %"', below=1.0),
    "molar_mass": Property("molar mass", "molar mass of the formula unit", '"97.6 g/mol"'),
    "conductivity": Property("conductivity", "ionic conductivity at 25 °C", '"2.55 mS/cm"'),
    "diffusivity": Property("diffusivity", "diffusivity of lithium", '"4e-15 m^2/s"'),
    "max_concentration": Property("concentration", "lithium concentration when full", '"49100 mol/m^3"'),
    "capacity": Property("specific capacity", "charge when all lithium leaves, per mass", '"275 mAh/g"'),
    "shrinkage_at_full_charge": Property(
        "number",
        "strain from state of charge 0 to 1, negative for shrinking; the method says linear or volumetric",
        '"-3 %"',
        above=-1.0,
        below=1.0,
    ),
}


def nearest(word: str, words: Iterable[str]) -> str:
    """A hint for the end of a sentence: what the user may have meant, or nothing."""
    plain = {known.lower(): known for known in words}
    near = get_close_matches(word.lower(), plain, n=3)
    return f"; did you mean {' or '.join(plain[hit] for hit in near)}?" if near else ""
