"""Lithium in the particles of a body: what mechanics charges, and what there is to tell of it at the end."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from intact.bodies import diffusing
from intact.bodies.body import Body, gap
from intact.bodies.staging import currents, highest_soc, limits
from intact.runs.trace import Trace
from mechanics import Solid
from mechanics.history.currents import Currents
from mechanics.history.schedule import HOUR
from mechanics.lithium.coupling import Coupling
from mechanics.lithium.diffusion import Diffusion
from mechanics.lithium.facing import Facing
from mechanics.lithium.transport import Transport

MEANING = {
    "capacity_reached": "charge that was taken out until the end of the last charge, over that up to steps.until",
    "ended_by": "how the last charge or discharge ended. surface content: that of one particle had got to its end; mean "
    "content: that of all had, which is all there is; no surface in touch: no way was left for the current",
    "unaccounted": "lithium content that has gone without current, or come",
    "particles": "at the end: mean content of each, and the share of its surface that is in touch",
}


class Lithium:
    """In all particles, through the surface of each as far as the layer beside it is not broken."""

    def __init__(self, body: Body, solid: Solid) -> None:
        case, domain = body.case, body.domain
        around = {one.name: one for one in body.interfaces if one.surface is not None}
        surfaces = {name: domain.boundaries[str(one.surface)] for name, one in around.items()}
        particles = {name: domain.regions[name] for name in around}
        cells = np.sort(np.concatenate(list(particles.values())))
        facing = Facing(solid.state.d, [(surfaces[name], domain.regions[one.region]) for name, one in around.items()])
        self._of, self._until = diffusing.host(case), highest_soc(case)
        self.diffusion = Diffusion(domain.mesh, cells, surfaces, self._of, damage=facing.damage, behind=particles)
        self.diffusion.content.x.array[:] = self._of.full
        strained = [(inside, body.media_of_regions[name]) for name, inside in particles.items()]
        coupling = Coupling(solid, self.diffusion, strained, facing)
        stages, flows = zip(*currents(case, self._of, gap(body)), strict=True)
        transport = Transport(self.diffusion, flows, diffusing.TOLERANCE)
        assert case.diffusion is not None, "lithium is followed where there is one"
        self.drive = Currents(transport, coupling, stages, limits(case), HOUR / float(case.diffusion.c_rate))

    def figures(self, trace: Trace) -> dict[str, Any]:
        """What a run has to say that follows lithium, and each process by itself: where one is interrupted the others
        may be anywhere."""
        steps = [(record.soc, record.time, record.lithium) for record in trace.records if record.lithium is not None]
        if not steps:
            return {"capacity_reached": None, "ended_by": None}
        passed = sum(now.rate * (after - before) for (_, before, _), (_, after, now) in pairwise(steps)) / HOUR
        charged = [why for stage, why in trace.endings if "charge" in stage]
        charges = [record.soc for record in trace.records if record.half_cycle % 2]
        soc, last, _ = steps[-1]
        return {
            "capacity_reached": charges[-1] / self._until,
            "ended_by": charged[-1] if charged and trace.stopped is None else None,
            "seconds_charged_and_rested": last,
            "unaccounted": abs(soc - passed) * self._of.capacity,
            "particles": self._particles() if trace.stopped is None else {},
            "meaning": MEANING,
        }

    def _particles(self) -> dict[str, dict[str, float]]:
        contents, shares = self.diffusion.means(), self.diffusion.contact().shares
        return {name: {"content": contents[name], "in_touch": shares[name]} for name in contents}
