"""One particle: rings as large as their formulas, parts by symmetry, grains that fill the core, boundaries between."""

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from mpi4py import MPI

from meshes import Domain, Grains, MeshError, Particle, build, element_size
from meshes.grains import grain_boundaries
from tests.mesh_measures import all_cells, content, corners, length, middles, roundness, unlined

FINE = 0.1
COATED = Particle(
    radius=2.5,
    width=8.0,
    height=9.0,
    fine=FINE,
    coarse=0.8,
    reach=0.15,
    shell=0.5,
    inner_interface=0.2,
    outer_interface=0.3,
)
GRAINS = Grains(number=10, boundary=0.3, seed=1)
SECONDARY = replace(COATED, grains=GRAINS)
KINDS = {
    "coated": COATED,
    "bare": replace(COATED, shell=0.0, inner_interface=0.0),
    "without layers": replace(COATED, inner_interface=0.0, outer_interface=0.0),
    "secondary": SECONDARY,
}
PARTS = {"whole": 1.0, "half": 0.5, "quarter": 0.25}
RINGS = {"core": (0.0, 2.5), "inner interface": (2.5, 2.7), "shell": (2.7, 3.0), "outer interface": (3.0, 3.3)}
ROUNDING = 1e-9
# Chords of up to 1.5 fine elements lack a share of θ²/6 of a circle's area: of that of a ring at most 2r/t times more
CHORDS = (1.5 * FINE / 2.5) ** 2 / 6
kinds = pytest.mark.parametrize("kind", KINDS)
parts = pytest.mark.parametrize("part", PARTS)


@cache
def meshed(kind: str, part: str = "whole") -> Domain:
    return build(replace(KINDS[kind], part=part), MPI.COMM_SELF)


def grains(domain: Domain) -> list[str]:
    return [name for name in domain.regions if name.startswith("grain ") and name != "grain boundaries"]


@parts
def test_rings_are_as_large_as_they_should_be(part: str) -> None:
    domain, share = meshed("coated", part), PARTS[part]
    assert set(domain.regions) == {*RINGS, "matrix"}
    for name, (inner, outer) in RINGS.items():
        ring = share * math.pi * (outer**2 - inner**2)
        assert content(domain, name) == pytest.approx(ring, abs=share * math.pi * outer**2 * CHORDS)
        away = np.linalg.norm(middles(domain, name), axis=1)
        assert inner * (1 - CHORDS * 3) < away.min() < away.max() < outer
    assert sum(content(domain, name) for name in domain.regions) == pytest.approx(share * 72.0, rel=ROUNDING)


def test_what_is_not_asked_for_is_not_there() -> None:
    bare, without = meshed("bare"), meshed("without layers")
    assert set(bare.regions) == {"core", "outer interface", "matrix"}
    assert set(without.regions) == {"core", "shell", "matrix"}
    assert set(bare.boundaries) == {"left", "right", "bottom", "top", "core surface"}
    assert set(without.boundaries) == {"left", "right", "bottom", "top", "core surface", "shell surface"}
    ring = math.pi * (2.8**2 - 2.5**2)  # beside the core itself
    assert content(bare, "outer interface") == pytest.approx(ring, abs=math.pi * 2.8**2 * CHORDS)


@parts
@kinds
def test_sides_and_surfaces(kind: str, part: str) -> None:
    domain, share = meshed(kind, part), PARTS[part]
    x = domain.mesh.geometry.x
    low = {"whole": (-4.0, -4.5), "half": (0.0, -4.5), "quarter": (0.0, 0.0)}[part]
    np.testing.assert_allclose(x[:, :2].min(axis=0), low, atol=ROUNDING)
    np.testing.assert_allclose(x[:, :2].max(axis=0), (4.0, 4.5), atol=ROUNDING)
    for name in ("left", "right"):
        assert length(domain, name) == pytest.approx(4.5 - low[1], rel=ROUNDING)
    for name in ("bottom", "top"):
        assert length(domain, name) == pytest.approx(4.0 - low[0], rel=ROUNDING)
    assert length(domain, "core surface") == pytest.approx(share * 2 * math.pi * 2.5, rel=CHORDS)
    if kind != "bare":
        assert length(domain, "shell surface") == pytest.approx(share * 2 * math.pi * 3.0, rel=CHORDS)


def test_interfaces_lie_on_the_outer_side_of_their_surface() -> None:
    for kind in ("coated", "secondary"):
        domain = meshed(kind)
        assert not len(unlined(domain, "core surface", "inner interface"))
        assert not len(unlined(domain, "shell surface", "outer interface"))
        assert not len(unlined(domain, "shell surface", "shell"))


@pytest.mark.parametrize("number", [2, 3, 10])
@parts
def test_grains_fill_the_core(part: str, number: int) -> None:
    particle = replace(SECONDARY, part=part, grains=replace(GRAINS, number=number))
    domain, share = build(particle, MPI.COMM_SELF), PARTS[part]
    assert grains(domain) == [f"grain {i}" for i in range(1, number + 1)]
    areas = [content(domain, name) for name in (*grains(domain), "grain boundaries")]
    assert sum(areas) == pytest.approx(share * math.pi * 2.5**2, rel=CHORDS)
    middle = share * math.pi * 2.5**2 / number
    assert max(areas[:-1]) < 2 * middle  # centroidal cells are alike within some ten percent, after five rounds not yet


@parts
def test_grain_boundaries_are_lined_on_both_sides(part: str) -> None:
    domain = meshed("secondary", part)
    domain.mesh.topology.create_connectivity(1, 2)
    links = domain.mesh.topology.connectivity(1, 2)
    layer = domain.regions["grain boundaries"]
    for facet in domain.boundaries["between grains"]:
        assert np.isin(links.links(facet), layer).all()
        assert len(links.links(facet)) == 2
    # as wide as asked for within half a row of elements on either side; where boundaries meet, and at their ends, it
    # is shared or missing, which a width for each of some 40 corners makes up for
    lines = length(domain, "between grains")
    row = FINE * math.sqrt(3) / 2
    assert content(domain, "grain boundaries") == pytest.approx(lines * 0.3, abs=lines * row + 40 * 0.15**2)


def test_cells_are_marked_by_how_far_they_are_from_a_boundary() -> None:
    domain = meshed("secondary")
    ends = corners(domain, 1, domain.boundaries["between grains"])
    along = ends[:, 1] - ends[:, 0]

    def away(points: np.ndarray) -> np.ndarray:
        step = points[:, None] - ends[:, 0]
        share = np.clip(np.sum(step * along, axis=2) / np.sum(along**2, axis=1), 0, 1)
        return np.linalg.norm(step - share[..., None] * along, axis=2).min(axis=1)

    slack = (1.5 * FINE / 8) ** 2 / 2 / 0.15  # points on a facet stand for it
    assert away(middles(domain, "grain boundaries")).max() <= 0.15
    for name in grains(domain):
        assert away(middles(domain, name)).min() >= 0.15 - slack


@kinds
def test_fine_at_surfaces_and_no_slender_elements(kind: str) -> None:
    domain = meshed(kind)
    assert roundness(domain).min() > 0.3
    size = element_size(domain.mesh)
    away = np.linalg.norm(corners(domain, 2, all_cells(domain)).mean(axis=1), axis=1)
    near = np.abs(away - 2.5) < 0.15
    assert size[near].mean() == pytest.approx(FINE, rel=0.1)
    matrix = domain.regions["matrix"]
    assert size[matrix][away[matrix] > 4.8].mean() > 3 * FINE


@pytest.mark.parametrize("seed", range(4))
def test_secondary_particles_of_any_seed(seed: int) -> None:
    particle = replace(SECONDARY, grains=Grains(12, 0.3, seed), part="half")
    domain = build(particle, MPI.COMM_SELF)
    assert len(grains(domain)) == 12
    assert roundness(domain).min() > 0.3


def test_no_boundary_between_grains_is_short() -> None:
    for seed in range(10):
        edges = np.array(grain_boundaries(1.0, 25, np.empty((0, 2)), seed))
        lengths = np.linalg.norm(edges[:, 1] - edges[:, 0], axis=1)
        assert lengths.min() > 0.7 * 0.25 / 5  # what becomes one point is its mean, and that may move towards another


def test_shell_as_thin_as_published() -> None:
    """100 nm of Li3InCl6 on NCA (Jin et al.), here 5 µm in radius."""
    thin = Particle(5.0, 14.0, 14.0, fine=0.1, coarse=1.0, reach=0.2, shell=0.1, part="quarter")
    domain = build(thin, MPI.COMM_SELF)
    assert content(domain, "shell") == pytest.approx(math.pi / 4 * (5.1**2 - 5**2), rel=1e-3)
    assert roundness(domain).min() > 0.3
    assert element_size(domain.mesh)[domain.regions["shell"]].mean() < 0.06  # two rows across


def test_the_same_mesh_again_and_other_grains_with_another_seed() -> None:
    one, again = meshed("secondary"), build(SECONDARY, MPI.COMM_SELF)
    np.testing.assert_array_equal(one.mesh.geometry.x, again.mesh.geometry.x)
    np.testing.assert_array_equal(one.regions["grain boundaries"], again.regions["grain boundaries"])
    other = build(replace(SECONDARY, grains=replace(GRAINS, seed=2)), MPI.COMM_SELF)
    assert length(other, "between grains") != pytest.approx(length(one, "between grains"), rel=1e-4)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"radius": 0.0}, "the particle's radius is 0, and takes a length above zero"),
        ({"shell": -0.1}, "the particle's shell is -0.1, and takes a length of zero or more"),
        ({"coarse": 0.01}, r"the coarse element size 0.01 is smaller than the fine one, 0.1; it takes at least that"),
        ({"inner_interface": 0.5}, "the particle's inner_interface is 0.5, and takes a width below .* the shell, 0.5"),
        ({"fine": 0.9, "coarse": 0.9}, "the particle's fine is 0.9, and takes at most 0.8 where a layer is 0.2 wide"),
        ({"width": 6.0}, "the particle's matrix is 6 × 9, and takes at least 6.8 both ways"),
    ],
)
def test_impossible_particles(change: dict, sentence: str) -> None:
    with pytest.raises(MeshError, match=sentence):
        replace(COATED, **change)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"number": 1}, "the number of grains is 1, and takes two or more"),
        ({"boundary": 0.0}, "the grains' boundary is 0, and takes a length above zero"),
        ({"seed": -1}, "the grains' seed is -1, and takes a whole number of zero or more"),
    ],
)
def test_impossible_grains(change: dict, sentence: str) -> None:
    with pytest.raises(MeshError, match=sentence):
        replace(GRAINS, **change)


def test_boundaries_that_leave_no_grain_are_refused() -> None:
    with pytest.raises(MeshError, match=r"the region 'grain \d+' has no cells"):
        build(replace(SECONDARY, grains=replace(GRAINS, boundary=3.0)), MPI.COMM_SELF)
