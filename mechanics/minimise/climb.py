"""One call of the minimiser: where it has come to on the ladder, and what it does next."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np
from dolfinx import fem

from mechanics.body.solid import Solid
from mechanics.linear.failures import BREAKDOWNS, LinearSolverError, said
from mechanics.minimise.alternation import Alternation
from mechanics.minimise.certificate import Certificate, certify
from mechanics.minimise.memory import Memory
from mechanics.minimise.newton import BoundedNewton
from mechanics.minimise.quasi_newton import QuasiNewton
from mechanics.minimise.window import Windows

NEWTONS = 15  # steps before the next round, if they have not converged
IDLE = 1e-6  # of the energy: where steps in a window gain less, the whole may have more to gain
LONGEST_WAIT = 8  # rounds before Newton is tried again that has not found a single step; doubled up to this


class Ending(Enum):
    CONVERGED = "converged"
    LIMIT = "not converged: iteration limit"
    DISPLACEMENT = "not converged: no equilibrium of displacement"
    DAMAGE = "not converged: damage step"
    BROKEN = "not converged: a solver broke down"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Outcome:
    ending: Ending
    iterations: int  # steps of any method
    change: float  # of damage in the last round of alternation, or what it still would be
    certificate: Certificate | None = None  # of an equilibrium
    reason: str = ""  # why there is none

    @property
    def converged(self) -> bool:
        return self.ending is Ending.CONVERGED


SMALLER = "a smaller steps.smallest, a finer mesh there, or another solver.linear may help"
ADVICE = {Ending.LIMIT: "more solver.iterations, or a smaller steps.smallest, may help", Ending.INTERRUPTED: ""}


Bounds = tuple[fem.Function, fem.Function, fem.Function]  # of displacement, damage, and both


@dataclass(frozen=True)
class Rungs:
    """What is made once for a body, and used in every call."""

    solid: Solid
    tolerance: float
    limit: int
    relaxation: float
    settles: float
    least: Bounds
    most: Bounds
    displacement: BoundedNewton
    damage: BoundedNewton
    both: BoundedNewton
    windows: Windows | None
    quasi_newton: QuasiNewton
    memory: Memory

    def forget(self) -> None:
        """Factors, shifts and ages that earlier calls have left: what a step does depends on the state alone."""
        for newton in (self.displacement, self.damage, self.both):
            newton.forget()
        self.quasi_newton.forget()


class Climb:
    """Up the ladder, until one of its rungs comes to an end. Nothing that breaks down on the way is an exception: the
    next rung answers it, and where there is none the outcome has a reason."""

    def __init__(self, rungs: Rungs, interrupt: Callable[[int], bool] = lambda count: False) -> None:
        self._rungs, self._interrupt = rungs, interrupt
        self._count, self._stopped = 0, False
        self._wait, self._rounds_waited = 1, 0
        self._tried_first: float | None = None  # energy at which Newton was first tried
        self._tried_last: tuple[int, float] = 0, np.inf  # and last: after so many steps, at this energy
        self._guessed = False

    def climb(self) -> Outcome:
        """Goes up to the equilibrium, or to why there is none."""
        try:
            self._rungs.forget()
            high = self.begin()
            self._rounds = Alternation(
                self._rungs.solid, self._rungs.displacement, self._rungs.damage, self._rungs.relaxation
            )
            return self._to_the_top(high)
        except BREAKDOWNS as error:
            return self._failed(Ending.BROKEN, said(error))

    def _to_the_top(self, high: float) -> Outcome:
        memory = self._rungs.memory
        quasi = memory.quasi_newton and memory.ready
        first = self._quasi_newton if quasi else self._newton if self._guessed else self._round
        while True:
            ending = self._climb(first)
            if ending is not Ending.CONVERGED:
                return self._failed(ending, self._rounds.failure)
            certificate = certify(self._rungs.solid, self._start, self._rungs.least[1].x.array, high)
            if certificate.damage <= self._rungs.tolerance:
                memory.remember(float(self._rungs.solid.charge.value))
                return Outcome(ending, self._count, min(self._rounds.change, certificate.damage), certificate)
            if self._over:
                return self._failed(Ending.LIMIT, "")
            self._hold(self._start)
            first = self._round

    def _failed(self, ending: Ending, what: str) -> Outcome:
        """With the reason: what went wrong, where damage has moved most, and what to try."""
        told, advice, change = f"{what}; " * bool(what), ADVICE.get(ending, SMALLER), np.inf
        if hasattr(self, "_rounds"):
            solid, moved, change = self._rungs.solid, np.abs(self._rounds.moved), self._rounds.change
            places = solid.state.d.function_space.tabulate_dof_coordinates()
            place = places[int(np.argmax(moved)), : solid.mesh.geometry.dim]
            told += f"damage has moved most near ({', '.join(f'{x:.3g}' for x in place)}) um; "
        return Outcome(ending, self._count, change, reason=told + advice)

    def begin(self) -> float:
        """Bounds, and where to start: the energy there if nothing but what is prescribed has moved."""
        solid, state = self._rungs.solid, self._rungs.solid.state
        self._start = state.d.x.array.copy()
        for bounds in (self._rungs.least, self._rungs.most):
            bounds[0].x.array[solid.fixed] = solid.prescribed
        self._hold(self._start)
        solid.coupled.join(*self._rungs.most)
        guess = self._rungs.memory.extrapolated(float(solid.charge.value))
        state.u.x.array[solid.fixed] = solid.prescribed
        high = solid.potential()
        if guess is not None:
            start = state.u.x.array.copy(), state.d.x.array.copy()
            for f, array, low, most in zip(
                (state.u, state.d), guess, self._rungs.least, self._rungs.most, strict=False
            ):
                np.clip(array, low.x.array, most.x.array, out=f.x.array)
            self._guessed = solid.potential() < high
            if not self._guessed:
                state.u.x.array[:], state.d.x.array[:] = start
        return high

    def _climb(self, first: Callable[[], Ending | None]) -> Ending:
        """From one method to the next, until one comes to an end."""
        ending, method = first(), first
        while ending is None and not self._over:
            method = self._newton if method == self._round and self._waited() else self._round
            ending = method()
        if self._stopped:
            return Ending.INTERRUPTED
        return Ending.LIMIT if ending is None else ending

    def _waited(self) -> bool:
        """Long enough for Newton, after a round of alternation."""
        self._rounds_waited += 1
        return self._rounds_waited >= self._wait or self._resting

    def _quasi_newton(self) -> Ending | None:
        """Given up for the rest of a history where it has to search even with new matrices: what closes and opens, or
        meets bounds, they do not see."""
        try:
            return self._with_kept_factors()
        except LinearSolverError:
            self._rungs.memory.quasi_newton = False
            return None

    def _with_kept_factors(self) -> Ending | None:
        for _ in range(2):
            still, left = (np.inf, self._rungs.tolerance), self._rungs.limit - self._count
            result = self._rungs.quasi_newton.minimise(self._rounds.sharp, still, left, self._enough)
            if result.converged:
                self._enough()
                return Ending.CONVERGED
            self._rungs.quasi_newton.forget()
            if self._over:
                return None
        self._rungs.memory.quasi_newton = False
        return None

    def _newton(self) -> Ending | None:
        """Where alternation comes to rest and the potential is not convex, there is a way down that it does not see.
        Once a step has settled, damage only grows."""
        coupled, rounds = self._rungs.solid.coupled, self._rounds
        settled = self._settled()
        if settled:
            self._hold(self._rungs.solid.state.d.x.array)
        coupled.pull()
        self._rungs.both.limit = min(2 * NEWTONS if settled else NEWTONS, self._rungs.limit - self._count)
        result = self._rungs.both.minimise(rounds.sharp, self._enough_of_both, shifting=self._resting)
        coupled.push()
        if settled and not result.converged:
            self._hold(self._start)
        fruitless = not result.converged and result.iterations == 1
        self._rounds_waited, self._wait = 0, min(2 * self._wait, LONGEST_WAIT) if fruitless else 1
        if not result.converged:
            if not fruitless:
                rounds.gain = result.gain / result.iterations
            return None
        self._enough()  # the last step is one to be looked at, too
        return Ending.CONVERGED

    def _settled(self) -> bool:
        """Whether all that has been done since Newton was tried last has gained next to nothing."""
        if self._rungs.settles == 0:
            return False
        (count, energy), now = self._tried_last, self._rungs.solid.potential()
        self._tried_first = now if self._tried_first is None else self._tried_first
        self._tried_last = self._count, now
        return max(energy - now, 0.0) < self._rungs.settles * (self._tried_first - now) * (self._count - count)

    def _hold(self, least: np.ndarray) -> None:
        """Damage at or above this."""
        self._rungs.least[1].x.array[:] = least
        self._rungs.solid.coupled.join(*self._rungs.least)

    def _round(self) -> Ending | None:
        """A round of alternation, and then of windows where damage has moved. It ends where alternation fails, or where
        neither unknown has moved in two rounds."""
        rounds, coupled = self._rounds, self._rungs.solid.coupled
        rested = self._resting
        if not rounds.equilibrate(rested):
            return Ending.DISPLACEMENT
        if not rounds.degrade():
            return Ending.DAMAGE
        if rested and self._resting:
            return Ending.CONVERGED if rounds.equilibrate(True) else Ending.DISPLACEMENT
        if not self._enough() and not self._resting and self._rungs.windows is not None:
            coupled.pull()
            idle = IDLE * rounds.energy
            self._rungs.windows.settle(rounds.moved, self._rungs.tolerance, rounds.sharp, idle, self._enough_of_both)
            coupled.push()
        return None

    @property
    def _resting(self) -> bool:
        """Whether alternation has moved no damage in its last round."""
        return self._rounds.change <= self._rungs.tolerance

    @property
    def _over(self) -> bool:
        return self._stopped or self._count >= self._rungs.limit

    def _enough(self) -> bool:
        """Counts a step, and asks whether there should be more."""
        self._count += 1
        self._stopped = self._interrupt(self._count)
        return self._over

    def _enough_of_both(self) -> bool:
        self._rungs.solid.coupled.push()
        return self._enough()
