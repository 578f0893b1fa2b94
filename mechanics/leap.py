"""A running crack, taken further at once: what it has looked like on its way is put where it is going.

Every method that sees slopes alone moves a crack by an element or two in each iteration, and it looks much the same
after each. So damage near its tip is shifted along the way it goes, with the displacement that belongs to it, and if
that has less energy it is where the crack would have come to.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from mpi4py import MPI
from scipy.spatial import cKDTree

from mechanics.newton import BoundedNewton
from mechanics.solid import Solid

NEAR = 4  # in ℓ, around the way of the tip: what is shifted
CORE = 0.3  # of the largest change: what counts for where the tip is
BROKEN, ENOUGH = 0.9, 8  # damage, and nodes that have it, which show how a crack lies
RUNNING = 0.1  # change of damage below which nothing runs
FURTHER = 2.0  # times the last step of the tip; from farther a crack returns that is not as straight
TRIES = 3  # each half as far
CORNERS = 3  # nodes that a place between them takes its damage from
LOOSE = 1e3  # how much less sharply than an equilibrium displacement has to follow


@dataclass(frozen=True)
class _Seen:
    damage: np.ndarray
    tip: np.ndarray | None  # where damage has grown since before


class Leap:
    """Told from time to time where damage is, it knows where the tip goes."""

    def __init__(self, solid: Solid, displacement: BoundedNewton, damage: BoundedNewton) -> None:
        self._solid, self._displacement, self._damage, self._comm = solid, displacement, damage, solid.comm
        space = solid.state.d.function_space
        self._owned = space.dofmap.index_map.size_local
        self._places = space.tabulate_dof_coordinates()
        self._dim = space.mesh.geometry.dim
        self._tree: cKDTree | None = None
        self._seen: _Seen | None = None

    def begin(self) -> None:
        """Of a way: nothing runs yet."""
        self._seen = _Seen(self._solid.state.d.x.array.copy(), None)

    def further(self, sharp: float) -> bool:
        """Whether there was a way down by shifting."""
        way = self._way()
        if way is None:
            return False
        tip, step = way[0], FURTHER * self._along(*way)
        for _ in range(TRIES):
            if self._lower(tip, step, sharp):
                self._seen = _Seen(self._solid.state.d.x.array.copy(), tip + step)
                return True
            step /= 2
        return False

    def _way(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Where the tip is, and how far it has gone since it was last looked at."""
        assert self._seen is not None
        before, d = self._seen, self._solid.state.d.x.array
        grown = np.maximum(d - before.damage, 0.0)[: self._owned]
        most = self._comm.allreduce(float(grown.max(initial=0.0)), op=MPI.MAX)
        if most < RUNNING:
            self._seen = _Seen(d.copy(), None)
            return None
        weights = np.where(grown > CORE * most, grown, 0.0)
        total = self._sum(weights.sum())
        tip = self._sum(weights @ self._places[: self._owned]) / total
        self._seen = _Seen(d.copy(), tip)
        if before.tip is None or np.array_equal(tip, before.tip):
            return None
        return tip, tip - before.tip

    def _along(self, tip: np.ndarray, step: np.ndarray) -> np.ndarray:
        """A step without what leads out of the crack behind it: the least extent of what is broken around the tip."""
        x, d = self._places[: self._owned] - tip, self._solid.state.d.x.array[: self._owned]
        around = np.linalg.norm(x, axis=1) < np.linalg.norm(step) + NEAR * self._solid.length
        x = x[(d > BROKEN) & around]
        count = self._sum(len(x))
        if count < ENOUGH:
            return step
        x = x - self._sum(x.sum(axis=0)) / count
        _, axes = np.linalg.eigh(self._sum(x.T @ x)[: self._dim, : self._dim])
        across = np.zeros(3)
        across[: self._dim] = axes[:, 0]
        return step - (step @ across) * across

    def _lower(self, tip: np.ndarray, shift: np.ndarray, sharp: float) -> bool:
        state, solid = self._solid.state, self._solid
        saved, before = state.save(), solid.potential()
        near = np.linalg.norm(self._places - tip - shift / 2, axis=1) < np.linalg.norm(shift) + NEAR * solid.length
        d = state.d.x.array
        np.maximum(d, np.where(near, self._shifted(shift), 0.0), out=d)
        self._displacement.minimise(LOOSE * sharp)
        solid.hold_flow()
        self._damage.minimise(sharp)
        if solid.potential() < before:
            return True
        state.restore(saved)
        return False

    def _shifted(self, shift: np.ndarray) -> np.ndarray:
        """Damage as it is on the way behind."""
        everywhere = np.concatenate(self._comm.allgather(self._solid.state.d.x.array[: self._owned]))
        if self._tree is None:
            self._tree = cKDTree(np.concatenate(self._comm.allgather(self._places[: self._owned])))
        distances, nodes = self._tree.query(self._places - shift, CORNERS)
        weights = 1 / np.maximum(distances, np.finfo(float).tiny)
        weights /= weights.max(axis=1, keepdims=True)
        there = (weights * everywhere[nodes]).sum(axis=1) / weights.sum(axis=1)
        return np.where(distances[:, 0] < self._solid.length, there, 0.0)

    def _sum(self, numbers: Any) -> Any:
        return self._comm.allreduce(numbers, op=MPI.SUM)
