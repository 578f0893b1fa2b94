import numpy as np
import pytest
from mpi4py import MPI

import meshes
from mechanics import CRACK_MODELS, SPLITS, Medium, Solid, Support

WALLS = {"bottom": Support((0, 1)), "top": Support((0, 1)), "left": Support((0,)), "right": Support((0,))}


@pytest.fixture
def make_solid():
    """A stack of layers as a Solid: everything a test leaves out is elastic, tough and held at both platens."""

    def make(stack: meshes.Stack, media: dict[str, Medium], **changes: object) -> Solid:
        domain = meshes.build(stack, MPI.COMM_SELF)
        supports = {"bottom": Support((0, 1)), "top": Support((0, 1)), "right": Support((0,))}
        settings = {
            "supports": supports,
            "crack": CRACK_MODELS["AT1"],
            "split": SPLITS["volumetric-deviatoric"],
            "length": 0.2,
        } | changes
        size = meshes.row_height(domain.mesh)
        return Solid(domain.mesh, domain.regions, domain.boundaries, media, cell_size=size, **settings)

    return make


@pytest.fixture
def block() -> meshes.Stack:
    """A coarse block of three layers without a notch."""
    return meshes.Stack(width=2.0, electrolyte=0.5, interface=0.5, cathode=0.5, fine=0.25, coarse=0.25)


def uniform(**numbers: float) -> dict[str, Medium]:
    """The same medium in every layer."""
    medium = Medium(**({"young": 1000.0, "poisson": 0.3, "toughness": 1.0} | numbers))
    return dict.fromkeys(("electrolyte", "interface", "cathode"), medium)


def highest_damage(solid: Solid) -> float:
    return float(np.max(solid.state.d.x.array))
