"""What one particle, its grain boundaries and its shell are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import sqrt

from intact.bodies.charged import Charged, elastic
from intact.bodies.kind import Role
from intact.case.model import Case
from mechanics import Medium

Cracking = tuple[float, float | None]  # toughness and, of a cohesive crack, strength


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
    """Where the toughnesses of a particle come from."""
    asked = case.particle
    if asked is None:
        return
    yield "particle toughness", f"{asked.toughness:g} J/m^2 ({asked.toughness_confidence})"
    if asked.grains is not None:
        yield "grain boundary toughness", f"{asked.grains.toughness:g} J/m^2 ({asked.grains.toughness_confidence})"
    if asked.shell:
        yield "shell toughness", f"{asked.shell_toughness:g} J/m^2 ({asked.shell_toughness_confidence})"
        yield "inner interface toughness", f"{asked.inner_toughness:g} J/m^2 ({asked.inner_toughness_confidence})"
