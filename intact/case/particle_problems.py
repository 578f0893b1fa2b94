"""Keys of one particle and its shell that are each right and cannot stand together."""

from __future__ import annotations

from collections.abc import Iterator

from intact.case.geometries import ParticleSection
from intact.case.model import Case
from intact.case.problems import Problem

OF_SHELL = ("shell_toughness", "shell_toughness_confidence", "inner_toughness", "inner_toughness_confidence")


def particle_problems(case: Case) -> Iterator[Problem]:
    asked, told = case.particle, ("particle",)
    if asked is None:
        if case.materials.shell is not None:
            yield Problem("materials.shell", "has no effect without [particle], takes leaving it out", told)
        return
    if case.geometry not in ("plane strain", "axisymmetric"):
        words = f'got "{case.geometry}" with [particle], takes "plane strain" or "axisymmetric"'
        yield Problem("geometry", words, told)
    for key in sorted(case.composite.model_fields_set):
        yield Problem(f"composite.{key}", "has no effect with [particle], takes leaving it out", told)
    yield from _planes(case, asked)
    yield from _shell(case, asked)
    if asked.strength is not None and not case.fracture.model.startswith("PF-CZM"):
        words = f'has no effect with fracture.model = "{case.fracture.model}", takes leaving it out'
        yield Problem("particle.strength", words, ("fracture.model",), idle=True)


def _planes(case: Case, asked: ParticleSection) -> Iterator[Problem]:
    """Planes of symmetry and the axis that a part of a particle takes."""
    if case.geometry == "axisymmetric" and asked.part == "whole":
        words = 'got "whole" with geometry = "axisymmetric", takes "half" or "quarter"'
        yield Problem("particle.part", words, ("geometry",))
    if case.geometry == "axisymmetric" and asked.grains is not None:
        words = 'got it with geometry = "axisymmetric", which makes rings of grains, takes "plane strain" there'
        yield Problem("particle.grains", words, ("geometry",))
    planes = {"whole": (), "half": ("left",), "quarter": ("left", "bottom")}[asked.part]
    for side in planes:
        got = getattr(case.boundaries, side)
        if got != "sliding" and not (side == "left" and case.geometry == "axisymmetric"):  # told of the axis
            words = f'got "{got}" with particle.part = "{asked.part}", which ends there in a plane of symmetry, '
            yield Problem(f"boundaries.{side}", words + 'takes "sliding"', ("particle.part",))


def _shell(case: Case, asked: ParticleSection) -> Iterator[Problem]:
    """All of what it takes, or nothing."""
    given = {"materials.shell": (case.materials.shell, 'the name of a card, such as "Li3InCl6"')}
    for key in OF_SHELL:
        takes = "where that number comes from" if key.endswith("confidence") else 'a toughness, such as "1 J/m^2"'
        given[f"particle.{key}"] = getattr(asked, key), takes
    for key, (got, takes) in given.items():
        if asked.shell and got is None:
            yield Problem(
                key, f"got nothing with particle.shell = {asked.shell:g} um, takes {takes}", ("particle.shell",)
            )
        if not asked.shell and got is not None:
            words = "has no effect without particle.shell, takes leaving it out, or a thickness there"
            yield Problem(key, words, ("particle.shell",), idle=True)
    if 0 < asked.shell <= asked.interface:
        words = (
            f"got {asked.interface:g} um, takes less than particle.shell = {asked.shell:g} um, which it is a part of"
        )
        yield Problem("particle.interface", words, ("particle.shell",))
