"""Which parts of a body have cracked, where it has parts that each can."""

from __future__ import annotations

from collections.abc import Mapping

from intact.bodies.body import Body
from mechanics import Solid
from mechanics.measure.crack_extent import Cracked, Depth
from mechanics.measure.detachment import BROKEN, Sections

CALLED = {"active": "particle"}  # what a role is called, where that is another word


class Cracks:
    """Numbers by name, each with its meaning; none for a body whose kind names no such parts."""

    def __init__(self, body: Body, solid: Solid, interfaces: Mapping[str, Sections]) -> None:
        kind, there = body.kind, [role for role in body.kind.cracking if body.regions(role)]
        self._interfaces = interfaces if kind.cracking else {}
        self._parts = {CALLED.get(role, role): Cracked(solid, body.regions(role)) for role in there}
        self._shell = Depth(solid, kind.shell, body.sizes(kind.shell)[0]) if kind.shell in there else None

    @property
    def meaning(self) -> dict[str, str]:
        found = {f"detached {name}": f"share of the {name} that has let go" for name in self._interfaces}
        for name in self._parts:
            found[f"max damage {name}"] = f"highest damage in the {name}, but where it borders on others"
            found[f"broken {name}"] = f"share of the {name} with damage of {BROKEN:g} or more"
        if self._shell is not None:
            found["shell crack depth"] = "how deep the deepest crack goes into the shell; 1: broken through"
        return {_column(name): meaning for name, meaning in found.items()}

    def now(self) -> dict[str, float]:
        found = {f"detached {name}": part.fraction() for name, part in self._interfaces.items()}
        for name, part in self._parts.items():
            found |= {f"max damage {name}": part.highest(), f"broken {name}": part.share()}
        if self._shell is not None:
            found["shell crack depth"] = self._shell.deepest()
        return {_column(name): number for name, number in found.items()}


def _column(name: str) -> str:
    return name.replace(" ", "_")
