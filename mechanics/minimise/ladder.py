"""One equilibrium after the other by a ladder of methods. Each step of each lowers the energy or is not taken.

    extrapolation    from the last two equilibria, where that starts lower
    quasi-Newton     both unknowns at once with the matrices of alternation; as long as its steps need no searching
    alternation      one round: it tells where damage moves, and where nothing does, that this is an equilibrium
    windows          Newton there alone, while the rest waits: what a running crack and its wake cost
    Newton           both unknowns at once, as far as the potential is convex: the end of every step

and from there to alternation again. Every end is explicit: a cap on the iterations is never taken for an equilibrium.
"""

from collections.abc import Callable

import numpy as np
from dolfinx import fem

from mechanics.body.solid import Solid
from mechanics.linear.coupled_multigrid import CoupledMultigrid
from mechanics.linear.multigrid import Multigrid, pays
from mechanics.linear.solver import Linear, LinearSolver
from mechanics.minimise.climb import Bounds, Climb, Outcome, Rungs
from mechanics.minimise.memory import Memory
from mechanics.minimise.newton import BoundedNewton
from mechanics.minimise.quasi_newton import Block, QuasiNewton
from mechanics.minimise.window import Windows

PATIENCE = 10  # CG iterations above which a new factorisation is cheaper, measured on the main case
INEXACT = 0.1  # residual left of a Newton step: closer would not shorten the way, and takes twice the iterations
CLOSER = 0.01  # the same with a multigrid, in whose norm a tenth is twice as many steps
FACTOR_AGE, DAMAGE_AGE = 12, 4  # quasi-Newton steps between new matrices
SETTLED = 2e-4  # of what has been gained since Newton was first tried: where an iteration gains less, nothing heals


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
        u, d, w, comm = solid.state.u, solid.state.d, solid.coupled.functional.x, solid.comm
        low, high = (_bounds(of_u, of_d, u, d, w) for of_u, of_d in ((-np.inf, 0.0), (np.inf, 1.0)))
        both = _of_both(solid, linear)
        # They take a factor. In space, where the whole does without, that is dearer than a step of the whole.
        windowed = solid.mesh.geometry.dim == 2 or both.multigrid is None
        blocks = (
            Block(solid.displacement, low[0], high[0], _elasticity(solid, linear), FACTOR_AGE),
            Block(solid.damage, low[1], high[1], LinearSolver(comm, None, 1e-2), DAMAGE_AGE),
        )
        self.rungs = Rungs(
            solid=solid,
            tolerance=tolerance,
            limit=limit,
            relaxation=relaxation,
            settles=(0.0 if both.multigrid is None else SETTLED) if settled is None else settled,
            least=low,
            most=high,
            displacement=BoundedNewton(solid.displacement, low[0], high[0], _elasticity(solid, linear, keep=False)),
            damage=BoundedNewton(solid.damage, low[1], high[1], LinearSolver(comm, None, 1e-6)),
            both=BoundedNewton(solid.coupled.functional, low[2], high[2], both, shifted=solid.coupled.owned_d),
            windows=Windows(solid.coupled, d, solid.length, low[2], high[2]) if windowed else None,
            quasi_newton=QuasiNewton(solid.potential, solid.hold_flow, blocks),
            memory=Memory(solid.state),
        )
        solid.state.add("minimiser", self.rungs.memory)

    def minimise(self, interrupt: Callable[[int], bool] = lambda count: False) -> Outcome:
        """Finds the equilibrium near the present state; after each step it may be interrupted."""
        return Climb(self.rungs, interrupt).climb()


def _bounds(of_u: float, of_d: float, u: fem.Function, d: fem.Function, w: fem.Function) -> Bounds:
    """Bounds of displacement, damage, and both, which are joined when a call begins."""
    for_u, for_d, for_both = (fem.Function(f.function_space) for f in (u, d, w))
    for_u.x.array[:], for_d.x.array[:] = of_u, of_d
    return for_u, for_d, for_both


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
