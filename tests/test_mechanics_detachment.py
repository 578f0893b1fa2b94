"""What of an interface has let go in three dimensions: a share of its area, by one process and by two."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from dolfinx import fem
from mpi4py import MPI

import meshes
from mechanics.detachment import Detachment
from tests.processes import on_processes

SIZE = 0.1
WIDTH, DEPTH, LENGTH, DEBOND = 1.5, 1.2, 0.3, 1.0
NOTCHES = {"none": None, "wedge": meshes.Notch(LENGTH, 0.05), "penny": meshes.Notch(LENGTH, shape="penny")}
BROKEN = {  # by (x, y, z)
    "nothing": lambda x, y, z: 0.89,
    "all": lambda x, y, z: 1.0,
    "only the bulk": lambda x, y, z: (y < 0.19) | (y > 0.61),
    "one row of elements": lambda x, y, z: abs(y - 0.4) < 0.09,
    "back half": lambda x, y, z: z > DEPTH / 2,
    "round the corner": lambda x, y, z: np.hypot(x, z) < DEBOND,
    "from the left": lambda x, y, z: x < DEBOND,
    "the notch": lambda x, y, z: x < LENGTH + SIZE,
    "the penny": lambda x, y, z: np.hypot(x, z) < LENGTH + SIZE,
}


def fractions(shape: str, comm: MPI.Comm) -> dict[str, float]:
    layers = {"electrolyte": 0.2, "interface": 0.4, "cathode": 0.2, "fine": SIZE, "coarse": 0.2}
    domain = meshes.build(meshes.Stack(WIDTH, **layers, notch=NOTCHES[shape], depth=DEPTH), comm)
    d = fem.Function(fem.functionspace(domain.mesh, ("Lagrange", 1)))
    detachment = Detachment(d, domain.regions, domain.boundaries, "interface", SIZE)
    found = {}
    for name, damage in BROKEN.items():
        d.interpolate(lambda x, damage=damage: np.broadcast_to(damage(*x), x.shape[1]).astype(float))
        found[name] = detachment.fraction()
    return found


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, float]]:
    return {shape: fractions(shape, MPI.COMM_SELF) for shape in NOTCHES}


def test_rings_around_an_axis_count_by_their_area() -> None:
    layers = {"electrolyte": 0.2, "interface": 0.4, "cathode": 0.2, "fine": SIZE, "coarse": 0.2}
    domain = meshes.build(meshes.Stack(2.0, **layers), MPI.COMM_SELF)
    d = fem.Function(fem.functionspace(domain.mesh, ("Lagrange", 1)))
    d.interpolate(lambda x: (x[0] > 1.0 + SIZE / 2).astype(float))
    parts = (domain.regions, domain.boundaries, "interface", SIZE)
    assert Detachment(d, *parts).fraction() == pytest.approx(0.5)
    assert Detachment(d, *parts, around_axis=True).fraction() == pytest.approx(0.75)  # of π 2²


def test_from_nothing_to_all(found: dict[str, dict[str, float]]) -> None:
    for shape, of in found.items():
        assert of["nothing"] == of["only the bulk"] == 0, shape
        assert of["all"] == of["one row of elements"] == 1, shape
    assert found["wedge"]["the notch"] == 0
    assert found["penny"]["the penny"] == 0


def test_share_of_the_area_outside_of_the_notch(found: dict[str, dict[str, float]]) -> None:
    """From two elements beyond the tip on. Columns that are broken in part count, so it is more by up to a column
    along the edge of what is broken."""
    column, quarter, edge = 2 * SIZE, np.pi / 4, DEBOND * np.pi / 2
    for shape, tip in (("none", 0.0), ("wedge", LENGTH + column)):
        of, area = found[shape], (WIDTH - tip) * DEPTH
        assert of["back half"] == pytest.approx(1 / 2, abs=column / DEPTH)
        assert 0 <= of["from the left"] * area - (DEBOND - tip) * DEPTH <= column * DEPTH
    for shape, tip in (("none", 0.0), ("penny", LENGTH + column)):
        of, area = found[shape], WIDTH * DEPTH - quarter * tip**2
        assert 0 <= of["round the corner"] * area - quarter * (DEBOND**2 - tip**2) <= column * edge


SCRIPT = """
import json, sys
sys.path[:0] = sys.argv[1:3]
from mpi4py import MPI
from test_mechanics_detachment import fractions
told = fractions("penny", MPI.COMM_WORLD)
if MPI.COMM_WORLD.rank == 0:
    print(json.dumps([MPI.COMM_WORLD.size, told]))
"""


@pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun here")
def test_two_processes_find_the_same(found: dict[str, dict[str, float]]) -> None:
    root = Path(__file__).parents[1]
    lines = on_processes(2, "-c", SCRIPT, str(root), str(root / "tests"))
    assert json.loads(lines[-1]) == [2, found["penny"]]
