"""No battery: a plate with a crack from the left, pulled apart; mechanics alone, without case file and results folder.

containers/run python3 examples/notched_plate.py
"""

import numpy as np
from mpi4py import MPI

import meshes
from mechanics import (
    CRACK_MODELS,
    SPLITS,
    AlternateMinimiser,
    Fixed,
    History,
    Limits,
    Medium,
    Schedule,
    Solid,
    Support,
    charges,
)

WIDE, HIGH, CRACK, PULL = 10.0, 5.0, 3.0, 0.1  # µm


def plate() -> Solid:
    """A strip of one material; its layers are there to say where the mesh is fine."""
    notch = meshes.Notch(CRACK, shape="closed")
    layers = meshes.Stack(WIDE, HIGH / 2 - 0.5, 1.0, HIGH / 2 - 0.5, fine=0.1, coarse=0.4, notch=notch)
    domain = meshes.build(layers, MPI.COMM_SELF)
    pulled = Support((0, 1), motion=lambda load, x: np.vstack([0 * x[0], 0 * x[0] + PULL * load]))
    made = Solid(
        domain.mesh,
        domain.regions,
        domain.boundaries,
        dict.fromkeys(domain.regions, Medium(young=1000.0, poisson=0.3, toughness=1.0)),
        {"bottom": Support((0, 1)), "top": pulled},
        CRACK_MODELS["AT1"],
        SPLITS["volumetric-deviatoric"],
        0.25,
        meshes.row_height(domain.mesh),
    )
    made.break_open("notch")
    return made


def main() -> tuple[np.ndarray, np.ndarray]:
    """How far the top has been moved, and the force that it takes for each µm of depth."""
    solid, moved, forces = plate(), [], []
    history = History(Fixed(solid, AlternateMinimiser(solid)), Schedule(charges(1.0), Limits(0.05, 0.01)))
    while not history.finished and history.step():
        moved.append(PULL * float(solid.charge.value))
        forces.append(solid.reaction("top", 1))
    return np.array(moved), np.array(forces)


if __name__ == "__main__":
    moved, forces = main()
    print(f"it bears {forces.max():.2f} MPa um, at {moved[forces.argmax()]:.4f} um")
