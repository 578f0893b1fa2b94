"""The layered stack: exact areas and lengths, the notch, sizes and quality of the elements."""

import json
import math
import shutil
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import gmsh
import numpy as np
import pytest
import ufl
from dolfinx import fem
from dolfinx.mesh import entities_to_geometry, meshtags
from mpi4py import MPI

from meshes import Domain, MeshError, Notch, Stack, build, element_size
from tests.processes import on_processes

STACK = Stack(width=6.0, electrolyte=2.0, interface=0.8, cathode=3.0, fine=0.08, coarse=0.6, halo=0.2)
WEDGE, SLOT = Notch(1.5, 0.1, "wedge"), Notch(1.5, 0.2, "slot")
MIDDLE = STACK.electrolyte + STACK.interface / 2
ROUNDING = 1e-12  # relative; sums over some thousand elements in double precision


@pytest.fixture(scope="module", params=[WEDGE, SLOT], ids=["wedge", "slot"])
def domain(request: pytest.FixtureRequest) -> Domain:
    return build(replace(STACK, notch=request.param), MPI.COMM_SELF)


@pytest.fixture(scope="module")
def wedge() -> Domain:
    return build(replace(STACK, notch=WEDGE), MPI.COMM_SELF)


@pytest.fixture(scope="module")
def slot() -> Domain:
    return build(replace(STACK, notch=SLOT), MPI.COMM_SELF)


def measure(domain: Domain, entities: np.ndarray, dim: int, kind: str) -> float:
    """Area or length over all processes, as dolfinx assembles it."""
    tags = meshtags(domain.mesh, dim, entities, np.ones(len(entities), np.int32))
    over = ufl.Measure(kind, domain=domain.mesh, subdomain_data=tags)
    one = fem.Constant(domain.mesh, 1.0)
    integral = fem.assemble_scalar(fem.form(one * over(1)))
    return domain.mesh.comm.allreduce(integral)


def corners(domain: Domain, dim: int, entities: np.ndarray) -> np.ndarray:
    domain.mesh.topology.create_connectivity(dim, 2)
    return domain.mesh.geometry.x[entities_to_geometry(domain.mesh, dim, entities), :2]


def all_cells(domain: Domain) -> np.ndarray:
    cells = domain.mesh.topology.index_map(2)
    return np.arange(cells.size_local + cells.num_ghosts, dtype=np.int32)


def areas(domain: Domain) -> dict[str, float]:
    return {name: measure(domain, cells, 2, "dx") for name, cells in domain.regions.items()}


def lengths(domain: Domain) -> dict[str, float]:
    return {name: measure(domain, facets, 1, "ds") for name, facets in domain.boundaries.items()}


def test_regions_add_up(wedge: Domain) -> None:
    found = areas(wedge)
    assert list(found) == ["electrolyte", "interface", "cathode"]
    assert found["electrolyte"] == pytest.approx(6.0 * 2.0, rel=ROUNDING)
    assert found["interface"] == pytest.approx(6.0 * 0.8 - 1.5 * 0.1 / 2, rel=ROUNDING)
    assert found["cathode"] == pytest.approx(6.0 * 3.0, rel=ROUNDING)


def test_boundaries_add_up(wedge: Domain) -> None:
    found = lengths(wedge)
    assert found == pytest.approx(
        {"bottom": 6.0, "top": 6.0, "right": 5.8, "left": 5.8 - 0.1, "notch": 2 * math.hypot(1.5, 0.05)},
        rel=ROUNDING,
    )


def test_slot_adds_up_to_its_polygon(slot: Domain) -> None:
    # The half circle becomes at least two chords: between 2√2 r and πr long, around r² to πr²/2.
    r, straight = 0.1, 1.4
    hole = 6.0 * 0.8 - areas(slot)["interface"]
    faces = lengths(slot)["notch"]
    assert straight * 2 * r + r**2 - ROUNDING <= hole <= straight * 2 * r + math.pi * r**2 / 2
    assert 2 * straight + 2 * math.sqrt(2) * r - ROUNDING <= faces <= 2 * straight + math.pi * r


def test_without_a_notch() -> None:
    domain = build(STACK, MPI.COMM_SELF)
    assert set(domain.boundaries) == {"bottom", "top", "left", "right"}
    assert areas(domain)["interface"] == pytest.approx(6.0 * 0.8, rel=ROUNDING)
    assert lengths(domain)["left"] == pytest.approx(5.8, rel=ROUNDING)


def test_each_region_lies_in_its_layer(domain: Domain) -> None:
    floors = {"electrolyte": (0.0, 2.0), "interface": (2.0, 2.8), "cathode": (2.8, 5.8)}
    for name, (floor, ceiling) in floors.items():
        y = corners(domain, 2, domain.regions[name])[:, :, 1]
        assert y.min() == pytest.approx(floor, abs=ROUNDING)
        assert y.max() == pytest.approx(ceiling, abs=ROUNDING)


def test_names_give_sorted_local_numbers(domain: Domain) -> None:
    for entities in (*domain.regions.values(), *domain.boundaries.values()):
        assert entities.dtype == np.int32
        assert (np.diff(entities) > 0).all()
    joined = np.sort(np.concatenate(list(domain.regions.values())))
    np.testing.assert_array_equal(joined, all_cells(domain))


def test_wedge_is_a_triangle_with_its_tip_inside(wedge: Domain) -> None:
    x, y = corners(wedge, 1, wedge.boundaries["notch"]).reshape(-1, 2).T
    np.testing.assert_allclose(np.abs(y - MIDDLE), 0.05 * (1 - x / 1.5), atol=ROUNDING)
    assert x.min() == 0.0
    assert x.max() == 1.5


def test_slot_has_parallel_faces_and_a_round_end(slot: Domain) -> None:
    x, y = corners(slot, 1, slot.boundaries["notch"]).reshape(-1, 2).T
    straight = x < 1.4
    np.testing.assert_allclose(np.abs(y - MIDDLE)[straight], 0.1, atol=ROUNDING)
    # gmsh places points on a circle by its own tolerance, 1e-8 or so of the radius
    np.testing.assert_allclose(np.hypot(x - 1.4, y - MIDDLE)[~straight], 0.1, rtol=1e-6)
    assert x.min() == 0.0
    assert x.max() == pytest.approx(1.5, rel=ROUNDING)


def test_element_size_is_the_edge_of_the_equilateral_triangle(domain: Domain) -> None:
    size = element_size(domain.mesh)
    a, b, c = np.moveaxis(corners(domain, 2, all_cells(domain)), 1, 0)
    edges = [np.linalg.norm(side, axis=1) for side in (b - a, c - b, a - c)]
    half = sum(edges) / 2
    heron = np.sqrt(half * np.prod([half - edge for edge in edges], axis=0))
    np.testing.assert_allclose(size, np.sqrt(4 * heron / np.sqrt(3)), rtol=1e-10)  # Heron loses some digits
    assert np.sum(size**2) * np.sqrt(3) / 4 == pytest.approx(sum(areas(domain).values()), rel=ROUNDING)


def test_interface_and_halo_are_fine(domain: Domain) -> None:
    size = element_size(domain.mesh)
    interface = domain.regions["interface"]
    y = corners(domain, 2, all_cells(domain)).mean(axis=1)[:, 1]
    halo = np.setdiff1d(np.flatnonzero((y > 1.8) & (y < 3.0)), interface)
    for cells in (interface, halo):
        assert size[cells].mean() == pytest.approx(STACK.fine, rel=0.1)  # gmsh holds its field to a few percent
        assert size[cells].max() <= 1.5 * STACK.fine
    a, b, c = np.moveaxis(corners(domain, 2, interface), 1, 0)
    edges = np.concatenate([np.linalg.norm(side, axis=1) for side in (b - a, c - b, a - c)])
    assert edges.mean() == pytest.approx(STACK.fine, rel=0.1)


def test_grows_smoothly_to_coarse(domain: Domain) -> None:
    size = element_size(domain.mesh)
    y = corners(domain, 2, all_cells(domain)).mean(axis=1)[:, 1]
    away = np.maximum(np.abs(y - MIDDLE) - STACK.interface / 2 - STACK.halo, 0.0)
    wanted = np.minimum(STACK.fine + 0.3 * away, STACK.coarse)
    assert np.mean(size / wanted) == pytest.approx(1.0, abs=0.1)
    assert (size < 1.6 * wanted).all()  # single elements scatter; half an element more would be a jump
    assert size[y > 5.4].mean() == pytest.approx(STACK.coarse, rel=0.2)  # some twenty elements, cut by the edge
    domain.mesh.topology.create_connectivity(1, 2)
    links = domain.mesh.topology.connectivity(1, 2)
    pairs = np.array([links.links(i) for i in range(links.num_nodes) if len(links.links(i)) == 2])
    ratio = size[pairs].max(axis=1) / size[pairs].min(axis=1)
    assert ratio.mean() < 1.3
    assert ratio.max() < 2.0  # the worst of some thousand pairs


def least_angle(domain: Domain) -> float:
    points = corners(domain, 2, all_cells(domain))
    angles = []
    for i in range(3):
        u, v = (points[:, (i + k) % 3] - points[:, i] for k in (1, 2))
        angles.append(
            np.degrees(np.arccos(np.sum(u * v, axis=1) / np.linalg.norm(u, axis=1) / np.linalg.norm(v, axis=1)))
        )
    return float(np.min(angles))


def test_no_slender_elements(domain: Domain) -> None:
    assert least_angle(domain) > 20.0  # degrees; the bound asked for, 30 is usual


def test_no_slender_elements_beside_a_narrow_slot() -> None:
    narrow = build(replace(STACK, notch=Notch(1.5, 0.004, "slot")), MPI.COMM_SELF)
    assert least_angle(narrow) > 20.0
    assert narrow.cell_counts()["interface"] < 1.5 * build(STACK, MPI.COMM_SELF).cell_counts()["interface"]


def test_counts_cells_of_each_region(domain: Domain) -> None:
    counts = domain.cell_counts()
    assert counts == {name: len(cells) for name, cells in domain.regions.items()}
    assert sum(counts.values()) == domain.mesh.topology.index_map(2).size_global


def test_same_mesh_again(wedge: Domain) -> None:
    again = build(replace(STACK, notch=WEDGE), MPI.COMM_SELF)
    np.testing.assert_array_equal(again.mesh.geometry.x, wedge.mesh.geometry.x)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"width": 0.0}, "the stack's width is 0, and takes a length above zero"),
        ({"interface": -0.8}, "the stack's interface is -0.8, and takes"),
        ({"fine": math.nan}, "the stack's fine is nan, and takes"),
        ({"halo": -0.1}, "the stack's halo is -0.1, and takes a length of zero or more"),
        ({"coarse": 0.01}, "the coarse element size 0.01 is smaller than the fine one, 0.08"),
        (
            {"notch": Notch(6.0, 0.1)},
            "the notch length is 6, and takes a length above 0 and below .* width 6",
        ),
        ({"notch": Notch(0.04, 0.1, "slot")}, "the notch length is 0.04, and takes a length above 0.05"),
        ({"notch": Notch(1.0, 0.8)}, "the notch opening is 0.8, and takes .* interface thickness 0.8"),
        ({"notch": Notch(1.0, 0.0)}, "the notch opening is 0, and takes"),
    ],
)
def test_impossible_stacks(change: dict, sentence: str) -> None:
    with pytest.raises(MeshError, match=sentence):
        replace(STACK, **change)


@dataclass(frozen=True)
class Plate:
    """A unit square, one triangle mesh, with a line inside it that has a name."""

    named: bool = True

    def draw(self) -> None:
        low = gmsh.model.occ.addRectangle(0, 0, 0, 1, 0.5)
        high = gmsh.model.occ.addRectangle(0, 0.5, 0, 1, 0.5)
        gmsh.model.occ.fragment([(2, low)], [(2, high)])
        gmsh.model.occ.synchronize()
        if self.named:
            gmsh.model.addPhysicalGroup(2, [low, high], name="plate")
            seam = gmsh.model.getEntitiesInBoundingBox(-0.1, 0.49, -0.1, 1.1, 0.51, 0.1, 1)
            gmsh.model.addPhysicalGroup(1, [tag for _, tag in seam], name="seam")


def test_any_geometry_and_a_boundary_inside() -> None:
    domain = build(Plate(), MPI.COMM_SELF)
    ends = corners(domain, 1, domain.boundaries["seam"])
    np.testing.assert_allclose(ends[:, :, 1], 0.5, atol=ROUNDING)
    assert np.abs(np.diff(ends[:, :, 0])).sum() == pytest.approx(1.0, rel=ROUNDING)
    assert areas(domain)["plate"] == pytest.approx(1.0, rel=ROUNDING)


def test_gmsh_is_closed_whatever_happens() -> None:
    with pytest.raises(MeshError, match="no region of the mesh has a name"):
        build(Plate(named=False), MPI.COMM_SELF)
    assert not gmsh.isInitialized()


@dataclass(frozen=True)
class Open:
    """A surface whose outline does not close."""

    def draw(self) -> None:
        ends = [gmsh.model.geo.addPoint(x, 0, 0) for x in (0, 1)]
        gmsh.model.geo.addPlaneSurface([gmsh.model.geo.addCurveLoop([gmsh.model.geo.addLine(*ends)])])
        gmsh.model.geo.synchronize()


def test_gmsh_gives_up() -> None:
    with pytest.raises(MeshError, match=r"gmsh could not mesh Open\(\): "):
        build(Open(), MPI.COMM_SELF)


@dataclass(frozen=True)
class Cut:
    """A square beside a surface that crosses itself, which gmsh leaves without a mesh, loudly or not."""

    def draw(self) -> None:
        Plate().draw()
        points = [gmsh.model.occ.addPoint(x, y, 0) for x, y in ((2, 0), (3, 1), (3, 0), (2, 1))]
        lines = [gmsh.model.occ.addLine(points[i], points[(i + 1) % 4]) for i in range(4)]
        crossed = gmsh.model.occ.addPlaneSurface([gmsh.model.occ.addCurveLoop(lines)])
        gmsh.model.occ.synchronize()
        gmsh.model.addPhysicalGroup(2, [crossed], name="crossed")


def test_a_region_stays_without_mesh() -> None:
    with pytest.raises(MeshError, match=r"gmsh could not mesh Cut\(\): |the region 'crossed' has no cells"):
        build(Cut(), MPI.COMM_SELF)


REPORT = """
import json, sys
from dataclasses import replace
from mpi4py import MPI
sys.path[:0] = sys.argv[1:3]
import test_meshes_stack as here
from meshes import MeshError, build, load
domain = build(replace(here.STACK, notch=here.SLOT), MPI.COMM_WORLD)
owned = domain.mesh.topology.index_map(2).size_local
middles = here.corners(domain, 2, here.all_cells(domain)[:owned]).mean(axis=1)
gathered = MPI.COMM_WORLD.gather(middles.tolist())
ghosts = MPI.COMM_WORLD.gather(domain.mesh.topology.index_map(2).num_ghosts)
named = MPI.COMM_WORLD.gather(sum(len(cells) for cells in domain.regions.values()))
areas, lengths, counts = here.areas(domain), here.lengths(domain), domain.cell_counts()
try:
    load("nowhere.msh", MPI.COMM_WORLD)
except MeshError as problem:
    sentences = MPI.COMM_WORLD.gather(str(problem))
if MPI.COMM_WORLD.rank == 0:
    report = dict(areas=areas, lengths=lengths, counts=counts, ghosts=ghosts, named=named)
    report.update(sentences=sentences, middles=sum(gathered, []))
    print("REPORT", json.dumps(report))
"""


@pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun here")
def test_two_processes_get_the_same_mesh(slot: Domain) -> None:
    root = Path(__file__).parents[1]
    lines = on_processes(2, "-c", REPORT, str(root), str(root / "tests"))
    line = next(line for line in lines if line.startswith("REPORT"))
    report = json.loads(line.removeprefix("REPORT"))
    assert report["counts"] == slot.cell_counts()
    assert report["areas"] == pytest.approx(areas(slot), rel=ROUNDING)
    assert report["lengths"] == pytest.approx(lengths(slot), rel=ROUNDING)
    one, two = (
        np.array(sorted(np.round(middles, 9).tolist()))  # so that the last digit does not change the order
        for middles in (corners(slot, 2, all_cells(slot)).mean(axis=1), report["middles"])
    )
    np.testing.assert_allclose(one, two, atol=2e-9)
    assert min(report["ghosts"]) > 0
    assert sum(report["named"]) == sum(report["counts"].values()) + sum(report["ghosts"])  # ghosts have names too
    assert report["sentences"] == ["there is no mesh file 'nowhere.msh'"] * 2


DEEP = Stack(width=1.2, electrolyte=0.6, interface=0.4, cathode=0.8, fine=0.1, coarse=0.4, depth=1.0)
NOTCHES = {"none": None, "wedge": Notch(0.6, 0.05), "slot": Notch(0.6, 0.1, "slot"), "penny": Notch(0.6, shape="penny")}
RECTANGLES = {"bottom": 1.2, "top": 1.2, "left": 1.8, "right": 1.8, "front": 2.16, "back": 2.16}


@cache
def deep(shape: str) -> Domain:
    return build(replace(DEEP, notch=NOTCHES[shape]), MPI.COMM_SELF)


def volume(domain: Domain, region: str) -> float:
    return measure(domain, domain.regions[region], 3, "dx")


def triangles(domain: Domain, boundary: str) -> np.ndarray:
    domain.mesh.topology.create_connectivity(2, 3)
    return domain.mesh.geometry.x[entities_to_geometry(domain.mesh, 2, domain.boundaries[boundary])]


def area(domain: Domain, boundary: str) -> float:
    """Of faces inside the body as well, which are no part of dolfinx's ds."""
    a, b, c = np.moveaxis(triangles(domain, boundary), 1, 0)
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


@pytest.mark.parametrize("shape", NOTCHES)
def test_deep_stack_adds_up(shape: str) -> None:
    domain = deep(shape)
    assert list(domain.regions) == ["electrolyte", "interface", "cathode"]
    assert list(domain.boundaries) == [*RECTANGLES, *(["notch"] if NOTCHES[shape] else [])]
    slot = 0.55 * 0.1 + math.pi * 0.05**2 / 2
    mouth, side = {"wedge": (0.05, 0.6 * 0.05 / 2), "slot": (0.1, slot)}.get(shape, (0.0, 0.0))
    facets = 2e-3 if shape == "slot" else ROUNDING  # the half circle becomes a polygon
    assert volume(domain, "electrolyte") == pytest.approx(0.6 * 1.2, rel=ROUNDING)
    assert volume(domain, "interface") == pytest.approx(0.4 * 1.2 - side, rel=facets)
    assert volume(domain, "cathode") == pytest.approx(0.8 * 1.2, rel=ROUNDING)
    lost = {"left": mouth, "front": side, "back": side}
    wanted = {name: whole - lost.get(name, 0) for name, whole in RECTANGLES.items()}
    assert {name: area(domain, name) for name in RECTANGLES} == pytest.approx(wanted, rel=facets)


def test_deep_notches_go_straight_through() -> None:
    wedge, slot = deep("wedge"), deep("slot")
    assert area(wedge, "notch") == pytest.approx(2 * math.hypot(0.6, 0.025), rel=ROUNDING)
    assert area(slot, "notch") == pytest.approx(2 * 0.55 + math.pi * 0.05, rel=0.03)  # a polygon of a few chords
    x, y, _ = triangles(wedge, "notch").reshape(-1, 3).T
    np.testing.assert_allclose(np.abs(y - 0.8), 0.025 * (1 - x / 0.6), atol=1e-9)


def test_penny_is_a_quarter_of_a_disc_inside_of_the_interface() -> None:
    domain = deep("penny")
    x, y, z = triangles(domain, "notch").reshape(-1, 3).T
    np.testing.assert_allclose(y, 0.8, atol=1e-9)
    assert np.hypot(x, z).max() == pytest.approx(0.6, rel=1e-6)
    assert min(x.min(), z.min()) == pytest.approx(0, abs=1e-9)
    rim = math.pi * 0.6 / 2 / 0.08  # chords of at least 0.08 make a polygon that lacks a share (π/2n)²/6 of the area
    assert area(domain, "notch") == pytest.approx(math.pi * 0.6**2 / 4, rel=(math.pi / 2 / rim) ** 2)
    links = domain.mesh.topology.connectivity(2, 3)
    assert all(len(links.links(facet)) == 2 for facet in domain.boundaries["notch"])  # not opened: cells on both sides


def test_a_closed_notch_is_a_line_with_cells_on_both_sides() -> None:
    domain = build(replace(DEEP, depth=None, notch=Notch(0.6, shape="closed")), MPI.COMM_SELF)
    ends = corners(domain, 1, domain.boundaries["notch"])
    np.testing.assert_allclose(ends[..., 1], 0.8, atol=1e-9)
    assert np.abs(np.diff(ends[..., 0], axis=1)).sum() == pytest.approx(0.6)
    domain.mesh.topology.create_connectivity(1, 2)
    links = domain.mesh.topology.connectivity(1, 2)
    assert all(len(links.links(facet)) == 2 for facet in domain.boundaries["notch"])


@pytest.mark.parametrize("shape", NOTCHES)
def test_tetrahedra_are_as_large_as_asked_for(shape: str) -> None:
    domain = deep(shape)
    size = element_size(domain.mesh)
    assert np.sum(size**3) / math.sqrt(72) == pytest.approx(sum(volume(domain, name) for name in domain.regions))
    fine = size[domain.regions["interface"]]
    if shape != "slot":  # its round end is finer
        assert fine.mean() == pytest.approx(DEEP.fine, rel=0.1)
    assert fine.max() < 1.5 * DEEP.fine
    cells = np.arange(len(size), dtype=np.int32)
    points = domain.mesh.geometry.x[entities_to_geometry(domain.mesh, 3, cells)]
    pairs = [(i, j) for i in range(4) for j in range(i)]
    squares = np.mean([np.sum((points[:, i] - points[:, j]) ** 2, axis=1) for i, j in pairs], axis=0)
    assert (size**3 / squares**1.5).min() > 0.1  # 1 for a regular tetrahedron, 0 for a flat one; gmsh aims above 0.3


def test_same_deep_mesh_again() -> None:
    again = build(replace(DEEP, notch=NOTCHES["penny"]), MPI.COMM_SELF)
    np.testing.assert_array_equal(again.mesh.geometry.x, deep("penny").mesh.geometry.x)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"depth": 0.0}, "the stack's depth is 0, and takes a length above zero, or none"),
        ({"notch": Notch(1.1, shape="penny")}, "the notch length is 1.1, and takes .* below the stack's depth 1"),
        (
            {"notch": Notch(0.6, shape="penny"), "depth": None},
            "the notch shape is 'penny', and takes a stack with a depth; without one, 'wedge' or 'slot'",
        ),
        ({"notch": Notch(0.6, shape="closed")}, "the notch shape is 'closed', and takes a stack without a depth"),
    ],
)
def test_impossible_deep_stacks(change: dict, sentence: str) -> None:
    with pytest.raises(MeshError, match=sentence):
        replace(DEEP, **change)
