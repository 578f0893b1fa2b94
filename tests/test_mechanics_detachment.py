"""What of an interface has let go, also in three dimensions and around particles, and what of that touches again.
By one process and by two."""

import json
import shutil
from pathlib import Path

import gmsh
import numpy as np
import pytest
import ufl
from conftest import uniform
from dolfinx import fem
from mpi4py import MPI

import meshes
from mechanics import CRACK_MODELS, SPLITS, AlternateMinimiser, Solid, Support
from mechanics.laws.kinematics import AXISYMMETRIC, PLANE_STRAIN, SOLID_3D
from mechanics.measure.detachment import Detachment, DetachmentAround, of_all
from mechanics.measure.opening import ACROSS_LAYERS, Opening
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


# Open or touching

BLOCK = {"electrolyte": 0.2, "interface": 0.4, "cathode": 0.2, "fine": SIZE, "coarse": 0.2}
MOVES = {  # of what is above the interface, by x
    "nowhere": (lambda x: 0 * x, 0.0),
    "up": (lambda x: 0.01 + 0 * x, 1.0),
    "down": (lambda x: -0.01 + 0 * x, 0.0),
    "up to the left, down to the right": (lambda x: 0.02 * (1.0 - x), 0.5),
    "by less than an atom": (lambda x: 5e-5 + 0 * x, 0.0),
}


def block(depth: float | None = None, comm: MPI.Comm = MPI.COMM_SELF, kinematics=PLANE_STRAIN, **changes) -> Solid:
    domain = meshes.build(meshes.Stack(2.0, **BLOCK, depth=depth), comm)
    settings = {
        "media": uniform(),
        "supports": {"bottom": Support((0, 1))},
        "split": SPLITS["volumetric-deviatoric"],
    } | changes
    return Solid(
        domain.mesh,
        domain.regions,
        domain.boundaries,
        crack=CRACK_MODELS["AT1"],
        length=0.2,
        cell_size=meshes.row_height(domain.mesh),
        kinematics=kinematics,
        **settings,
    )


def of_layer(solid: Solid) -> Detachment:
    around = solid.kinematics is AXISYMMETRIC
    return Detachment(solid.state.d, solid.regions, solid.boundaries, "interface", SIZE, around)


def break_layer(solid: Solid) -> None:
    solid.state.d.interpolate(lambda x: (abs(x[1] - 0.4) < 0.11).astype(float))


def move(solid: Solid, of) -> None:
    dim = solid.mesh.geometry.dim
    solid.state.u.interpolate(
        lambda x: np.vstack([0 * x[0], of(x[0]) * np.clip((x[1] - 0.3) / 0.2, 0, 1), 0 * x[0]])[:dim]
    )


def opened(solid: Solid) -> dict[str, float]:
    opening, detachment = Opening(solid, ACROSS_LAYERS), of_layer(solid)
    break_layer(solid)
    found = {}
    for name, (of, _) in MOVES.items():
        move(solid, of)
        found[name] = detachment.open_fraction(opening.parted())
        assert detachment.fraction() == 1
    return found


@pytest.mark.parametrize("depth", [None, 0.4])
def test_a_broken_layer_is_open_where_its_faces_have_parted(depth: float | None) -> None:
    solid = block(depth, kinematics=SOLID_3D if depth else PLANE_STRAIN)
    assert opened(solid) == {name: share for name, (_, share) in MOVES.items()}


def test_what_is_not_broken_is_not_open() -> None:
    solid = block()
    detachment, opening = of_layer(solid), Opening(solid, ACROSS_LAYERS)
    solid.state.d.interpolate(lambda x: 0.89 * (abs(x[1] - 0.4) < 0.11))
    move(solid, lambda x: 0.01 + 0 * x)
    assert opening.parted().max() > 0
    assert detachment.open_fraction(opening.parted()) == 0


def test_open_rings_count_by_their_area() -> None:
    of, _ = MOVES["up to the left, down to the right"]
    solid = block(kinematics=AXISYMMETRIC)
    break_layer(solid)
    move(solid, of)
    assert of_layer(solid).open_fraction(Opening(solid, ACROSS_LAYERS).parted()) == pytest.approx(0.25)  # of π 2²


def test_parted_volume_is_the_jump_along_the_crack() -> None:
    """∫ (1 - g) tr e over a layer that has taken all of the jump and is wholly broken there."""
    solid = block()
    break_layer(solid)
    solid.state.u.interpolate(lambda x: np.vstack([0 * x[0], 0.03 * np.clip((x[1] - 0.3) / 0.2, 0, 1)]))
    whole = 0.03 * 2.0
    damage = solid.state.d.x.array
    damage[:] = 1
    assert Opening(solid, ACROSS_LAYERS).parted().sum() == pytest.approx(
        whole * (1 - 1e-6), rel=1e-3
    )  # cells across y = 0.3, 0.5
    damage[:] = 0.5
    assert Opening(solid, ACROSS_LAYERS).parted().sum() == pytest.approx(0.75 * whole, rel=1e-3)


def test_shrinkage_that_is_free_opens_nothing() -> None:
    """It strains, but elastically it does not."""
    domain = meshes.build(meshes.Stack(2.0, **BLOCK), MPI.COMM_SELF)
    solid = Solid(
        domain.mesh, domain.regions, domain.boundaries, uniform(shrinkage=-0.1), {}, CRACK_MODELS["AT1"],
        SPLITS["volumetric-deviatoric"], 0.2, meshes.row_height(domain.mesh),
    )  # fmt: skip
    solid.state.d.x.array[:] = 1
    solid.load(1.0)
    solid.state.u.interpolate(lambda x: np.vstack([-0.1 * x[0], -0.1 * x[1]]))
    parted = Opening(solid, ACROSS_LAYERS).parted()
    assert np.abs(parted).max() < 1e-12
    assert of_layer(solid).open_fraction(parted) == 0
    solid.state.u.interpolate(lambda x: np.vstack([-0.1 * x[0], -0.09 * x[1]]))
    assert of_layer(solid).open_fraction(Opening(solid, ACROSS_LAYERS).parted()) == 1


def test_what_has_flowed_before_it_broke_has_not_parted() -> None:
    solid = block(media=uniform(yield_stress=10.0))
    break_layer(solid)
    move(solid, lambda x: 0.01 + 0 * x)
    opening, detachment = Opening(solid, ACROSS_LAYERS), of_layer(solid)
    assert detachment.open_fraction(opening.parted()) == 1
    strain = solid.state.plastic[0].x.array.reshape(-1, 3, 3)
    strain[:, 1, 1], strain[:, 0, 0] = 0.05, -0.05  # as much as the layer was stretched
    assert detachment.open_fraction(opening.parted()) == 0


def test_broken_faces_touch_again_when_they_are_pushed_back() -> None:
    """Equilibria: the top is moved up, back, and down; damage stays. The sides are free, so that what is broken flows
    out there; where it comes out, in the last column, it swells."""
    pulled = Support((0, 1), motion=lambda load, x: np.vstack([0 * x[0], 0.02 * load + 0 * x[1]]))
    solid = block(supports={"bottom": Support((0, 1)), "top": pulled})
    detachment, opening, minimiser = of_layer(solid), Opening(solid, ACROSS_LAYERS), AlternateMinimiser(solid)
    break_layer(solid)
    found = []
    for load in (1.0, 0.5, 0.0, -0.2, 0.2):
        solid.load(load)
        assert minimiser.minimise().converged
        found.append(detachment.open_fraction(opening.parted()))
        assert detachment.fraction() == 1
    column = of_layer(solid).extent ** -1
    assert found == [1, 1, 0, pytest.approx(0, abs=column), 1]


# Around particles

RADIUS, LAYER, APART = 1.0, 0.1, 3.0


class Discs:
    """Two particles in a matrix, each with a layer around it; the second one half as large."""

    def draw(self) -> None:
        occ = gmsh.model.occ
        matrix = occ.addRectangle(-2, -2, 0, 2 * APART, 4)
        places = ((0.0, RADIUS), (APART, RADIUS / 2))
        discs = [(2, occ.addDisk(x, 0, 0, r, r)) for x, radius in places for r in (radius + LAYER, radius)]
        occ.fragment([(2, matrix)], discs)
        occ.synchronize()
        named: dict[str, list[int]] = {}
        for _, surface in gmsh.model.getEntities(2):
            x, *_ = occ.getCenterOfMass(2, surface)
            area = occ.getMass(2, surface)
            named.setdefault(self._name(x, area), []).append(surface)
        for name, surfaces in named.items():
            gmsh.model.addPhysicalGroup(2, surfaces, name=name)
        gmsh.option.setNumber("Mesh.MeshSizeMax", LAYER / 2)

    @staticmethod
    def _name(x: float, area: float) -> str:
        number = 1 if x < RADIUS else 2
        radius = RADIUS / number
        if area > 6:
            return "matrix"
        return f"particle {number}" if area > 0.9 * np.pi * radius**2 else f"interface {number}"


def pulled_up(x: np.ndarray) -> np.ndarray:
    """What is inside of the layers goes down: they are open above, and closed below."""
    near = np.where(x[0] < APART / 2, np.hypot(x[0], x[1]) / RADIUS, np.hypot(x[0] - APART, x[1]) / (RADIUS / 2))
    return np.vstack([0 * x[0], -1.0 * np.clip(1.3 - near, 0, 1)])


def around(comm: MPI.Comm) -> list[float]:
    domain = meshes.build(Discs(), comm)
    media = dict.fromkeys(domain.regions, uniform()["cathode"])
    solid = Solid(
        domain.mesh, domain.regions, {}, media, {}, CRACK_MODELS["AT1"], SPLITS["volumetric-deviatoric"], 0.1,
        meshes.row_height(domain.mesh),
    )  # fmt: skip
    x, y = ufl.SpatialCoordinate(domain.mesh)
    x = ufl.conditional(ufl.lt(x, APART / 2), x, x - APART)
    opening = Opening(solid, ufl.as_vector((x, y, 0)) / ufl.sqrt(x**2 + y**2))
    one, two = (
        DetachmentAround(solid.state.d, opening.volumes, domain.regions, [f"interface {n}"], LAYER / 2) for n in (1, 2)
    )
    found = [one.fraction(), two.fraction(), two.extent / one.extent]
    d = solid.state.d
    d.interpolate(lambda x: ((x[0] < APART / 2) & (abs(np.arctan2(x[1], x[0]) - 1) < np.pi / 4)).astype(float))
    found += [one.fraction(), two.fraction(), of_all([one, two], [one.fraction(), two.fraction()])]
    d.x.array[:] = 1
    found += [one.fraction(), two.fraction()]
    solid.state.u.interpolate(pulled_up)
    found += [one.open_fraction(opening.parted()), two.open_fraction(opening.parted())]
    return found


def test_each_particle_has_its_share() -> None:
    """To a sector at each end: 2π/62 of a turn around the first."""
    whole, half, ratio, quarter, none, of_both, *broken, opened, opened_too = around(MPI.COMM_SELF)
    assert (whole, half, none) == (0, 0, 0)
    assert ratio == pytest.approx((RADIUS + LAYER) / (2 * RADIUS + LAYER) * 1.0, rel=0.15)
    assert quarter == pytest.approx(1 / 4, abs=2 / 62)
    assert of_both == pytest.approx(quarter / (1 + ratio))
    assert broken == [1, 1]
    assert opened == pytest.approx(1 / 2, abs=2 / 62)
    assert opened_too == pytest.approx(1 / 2, abs=2 / 31)


SCRIPT_AROUND = """
import json, sys
sys.path[:0] = sys.argv[1:3]
from mpi4py import MPI
from test_mechanics_detachment import MOVES, around, block, opened
told = [around(MPI.COMM_WORLD), opened(block(comm=MPI.COMM_WORLD))]
if MPI.COMM_WORLD.rank == 0:
    print(json.dumps([MPI.COMM_WORLD.size, *told]))
"""


@pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun here")
def test_two_processes_find_the_same_open_share() -> None:
    root = Path(__file__).parents[1]
    lines = on_processes(2, "-c", SCRIPT_AROUND, str(root), str(root / "tests"))
    shares = {name: share for name, (_, share) in MOVES.items()}
    assert json.loads(lines[-1]) == [2, pytest.approx(around(MPI.COMM_SELF), rel=1e-9), shares]
