"""What is seen and kept of one run while it is solved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from pathlib import Path
from time import perf_counter

import numpy as np
from dolfinx import fem
from mpi4py import MPI

from intact.bodies.body import COARSE, Body
from intact.case import cycles
from intact.console import console
from intact.results import folder as results
from intact.results import names
from intact.results.fields import FieldFile
from intact.results.regions import SHOWN
from intact.runs.contact import ContactLoss
from intact.runs.each import Each
from intact.runs.told import Told
from intact.runs.trace import IN_A_PLANE, IN_SPACE, SAME_SOC, Trace
from mechanics import Record, Solid
from mechanics.measure.detachment import DETACHED
from mechanics.measure.fields import CellFields

SIGN_OF_LIFE = 15.0  # seconds between lines while one long step is solved


class Reporter:
    """Keeps the history and the fields at the pictured states of charge, and tells how far the run is.

    The time of fields is the charge that has flowed: the state of charge, as long as it has not turned round.
    """

    def __init__(
        self,
        body: Body,
        solid: Solid,
        contact: ContactLoss,
        folder: Path,
        lithium: fem.Function | None = None,
        keep: Callable[[Reporter], None] = lambda reporter: None,
        told: Sequence[Told] = (),
        endings: Sequence[tuple[str, str]] = (),
    ) -> None:
        """`keep` is called where all of a step has been told. Goes on from what has been `told` already."""
        self._keep = keep
        self.highest_in_coarse_cells = 0.0  # damage
        self._contact = contact
        self._solid = solid
        self._pictured, self._cycles = body.case.output.soc, cycles.of_case(body.case)
        self._clock = perf_counter()
        self._told = 0.0  # detached fraction in the last line
        self._kept: float | None = None  # time of the last fields
        self._ends_kept = lithium is not None  # where stages end is not known before
        coarse = body.cell_size > COARSE * body.case.fracture.length
        self._coarse_nodes = solid.state.d.function_space.dofmap.list[coarse]
        vertex_space = fem.functionspace(solid.mesh, ("Lagrange", 1, (solid.mesh.geometry.dim,)))
        self._displacement = fem.Function(vertex_space, name="displacement")
        self._region = np.zeros(len(body.cell_size), dtype=np.int32)
        for region, role in body.roles.items():
            self._region[body.domain.regions[region]] = SHOWN.index(body.kind.shown[role])
        unit = IN_A_PLANE if body.case.geometry.startswith("plane") else IN_SPACE
        first = solid.comm.rank == 0
        history = folder / results.HISTORY if first else None
        self.trace = Trace(history, unit, contact.cracks.meaning, lithium is not None)
        self.each = Each(folder / results.EACH if first else None, list(contact.parts))
        self._lithium, self._of_cells = lithium, CellFields(solid)
        for one in told:
            self.trace.add(one.record, one.touch, one.cracks)
            self.each.add(one.record, one.each)
            self._told = one.record.detached_fraction
        self.trace.endings += endings
        shown = sorted({SHOWN.index(body.kind.shown[role]) for role in body.roles.values()})
        if first:
            results.write_json(folder / results.REGIONS, {str(number): SHOWN[number] for number in shown})
        self._fields = FieldFile(folder, solid.mesh, self.trace.flowed if told else -inf)

    def iteration(self, soc: float, count: int, detached: float) -> None:
        if self._silent_for_long():
            self._tell(f"  SoC {soc:.4f}: still at it, iteration {count}, {detached:.0%} detached")

    def step(self, record: Record) -> None:
        known = (self._contact.now(), self._contact.cracks.now()) if record.outcome.converged else ()
        self.trace.add(record, *known)
        if record.outcome.converged:
            self.each.add(record, self._contact.each())
        self._look_at_coarse_cells()
        pictured = any(abs(self.trace.flowed - soc) < SAME_SOC for soc in self._pictured)
        pictured = pictured or self._cycles.keeps(self.trace.flowed)
        if self.trace.stopped is not None:
            self._tell(f"  {self.trace.stopped}; the run stops here", "bold red")
        elif pictured or record.detached_fraction - self._told > DETACHED or self._silent_for_long():
            self._told = record.detached_fraction
            half = f" in {cycles.name(record.half_cycle)}" if self._cycles.count else ""
            self._tell(f"  SoC {record.soc:.4f}{half}: {record.detached_fraction:.0%} detached")
        if pictured or self.trace.stopped is not None or len(self.trace.records) == 1:
            self._keep_fields()

    def ended(self, stage: str, why: str) -> None:
        """Where a charge is over before all that is asked for, its end is kept as well."""
        self.trace.endings.append((stage, why))
        if self._ends_kept:
            self._keep_fields()

    def whole(self) -> None:
        self._keep(self)

    @property
    def told(self) -> list[Told]:
        """All that is known of each equilibrium."""
        steps = zip(self.trace.records, self.trace.touches, self.trace.cracks, self.each.all, strict=True)
        return [Told(*step) for step in steps]

    def close(self) -> None:
        self.trace.close()
        self.each.close()

    def _keep_fields(self) -> None:
        """The state is the last equilibrium, also where the step after it failed; before the first there is none."""
        last = self.trace.flowed
        if self.trace.records and (self._kept is None or abs(last - self._kept) > SAME_SOC):
            self._kept = last
            self._displacement.interpolate(self._solid.deformation)
            dim, cells = self._solid.mesh.geometry.dim, self._of_cells.now()
            at_vertices = {
                names.DISPLACEMENT: self._displacement.x.array.reshape(-1, dim),
                names.DAMAGE: self._solid.state.d.x.array,
            }
            if self._lithium is not None:
                at_vertices[names.LITHIUM] = self._lithium.x.array
            potential = self._contact.potential()
            if potential is not None:
                at_vertices[names.POTENTIAL] = potential
            in_cells = {
                names.REGION: self._region,
                names.STRESS: cells.stress,
                names.STRAIN: cells.strain,
                names.ENERGY: cells.energy,
                names.PLASTIC_STRAIN: cells.plastic_strain,
                names.ACCUMULATED: cells.accumulated,
            }
            self._fields.write(last, at_vertices, {name: of for name, of in in_cells.items() if of is not None})

    def _look_at_coarse_cells(self) -> None:
        here = float(self._solid.state.d.x.array[self._coarse_nodes].max(initial=0.0))
        self.highest_in_coarse_cells = self._solid.comm.allreduce(here, op=MPI.MAX)

    def _silent_for_long(self) -> bool:
        return perf_counter() - self._clock > SIGN_OF_LIFE

    def _tell(self, text: str, style: str | None = None) -> None:
        console.print(text, style=style, markup=False)
        self._clock = perf_counter()
