"""What contact loss means: how much of the interfaces is open, how well ions still pass, what can still be charged."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from intact.bodies.body import Body
from intact.results.touch import WINDOW, Touch
from intact.runs.cracks import Cracks
from mechanics import Solid
from mechanics.clock import timed
from mechanics.measure.conduction import Conduction
from mechanics.measure.detachment import Sections, of_all
from mechanics.measure.opening import Opening


class ContactLoss:
    """Contact loss of all interfaces of a body."""

    def __init__(self, body: Body, solid: Solid) -> None:
        kind, ions = body.kind, body.layers.ions
        self._opening = Opening(solid, kind.normal(body.domain))
        around_axis = body.case.geometry == "axisymmetric"
        self.parts: Mapping[str, Sections] = {
            one.name: kind.sections(solid, self._opening, one, body.sizes(one.role)[0], around_axis)
            for one in body.interfaces
        }
        self._counted = list(self.parts.values())  # for the fraction of all
        if kind.in_series is not None:
            size = body.sizes(body.interfaces[0].role)[0]
            self._counted = [kind.in_series(solid, self._opening, body.interfaces, size, around_axis)]
        self._ions, self._conduction = ions, None
        if ions is not None:
            conductivity = {region: ions.conductivity[role] for region, role in body.roles.items()}
            # boundaries between its grains are of it, too
            source = [region for role in (kind.source, *kind.weak) for region in body.regions(role)]
            self._conduction = Conduction(solid, self._opening, conductivity, *kind.ends, source=source, own=ions.own)
        self.cracks = Cracks(body, solid, self.parts)

    def fraction(self) -> float:
        """Share of all interfaces that has let go."""
        return self._of_all([part.fraction() for part in self._counted])

    @timed("contact loss")
    def now(self) -> Touch:
        parted = self._opening.parted()
        opened = self._of_all([part.open_fraction(parted) for part in self._counted])
        if self._conduction is None or self._ions is None:
            return Touch(opened, None, None, None)
        never, touching = (self._conduction.resistance_ratio(touching) for touching in (False, True))
        supply = self._ions.supply
        return Touch(opened, never, touching, None if supply is None else self._conduction.reachable(supply, WINDOW))

    def potential(self) -> np.ndarray | None:
        """Ionic potential at the nodes, from 0 to 1 on the way of the ions; None where they are not known."""
        return None if self._conduction is None else self._conduction.potential()

    def each(self) -> dict[str, float]:
        """What is in touch of each interface."""
        parted = self._opening.parted()
        return {name: 1 - part.open_fraction(parted) for name, part in self.parts.items()}

    def _of_all(self, fractions: list[float]) -> float:
        return of_all(self._counted, fractions)
