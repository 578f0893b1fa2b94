"""One particle in a square of electrolyte with walls around, otherwise the tiny stack."""

from pathlib import Path

from tiny_case import TINY, settle

from intact.case.read import Study, read

PARTICLES = """[particles]
width = "3 um"
separator = "0 um"
thickness = "3 um"
diameter = "1.6 um"
spread = 0
volume_fraction = 0.22
gap = "0.2 um"
interface = "0.4 um"
"""
PARTICLE = TINY[: TINY.index("[stack]")] + PARTICLES + TINY[TINY.index("[mesh]") :]


def particle(folder: Path, *settings: str) -> Study:
    path = folder / "particle.toml"
    path.write_text(PARTICLE, encoding="utf-8")
    return read(settle(path, *settings))
