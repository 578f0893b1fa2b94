"""The kinds of geometry that a case file can ask for, by the key that asks for them: a new one is a file such as
`intact.particles` and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from intact.kind import Kind
from intact.one_particle import ONE_PARTICLE
from intact.particles import PARTICLES
from intact.sections import Case
from intact.stacked import OWN_MESH, STACK

KINDS: Mapping[str, Kind] = {kind.key: kind for kind in (STACK, PARTICLES, ONE_PARTICLE, OWN_MESH)}


def kind_of(case: Case) -> Kind:
    return KINDS[next(iter(case.bodies()))]
