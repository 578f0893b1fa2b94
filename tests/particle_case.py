"""One particle in a square of electrolyte with walls around, so coarse that it cracks within seconds."""

from pathlib import Path

from intact.case import Study, read

PARTICLE = """
title = "A tiny composite"
[materials]
electrolyte = "LZCO"
active = "scNCM92"
[particles]
width = "3 um"
separator = "0 um"
thickness = "3 um"
diameter = "1.6 um"
volume_fraction = 0.22
gap = "0.2 um"
interface = "0.4 um"
[mesh]
elements_per_length = 2
coarse = "0.4 um"
[fracture]
length = "0.25 um"
interface_toughness = "10 J/m^2"
interface_toughness_confidence = "assumed"
[shrinkage]
active_strain = "-10 %"
measure = "linear"
[steps]
until = 0.4
largest = 0.2
onset = 0.1
smallest = 0.01
[solver]
tolerance = 1e-3
"""


def particle(folder: Path, *settings: str) -> Study:
    path = folder / "particle.toml"
    path.write_text(PARTICLE, encoding="utf-8")
    return read(path, settings)
