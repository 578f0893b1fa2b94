"""The history: one equilibrium after the other; a step that fails is cut and repeated, and never accepted."""

from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

import numpy as np
from mpi4py import MPI

from mechanics.body.solid import Energies, Solid
from mechanics.history.balance import Balance
from mechanics.history.charge import ROUND, Charge
from mechanics.measure.detachment import DETACHED
from mechanics.minimise.ladder import AlternateMinimiser, Ending, Outcome


@dataclass(frozen=True)
class LithiumRecord:
    """Where lithium is after a step, and what has moved it."""

    time: float  # s since the charge began
    content: float  # mean of all active material
    surface: float  # and of the surface in touch; not a number where nothing is
    in_touch: float  # share of the surface of all active material
    rate: float  # C-rate that was carried


@dataclass(frozen=True)
class Record:
    """One accepted step, or the step at which the run had to stop."""

    soc: float
    detached_fraction: float
    max_damage: float
    energies: Energies
    plastic_work: float  # dissipated since the start
    work: float  # done by shrinkage and moving platens since the start
    outcome: Outcome
    cuts: int  # repetitions that this step took
    seconds: float
    half_cycle: int = 1  # on the first way up; 2 on the first way down
    lithium: LithiumRecord | None = None  # where its way is followed


class Watched(Protocol):
    def fraction(self) -> float:
        """Of the interfaces that are watched, that has let go."""


class Observer(Protocol):
    def iteration(self, soc: float, count: int, detached: float) -> None:
        """After each iteration of the step to this state of charge."""

    def step(self, record: Record) -> None:
        """After each step that is kept, and after the one at which the run has to stop."""


def evolve(
    solid: Solid,
    minimiser: AlternateMinimiser,
    charge: Charge,
    detachment: Watched,
    onset: float,
    observer: Observer,
) -> bool:
    """Charge to the end, from the equilibrium at SoC 0: pressure presses, and an initial crack finds its profile.

    False when a step did not converge however small; the state is then the last equilibrium.
    The step in which detachment begins is bisected until it is no larger than `onset`.
    """
    plastic_work, work, begun, cuts, half = 0.0, 0.0, False, 0, 1
    clock = perf_counter()

    def record(soc: float, outcome: Outcome) -> Record:
        return recorded(solid, detachment, soc, plastic_work, work, outcome, cuts, clock, half)

    solid.load(charge.soc)
    saved = solid.state.save()
    outcome = minimiser.minimise()
    if not outcome.converged:
        solid.state.restore(saved)
    else:
        plastic_work = solid.seat()
    observer.step(record(charge.soc, outcome))
    if not outcome.converged:
        return False
    balance = Balance(solid)
    while not charge.finished:
        saved, start = solid.state.save(), charge.soc
        if charge.left <= onset * (1 + ROUND):
            charge.arrive()
        solid.load(charge.target)
        half = charge.half_cycle
        fine = begun or not charge.divisible or charge.coming <= onset * (1 + ROUND)

        def begins_coarsely(count: int, fine: bool = fine) -> bool:
            detached = detachment.fraction()
            observer.iteration(charge.target, count, detached)
            return not fine and detached > DETACHED

        outcome = minimiser.minimise(interrupt=begins_coarsely)
        if not outcome.converged:
            solid.state.restore(saved)
            solid.load(start)
            if outcome.ending is Ending.INTERRUPTED:
                charge.begins()
                cuts += 1
                continue
            if charge.halve():
                cuts += 1
                continue
            observer.step(record(charge.target, outcome))
            return False
        plastic_work += solid.accept()
        charge.accept()
        balance.step()
        work = balance.work
        kept = record(charge.soc, outcome)
        begun = begun or kept.detached_fraction > DETACHED
        observer.step(kept)
        cuts, clock = 0, perf_counter()
    return True


def recorded(
    solid: Solid,
    detachment: Watched,
    soc: float,
    plastic_work: float,
    work: float,
    outcome: Outcome,
    cuts: int,
    clock: float,
    half: int,
    lithium: LithiumRecord | None = None,
) -> Record:
    """The present state."""
    highest = solid.comm.allreduce(float(np.max(solid.state.d.x.array)), op=MPI.MAX)
    return Record(
        soc=soc,
        detached_fraction=detachment.fraction(),
        max_damage=highest,
        energies=solid.energies(),
        plastic_work=plastic_work,
        work=work,
        outcome=outcome,
        cuts=cuts,
        seconds=perf_counter() - clock,
        half_cycle=half,
        lithium=lithium,
    )
