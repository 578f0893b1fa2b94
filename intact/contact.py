"""What contact loss means: how much of the interface is open, how well ions still pass, what can still be charged."""

from __future__ import annotations

from intact.body import Body
from intact.touch import WINDOW, Touch
from mechanics import Solid
from mechanics.clock import timed
from mechanics.conduction import Conduction
from mechanics.detachment import Detachment
from mechanics.opening import ACROSS_LAYERS, Opening


class ContactLoss:
    """Of the interface of a stack."""

    def __init__(self, body: Body, solid: Solid) -> None:
        self.detachment = Detachment(
            solid.state.d,
            body.domain.regions,
            body.domain.boundaries,
            "interface",
            body.sizes("interface")[0],
            around_axis=body.case.geometry == "axisymmetric",
        )
        self._opening = Opening(solid, ACROSS_LAYERS)
        self._ions = body.layers.ions
        self._conduction = None if self._ions is None else Conduction(solid, self._opening, self._ions.conductivity)

    @timed("contact loss")
    def now(self) -> Touch:
        opened = self.detachment.open_fraction(self._opening.parted())
        if self._conduction is None or self._ions is None:
            return Touch(opened, None, None, None)
        parted, touching = (self._conduction.resistance_ratio(touching) for touching in (False, True))
        supply = self._ions.supply
        return Touch(opened, parted, touching, None if supply is None else self._conduction.reachable(supply, WINDOW))
