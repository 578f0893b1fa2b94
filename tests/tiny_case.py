"""A stack so small and coarse that it cracks within seconds."""

import tomllib
from pathlib import Path

from intact.case.keys import apply_settings
from intact.case.read import Study, read
from intact.case.toml_text import toml_text

TINY = """
title = "A tiny stack"
[materials]
electrolyte = "LZCO"
active = "scNCM92"
[stack]
width = "4 um"
electrolyte = "1 um"
interface = "0.8 um"
cathode = "1 um"
notch = { length = "1 um", opening = "0.1 um" }
[mesh]
elements_per_length = 2
coarse = "0.4 um"
[fracture]
length = "0.2 um"
interface_toughness = "10 J/m^2"
interface_toughness_confidence = "calibrated"
interface_toughness_note = "on nothing"
bulk_toughness = "100 J/m^2"
[shrinkage]
active_strain = "-10 %"
measure = "linear"
[steps]
until = 0.4
largest = 0.1
onset = 0.05
smallest = 0.01
[solver]
tolerance = 1e-3
"""


def tiny(folder: Path, *settings: str) -> Study:
    path = folder / "tiny.toml"
    path.write_text(TINY, encoding="utf-8")
    return read(settle(path, *settings))


def settle(path: Path, *settings: str) -> Path:
    """Write settings into a case, as a user would do in an editor: its results then lie under its own name."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    assert apply_settings(table, settings) == []
    path.write_text(toml_text(table), encoding="utf-8")
    return path
