"""Refinement: parts keep their names and sizes, children lie in their parents, and angles stay."""

import json
import shutil
from itertools import combinations

import numpy as np
import pytest
import ufl
from dolfinx import fem
from dolfinx.mesh import compute_midpoints, entities_to_geometry, meshtags
from mpi4py import MPI

from meshes import Domain, Notch, Stack, build, element_size
from meshes.refine import Refined, coarse, eventual_size, refined
from tests.processes import on_processes
from tests.verification.notched_plate import HALF, NotchedPlate

PLANE = Stack(width=2.0, electrolyte=0.5, interface=0.5, cathode=0.5, fine=0.25, coarse=0.25)
GEOMETRIES = {
    "wedge": Stack(2.0, 0.5, 0.5, 0.5, 0.2, 0.3, Notch(0.6, 0.2)),
    "slit": NotchedPlate(200.0, ((0.0, 0.0), (HALF, 0.0)), 0.0),  # doubled nodes on its faces
    "penny": Stack(1.0, 0.5, 0.5, 0.5, 0.25, 0.4, Notch(0.6, shape="penny"), depth=1.0),  # facets within the mesh
}
FINER = {"wedge": 0.07, "slit": 20.0, "penny": 0.15}
CENTRE = {"wedge": (0.6, 0.75), "slit": (0.0, 0.0), "penny": (0.5, 0.7, 0.3)}
RADIUS = {"wedge": 0.3, "slit": 150.0, "penny": 0.35}
ROUNDING = 1e-12


def cells_of(domain: Domain) -> np.ndarray:
    return np.arange(len(element_size(domain.mesh)), dtype=np.int32)


def owned(domain: Domain) -> int:
    return domain.mesh.topology.index_map(domain.mesh.topology.dim).size_local


def around(domain: Domain, centre: tuple[float, ...], radius: float) -> np.ndarray:
    cells = cells_of(domain)
    middles = compute_midpoints(domain.mesh, domain.mesh.topology.dim, cells)[:, : len(centre)]
    return cells[np.linalg.norm(middles - centre, axis=1) < radius]


def made_finer(name: str, comm: MPI.Comm) -> tuple[Domain, Refined]:
    domain = build(GEOMETRIES[name], comm)
    return domain, refined(domain, around(domain, CENTRE[name], RADIUS[name]), FINER[name])


def contents(domain: Domain) -> dict[str, float]:
    """Of every part; and of the hull, where a mesh with a node within an edge would have one facet too many."""
    dim, one = domain.mesh.topology.dim, fem.Constant(domain.mesh, 1.0)

    def integral(measure: ufl.Measure) -> float:
        return domain.mesh.comm.allreduce(fem.assemble_scalar(fem.form(one * measure)))

    found = {"hull": integral(ufl.ds(domain.mesh))}
    for parts, of, kinds in ((domain.regions, dim, ("dx",)), (domain.boundaries, dim - 1, ("ds", "dS"))):
        for name, entities in parts.items():
            tags = meshtags(domain.mesh, of, entities, np.ones(len(entities), np.int32))
            measures = [ufl.Measure(kind, domain.mesh, subdomain_data=tags)(1) for kind in kinds]
            found[name] = sum(integral(measure) for measure in measures)
    return found


def quality(domain: Domain) -> float:
    """The worst cell's size by area or volume over its longest edge, 1 at best."""
    dim = domain.mesh.topology.dim
    corners = domain.mesh.geometry.x[entities_to_geometry(domain.mesh, dim, cells_of(domain))]
    edges = [np.linalg.norm(corners[:, i] - corners[:, j], axis=1) for i, j in combinations(range(dim + 1), 2)]
    return float(np.min(element_size(domain.mesh) / np.max(edges, axis=0)))


@pytest.fixture(scope="module", params=GEOMETRIES)
def pair(request: pytest.FixtureRequest) -> tuple[str, Domain, Refined]:
    return request.param, *made_finer(request.param, MPI.COMM_SELF)


def test_parts_keep_names_and_contents(pair: tuple[str, Domain, Refined]) -> None:
    _, before, after = pair
    assert contents(after.domain) == pytest.approx(contents(before), rel=ROUNDING)
    assert list(after.domain.regions) == list(before.regions)


def test_only_what_was_asked_for_is_fine(pair: tuple[str, Domain, Refined]) -> None:
    name, before, after = pair
    asked = np.isin(after.parents, around(before, CENTRE[name], RADIUS[name]))
    size = element_size(after.domain.mesh)
    assert not np.isin(coarse(after.domain, FINER[name]), np.flatnonzero(asked)).any()
    far = np.setdiff1d(cells_of(after.domain), around(after.domain, CENTRE[name], 2.5 * RADIUS[name]))
    untouched = np.isclose(size[far], element_size(before.mesh)[after.parents[far]])
    assert len(far)
    assert untouched.mean() > (0.7 if name == "penny" else 0.99)  # in space cuts reach farther


def test_children_fill_their_parents(pair: tuple[str, Domain, Refined]) -> None:
    _, before, after = pair
    dim = before.mesh.topology.dim
    assert after.places.min() > -ROUNDING
    filled = np.bincount(after.parents, element_size(after.domain.mesh) ** dim)
    np.testing.assert_allclose(filled, element_size(before.mesh) ** dim)
    old, new = (entities_to_geometry(one.mesh, dim, cells_of(one)) for one in (before, after.domain))
    corners = after.places @ before.mesh.geometry.x[old[after.parents]]
    np.testing.assert_allclose(corners, after.domain.mesh.geometry.x[new], atol=1e-12 * HALF)


def test_nodes_of_a_slit_stay_doubled() -> None:
    _, after = made_finer("slit", MPI.COMM_SELF)
    slit = after.domain.boundaries["slit"]
    x = after.domain.mesh.geometry.x
    nodes = np.unique(entities_to_geometry(after.domain.mesh, 1, slit))
    places = np.unique(np.round(x[nodes], 6), axis=0)
    assert len(nodes) == 2 * len(places) - 1  # all but the tip


@pytest.mark.parametrize(("depth", "rounds", "least"), [(None, 10, 0.55), (1.0, 5, 0.38)])
def test_refined_again_and_again_cells_keep_their_shape(depth: float | None, rounds: int, least: float) -> None:
    """About one point, by a factor of two each time. They start from 0.75 in the plane and from 0.5 in space."""
    size, centre = 0.4, (0.7, 0.8, 0.3 * (depth or 0))
    domain = build(Stack(2.0, 0.5, 0.5, 0.5, size, size, depth=depth), MPI.COMM_SELF)
    worst = []
    for _ in range(rounds):
        size /= 2
        domain = refined(domain, around(domain, centre, 3 * size), size).domain
        worst.append(quality(domain))
    assert min(worst) > least
    assert worst[-1] == pytest.approx(worst[-3], rel=1e-6)  # it has stopped falling


def test_the_eventual_size_is_that_of_the_children() -> None:
    domain = build(PLANE, MPI.COMM_SELF)
    sizes = element_size(domain.mesh)
    asked = sizes.max() / 4  # which takes two rounds in all cells
    foreseen = eventual_size(sizes, asked)
    after = refined(domain, cells_of(domain), asked)
    size = element_size(after.domain.mesh)
    np.testing.assert_allclose(size, foreseen[after.parents])
    np.testing.assert_allclose(eventual_size(size, asked), size)
    np.testing.assert_allclose(foreseen, sizes / 4)


def told(name: str, comm: MPI.Comm) -> dict:
    domain, after = made_finer(name, comm)
    again = refined(after.domain, after.domain.regions["plate" if name == "slit" else "cathode"], 0.8 * FINER[name])
    named = sum(len(cells) for cells in again.domain.regions.values())
    cells = again.domain.mesh.topology.index_map(domain.mesh.topology.dim)
    return {
        "contents": [contents(one) for one in (domain, after.domain, again.domain)],
        "counts": [sum(one.cell_counts().values()) for one in (domain, after.domain, again.domain)],
        "inside": min(comm.allgather(float(min(after.places.min(), again.places.min())))),
        "named": min(comm.allgather(bool(named == cells.size_local + cells.num_ghosts))),
        "ghosts": min(comm.allgather(int(cells.num_ghosts))),
    }


SCRIPT = """
import json, sys
from mpi4py import MPI
from tests.test_meshes_refine import told
found = told(sys.argv[1], MPI.COMM_WORLD)
if MPI.COMM_WORLD.rank == 0:
    print(json.dumps(found))
"""


@pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun here")
@pytest.mark.parametrize("name", GEOMETRIES)
def test_on_three_processes(name: str) -> None:
    alone, together = told(name, MPI.COMM_SELF), json.loads(on_processes(3, "-c", SCRIPT, name)[-1])
    for one, three in zip(alone["contents"], together["contents"], strict=True):
        assert three == pytest.approx(one, rel=ROUNDING)
    # Which of two edges of one length is the longer one, and is cut, is a matter of their numbers.
    assert together["counts"] == pytest.approx(alone["counts"], rel=0.1)  # in space a cut goes on through many cells
    assert together["inside"] > -ROUNDING
    assert together["named"]  # ghosts have names, too
    assert together["ghosts"] > 0
