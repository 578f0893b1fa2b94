"""One equilibrium after the other by a ladder of methods. Each step of each lowers the energy or is not taken.

    extrapolation    from the last two equilibria, where that starts lower
    quasi-Newton     both unknowns at once with the matrices of alternation; as long as its steps need no searching
    alternation      one round: it tells where damage moves, and where nothing does, that this is an equilibrium
    windows          Newton there alone, while the rest waits: what a running crack and its wake cost
    Newton           both unknowns at once, as far as the potential is convex: the end of every step

and from there to alternation again. Every end is explicit: a cap on the iterations is never taken for an equilibrium.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np
from dolfinx import fem

from mechanics.body.solid import Solid
from mechanics.linear.coupled_multigrid import CoupledMultigrid
from mechanics.linear.multigrid import Multigrid, pays
from mechanics.linear.solver import Linear, LinearSolver
from mechanics.minimise.alternation import Alternation
from mechanics.minimise.certificate import Certificate, certify
from mechanics.minimise.memory import Memory
from mechanics.minimise.newton import BoundedNewton
from mechanics.minimise.quasi_newton import Block, QuasiNewton
from mechanics.minimise.window import Windows

PATIENCE = 10  # CG iterations above which a new factorisation is cheaper, measured on the main case
INEXACT = 0.1  # residual left of a Newton step: closer would not shorten the way, and takes twice the iterations
CLOSER = 0.01  # the same with a multigrid, in whose norm a tenth is twice as many steps
NEWTONS = 15  # steps before the next round, if they have not converged
FACTOR_AGE, DAMAGE_AGE = 12, 4  # quasi-Newton steps between new matrices
IDLE = 1e-6  # of the energy: where steps in a window gain less, the whole may have more to gain
SETTLED = 2e-4  # of what has been gained since Newton was first tried: where an iteration gains less, nothing heals
LONGEST_WAIT = 8  # rounds before Newton is tried again that has not found a single step; doubled up to this


class Ending(Enum):
    CONVERGED = "converged"
    LIMIT = "not converged: iteration limit"
    DISPLACEMENT = "not converged: no equilibrium of displacement"
    DAMAGE = "not converged: damage step"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Outcome:
    ending: Ending
    iterations: int  # steps of any method
    change: float  # of damage in the last round of alternation, or what it still would be
    certificate: Certificate | None = None  # of an equilibrium

    @property
    def converged(self) -> bool:
        return self.ending is Ending.CONVERGED


class AlternateMinimiser:
    """Finds the state of least potential near the present one with damage at or above the damage it starts from."""

    def __init__(
        self,
        solid: Solid,
        tolerance: float = 1e-4,
        limit: int = 3000,
        relaxation: float = 1.8,
        linear: Linear = "automatic",
        settled: float | None = None,
    ) -> None:
        """`settled`: where an iteration gains less than this share of what the step has, no damage heals any more (see
        docs/minimiser.md). Without it `SETTLED` where Newton has a multigrid, and 0, never, where it has a factor."""
        self.solid = solid
        self.tolerance, self.limit, self.relaxation = tolerance, limit, relaxation
        u, d, w, comm = solid.state.u, solid.state.d, solid.coupled.functional.x, solid.comm
        self._least, self._most = ([fem.Function(f.function_space) for f in (u, d, w)] for _ in range(2))
        for bounds, of_u, of_d in ((self._least, -np.inf, 0.0), (self._most, np.inf, 1.0)):
            bounds[0].x.array[:], bounds[1].x.array[:] = of_u, of_d
        (u_low, d_low, w_low), (u_high, d_high, w_high) = self._least, self._most
        self._displacement = BoundedNewton(solid.displacement, u_low, u_high, _elasticity(solid, linear, keep=False))
        self._damage = BoundedNewton(solid.damage, d_low, d_high, LinearSolver(comm, None, 1e-6))
        both = _of_both(solid, linear)
        self._both = BoundedNewton(solid.coupled.functional, w_low, w_high, both, shifted=solid.coupled.owned_d)
        self._settles = (0.0 if both.multigrid is None else SETTLED) if settled is None else settled
        # They take a factor. In space, where the whole does without, that is dearer than a step of the whole.
        windowed = solid.mesh.geometry.dim == 2 or both.multigrid is None
        self._windows = Windows(solid.coupled, d, solid.length, w_low, w_high) if windowed else None
        self._quasi = QuasiNewton(
            solid.potential,
            solid.hold_flow,
            (
                Block(solid.displacement, u_low, u_high, _elasticity(solid, linear), FACTOR_AGE),
                Block(solid.damage, d_low, d_high, LinearSolver(comm, None, 1e-2), DAMAGE_AGE),
            ),
        )
        self.memory = Memory(solid.state)
        solid.state.add("minimiser", self.memory)

    def minimise(self, interrupt: Callable[[int], bool] = lambda count: False) -> Outcome:
        self._forget()
        self._count, self._stopped, self._interrupt = 0, False, interrupt
        self._wait, self._rounds_waited = 1, 0
        high = self._begin()
        self._tried_first: float | None = None  # energy at which Newton was first tried
        self._tried_last = 0, np.inf  # and last: after so many steps, at this energy
        self._rounds = Alternation(self.solid, self._displacement, self._damage, self.relaxation)
        quasi = self.memory.quasi_newton and self.memory.ready
        first = self._quasi_newton if quasi else self._newton if self._guessed else self._round
        while True:
            ending = self._climb(first)
            if ending is not Ending.CONVERGED:
                return Outcome(ending, self._count, self._rounds.change)
            certificate = certify(self.solid, self._start, self._least[1].x.array, high)
            if certificate.damage <= self.tolerance:
                self.memory.remember(float(self.solid.charge.value))
                return Outcome(ending, self._count, min(self._rounds.change, certificate.damage), certificate)
            if self._over:
                return Outcome(Ending.LIMIT, self._count, certificate.damage)
            self._hold(self._start)
            first = self._round

    def _forget(self) -> None:
        """Factors, shifts and ages that earlier calls have left: what a step does depends on the state alone."""
        for newton in (self._displacement, self._damage, self._both):
            newton.forget()
        self._quasi.forget()

    def _begin(self) -> float:
        """Bounds, and where to start: the energy there if nothing but what is prescribed has moved."""
        solid, state = self.solid, self.solid.state
        self._start = state.d.x.array.copy()
        for bounds in (self._least, self._most):
            bounds[0].x.array[solid.fixed] = solid.prescribed
        self._hold(self._start)
        solid.coupled.join(*self._most)
        self._guessed = False
        guess = self.memory.extrapolated(float(solid.charge.value))
        state.u.x.array[solid.fixed] = solid.prescribed
        high = solid.potential()
        if guess is not None:
            start = state.u.x.array.copy(), state.d.x.array.copy()
            for f, array, low, most in zip((state.u, state.d), guess, self._least, self._most, strict=False):
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
        for _ in range(2):
            still, left = (np.inf, self.tolerance), self.limit - self._count
            result = self._quasi.minimise(self._rounds.sharp, still, left, self._enough)
            if result.converged:
                self._enough()
                return Ending.CONVERGED
            self._quasi.forget()
            if self._over:
                return None
        self.memory.quasi_newton = False
        return None

    def _newton(self) -> Ending | None:
        """Where alternation comes to rest and the potential is not convex, there is a way down that it does not see.
        Once a step has settled, damage only grows."""
        coupled, rounds = self.solid.coupled, self._rounds
        settled = self._settled()
        if settled:
            self._hold(self.solid.state.d.x.array)
        coupled.pull()
        self._both.limit = min(2 * NEWTONS if settled else NEWTONS, self.limit - self._count)
        result = self._both.minimise(rounds.sharp, self._enough_of_both, shifting=self._resting)
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
        if self._settles == 0:
            return False
        (count, energy), now = self._tried_last, self.solid.potential()
        self._tried_first = now if self._tried_first is None else self._tried_first
        self._tried_last = self._count, now
        return max(energy - now, 0.0) < self._settles * (self._tried_first - now) * (self._count - count)

    def _hold(self, least: np.ndarray) -> None:
        """Damage at or above this."""
        self._least[1].x.array[:] = least
        self.solid.coupled.join(*self._least)

    def _round(self) -> Ending | None:
        """Of alternation, and then of windows where damage has moved. It ends where alternation fails, or where neither
        unknown has moved in two rounds."""
        rounds, coupled = self._rounds, self.solid.coupled
        rested = self._resting
        if not rounds.equilibrate(rested):
            return Ending.DISPLACEMENT
        if not rounds.degrade():
            return Ending.DAMAGE
        if rested and self._resting:
            return Ending.CONVERGED if rounds.equilibrate(True) else Ending.DISPLACEMENT
        if not self._enough() and not self._resting and self._windows is not None:
            coupled.pull()
            idle = IDLE * rounds.energy
            self._windows.settle(rounds.moved, self.tolerance, rounds.sharp, idle, self._enough_of_both)
            coupled.push()
        return None

    @property
    def _resting(self) -> bool:
        """Whether alternation has moved no damage in its last round."""
        return self._rounds.change <= self.tolerance

    @property
    def _over(self) -> bool:
        return self._stopped or self._count >= self.limit

    def _enough(self) -> bool:
        """Counts a step, and asks whether there should be more."""
        self._count += 1
        self._stopped = self._interrupt(self._count)
        return self._over

    def _enough_of_both(self) -> bool:
        self.solid.coupled.push()
        return self._enough()


def multigrid_of(solid: Solid, linear: Linear, for_both: bool = False) -> Multigrid | None:
    """None for a factor. Of the strain across a thin plate, and of linear elements, multigrid knows nothing."""
    space = solid.state.u.function_space
    wanted = linear == "multigrid" or (linear == "automatic" and pays(space, for_both))
    known = solid.kinematics.degree == 2 and not solid.kinematics.thin
    return Multigrid(space, solid.fixed) if wanted and known else None


def _elasticity(solid: Solid, linear: Linear, keep: bool = True) -> LinearSolver:
    """A factor is always kept. So is a multigrid for quasi-Newton; where faces close and open, an aged one takes twice
    the time of a new one."""
    multigrid = multigrid_of(solid, linear)
    return LinearSolver(solid.comm, PATIENCE if keep or multigrid is None else None, 1e-2, multigrid=multigrid)


def _of_both(solid: Solid, linear: Linear) -> LinearSolver:
    inner, coupled = multigrid_of(solid, linear, for_both=True), solid.coupled
    if inner is None:
        return LinearSolver(solid.comm, PATIENCE, INEXACT)
    multigrid = CoupledMultigrid(inner, coupled.functional.x.function_space, coupled.u, coupled.d)
    # Not kept: after a step of Newton other parts of a crack are open, and it would take ten times the iterations.
    return LinearSolver(solid.comm, None, CLOSER, multigrid=multigrid)
