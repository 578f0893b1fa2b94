"""How far parts of a body have cracked: what is broken of a region, and how deep cracks go into a shell."""

from collections.abc import Sequence

import numpy as np
import ufl
from dolfinx import fem
from mpi4py import MPI

from mechanics.body.functional import assembled
from mechanics.body.plastic_history import QUADRATURE_DEGREE
from mechanics.body.solid import Solid
from mechanics.measure.detachment import BROKEN, extent, nodes_of, sectors


class Cracked:
    """Some regions together, less the nodes that they share with others: a crack beside them reaches in there."""

    def __init__(self, solid: Solid, regions: Sequence[str]) -> None:
        self._d, self._comm = solid.state.d, solid.comm
        space = self._d.function_space
        within = fem.Function(fem.functionspace(solid.mesh, ("DG", 0)))
        for name in regions:
            within.x.array[solid.regions[name]] = 1
        dx = ufl.Measure("dx", solid.mesh, metadata={"quadrature_degree": QUADRATURE_DEGREE})
        measure = solid.kinematics.measure(ufl.SpatialCoordinate(solid.mesh))
        forms = (within * ufl.TestFunction(space) * measure * dx, (1 - within) * ufl.TestFunction(space) * dx)
        here, elsewhere = (assembled([fem.form(form)], fem.Function(space)).x.array for form in forms)
        own = (here > 0) & (elsewhere <= 0)
        own[space.dofmap.index_map.size_local :] = False
        self._nodes, self._volumes = np.flatnonzero(own), here[own]

    def highest(self) -> float:
        """Highest damage."""
        return self._comm.allreduce(float(self._d.x.array[self._nodes].max(initial=0.0)), op=MPI.MAX)

    def share(self) -> float:
        """Volume of what is broken over the whole."""
        broken = float(self._volumes[self._d.x.array[self._nodes] >= BROKEN].sum())
        return self._comm.allreduce(broken) / self._comm.allreduce(float(self._volumes.sum()))


class Depth:
    """How deep cracks go into a shell around a middle: 1 where one goes through.

    The shell is cut into sectors, and these into rings, each as wide as an element or more. A crack is as deep as the
    share of rings that it breaks in a sector and its two neighbours, so that it may run aslant.
    """

    def __init__(self, solid: Solid, region: str, size: float, middle: tuple[float, float] = (0.0, 0.0)) -> None:
        self._d, self._comm = solid.state.d, solid.comm
        self._nodes, (x, y, _) = nodes_of(self._d, solid.regions[region])
        radius = np.hypot(x - middle[0], y - middle[1])
        inside, outside = extent(self._comm, radius)
        self._sector, self._sectors = sectors(x - middle[0], y - middle[1], inside, size)
        self._rings = max(int((outside - inside) / size), 1)
        depth = (radius - inside) / (outside - inside)
        self._ring = np.minimum((depth * self._rings).astype(int), self._rings - 1)

    def deepest(self) -> float:
        broken = np.zeros((self._sectors, self._rings), dtype=np.int8)
        there = self._d.x.array[self._nodes] >= BROKEN
        broken[self._sector[there], self._ring[there]] = 1
        self._comm.Allreduce(MPI.IN_PLACE, broken, op=MPI.MAX)
        around = np.max([np.roll(broken, turn, axis=0) for turn in (-1, 0, 1)], axis=0)
        return float(around.mean(axis=1).max())
