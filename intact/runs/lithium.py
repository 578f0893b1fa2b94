"""Lithium in the particles of a body: what mechanics charges, and what there is to tell of it at the end."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from intact.bodies import diffusing
from intact.bodies.body import Body
from intact.runs.reporter import Reporter
from intact.runs.trace import Trace
from mechanics import AlternateMinimiser, Solid
from mechanics.history.evolution import Watched
from mechanics.lithium.coupling import Coupling, charge
from mechanics.lithium.diffusion import Diffusion
from mechanics.lithium.facing import Facing
from mechanics.lithium.transport import Transport

MEANING = {
    "capacity_reached": "charge that was taken out until the end of the charge, over that up to steps.until",
    "ended_by": "surface content: that of one particle had got to that of steps.until; mean content: that of all had, "
    "which is all there is; no surface in touch: no way was left for the current",
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
        self._of = diffusing.host(case)
        self.diffusion = Diffusion(domain.mesh, cells, surfaces, self._of, damage=facing.damage, behind=particles)
        self.diffusion.content.x.array[:] = self._of.full
        self._solid, self._steps, self._until = solid, diffusing.steps(case), float(case.steps.until)
        strained = [(inside, body.media_of_regions[name]) for name, inside in particles.items()]
        self._coupling = Coupling(solid, self.diffusion, strained, facing)
        stages, largest = diffusing.stages(case, self._of), diffusing.seconds(case, case.steps.largest)
        self.transport = Transport(self.diffusion, stages, diffusing.TOLERANCE, largest)
        self._particles: dict[str, dict[str, float]] = {}  # at the end; not known of a charge that is interrupted

    def charge(self, minimiser: AlternateMinimiser, contact: Watched, reporter: Reporter) -> None:
        charge(self._solid, minimiser, self.transport, self._coupling, contact, self._steps, reporter)
        contents, shares = self.diffusion.means(), self.diffusion.contact().shares
        self._particles = {name: {"content": contents[name], "in_touch": shares[name]} for name in contents}

    def figures(self, trace: Trace) -> dict[str, Any]:
        """What a run has to say that follows lithium, and each process by itself: where one is interrupted the others
        may be anywhere."""
        steps = [(record.soc, record.lithium) for record in trace.records if record.lithium is not None]
        if not steps:
            return {"capacity_reached": None, "ended_by": None}
        passed = sum(now.rate * (now.time - before.time) for (_, before), (_, now) in pairwise(steps)) / diffusing.HOUR
        charged = [ending for ending, stage in zip(trace.endings, self.transport.stages, strict=False) if stage.rate]
        soc, last = steps[-1]
        return {
            "capacity_reached": soc / self._until,
            "ended_by": charged[-1].value if trace.stopped is None else None,
            "seconds_charged_and_rested": last.time,
            "unaccounted": abs(soc - passed) * self._of.capacity,
            "particles": self._particles,
            "meaning": MEANING,
        }
