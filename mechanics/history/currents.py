"""A schedule whose charge is lithium that has to find its way: transport, the strain that goes with it, its stress."""

from collections.abc import Mapping, Sequence

from dolfinx import fem

from mechanics.history.pace import ROUND, Limits, Pace
from mechanics.history.schedule import LithiumRecord, Loaded, PlatensDriven, Position, Stage
from mechanics.lithium.coupling import Coupling
from mechanics.lithium.transport import StageEnd, Transport
from mechanics.state import Kept, Number


class Currents:
    """Stages with a current each, which end where lithium says so. Steps are as long as its error allows, and as
    detachment does.

    The charge of the body stays as it is, so that no equilibrium is extrapolated from the last two: what one that
    starts so near leaves of stress would move lithium.
    """

    def __init__(
        self, transport: Transport, coupling: Coupling, stages: Sequence[Stage], limits: Limits, whole: float
    ) -> None:
        """One stage for each current of the transport; `whole` is how many seconds a whole charge takes."""
        self.pace, self._whole = Pace(limits), whole
        self._transport, self._coupling, self._stages = transport, coupling, tuple(stages)
        self._parts: tuple[Kept, ...] = (transport.diffusion, transport, coupling)
        self._platens = PlatensDriven()
        self._index, self._half = -1, 1  # stage and half cycle of the last step
        self._told = 0  # stages of which the end has been told

    @property
    def finished(self) -> bool:
        return self._transport.finished

    @property
    def place(self) -> float:
        return self._transport.done / self._whole

    @property
    def position(self) -> Position:
        transport, contact = self._transport, self._transport.diffusion.contact()
        lithium = LithiumRecord(transport.diffusion.mean(), contact.content, contact.share, transport.rate)
        name = self._stages[max(self._index, 0)].name
        return Position(name, transport.diffusion.soc(), self._half, transport.time, lithium)

    def forward(self, body: Loaded) -> float:
        transport = self._transport
        index, place = len(transport.endings), self.place
        stage = self._stages[index]
        if index != self._index:
            self._index, self._half = index, transport.half_cycle
            self.pace.turn()
            self._platens.begin(body, stage)
        most = self.pace.most(place)
        if transport.stage.rate != 0 or most < self.pace.limits.largest * (1 - ROUND):  # a rest may be long
            transport.at_most(most * self._whole)
        if stage.pressure is not None:
            transport.at_most(self.pace.limits.largest * stage.seconds)
        done = transport.done
        transport.forget()
        transport.advance()
        self._coupling.strain()
        self._platens.press(body, stage, min((done + transport.elapsed) / stage.seconds, 1.0))
        return transport.elapsed / self._whole

    def settle(self) -> None:
        self._coupling.tell(self._transport)

    def retreat(self, length: float) -> None:
        self._transport.shorten(length * self._whole)

    def ended(self) -> list[tuple[str, str]]:
        endings: Sequence[StageEnd] = self._transport.endings
        new = [(self._stages[i].name, endings[i].value) for i in range(self._told, len(endings))]
        self._told = len(endings)
        return new

    def pacing(self) -> dict[str, Number]:
        return self.pace.numbers() | self._transport.pacing()

    def take_pacing(self, numbers: Mapping[str, Number]) -> None:
        self.pace.take(numbers)
        self._transport.take_pacing(numbers)

    def fields(self) -> dict[str, fem.Function]:
        return {name: f for part in self._parts for name, f in part.fields().items()}

    def numbers(self) -> dict[str, Number]:
        own: dict[str, Number] = {"stage": self._index, "half": self._half, "told": self._told}
        own["pressed"] = self._platens.pressed
        return own | {name: number for part in self._parts for name, number in part.numbers().items()}

    def take(self, numbers: Mapping[str, Number]) -> None:
        self._index, self._half, self._told = (numbers[name] for name in ("stage", "half", "told"))  # type: ignore[assignment]
        self._platens.pressed = numbers["pressed"]  # type: ignore[assignment]
        for part in self._parts:
            part.take(numbers)
