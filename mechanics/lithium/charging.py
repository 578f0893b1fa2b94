"""Lithium and mechanics in turn: a step of transport, the strain that goes with it, equilibrium, and its stress."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf
from time import perf_counter
from typing import Protocol

import numpy as np
import ufl

from mechanics.body.solid import Solid, SolidError
from mechanics.history.balance import Balance
from mechanics.history.charge import ROUND
from mechanics.history.evolution import LithiumRecord, Observer, Record, Watched, recorded
from mechanics.laws.medium import Medium
from mechanics.lithium.diffusion import Diffusion
from mechanics.lithium.facing import Facing
from mechanics.lithium.recovery import Recovery
from mechanics.lithium.transport import StageEnd, Transport
from mechanics.measure.detachment import DETACHED
from mechanics.minimise.ladder import AlternateMinimiser, Ending, Outcome

KNOTS = 1000  # of a table of strain over the charge


class StagesObserver(Observer, Protocol):
    def ended(self, ending: StageEnd) -> None:
        """After each stage, of which the last step has been told."""


@dataclass(frozen=True)
class Seconds:
    """How small steps get."""

    smallest: float  # below which one that fails ends the run
    onset: float  # to which the one in which detachment begins is cut


class Coupling:
    """What content and equilibrium tell each other, on the active cells of a solid.

    Where there is more lithium the material is pushed together by what is around it: in a body without end σ_h changes
    by -κ for each unit of content, κ = 2E/(3(1-ν)) dε*/dx (Goodier), and elsewhere by that and something smooth. With
    σ_h taken from the last equilibrium this would be an explicit step of a diffusion that may be larger than that of
    the content itself, and unstable. So transport gets s = σ_h + κ x and follows -κ x itself; what is left of s is
    extrapolated from the last two equilibria, which is of second order, and by how much that was wrong limits the next
    step. A tolerance of content below β x times what equilibria leave of stress cannot be had.
    """

    def __init__(
        self,
        solid: Solid,
        diffusion: Diffusion,
        parts: Sequence[tuple[np.ndarray, Medium]],
        facing: Facing | None = None,
    ) -> None:
        """What a medium strains at a charge, its cells strain where that much lithium is out; beyond full charge as
        just before. Media may differ in the direction of their strain alone. `facing`: the damage by which surfaces are
        in touch, where it is not that on them."""
        if solid.swelling is None:
            raise SolidError("lithium strains cells one by one: the active medium takes a curve as its shrinkage")
        body = solid.mesh
        self._solid, self._diffusion, self._swelling = solid, diffusion, solid.swelling
        self._medium, self._facing = parts[0][1], facing
        charges = np.linspace(0, 1, KNOTS + 1)
        self._tables = np.array([[medium.swelling(soc) for soc in charges] for _, medium in parts])
        shapes = self._tables[:, -1] / self._medium.strain(1.0)  # the unit tensor, but for a crystal
        cells = np.concatenate([of for of, _ in parts])
        part = np.repeat(np.arange(len(parts)), [len(of) for of, _ in parts])
        rising = np.argsort(cells)
        self._cells, self._part = cells[rising], part[rising]
        here = self._cells < body.topology.index_map(body.topology.dim).size_local
        self._owned, self._shape = self._cells[here].astype(np.int32), shapes[self._part[here]]
        self._corners = diffusion.content.function_space.dofmap.list
        self._recover = Recovery(diffusion, self._owned, solid.kinematics.measure(ufl.SpatialCoordinate(body)))
        self._before: tuple[np.ndarray, np.ndarray, float] | None = None  # stress and content of cells, time

    def strain(self) -> None:
        """Content to strain, the same in all of a cell."""
        host, tensors = self._diffusion.host, self._swelling.strain.x.array.reshape(-1, 3, 3)
        content = self._of_cells(self._diffusion.content.x.array, self._cells)
        knots = KNOTS * (host.full - content) / host.capacity
        below = np.clip(knots.astype(int), 0, KNOTS - 1)
        share = (knots - below)[:, None, None]
        before, after = self._tables[self._part, below], self._tables[self._part, below + 1]
        tensors[self._cells] = (1 - share) * before + share * after

    def tell(self, transport: Transport) -> None:
        """To transport, of the equilibrium that it has come to."""
        if self._facing is not None:
            self._facing.look()
        transport.heed(self.stress(transport.time))

    def stress(self, time: float) -> float:
        """Stress of the equilibrium at this time, to transport; by how much content would differ had it been known."""
        diffusion = self._diffusion
        if diffusion.linear:
            return 0.0
        tensors = self._swelling.stress().reshape(-1, 3, 3)[self._owned]
        stress = -np.einsum("cij,cij->c", tensors, self._shape) / (3 * self._recover.volumes)
        content = self._of_cells(diffusion.content.x.array, self._owned)
        softening, expected = self._softening(), diffusion.stress_at(time)
        smooth, change = self._recover(stress + softening * content), None
        wrong = 0.0
        if self._before is not None:
            old_stress, old_content, old_time = self._before
            change = (smooth - self._recover(old_stress + softening * old_content)) / (time - old_time)
            wrong = self._moves(smooth - softening * diffusion.content.x.array - expected)
        self._before = stress, content, time
        diffusion.softening.value = softening
        diffusion.pull(smooth, change, time)
        return wrong

    def _moves(self, stress: np.ndarray) -> float:
        """Largest change of content at rest in this stress, as far as it is not the same all over."""
        diffusion = self._diffusion
        even = diffusion.sum(diffusion.mass * stress) / diffusion.volume
        return diffusion.host.attraction * diffusion.mean() * diffusion.largest(stress - even)

    def _of_cells(self, nodal: np.ndarray, cells: np.ndarray) -> np.ndarray:
        return nodal[self._corners[cells]].mean(axis=1)

    def _softening(self) -> float:
        """κ of the mean slope. Any number would be right in the limit; this one leaves s smooth."""
        slope = max(-self._medium.strain(1.0) / self._diffusion.host.capacity, 0.0)
        return 2 * self._medium.young / (3 * (1 - self._medium.poisson)) * slope


def charge(
    solid: Solid,
    minimiser: AlternateMinimiser,
    transport: Transport,
    coupling: Coupling,
    detachment: Watched,
    steps: Seconds,
    observer: StagesObserver,
) -> bool:
    """Through the schedule of the transport, from the equilibrium at the content it starts with: `evolve`, for steps in
    time.

    False when a step did not converge however small; the state is then the last equilibrium.
    """
    plastic_work, work, begun, cuts, half = 0.0, 0.0, False, 0, 1
    clock, ahead = perf_counter(), inf  # ahead: time at which detachment begins

    def record(outcome: Outcome) -> Record:
        soc, now = transport.diffusion.soc(), _now(transport)
        return recorded(solid, detachment, soc, plastic_work, work, outcome, cuts, clock, half, now)

    outcome = _equilibrium(solid, minimiser, transport, coupling)
    if outcome.converged:
        plastic_work = solid.seat()
        coupling.tell(transport)
    observer.step(record(outcome))
    if not outcome.converged:
        return False
    balance = Balance(solid)
    over = 0  # stages of which the end has been told
    while not transport.finished:
        half = transport.half_cycle
        if transport.time >= ahead:
            ahead = inf
        transport.at_most(max((ahead - transport.time) / 2, steps.onset))
        transport.advance()
        tried, elapsed = transport.time, transport.elapsed
        if elapsed == 0:  # a stage has ended where it was
            over = _tell_ends(transport, over, observer)
            continue
        fine = begun or elapsed <= steps.onset * (1 + ROUND)

        def begins_coarsely(count: int, fine: bool = fine) -> bool:
            detached = detachment.fraction()
            observer.iteration(transport.diffusion.soc(), count, detached)
            return not fine and detached > DETACHED

        outcome = _equilibrium(solid, minimiser, transport, coupling, begins_coarsely)
        if outcome.converged:
            plastic_work += solid.accept()
            coupling.tell(transport)
            balance.step()
            work = balance.work
            kept = record(outcome)
            begun = begun or kept.detached_fraction > DETACHED
            observer.step(kept)
            over = _tell_ends(transport, over, observer)
            cuts, clock = 0, perf_counter()
            continue
        interrupted = outcome.ending is Ending.INTERRUPTED
        if interrupted:
            ahead = tried
        asked = transport.diffusion.soc(), _now(transport)
        transport.retreat()
        coupling.strain()
        if not interrupted and elapsed / 2 < steps.smallest:  # what is asked for, with the energies of the last one
            observer.step(replace(record(outcome), soc=asked[0], lithium=asked[1]))
            return False
        cuts += 1
    return True


def _equilibrium(
    solid: Solid,
    minimiser: AlternateMinimiser,
    transport: Transport,
    coupling: Coupling,
    interrupt: Callable[[int], bool] = lambda count: False,
) -> Outcome:
    """At the present content, or back to where the solid was. Its charge stays as it is, so that no equilibrium is
    extrapolated from the last two: what one that starts so near leaves of stress would move lithium."""
    saved = solid.state.save()
    coupling.strain()
    outcome = minimiser.minimise(interrupt)
    if not outcome.converged:
        solid.state.restore(saved)
    return outcome


def _tell_ends(transport: Transport, over: int, observer: StagesObserver) -> int:
    for ending in transport.endings[over:]:
        observer.ended(ending)
    return len(transport.endings)


def _now(transport: Transport) -> LithiumRecord:
    contact = transport.diffusion.contact()
    return LithiumRecord(transport.time, transport.diffusion.mean(), contact.content, contact.share, transport.rate)
