"""The history: one equilibrium after the other; a step that fails is cut and repeated, and never accepted."""

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any, Protocol

import numpy as np
from dolfinx import fem
from mpi4py import MPI

from mechanics.body.solid import Solid
from mechanics.history.balance import Balance
from mechanics.history.record import Observer, Record, Unobserved, Unwatched, Watched
from mechanics.history.schedule import Drive, Position
from mechanics.measure.detachment import DETACHED
from mechanics.minimise.climb import Ending, Outcome
from mechanics.state import Number, Saved, State


class Minimising(Protocol):
    """Finds the equilibrium near the present state."""

    def minimise(self, interrupt: Callable[[int], bool]) -> Outcome: ...


class Meshed(Protocol):
    """A solid and its minimiser; the mesh may become too coarse for the damage that it bears, and be refined."""

    @property
    def solid(self) -> Solid: ...
    @property
    def minimiser(self) -> Minimising: ...

    def outgrown(self) -> bool:
        """Whether damage stands in cells that are too coarse for it."""

    def refine(self, back: Callable[[], None], iterations: int) -> None:
        """Go `back` to before the step, and on to a finer mesh where that has been seen to be too coarse."""


class Fixed:
    """On one mesh."""

    def __init__(self, solid: Solid, minimiser: Minimising) -> None:
        self.solid, self.minimiser = solid, minimiser

    def outgrown(self) -> bool:
        return False

    def refine(self, back: Callable[[], None], iterations: int) -> None:
        raise NotImplementedError("this mesh stays as it is")


class History:
    """From the first equilibrium, in which pressure presses and an initial crack finds its profile, through all stages
    of a schedule. What it knows is a part of the state, so that it can be taken up again."""

    def __init__(
        self, meshed: Meshed, drive: Drive, watched: Watched | None = None, observer: Observer | None = None
    ) -> None:
        """Detachment begins where what is watched lets go."""
        self._meshed, self._drive = meshed, drive
        self._watched, self._observer = watched or Unwatched(), observer or Unobserved()
        self._begun = False  # whether there is a first equilibrium
        self._detached = False  # whether detachment has begun
        self._plastic_work, self._work, self._cuts = 0.0, 0.0, 0
        self._balance: Balance | None = None
        self._before: Saved | None = None  # the state before the step in hand
        self._pacing = drive.pacing()  # and how long steps could be
        self._clock = perf_counter()
        self.state.add("schedule", drive)
        self.state.add("history", self)

    @property
    def state(self) -> State:
        return self._meshed.solid.state

    @property
    def finished(self) -> bool:
        return self._begun and self._drive.finished

    def run(self) -> bool:
        """Goes on to the end. False when a step did not converge however small; the last equilibrium then stays."""
        while not self.finished:
            if not self.step():
                return False
        return True

    def step(self) -> bool:
        """Goes on to the next equilibrium. False where there is none, however small the step. Whatever stops a step,
        the state is the last equilibrium again."""
        try:
            return self._further() if self._begun else self._begin()
        except BaseException:
            self._back()
            raise

    def _begin(self) -> bool:
        solid = self._meshed.solid
        solid.load(self._drive.position.soc)
        self._save()
        self._drive.settle()
        outcome = self._meshed.minimiser.minimise(lambda count: False)
        if not outcome.converged:
            self._back()
            self._observer.step(self._record(outcome, self._drive.position))
            return False
        self._plastic_work, self._begun = solid.seat(), True
        self._tell(self._record(outcome, self._drive.position))
        return True

    def _further(self) -> bool:
        if self._balance is None:  # also where the history is taken up again: all of it is in the last equilibrium
            self._balance = Balance(self._meshed.solid, self._work)
        while True:
            self._save()
            length = self._drive.forward(self._meshed.solid)
            place = self._drive.place - length
            if length == 0:
                self._tell(None)
                if self._drive.finished:
                    return True
                continue
            outcome = self._tried(length)
            if self._meshed.outgrown() and outcome.ending in (Ending.CONVERGED, Ending.INTERRUPTED):
                self._meshed.refine(self._back, outcome.iterations)
                self._balance = Balance(self._meshed.solid, self._work)
                continue
            if outcome.converged:
                self._accept(outcome)
                return True
            asked = self._drive.position
            self._back()
            self._drive.retreat(length)
            if outcome.ending is Ending.INTERRUPTED:
                self._drive.pace.begins(place, length)
            elif not self._drive.pace.halve(length):
                self._observer.step(self._record(outcome, asked))
                return False
            self._cuts += 1

    def _tried(self, length: float) -> Outcome:
        """The step in which detachment begins is interrupted as long as it is larger than the onset is to be known."""
        fine, soc = self._detached or self._drive.pace.fine(length), self._drive.position.soc

        def begins_coarsely(count: int) -> bool:
            detached = self._watched.fraction()
            self._observer.iteration(soc, count, detached)
            return self._meshed.outgrown() or (not fine and detached > DETACHED)

        return self._meshed.minimiser.minimise(begins_coarsely)

    def _accept(self, outcome: Outcome) -> None:
        assert self._balance is not None, "there is one from the first step on"
        self._plastic_work += self._meshed.solid.accept()
        self._drive.settle()
        self._drive.pace.grow(self._drive.place)
        self._balance.step()
        self._work = self._balance.work
        record = self._record(outcome, self._drive.position)
        self._detached = self._detached or record.detached_fraction > DETACHED
        self._tell(record)

    def _tell(self, record: Record | None) -> None:
        """Tells of an equilibrium, and of the stages that have ended with it or without."""
        ended = self._drive.ended()
        self._before, self._cuts, self._clock = None, 0, perf_counter()
        if record is not None:
            self._observer.step(record)
        for stage, why in ended:
            self._observer.ended(stage, why)
        self._observer.whole()

    def _save(self) -> None:
        self._before, self._pacing = self.state.save(), self._drive.pacing()

    def _back(self) -> None:
        if self._before is not None:
            self.state.restore(self._before)
            self._drive.take_pacing(self._pacing)
            self._before = None

    def _record(self, outcome: Outcome, position: Position) -> Record:
        """The present state, with the position that was asked for."""
        solid = self._meshed.solid
        borne = solid.platens.borne()
        return Record(
            soc=position.soc,
            detached_fraction=self._watched.fraction(),
            max_damage=solid.comm.allreduce(float(np.max(solid.state.d.x.array)), op=MPI.MAX),
            energies=solid.energies(),
            plastic_work=self._plastic_work,
            work=self._work,
            outcome=outcome,
            cuts=self._cuts,
            seconds=perf_counter() - self._clock,
            half_cycle=position.half_cycle,
            stage=position.stage,
            time=position.time,
            pressure=float(np.mean(borne)) if borne else None,
            lithium=position.lithium,
        )

    def fields(self) -> dict[str, fem.Function]:
        return {}

    def numbers(self) -> dict[str, Number]:
        return {
            "begun": self._begun,
            "detached": self._detached,
            "plastic work": self._plastic_work,
            "work": self._work,
            "cuts": self._cuts,
        }

    def take(self, numbers: Mapping[str, Number]) -> None:
        told: Mapping[str, Any] = numbers
        self._begun, self._detached, self._cuts = told["begun"], told["detached"], told["cuts"]
        self._plastic_work, self._work = told["plastic work"], told["work"]
