"""A mesh that gets fine where damage goes: a step is predicted, and repeated on a finer mesh where the one it was
predicted on was too coarse for it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from mpi4py import MPI

from mechanics.body.solid import Energies, Solid
from mechanics.history.transfer import carry
from mechanics.minimise.ladder import AlternateMinimiser

# Damage that asks for fine cells. A crack carries that much ahead of its core: ℓ for AT1, 1.4 ℓ for AT2; so there is
# room to see it come. And below it nothing localises that coarse cells would misplace: in a bar AT2 softens from ¼ on;
# AT1 and cohesive models do from 0 on, but by what coarse cells resolve.
ENTERED = 0.25
# In ℓ: how far around it cells are refined with it. For a sheared plate cracked over 8 ℓ (V15, ℓ/2) it took 17, 7, 3
# and 2 refinements with 1, 2, 4 and 8, to 5.0, 5.3, 6.1 and 9.0 thousand cells; with 1 the highest force was 1 % off.
AHEAD = 4.0
BATCH = 1000  # places that are compared with all others at a time


@dataclass(frozen=True)
class Finer:
    """A solid on a refined mesh, and how that lies in the one before (see `carry`)."""

    solid: Solid
    coarse: np.ndarray  # its cells that are larger than a crack takes, ghosts included
    parents: np.ndarray
    places: np.ndarray


@dataclass(frozen=True)
class Transfer:
    """One refinement, and what it did to the energies."""

    load: float
    cells: int
    iterations: int  # that were spent on the step to be repeated
    before: Energies
    after: Energies

    @property
    def jump(self) -> float:
        """Jump of the energy in all, relative to what it was."""
        before, after = (one.elastic + one.fracture + one.spring for one in (self.before, self.after))
        return (after - before) / before if before > 0 else 0.0


class Adaptive:
    """The solid as it is now, its minimiser, and where it is too coarse for a crack.

    The toughness of a cell is corrected for its size (see `numerical_toughness`), which changes here. Were cells always
    corrected for the size they have, the damage that they hold would change its price with each refinement, and the
    energy would jump. So a cell is to have from the start the correction for the size at which a crack will break it,
    and `refine` to hand it down to its children: toughness belongs to a place, and stays what it is in time.
    """

    def __init__(
        self,
        solid: Solid,
        coarse: np.ndarray,
        refine: Callable[[np.ndarray], Finer],
        minimiser: Callable[[Solid], AlternateMinimiser] = AlternateMinimiser,
    ) -> None:
        """`solid` at the start of its history. `refine` makes the given cells of the last solid fine enough for a
        crack, and a solid on that mesh, again at the start. A crack that is there already is so made in fine cells:
        from coarse ones its damage would be handed on as wide as they are, and would not heal."""
        self.solid, self.transfers = solid, list[Transfer]()
        self._coarse, self._refine, self._minimiser = coarse, refine, minimiser
        while self.outgrown():
            finer = refine(self._around_damage())
            self.solid, self._coarse = finer.solid, finer.coarse
        self.minimiser = minimiser(self.solid)

    def outgrown(self) -> bool:
        """Whether damage stands in cells that are too coarse for it."""
        return self.solid.comm.allreduce(bool(len(self._damaged())), op=MPI.LOR)

    def refine(self, back: Callable[[], None], iterations: int) -> None:
        """Where the present damage asks for it, from the state to which `back` leads; after so many iterations in
        vain."""
        cells = self._around_damage()
        back()
        self.refine_cells(cells, iterations)

    def refine_cells(self, cells: np.ndarray, spent: int = 0) -> None:
        """In these cells, which are coarse, with all of the present state; after so many iterations in vain."""
        old = self.solid
        before = old.energies()
        finer = self._refine(cells)
        carry(old, finer.solid, finer.parents, finer.places)
        self.solid, self._coarse = finer.solid, finer.coarse
        self.minimiser = self._minimiser(self.solid)
        count = self.solid.mesh.topology.index_map(self.solid.mesh.topology.dim).size_global
        self.transfers.append(Transfer(float(old.charge.value), count, spent, before, self.solid.energies()))

    def _damaged(self) -> np.ndarray:
        """Nodes of coarse cells, with more damage than these are good for."""
        d = self.solid.state.d
        nodes = np.unique(d.function_space.dofmap.list[self._coarse])
        return nodes[d.x.array[nodes] > ENTERED]

    def _around_damage(self) -> np.ndarray:
        """Coarse cells with a node that is no farther than it takes from such nodes, on any process."""
        space = self.solid.state.d.function_space
        x, of_cells = space.tabulate_dof_coordinates(), space.dofmap.list[self._coarse]
        damaged = np.vstack(self.solid.comm.allgather(x[self._damaged()]))
        nodes, number = np.unique(of_cells, return_inverse=True)
        near = np.zeros(len(nodes), dtype=bool)
        for some in np.array_split(damaged, len(damaged) // BATCH + 1):
            distances = np.linalg.norm(x[nodes][:, None] - some, axis=2)
            near |= (distances <= AHEAD * self.solid.length).any(axis=1)
        return self._coarse[near[number.reshape(of_cells.shape)].any(axis=1)]
