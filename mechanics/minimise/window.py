"""Newton in the part of a body where damage moves, while the rest of it waits.

Outside nothing moves, so what the part loses in energy the whole loses (nonlinear elimination: Lanzkron, Rose, Wilkes,
SIAM J. Sci. Comput. 17, 1996). A crack advances by an element or two in a step of any method; here such a step costs
what a small part costs.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from dolfinx import fem, la
from mpi4py import MPI
from scipy.spatial import cKDTree

from mechanics.body.coupled import Coupled
from mechanics.linear.solver import LinearSolver
from mechanics.minimise.newton import BoundedNewton

CORE = 0.3  # of the largest change: what moves so much is where the window is
REACH, LAYERS = 2.0, 8  # lengths ℓ around it, but no more than so many of the largest cells there
STEPS = 6  # of Newton in a window, before it follows what moves
PART = 0.25  # of all cells: a window so large is none
PATIENCE = 10  # CG iterations with an aged factor


@dataclass(frozen=True)
class Window:
    cells: np.ndarray  # owned
    rows: np.ndarray  # owned unknowns that no cell outside has


class Windows:
    """Follows damage where it moves, as long as that pays. Every step lowers the energy."""

    def __init__(
        self, coupled: Coupled, d: fem.Function, length: float, lower: fem.Function, upper: fem.Function
    ) -> None:
        self._coupled, self._lower, self._upper = coupled, lower, upper
        self._outside = fem.Function(coupled.functional.x.function_space)
        self._reach, self._points = REACH * length, d.function_space.tabulate_dof_coordinates()
        mesh, nodes = d.function_space.mesh, d.function_space.dofmap.list
        topology = mesh.topology
        self._size = np.zeros(len(self._points))  # at each node, of the largest cell there
        np.maximum.at(self._size, nodes, mesh.h(topology.dim, np.arange(len(nodes), dtype=np.int32))[:, None])
        self._owned_cells = topology.index_map(topology.dim).size_local
        self._most = PART * topology.index_map(topology.dim).size_global
        self._nodes, self._unknowns = nodes, self._outside.function_space.dofmap.list
        self._damage = np.zeros(len(self._outside.x.array), dtype=bool)
        self._damage[coupled.d] = True
        self._comm = coupled.functional.comm

    def settle(self, moved: np.ndarray, least: float, sharp: float, idle: float, enough: Callable[[], bool]) -> None:
        """Starts from where damage has `moved`; ends when it moves by less than `least`, when the steps in one place
        gain less than `idle` (an energy) each, or it is `enough`."""
        d, functional = self._coupled.d, self._coupled.functional
        while True:
            most = self._comm.allreduce(float(np.abs(moved).max(initial=0.0)), op=MPI.MAX)
            if most < least:
                return
            window = self.around(np.abs(moved) > CORE * most)
            if self._comm.allreduce(len(window.cells), op=MPI.SUM) > self._most:
                return
            solver = LinearSolver(self._comm, PATIENCE, 1e-2, window.rows)
            damage = window.rows[self._damage[window.rows]]
            part = functional.within(window.cells)
            before = functional.x.x.array[d]
            newton = BoundedNewton(part, self._lower, self._upper, solver, STEPS, damage, window.rows)
            result = newton.minimise(sharp, enough)
            if result.stopped or result.gain < idle * result.iterations:
                return
            moved = functional.x.x.array[d] - before

    def around(self, nodes: np.ndarray) -> Window:
        """The cells near nodes, given as a mask over owned and ghost unknowns of damage."""
        core = np.concatenate(self._comm.allgather(self._points[nodes]))
        largest = self._comm.allreduce(float(self._size[nodes].max(initial=0.0)), op=MPI.MAX)
        reach = min(self._reach, LAYERS * largest)
        near = np.isfinite(cKDTree(core).query(self._points, distance_upper_bound=reach)[0])
        inside = near[self._nodes].all(axis=1)
        outside = self._outside.x.array
        outside[:] = 0
        outside[self._unknowns[~inside].ravel()] = 1
        self._outside.x.scatter_reverse(la.InsertMode.add)
        self._outside.x.scatter_forward()
        owned = self._outside.function_space.dofmap.index_map.size_local
        cells = np.flatnonzero(inside[: self._owned_cells]).astype(np.int32)
        return Window(cells, np.flatnonzero(outside[:owned] == 0))
