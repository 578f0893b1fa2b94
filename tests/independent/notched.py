"""A square plate, 1 mm, with a slit to its centre, pulled or sheared by its top (Miehe et al. 2010). Lengths µm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from intact.results.crack_record import CrackRecord

from .grids import graded, grid
from .history import follow
from .phase_field import Material, PhaseField

HALF = 500.0  # |x|, |y| ≤ HALF; the slit is y = 0, x < 0
STEEL = Material(young=210e3, poisson=0.3, toughness=2700.0)
LENGTH = 15.0


def tension(fine: float, loads: Sequence[float], kept: Sequence[float], degree: int = 2) -> CrackRecord:
    """Bottom held, top moved upward and free to contract; AT2, no split; toughness not corrected for the mesh."""
    step = HALF / round(HALF / fine)  # so that the tip is a point
    x = graded(-6 * step, HALF, -HALF, HALF, step, 1.3)
    y = graded(-7 * step, 7 * step, -HALF, HALF, step, 1.3)
    points, triangles = grid(x, y, slit=(0.0, 0.0))
    region = np.zeros(len(triangles), dtype=int)
    body = PhaseField(points, triangles, region, [STEEL], LENGTH, "AT2", "none", degree, mesh_correction=False)
    for component in (0, 1):
        body.hold(lambda x, y: y < -HALF + 1e-6, component)
    top = body.hold(lambda x, y: y > HALF - 1e-6, 1)

    def lift(load: float) -> None:
        body.u[top] = load

    return follow(body, "displacement, µm", loads, kept, lift, "force", lambda: body.reaction(top))
