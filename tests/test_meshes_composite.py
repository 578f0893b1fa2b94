"""Composites: every part as large as the packing says, interfaces closed, sides that repeat, elements of good shape."""

import json
import math
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path

import gmsh
import numpy as np
import pytest
from mpi4py import MPI

from meshes import Composite, Domain, MeshError, Particles, build, element_size, model, nearest_normal
from tests.mesh_measures import all_cells, content, corners, length, middles, roundness, unlined
from tests.processes import on_processes

PARTICLES = Particles(fraction=0.6, median=3.0, spread=0.2, gap=0.15, seed=3)
SMALL = Composite(
    width=10.0, separator=2.0, thickness=10.0, particles=PARTICLES, interface=0.4, fine=0.15, coarse=0.8, reach=0.3
)
KINDS = {
    "discs": SMALL,
    "discs between walls": replace(SMALL, particles=replace(PARTICLES, sides="walls")),
    "discs that touch": replace(SMALL, particles=replace(PARTICLES, gap=0.0)),
    "polygons": replace(SMALL, particles=replace(PARTICLES, shape="angular")),
    "polygons that touch": replace(SMALL, particles=replace(PARTICLES, shape="angular", gap=0.0)),
}
kinds = pytest.mark.parametrize("kind", KINDS)
ROUNDING = 1e-9  # relative; gmsh joins what is nearer than 1e-8 or so
ON_CURVE = 1e-6  # relative; gmsh places points on a circle by its own tolerance


@cache
def meshed(kind: str) -> Domain:
    return build(KINDS[kind], MPI.COMM_SELF)


def count(composite: Composite) -> int:
    return len(composite.packing.radii)


def away(composite: Composite, points: np.ndarray) -> np.ndarray:
    """(points, particles): how far from each, over all copies; of particles in the mesh, not in the packing."""
    packing = composite.packing
    shapes, lift, found = packing.shapes, np.array([0.0, composite.separator]), []
    for i in range(len(packing.radii)):
        distances = []
        for move in packing.room.copies() + lift:
            if packing.angular:
                a = shapes.outlines[i] + move
                along = np.roll(a, -1, axis=0) - a
                share = np.clip(np.sum((points[:, None] - a) * along, axis=2) / np.sum(along**2, axis=1), 0.0, 1.0)
                distances.append(np.linalg.norm(points[:, None] - a - share[..., None] * along, axis=2).min(axis=1))
            else:
                distances.append(np.linalg.norm(points - shapes.centres[i] - move, axis=1) - packing.radii[i])
        found.append(np.min(distances, axis=0))
    return np.stack(found, axis=1)


@kinds
def test_names(kind: str) -> None:
    domain, n = meshed(kind), count(KINDS[kind])
    interfaces, particles = ([f"{word} {i}" for i in range(1, n + 1)] for word in ("interface", "particle"))
    assert list(domain.regions) == ["electrolyte", *interfaces, *particles]
    contacts = [f"contact {i + 1}-{j + 1}" for i, j in KINDS[kind].packing.shapes.touching]
    surfaces = [f"surface {i}" for i in range(1, n + 1)]
    assert sorted(domain.boundaries) == sorted(["left", "right", "bottom", "top", *surfaces, *contacts])
    assert bool(contacts) == ("touch" in kind)


@kinds
def test_areas_are_those_of_the_packing(kind: str) -> None:
    composite, domain = KINDS[kind], meshed(kind)
    packing = composite.packing
    found = {name: content(domain, name) for name in domain.regions}
    for i, area in enumerate(packing.shapes.contents, 1):
        # chords of up to 1.5 elements make a polygon that lacks a share θ²/6 of a disc, for an angle of θ
        lacks = ROUNDING if packing.angular else (1.5 * composite.fine / packing.radii[i - 1]) ** 2 / 6
        assert found[f"particle {i}"] == pytest.approx(area, rel=lacks)
    assert sum(found.values()) == pytest.approx(10.0 * 12.0, rel=ROUNDING)


@kinds
def test_sides_are_whole(kind: str) -> None:
    domain = meshed(kind)
    wanted = {"left": 12.0, "right": 12.0, "bottom": 10.0, "top": 10.0}
    assert {name: length(domain, name) for name in wanted} == pytest.approx(wanted, rel=ROUNDING)
    for name, (axis, at) in {"left": (0, 0.0), "right": (0, 10.0), "bottom": (1, 0.0), "top": (1, 12.0)}.items():
        np.testing.assert_allclose(corners(domain, 1, domain.boundaries[name])[:, :, axis], at, atol=ROUNDING)


@kinds
def test_surfaces_lie_on_their_particles(kind: str) -> None:
    composite, domain = KINDS[kind], meshed(kind)
    for i in range(count(composite)):
        points = corners(domain, 1, domain.boundaries[f"surface {i + 1}"]).reshape(-1, 2)
        np.testing.assert_allclose(away(composite, points)[:, i], 0.0, atol=3 * ON_CURVE)
    around = {i: length(domain, f"surface {i + 1}") for i in range(count(composite))}
    for i, j in composite.packing.shapes.touching:
        ends = corners(domain, 1, domain.boundaries[f"contact {i + 1}-{j + 1}"]).reshape(-1, 2)
        if composite.packing.angular:
            assert np.abs(away(composite, ends)[:, [i, j]]).max() < 3 * ON_CURVE
        for k in (i, j):
            around[k] += length(domain, f"contact {i + 1}-{j + 1}")
    for i, outline in enumerate(composite.packing.shapes.outlines):
        if composite.packing.angular:
            assert around[i] == pytest.approx(
                np.linalg.norm(np.roll(outline, -1, axis=0) - outline, axis=1).sum(), rel=ROUNDING
            )
        else:  # flats of 20° at most are shorter than their arcs by θ²/24, chords likewise
            assert around[i] == pytest.approx(2 * math.pi * composite.packing.radii[i], rel=0.01)


@kinds
def test_each_interface_is_closed_around_its_particle(kind: str) -> None:
    domain, composite = meshed(kind), KINDS[kind]
    for i in range(1, count(composite) + 1):
        open_ = unlined(domain, f"surface {i}", f"interface {i}")
        if composite.packing.angular or composite.particles.gap:
            assert not len(open_)
        else:  # at the tip of the wedge between two discs one cell may have a side on both
            flats = sum(i - 1 in pair for pair in composite.packing.shapes.touching)
            assert len(open_) <= 2 * flats


@kinds
def test_interface_cells_are_those_nearest(kind: str) -> None:
    """Those with a side on a surface, with midpoints within 0.4 element of it, belong to it in any case."""
    domain, composite = meshed(kind), KINDS[kind]
    # gmsh's chords and points on them, of which `layered` takes a few, are off the curve by h²/8r, and those of
    # different particles likewise
    slack = 2 * composite.fine**2 / 8 / composite.packing.radii.min() + composite.fine / 20
    for i in range(count(composite)):
        distances = away(composite, middles(domain, f"interface {i + 1}"))
        assert distances[:, i].max() <= composite.interface + slack
        assert (distances[:, i] <= distances.min(axis=1) + slack).all()
    assert away(composite, middles(domain, "electrolyte")).min() >= composite.interface - slack


def test_interface_is_as_wide_as_asked() -> None:
    """Its edge lies within half a row of elements of where it should, and nearer where rows are not parallel to it."""
    one = Particles(math.pi * 1.5**2 / 64, 3.0, gap=0.1, sides="walls")
    for width in (0.2, 0.25, 0.3, 0.4):
        composite = Composite(8.0, 0.0, 8.0, one, width, fine=0.1, coarse=0.5, reach=0.6)
        domain = build(composite, MPI.COMM_SELF)
        ring = math.pi * ((1.5 + width) ** 2 - 1.5**2)
        half_a_row = 2 * math.pi * (1.5 + width) * 0.1 * math.sqrt(3) / 4
        assert content(domain, "interface 1") == pytest.approx(ring, abs=half_a_row / 2)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "walls" not in kind])
def test_left_and_right_match_node_by_node(kind: str) -> None:
    domain = meshed(kind)
    left, right = (
        np.sort(np.sort(corners(domain, 1, domain.boundaries[name])[:, :, 1], axis=1), axis=0)
        for name in ("left", "right")
    )
    np.testing.assert_allclose(left, right, atol=ROUNDING)
    parts = {}
    for name in ("left", "right"):
        domain.mesh.topology.create_connectivity(1, 2)
        links = domain.mesh.topology.connectivity(1, 2)
        y = corners(domain, 1, domain.boundaries[name])[:, :, 1].mean(axis=1)
        cells = [links.links(facet)[0] for facet in domain.boundaries[name]]
        owner = {cell: region for region, those in domain.regions.items() for cell in those}
        parts[name] = [
            owner[cell].replace("interface", "electrolyte").split(" ") for cell in np.array(cells)[y.argsort()]
        ]
    particle = {name: [part[1:] if part[0] == "particle" else [] for part in those] for name, those in parts.items()}
    assert particle["left"] == particle["right"]
    assert any(particle["left"])


@kinds
def test_fine_along_surfaces_and_no_slender_elements(kind: str) -> None:
    composite, domain = KINDS[kind], meshed(kind)
    size = element_size(domain.mesh)
    assert roundness(domain).min() > 0.3  # the bound asked for; its mean is above 0.95
    assert roundness(domain).mean() > 0.93
    middle = corners(domain, 2, all_cells(domain)).mean(axis=1)
    distance = np.sort(np.abs(away(composite, middle)), axis=1)
    near = distance[:, 0] < composite.reach
    assert size[near].max() < 1.5 * composite.fine
    outside = np.concatenate([cells for name, cells in domain.regions.items() if "particle" not in name])
    # narrow gaps are finer, those beside top, left and right as well
    inner = (np.abs(middle[:, 0] - 5.0) < 4.0) & (middle[:, 1] < 11.0)
    roomy = near & inner & (distance[:, 1] > 1.0) & np.isin(np.arange(len(size)), outside)
    assert np.count_nonzero(roomy) > 200
    assert size[roomy].mean() == pytest.approx(composite.fine, rel=0.1)  # gmsh holds its field to a few percent
    far = corners(domain, 2, domain.regions["electrolyte"]).mean(axis=1)[:, 1] < 0.3
    assert size[domain.regions["electrolyte"]][far].mean() > 2.5 * composite.fine


def test_narrow_gaps_hold_a_row_for_each_side() -> None:
    narrow = replace(SMALL, particles=replace(PARTICLES, gap=0.05))
    domain = build(narrow, MPI.COMM_SELF)
    assert roundness(domain).min() > 0.3
    assert element_size(domain.mesh).min() < 0.04
    for i in range(1, count(narrow) + 1):
        assert not len(unlined(domain, f"surface {i}", f"interface {i}"))


def test_layers_narrower_than_elements_have_no_holes() -> None:
    thin = replace(SMALL, interface=0.02)  # no midpoint is so near to a surface
    domain = build(thin, MPI.COMM_SELF)
    for i in range(1, count(thin) + 1):
        assert not len(unlined(domain, f"surface {i}", f"interface {i}"))


@pytest.mark.parametrize("composite", [SMALL, replace(SMALL, particles=replace(PARTICLES, sides="walls"))])
def test_gmsh_is_told_what_repeats(composite: Composite) -> None:
    """Equal curves are meshed alike anyway; this holds where they are not quite."""
    with model.session():
        composite.draw()
        named = {gmsh.model.getPhysicalName(*group): group for group in gmsh.model.getPhysicalGroups(1)}
        left, right = (set(gmsh.model.getEntitiesForPhysicalGroup(*named[name])) for name in ("left", "right"))
        masters = {gmsh.model.mesh.getPeriodicNodes(1, curve)[0] for curve in right}
        assert masters == (left if composite.particles.sides == "periodic" else right)


def test_the_same_mesh_again_and_another_with_another_seed() -> None:
    one, again = meshed("polygons"), build(KINDS["polygons"], MPI.COMM_SELF)
    np.testing.assert_array_equal(one.mesh.geometry.x, again.mesh.geometry.x)
    for name, cells in one.regions.items():
        np.testing.assert_array_equal(cells, again.regions[name])
    other = build(replace(KINDS["polygons"], particles=replace(KINDS["polygons"].particles, seed=4)), MPI.COMM_SELF)
    assert content(other, "particle 1") != pytest.approx(content(one, "particle 1"), rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("gap", [0.1, 0.0])
@pytest.mark.parametrize("shape", ["round", "angular"])
def test_fifty_particles_at_65_percent(shape: str, gap: float) -> None:
    particles = Particles(0.65, 3.0, 0.3, gap, shape, seed=1)
    composite = Composite(21.5, 6.0, 21.5, particles, interface=0.3, fine=0.1, coarse=1.0, reach=0.3)
    assert count(composite) == 51
    assert composite.packing.fraction == pytest.approx(0.65, rel=0.003)
    domain = build(composite, MPI.COMM_SELF)
    assert roundness(domain).min() > 0.3
    # rows of fine triangles within the reach on both sides of all surfaces, some 480 long, hold 66,000 cells
    assert domain.mesh.topology.index_map(2).size_global < 150_000
    lined = [not len(unlined(domain, f"surface {i}", f"interface {i}")) for i in range(1, 52)]
    assert sum(lined) == 51 or not gap


REPORT = """
import json, sys
from mpi4py import MPI
sys.path[:0] = sys.argv[1:2]
import tests.test_meshes_composite as here
from meshes import build
domain = build(here.SMALL, MPI.COMM_WORLD)
counts = domain.cell_counts()
if MPI.COMM_WORLD.rank == 0:
    print("COUNTS", json.dumps(counts))
"""


@pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun here")
def test_two_processes_get_the_same_regions() -> None:
    lines = on_processes(2, "-c", REPORT, str(Path(__file__).parents[1]))
    line = next(line for line in lines if line.startswith("COUNTS"))
    assert json.loads(line.removeprefix("COUNTS")) == meshed("discs").cell_counts()


SOLID = Composite(
    width=5.6,
    separator=0.5,
    thickness=5.0,
    particles=Particles(0.2, 2.4, 0.05, gap=0.25, seed=1),
    interface=0.4,
    fine=0.3,
    coarse=0.8,
    reach=0.2,
    depth=5.0,
)


@pytest.mark.parametrize(
    ("shape", "sides"),
    [
        pytest.param("round", "periodic", marks=pytest.mark.slow),
        ("angular", "periodic"),
        pytest.param("round", "walls", marks=pytest.mark.slow),
    ],
)
def test_in_three_dimensions(shape: str, sides: str) -> None:
    composite = replace(SOLID, particles=replace(SOLID.particles, shape=shape, sides=sides))
    domain, packing = build(composite, MPI.COMM_SELF), composite.packing
    found = {name: content(domain, name) for name in domain.regions}
    assert count(composite) == 4
    assert sum(found.values()) == pytest.approx(5.6 * 5.5 * 5.0, rel=ROUNDING)
    for i, volume in enumerate(packing.shapes.contents, 1):
        # a triangle of edges h lies up to h²/6r deep in a sphere, half of it on average; edges are up to √2 longer
        lacks = ROUNDING if shape == "angular" else (composite.fine / packing.radii[i - 1]) ** 2 / 2
        assert found[f"particle {i}"] == pytest.approx(volume, rel=lacks)
        assert not len(unlined(domain, f"surface {i}", f"interface {i}"))
    wanted = {"left": 27.5, "right": 27.5, "bottom": 28.0, "top": 28.0, "front": 30.8, "back": 30.8}
    assert {name: length(domain, name) for name in wanted} == pytest.approx(wanted, rel=ROUNDING)
    points = corners(domain, 3, all_cells(domain))
    squares = np.mean([np.sum((points[:, i] - points[:, j]) ** 2, axis=1) for i in range(4) for j in range(i)], axis=0)
    size = element_size(domain.mesh)
    assert (size**3 / squares**1.5).min() > 0.1  # 1 for a regular tetrahedron, 0 for a flat one, as of a deep stack
    if sides == "periodic":
        left, right = (
            np.unique(np.round(corners(domain, 2, domain.boundaries[name])[:, :, 1:].reshape(-1, 2), 6), axis=0)
            for name in ("left", "right")
        )
        np.testing.assert_allclose(left, right, atol=2e-6)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"width": 0.0}, "the composite's width is 0, and takes a length above zero"),
        ({"interface": -0.1}, "the composite's interface is -0.1, and takes"),
        ({"fine": math.nan}, "the composite's fine is nan, and takes"),
        ({"separator": -1.0}, "the composite's separator is -1, and takes a length of zero or more"),
        ({"depth": 0.0}, "the composite's depth is 0, and takes a length above zero, or none"),
        ({"coarse": 0.1}, "the coarse element size 0.1 is smaller than the fine one, 0.15; it takes at least that"),
        ({"fine": 0.7}, "the composite's fine is 0.7, and takes at most 0.6 where particles are as near as 0.15"),
    ],
)
def test_impossible_composites(change: dict, sentence: str) -> None:
    with pytest.raises(MeshError, match=sentence):
        replace(SMALL, **change)


def test_what_does_not_pack_is_told_as_such() -> None:
    with pytest.raises(MeshError, match="they jam at about"):
        build(replace(SMALL, particles=replace(PARTICLES, fraction=0.9)), MPI.COMM_SELF)


def test_layers_that_leave_no_electrolyte_are_refused() -> None:
    with pytest.raises(MeshError, match="the region 'electrolyte' has no cells"):
        build(replace(SMALL, separator=0.0, interface=9.0), MPI.COMM_SELF)


def test_the_nearest_normal_is_radial_beside_discs() -> None:
    """To the turn along an element and a half of the outline."""
    domain, composite = meshed("discs between walls"), KINDS["discs between walls"]
    normals = nearest_normal(domain, [name for name in domain.boundaries if name.startswith("surface")])
    assert np.linalg.norm(normals, axis=1) == pytest.approx(1)
    for i, centre in enumerate(composite.packing.shapes.centres, 1):
        beside = domain.regions[f"interface {i}"]
        away = middles(domain, f"interface {i}") - centre - [0.0, composite.separator]
        cosines = np.abs((normals[beside, :2] * away).sum(axis=1)) / np.linalg.norm(away, axis=1)
        assert cosines.min() > np.cos(1.5 * composite.fine / composite.packing.radii[i - 1])
