"""What lithium and mechanics tell each other: the strain that goes with a content, and the stress of an equilibrium."""

from collections.abc import Mapping, Sequence

import numpy as np
import ufl
from dolfinx import fem

from mechanics.body.solid import Solid, SolidError
from mechanics.laws.medium import Medium
from mechanics.lithium.diffusion import Diffusion
from mechanics.lithium.facing import Facing
from mechanics.lithium.recovery import Recovery
from mechanics.lithium.transport import Transport
from mechanics.state import Number

KNOTS = 1000  # of a table of strain over the charge


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
        cells = fem.functionspace(body, ("DG", 0))  # numbers of the last equilibrium, and its time
        self._last_stress, self._last_content, self._last_time = fem.Function(cells), fem.Function(cells), np.nan

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
        """Tells transport the stress of the equilibrium that has been found, and how much of a surface is in touch."""
        if self._facing is not None:
            self._facing.look()
        transport.heed(self.stress(transport.time))

    def stress(self, time: float) -> float:
        """Gives transport the stress of the equilibrium at this time; returns by how much content would differ had it
        been known."""
        diffusion = self._diffusion
        if diffusion.linear:
            return 0.0
        tensors = self._swelling.stress().reshape(-1, 3, 3)[self._owned]
        stress = -np.einsum("cij,cij->c", tensors, self._shape) / (3 * self._recover.volumes)
        content = self._of_cells(diffusion.content.x.array, self._owned)
        softening, expected = self._softening(), diffusion.stress_at(time)
        smooth, change = self._recover(stress + softening * content), None
        wrong = 0.0
        old_stress, old_content = (f.x.array[self._owned] for f in (self._last_stress, self._last_content))
        if np.isfinite(self._last_time):
            change = (smooth - self._recover(old_stress + softening * old_content)) / (time - self._last_time)
            wrong = self._moves(smooth - softening * diffusion.content.x.array - expected)
        self._last_stress.x.array[self._owned], self._last_content.x.array[self._owned] = stress, content
        self._last_time = time
        diffusion.softening.value = softening
        diffusion.pull(smooth, change, time)
        return wrong

    def fields(self) -> dict[str, fem.Function]:
        return {
            "stress of the last equilibrium": self._last_stress,
            "content of the last equilibrium": self._last_content,
        }

    def numbers(self) -> dict[str, Number]:
        return {"last time": None if np.isnan(self._last_time) else self._last_time}

    def take(self, numbers: Mapping[str, Number]) -> None:
        """Strain goes with the content, and touch with the damage, which have been taken before."""
        if self._facing is not None:
            self._facing.look()
        time = numbers["last time"]
        self._last_time = np.nan if time is None else float(time)  # type: ignore[arg-type]
        self.strain()

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
