"""A quarter of one particle in a shell, so coarse that it cracks within seconds."""

from pathlib import Path

from tiny_case import settle

from intact.case.read import Study, read

COATED = """
title = "A tiny coated particle"
geometry = "axisymmetric"
[materials]
electrolyte = "Li6PS5Cl"
active = "NCA"
shell = "Li3InCl6"
[given.NCA]
poisson_ratio = 0.25
[given.Li3InCl6]
young_modulus = "20 GPa"
poisson_ratio = 0.30
[particle]
radius = "1 um"
width = "3.6 um"
height = "3.6 um"
part = "quarter"
interface = "0.2 um"
toughness = "0.4 J/m^2"
toughness_confidence = "secondary"
shell = "0.3 um"
shell_toughness = "1 J/m^2"
shell_toughness_confidence = "assumed"
inner_toughness = "1 J/m^2"
inner_toughness_confidence = "assumed"
[mesh]
elements_per_length = 2
coarse = "0.3 um"
[fracture]
model = "PF-CZM linear"
length = "0.1 um"
interface_toughness = "1 J/m^2"
interface_toughness_confidence = "assumed"
interface_strength = "100 MPa"
bulk_toughness = "5.31 J/m^2"
[shrinkage]
curve = "NCA80"
lithium = [0.88, 0.25]
[steps]
largest = 0.5
onset = 0.25
smallest = 0.01
[solver]
tolerance = 1e-3
"""


def coated(folder: Path, *settings: str, without: tuple[str, ...] = ()) -> Study:
    """Without some of its lines."""
    path = folder / "coated.toml"
    kept = [line for line in COATED.splitlines() if line.split(" = ")[0] not in without]
    path.write_text("\n".join(kept), encoding="utf-8")
    return read(settle(path, *settings))
