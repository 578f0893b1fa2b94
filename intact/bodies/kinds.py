"""The kinds of geometry that a case file can ask for, by the key that asks for them: a new one is a file such as
`intact.bodies.particles` and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from intact.bodies.kind import Kind
from intact.bodies.one_particle import ONE_PARTICLE
from intact.bodies.particles import PARTICLES
from intact.bodies.stacked import OWN_MESH, STACK
from intact.case.model import Case

KINDS: Mapping[str, Kind] = {kind.key: kind for kind in (STACK, PARTICLES, ONE_PARTICLE, OWN_MESH)}


def kind_of(case: Case) -> Kind:
    return KINDS[next(iter(case.bodies()))]
