"""At which charge a long crack along a layer starts to run, by charging in small steps."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from mpi4py import MPI

import meshes
from mechanics import CRACK_MODELS, SPLITS, AlternateMinimiser, Medium, Solid, Support
from mechanics.laws.thin_layer import layer_toughness
from mechanics.measure.detachment import Detachment
from mechanics.minimise.climb import Ending

STEP = 0.01  # of the exact charge
GROWTH = 2.0  # in ℓ; G does not fall while the crack runs, so that the rest of the way is not waited for
PATIENCE = 20  # iterations before growth counts: the first ones overshoot, and may come back
# Toughness around the layer over that of the layer: the crack stays inside, and a thin stiff cathode, held along the
# platens, is not torn by its own shrinking.
BULK = 1000.0


@dataclass(frozen=True)
class Climb:
    """What was tried, over the exact charge; the crack ran at the last."""

    tried: tuple[float, ...]
    ran: bool

    @property
    def critical(self) -> float:
        """Half-way between the last charge that held and the first that did not; not a number without both."""
        return (self.tried[-2] + self.tried[-1]) / 2 if self.ran and len(self.tried) > 1 else np.nan

    def draw(self, axes: Axes, row: int) -> None:
        held = self.tried[:-1] if self.ran else self.tried
        axes.plot(held, [row] * len(held), "o", color="C0", fillstyle="none")
        axes.plot(self.tried[len(held) :], [row] * (len(self.tried) - len(held)), "X", color="C3")


@dataclass(frozen=True)
class Cracking:
    """A stack with a notch in its interface layer, whose crack dissipates `toughness`."""

    stack: meshes.Stack
    media: Mapping[str, Medium]  # their toughness is set here
    supports: Mapping[str, Support]
    toughness: float
    length: float
    model: str = "AT1"
    strength: float | None = None  # of the layer; around it three times as much

    def solid(self) -> Solid:
        domain = meshes.build(self.stack, MPI.COMM_SELF)
        rows = meshes.row_height(domain.mesh)
        crack, bulk, layer = CRACK_MODELS[self.model], BULK * self.toughness, self.stack.interface
        row = float(rows[domain.regions["interface"]].mean())
        entered = layer_toughness(self.toughness, bulk, bulk, layer, self.length, crack, row)
        strength = self.strength and 3 * self.strength
        media = {name: replace(m, toughness=bulk, strength=strength) for name, m in self.media.items()}
        media["interface"] = replace(media["interface"], toughness=entered, strength=self.strength)
        solid = Solid(
            domain.mesh,
            domain.regions,
            domain.boundaries,
            media,
            self.supports,
            crack,
            SPLITS["volumetric-deviatoric"],
            self.length,
            rows,
        )
        solid.break_open("notch")
        return solid

    def climb(self, exact: float, first: float, last: float, afresh: bool = False) -> Climb:
        """Charge from first to last (over the exact charge). Afresh: each time in one step from the beginning, so that
        flow has seen nothing else; otherwise step by step, the crack and flow keeping what they have."""
        solid, tried = self.solid(), []
        detachment = Detachment(solid.state.d, solid.regions, solid.boundaries, "interface", self.stack.fine)
        enough = GROWTH * self.length / (self.stack.width - self.stack.notch.length)
        minimiser = AlternateMinimiser(solid)
        assert minimiser.minimise().converged  # the notch finds its profile
        notched = solid.state.save()
        for part in np.arange(first, last + STEP / 2, STEP):
            if afresh:
                solid.state.restore(notched)
            solid.load(part * exact)
            tried.append(float(part))
            outcome = minimiser.minimise(lambda count: count > PATIENCE and detachment.fraction() >= enough)
            if outcome.ending is Ending.INTERRUPTED:
                return Climb(tuple(tried), ran=True)
            assert outcome.converged
            if not afresh:
                solid.accept()
        return Climb(tuple(tried), ran=False)
