"""What one particle, its grain boundaries and its shell are made of, and which of its keys contradict each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import sqrt

from intact.charged import Charged, elastic
from intact.geometries import Particle
from intact.kind import Role
from intact.problems import Problem
from intact.sections import Case
from mechanics import Medium

Cracking = tuple[float, float | None]  # toughness and, of a cohesive crack, strength
OF_SHELL = ("shell_toughness", "shell_toughness_confidence", "inner_toughness", "inner_toughness_confidence")


def media_of_particle(
    case: Case,
    medium: Callable[..., Medium],
    charged: Charged,
    bulk: Cracking,
    interface: Cracking,
    shell_yields: float | None,
) -> dict[Role, Medium]:
    """`medium` makes one, from moduli, cracking, strain and yield stress. What has no strength of its own is as brittle
    as another part that has: the strength goes with the root of the toughness."""
    asked = case.particle
    assert asked is not None, "what kind it is was seen from that"
    core = float(asked.toughness), float(asked.strength) if asked.strength else _alike(asked.toughness, interface)
    strain = charged.shrinkage
    found = {"active": medium(charged.elastic, core, strain, None)}
    if asked.grains is not None:
        weak = asked.grains.toughness
        found["grain boundaries"] = medium(charged.elastic, (float(weak), _alike(weak, core)), strain, None)
    if asked.shell:
        coat = elastic(case.material("shell"))
        shell, inner = float(asked.shell_toughness or 0.0), float(asked.inner_toughness or 0.0)
        found["shell"] = medium(coat, (shell, _alike(shell, bulk)), 0.0, shell_yields)
        found["inner interface"] = medium(coat, (inner, interface[1]), 0.0, shell_yields)
    return found


def _alike(toughness: float, other: Cracking) -> float | None:
    """Strength of what is as brittle as the other."""
    return None if other[1] is None else other[1] * sqrt(toughness / other[0])


def particle_sources(case: Case) -> Iterator[tuple[str, str]]:
    """Of its toughnesses."""
    asked = case.particle
    if asked is None:
        return
    yield "particle toughness", f"{asked.toughness:g} J/m^2 ({asked.toughness_confidence})"
    if asked.grains is not None:
        yield "grain boundary toughness", f"{asked.grains.toughness:g} J/m^2 ({asked.grains.toughness_confidence})"
    if asked.shell:
        yield "shell toughness", f"{asked.shell_toughness:g} J/m^2 ({asked.shell_toughness_confidence})"
        yield "inner interface toughness", f"{asked.inner_toughness:g} J/m^2 ({asked.inner_toughness_confidence})"


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


def _planes(case: Case, asked: Particle) -> Iterator[Problem]:
    """Of symmetry, and the axis."""
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


def _shell(case: Case, asked: Particle) -> Iterator[Problem]:
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
