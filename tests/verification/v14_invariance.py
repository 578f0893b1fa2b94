"""V14: what must not matter: how many processes, a restart, the mesh, the step."""

from __future__ import annotations

import json

import numpy as np
from matplotlib.figure import Figure
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
    Record,
    Schedule,
    Solid,
    Support,
    charges,
)
from mechanics.measure.detachment import Detachment
from mechanics.state import Saved
from tests.notebook import Notebook

from ..processes import on_processes
from .page import Check, Page

TITLE = "Processes, restart, mesh and step"
SLOW = True

TEXT = """
A notched stack that flows and cracks in its interface, top on a spring (ℓ = 0.2 µm, AT1), charged to 0.75:

- on one and on two processes (other mesh partition, other factorisation: PETSc's own alone, MUMPS together)
- stopped half way, its state saved, and taken up again by a body made anew
- with elements half as large (h = ℓ/4 and ℓ/8)
- with steps half as large (0.05 and 0.025)

Compared is what was spent up to the end, which has to agree as far as the linear solver and the minimiser go (it stops
where damage changes by less than 1e-4), and within the 1 % that are set for the step. For the mesh the bound is set for
the charge at which something happens, 3 %: here that at which the crack has doubled what it held at first, the notch.
At a given charge the two meshes differ by more: 4 % in the crack's energy and in plastic work.
"""

HALF, END = 0.5, 0.75


class Notes(Notebook):
    def rows(self) -> np.ndarray:
        """Columns: SoC, detached fraction, elastic, fracture and spring energy, plastic work."""
        return np.array([_row(record) for record in self.records])


def _row(record: Record) -> list[float]:
    assert record.outcome.converged
    energies = record.energies
    stores = [energies.elastic, energies.fracture, energies.spring, record.plastic_work]
    return [record.soc, record.detached_fraction, *stores]


def body(comm: MPI.Comm, fine: float) -> Solid:
    notch = meshes.Notch(1.0, 0.05)
    domain = meshes.build(meshes.Stack(2.5, 0.5, 0.8, 0.5, fine=fine, coarse=0.3, notch=notch), comm)
    soft = {"yield_stress": 30.0, "hardening": 20.0}
    media = {
        "electrolyte": Medium(2000.0, 0.3, 20.0, **soft),
        "interface": Medium(2000.0, 0.3, 2.0, **soft),
        "cathode": Medium(8000.0, 0.25, 20.0, -0.1),
    }
    supports = {"bottom": Support((0, 1)), "top": Support(spring=50.0), "right": Support((0,))}
    crack, split, size = CRACK_MODELS["AT1"], SPLITS["volumetric-deviatoric"], meshes.row_height(domain.mesh)
    return Solid(domain.mesh, domain.regions, domain.boundaries, media, supports, crack, split, 0.2, size)


def charged(until: float, largest: float) -> Schedule:
    return Schedule(charges(until), Limits(largest, 0.01, 0.02))


def charge(solid: Solid, steps: Schedule, taken_up: Saved | None = None) -> Notes:
    notes = Notes()
    detachment = Detachment(solid.state.d, solid.regions, solid.boundaries, "interface", 0.1)
    history = History(Fixed(solid, AlternateMinimiser(solid)), steps, detachment, notes)
    if taken_up is not None:
        solid.state.restore(taken_up)
    assert history.run()
    return notes


def history(comm: MPI.Comm = MPI.COMM_SELF, fine: float = 0.05, step: float = 0.05) -> np.ndarray:
    solid = body(comm, fine)
    solid.break_open("notch")
    return charge(solid, charged(END, step)).rows()


def taken_up_again() -> np.ndarray:
    """The end of a history that was stopped half way."""
    before = body(MPI.COMM_SELF, 0.05)
    before.break_open("notch")
    charge(before, charged(HALF, 0.05))
    return charge(body(MPI.COMM_SELF, 0.05), charged(END, 0.05), before.state.save()).rows()[-1]


def shared(count: int) -> np.ndarray:
    """The history as that many processes tell it."""
    size, rows = json.loads(on_processes(count, "-m", "tests.verification.v14_invariance", timeout=600)[-1])
    assert size == count
    return np.array(rows)


def verify(thorough: bool) -> Page:
    alone, together, again = history(), shared(2), taken_up_again()
    finer, slower = history(fine=0.025), history(step=0.025)
    assert alone[-1, 3] > 2 * alone[0, 3]  # a crack has grown
    assert alone[-1, 5] > 0.1  # and something has flowed
    checks = []
    solver = "linear solver: its tolerance is 1e-6 in damage"
    for name, rows, tolerance, why in (
        ("two processes", together[-1], 1e-6, solver),
        ("taken up again", again, 1e-6, "nothing but the factor that the linear solver keeps is lost"),
        ("steps half as large", slower[-1], 0.01, "the bound that is set for the step"),
    ):
        for column, what in ((3, "energy of the crack"), (5, "plastic work")):
            checks.append(Check(f"{name}: {what}", rows[column], alone[-1, column], tolerance, why))
    charge_there = "elements half as large: charge at which the crack's energy has doubled"
    checks.append(Check(charge_there, _doubled(finer), _doubled(alone), 0.03, "the bound that is set for the mesh"))
    histories = {
        "one process": alone,
        "two processes": together,
        "elements half as large": finer,
        "steps half as large": slower,
    }
    return Page(TEXT, checks, lambda figure: draw(figure, histories))


def _doubled(rows: np.ndarray) -> float:
    """The charge at which the crack holds twice the energy of the notch."""
    return float(np.interp(2.0, rows[:, 3] / rows[0, 3], rows[:, 0]))


def draw(figure: Figure, histories: dict[str, np.ndarray]) -> None:
    styles = ("-", "--", ":", "-.")
    for axes, column, what in zip(figure.subplots(1, 2), (3, 5), ("energy of the crack", "plastic work"), strict=True):
        for (name, rows), style in zip(histories.items(), styles, strict=True):
            axes.plot(rows[:, 0], rows[:, column], style, marker=".", label=name)
        axes.set(xlabel="state of charge", ylabel=f"{what} (MPa µm²)")
    figure.axes[0].legend()


if __name__ == "__main__":
    told = history(MPI.COMM_WORLD)
    if MPI.COMM_WORLD.rank == 0:
        print(json.dumps([MPI.COMM_WORLD.size, told.tolist()]))
