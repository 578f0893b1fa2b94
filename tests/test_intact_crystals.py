"""Particles that strain by the lattice, each along an axis of its own: how much, which way, and what is refused."""

import json
import pickle

import numpy as np
import pytest
from mpi4py import MPI
from particle_case import PARTICLE
from test_intact_diffusion import FOLLOWED
from test_intact_particles import COARSELY, ELASTIC, TWO
from tiny_case import settle

from intact.bodies.body import Body, bodies, solid
from intact.case.read import CaseProblems, Study, read
from intact.results import finished
from intact.runs.lithium import Lithium
from intact.runs.run import run
from mechanics import AlternateMinimiser

STRAIN = 'active_strain = "-10 %"\nmeasure = "linear"'
LATTICE = 'curve = "NCM811"\nlithium = [1.0, 0.45]'
A, C = -0.0152, 0.0207  # of NCM811 at 0.45 lithium, against full; in between they go evenly


def crystals(folder, *settings: str, shrinkage: str = LATTICE) -> Study:
    assert STRAIN in PARTICLE
    path = folder / "crystals.toml"
    path.write_text(PARTICLE.replace(STRAIN, shrinkage), encoding="utf-8")
    return read(settle(path, "particles.crystals=random", *settings))


def only(folder, *settings: str) -> Body:
    [body] = bodies(crystals(folder, *settings), MPI.COMM_SELF)
    return body


def angles(body: Body) -> list[float]:
    return [one.c_axis_degrees for one in body.kind.crystals(body.case).values()]


def turned(degrees: float) -> np.ndarray:
    """The strain of the lattice in the plane, by Mohr's circle."""
    middle, half, twice = (A + C) / 2, (C - A) / 2, np.radians(2 * degrees)
    shear = half * np.sin(twice)
    return np.array([[middle + half * np.cos(twice), shear], [shear, middle - half * np.cos(twice)]])


@pytest.mark.parametrize("seed", [1, 2])
def test_a_free_particle_strains_as_its_lattice_turned_to_its_axis(tmp_path, seed) -> None:
    """In electrolyte a million times softer, which holds back some 1e-7 of the strain. A strain across the plane, that
    is held, would add 32 % of itself to that in the plane."""
    soft = "given.LZCO.young_modulus=0.02 MPa"
    body = only(tmp_path, *ELASTIC, soft, f"particles.seed={seed}")
    made = solid(body)
    made.load(1.0)
    assert AlternateMinimiser(made, 1e-6, 100).minimise().converged
    u = made.deformation
    nodes = np.unique(u.function_space.dofmap.list[body.domain.regions["particle 1"]])
    x = u.function_space.tabulate_dof_coordinates()[nodes, :2]
    moved, places = u.x.array.reshape(-1, 2)[nodes], np.column_stack([np.ones(len(nodes)), x])
    fitted, *_ = np.linalg.lstsq(places, moved, rcond=None)
    gradient = fitted[1:].T
    np.testing.assert_allclose((gradient + gradient.T) / 2, turned(*angles(body)), atol=1e-6 * C)
    np.testing.assert_allclose(places @ fitted, moved, atol=1e-6 * C)


def test_angles_differ_and_are_those_of_the_seed(tmp_path) -> None:
    one, again, other = (only(tmp_path, *TWO, f"particles.seed={seed}") for seed in (1, 1, 2))
    assert angles(one) == angles(again)
    assert len({*angles(one), *angles(other)}) == 4
    for n, degrees in enumerate(angles(one), 1):
        strain = one.media_of_regions[f"particle {n}"].swelling(1.0)
        np.testing.assert_allclose(strain[:2, :2], turned(degrees), atol=1e-12)
    assert pickle.loads(pickle.dumps(one)).media_of_regions == one.media_of_regions
    even = only(tmp_path, *TWO, "particles.crystals=even")
    assert np.array_equal(even.domain.mesh.geometry.x, one.domain.mesh.geometry.x), "the arrangement is the same"
    assert even.media_of_regions["particle 1"] is even.media_of_regions["particle 2"]


def test_where_lithium_is_followed_each_strains_along_its_own_axis(tmp_path) -> None:
    """Half of what may go of one is out, and all of the other's."""
    body = only(tmp_path, *TWO, *FOLLOWED)
    made = solid(body)
    lithium = Lithium(body, made)
    content, particles = lithium.diffusion.content, [body.domain.regions[f"particle {n}"] for n in (1, 2)]
    for cells, left in zip(particles, ((1.0 + 0.45) / 2, 0.45), strict=True):
        content.x.array[np.unique(content.function_space.dofmap.list[cells])] = left
    lithium.drive.take(lithium.drive.numbers())  # strain goes with the content
    assert made.swelling is not None
    tensors = made.swelling.strain.x.array.reshape(-1, 3, 3)
    for cells, degrees, share in zip(particles, angles(body), (0.5, 1.0), strict=True):
        expected = np.zeros((len(cells), 3, 3))
        expected[:, :2, :2] = share * turned(degrees)
        np.testing.assert_allclose(tensors[cells], expected, atol=1e-9)


@pytest.mark.parametrize(
    ("settings", "shrinkage", "told"),
    [
        ((), STRAIN, 'particles.crystals: got "random" without shrinkage.curve, takes "even", or a curve with a and c'),
        (
            ("shrinkage.curve=NCM622",),
            LATTICE,
            'particles.crystals: got "random" with shrinkage.curve = "NCM622", takes "even", or a curve .* has no ',
        ),
        (("particles.crystals=some",), LATTICE, 'particles.crystals: got .some., takes "even" or "random"'),
        (
            (*FOLLOWED, "diffusion.drift=stress"),
            LATTICE,
            'diffusion.drift: got "stress" with particles.crystals = "random", takes "none"',
        ),
    ],
)
def test_what_is_refused(tmp_path, settings, shrinkage, told) -> None:
    with pytest.raises(CaseProblems, match=told):
        crystals(tmp_path, *settings, shrinkage=shrinkage)


@pytest.mark.slow
def test_a_run_tells_and_shows_the_axes(tmp_path) -> None:
    assert run(crystals(tmp_path, *TWO, "steps.until=0.6", *COARSELY), tmp_path, MPI.COMM_SELF)
    folder, body = tmp_path / "crystals", only(tmp_path, *TWO)
    summary = json.loads((folder / "LZCO" / "summary.json").read_text(encoding="utf-8"))
    assert [one["c_axis_degrees"] for one in summary["crystals"].values()] == pytest.approx(angles(body))
    assert "-1.52% along a and 2.07% along c" in summary["sources"]["active shrinkage"]
    [ran] = finished.read(folder).runs
    for (start, end), degrees, name in zip(ran.axes, angles(body), summary["crystals"], strict=True):
        along, up = np.subtract(end, start)
        assert np.degrees(np.arctan2(up, along)) % 180 == pytest.approx(degrees)
        corners = body.domain.mesh.geometry.dofmap[body.domain.regions[name]]
        places = body.domain.mesh.geometry.x[np.unique(corners), :2]
        assert np.hypot(along, up) == pytest.approx(np.ptp(places[:, 0]) / 2, rel=0.02)
        assert np.add(start, end) / 2 == pytest.approx((places.max(axis=0) + places.min(axis=0)) / 2, abs=0.02)
    assert (folder / "crack-field.png").exists()
