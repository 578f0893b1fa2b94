"""Bars in one dimension, for cases V1 and V2: the same solid and minimiser as anywhere, on a line of elements."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import ufl
from dolfinx import mesh
from mpi4py import MPI

from mechanics import CRACK_MODELS, SPLITS, Kinematics, Medium, Solid, Support

# The strain across is an unknown, as in plane stress, and the same both ways: uniaxial stress.
BAR = Kinematics(1, lambda u, across, x: ufl.diag(ufl.as_vector([ufl.grad(u)[0, 0], across, across])), thin=True)


def bar(
    nodes: np.ndarray,
    medium: Medium,
    crack: str,
    length: float,
    size: float,
    weaker: tuple[float, Medium] | None = None,
    cracked: Callable[[np.ndarray], np.ndarray] = lambda x: np.zeros(len(x), dtype=bool),
) -> Solid:
    """A bar held at its left end and moved by the load at its right one. `weaker` is the region within this distance
    of its middle and its medium; `size` is that of the elements which the toughness is corrected for."""
    body = mesh.create_interval(MPI.COMM_SELF, len(nodes) - 1, [nodes[0], nodes[-1]])
    x = body.geometry.x[:, 0]
    x[:] = np.interp(x, np.linspace(nodes[0], nodes[-1], len(nodes)), nodes)
    cells = np.arange(len(nodes) - 1, dtype=np.int32)
    middles = mesh.compute_midpoints(body, 1, cells)[:, 0]
    near = np.abs(middles - (nodes[0] + nodes[-1]) / 2) < (0.0 if weaker is None else weaker[0])
    regions, media = {"bar": cells[~near]}, {"bar": medium}
    if weaker is not None:
        regions["seed"], media["seed"] = cells[near], weaker[1]
    boundaries = {
        "left": mesh.locate_entities(body, 0, lambda x: np.isclose(x[0], nodes[0])),
        "right": mesh.locate_entities(body, 0, lambda x: np.isclose(x[0], nodes[-1])),
        "crack": mesh.locate_entities(body, 0, lambda x: cracked(x[0])),
    }
    supports = {"left": Support((0,)), "right": Support((0,), motion=lambda load, x: np.full((1, x.shape[1]), load))}
    return Solid(
        body,
        regions,
        boundaries,
        media,
        supports,
        CRACK_MODELS[crack],
        SPLITS["volumetric-deviatoric"],
        length,
        np.full(len(cells), size),
        BAR,
    )
