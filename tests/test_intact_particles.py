"""A composite of particles from its case file: what its regions are, what is watched, and how ions get past it."""

import csv
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from mpi4py import MPI
from particle_case import particle
from tiny_case import tiny

import meshes
from intact.bodies.body import Body, bodies, solid
from intact.bodies.kinds import KINDS, kind_of
from intact.bodies.media import layers
from intact.case.read import CaseProblems, read
from intact.results.folder import PICTURES
from intact.results.regions import SHOWN
from intact.runs import preflight
from intact.runs.contact import ContactLoss
from intact.runs.run import run, run_case
from mechanics import CRACK_MODELS, SPLITS, AlternateMinimiser, Medium, Solid, Support
from mechanics.laws.thin_layer import layer_toughness
from mechanics.measure.opening import ACROSS_LAYERS


def only(folder, *settings: str) -> Body:
    [body] = bodies(particle(folder, *settings), MPI.COMM_SELF)
    return body


TWO = (  # so far from each other that their layers have no node in common
    "particles.width=7 um",
    "particles.thickness=5 um",
    "particles.separator=1 um",
    "particles.volume_fraction=0.115",
    "particles.gap=0.9 um",
)


@pytest.fixture(scope="module")
def two(tmp_path_factory) -> Body:
    return only(tmp_path_factory.mktemp("two"), *TWO)


def test_every_region_has_a_role_and_a_medium(two) -> None:
    assert two.roles == {
        "electrolyte": "electrolyte",
        "particle 1": "active",
        "particle 2": "active",
        "interface 1": "interface",
        "interface 2": "interface",
    }
    assert [(one.name, one.region) for one in two.interfaces] == [
        ("particle 1", "interface 1"),
        ("particle 2", "interface 2"),
    ]
    crystal = two.media["active"]
    assert (crystal.young, crystal.poisson, crystal.yield_stress) == (200_000, 0.25, None)
    assert two.media["electrolyte"].yield_stress == pytest.approx(690)
    # in the plane alone
    assert np.diag(crystal.swelling(0.5)) == pytest.approx([-0.05, -0.05, 0])


def test_a_crack_beside_a_particle_costs_what_was_typed(two) -> None:
    """As in a stack, with electrolyte on one side and the crystal on the other."""
    row = two.mean(meshes.row_height(two.domain.mesh), "interface")
    expected = layer_toughness(10, 100, 100, 0.4, 0.2, CRACK_MODELS["AT1"], row)
    assert two.media["interface"].toughness == pytest.approx(expected)
    assert two.layers.media["interface"].toughness == 10


def test_it_travels_to_another_process(two) -> None:
    again = pickle.loads(pickle.dumps(two))
    assert again.roles == two.roles
    assert again.media == two.media


def test_electrolyte_between_particles_is_told_of_where_it_cracks_first(two) -> None:
    critical = {role: preflight.strength(two.case, medium) for role, medium in two.media.items()}
    assert critical["electrolyte"] < critical["active"]
    [told] = preflight._table([two]).columns[4].cells
    assert told == f"{critical['interface']:.0f} and {critical['electrolyte']:.0f}"


def test_share_of_the_volume_follows_from_that_of_the_weight(tmp_path) -> None:
    [(_, case)] = particle(tmp_path).cases
    assert layers(case).active_volume_fraction == 0.22
    [(_, stack)] = tiny(tmp_path).cases
    table = (tmp_path / "particle.toml").read_text(encoding="utf-8").replace("volume_fraction = 0.22\n", "")
    (tmp_path / "particle.toml").write_text(table, encoding="utf-8")
    [(_, by_weight)] = read(tmp_path / "particle.toml").cases
    assert layers(by_weight).active_volume_fraction == layers(stack).active_volume_fraction
    assert by_weight.boundaries.left == "sliding"
    assert stack.boundaries.left == "free"


def test_the_published_case_can_be_drawn() -> None:
    todo = bodies(read(Path(__file__).parents[1] / "cases" / "particles.toml"), MPI.COMM_SELF)
    assert [body.name for body in todo] == [f"{name}_{c}-J-m-2" for name in ("LZCO", "LZACO") for c in (80, 10)]
    assert all(body.domain is todo[0].domain for body in todo), "they share a mesh"
    assert len(todo[0].interfaces) == 5
    cells = np.concatenate([todo[0].domain.regions[name] for name in todo[0].regions("active")])
    area = (todo[0].cell_size[cells] ** 2).sum() * np.sqrt(3) / 4
    assert area == pytest.approx(0.6 * 11.2 * 8.6, rel=5e-3)  # of polygons of the elements in place of discs


def test_each_kind_shows_what_pictures_know() -> None:
    assert list(KINDS) == ["stack", "particles", "particle", "mesh.file"]
    for kind in KINDS.values():
        assert set(kind.shown.values()) <= set(SHOWN)
        assert {kind.source, *kind.bulk, *kind.across} <= set(kind.shown)


def test_a_stack_is_of_its_own_kind(tmp_path) -> None:
    [body] = bodies(tiny(tmp_path), MPI.COMM_SELF)
    assert kind_of(body.case).key == "stack"
    assert body.kind.normal(body.domain) is ACROSS_LAYERS
    assert list(ContactLoss(body, solid(body)).parts) == ["interface"]


REFUSED = {
    "stack.width=5 um": "particles: contradicts [stack], takes leaving out one of them",
    "composite.moduli=reuss": "composite.moduli: has no effect with [particles], takes leaving it out",
    "composite.active_weight_fraction=0.5": "particles.volume_fraction: contradicts "
    "composite.active_weight_fraction, takes leaving out one of them",
    "geometry=3d": 'geometry: got "3d" with [particles], takes "plane strain"',
    "particles.sides=periodic": "particles.sides: got an unknown key, [particles] takes width, separator,",
    "particles.shape=cube": 'particles.shape: got \'cube\', takes "disc" or "polygon"',
    "particles.gap=-1 um": "particles.gap: got '-1 um', takes a length at least 0",
}


@pytest.mark.parametrize("setting", REFUSED)
def test_what_is_refused(tmp_path, setting) -> None:
    with pytest.raises(CaseProblems) as caught:
        particle(tmp_path, setting)
    assert any(str(one).startswith(REFUSED[setting]) for one in caught.value.problems)


@pytest.mark.parametrize(
    ("setting", "key", "words"),
    [
        ("particles.gap=0.9 um", "particles", "the largest particle is"),
        ("particles.interface=0.1 um", "LZCO: particles.interface", "too few for the profile"),
    ],
)
def test_what_cannot_be_drawn_is_told_with_its_key(tmp_path, setting, key, words) -> None:
    with pytest.raises(CaseProblems) as caught:
        only(tmp_path, setting)
    [problem] = caught.value.problems
    assert problem.key == key
    assert words in problem.text


def test_ions_go_around_a_particle(tmp_path) -> None:
    """Between mirrors one disc in the middle is a square array of them, whose conductivity is Rayleigh's (1892):
    Maxwell's to f⁴/3, 1e-3 here; a polygon of the elements in place of the disc adds as much."""
    body = only(tmp_path, "mesh.elements_per_length=4", "particles.gap=0.7 um")
    loss = ContactLoss(body, solid(body))
    assert loss.now().resistance_ratio == pytest.approx(1)
    assert loss._conduction is not None
    f = 0.22
    assert loss._conduction.conductance() == pytest.approx(2.42 * (1 - f) / (1 + f), rel=5e-3)


def test_half_a_particle_that_has_let_go_is_told_of_and_still_charged(two) -> None:
    """Its own lithium leaves through the other half; without any half it is lost, and is half of what there is."""
    made = solid(two)
    loss = ContactLoss(two, made)
    nodes, of_cells = made.state.d.function_space.tabulate_dof_coordinates(), made.state.d.function_space.dofmap.list
    layer, inside = (np.unique(of_cells[two.domain.regions[name]]) for name in ("interface 1", "particle 1"))
    layer = np.setdiff1d(layer, inside)  # a crack beside the particle, not in it
    above = layer[nodes[layer, 1] > np.mean(nodes[layer, 1])]
    made.state.d.x.array[above] = 1
    first, second = (part.fraction() for part in loss.parts.values())
    assert first == pytest.approx(0.5, abs=0.1)  # a sector is a twelfth of the layer or more
    assert second == 0
    assert loss.fraction() == pytest.approx(first / 2, rel=0.1)  # of two of a size
    assert loss.now().open_fraction == 0, "nothing has moved"
    assert loss._conduction is not None
    assert loss._conduction.reachable(1e-3, 1.0, touching=False) == pytest.approx(1, abs=1e-2)
    made.state.d.x.array[layer] = 1
    assert loss._conduction.reachable(1e-3, 1.0, touching=False) == pytest.approx(1 / 2, abs=1e-2)


def test_faces_that_part_all_around_are_open(two) -> None:
    """One goes away from its layer by 0.1 µm on every side, the other into it."""
    made = solid(two)
    loss = ContactLoss(two, made)
    made.state.d.x.array[:] = 1
    middles = [np.mean(_points(two, f"particle {n}"), axis=0) for n in (1, 2)]

    def pulled_in(x: np.ndarray) -> np.ndarray:
        first, second = (x[:2] - middle[:2, None] for middle in middles)
        away = [np.linalg.norm(one, axis=0) for one in (first, second)]
        depth = [np.clip((1.2 - one) / 0.4, 0, 1) for one in away]  # from the outer edge of the layer to the surface
        return 0.1 * (second * depth[1] / np.maximum(away[1], 0.1) - first * depth[0] / np.maximum(away[0], 0.1))

    made.state.u.interpolate(pulled_in)
    first, second = (part.open_fraction(loss._opening.parted()) for part in loss.parts.values())
    assert (first, second) == (1, 0)


def _points(body: Body, region: str) -> np.ndarray:
    mesh = body.domain.mesh
    mesh.topology.create_connectivity(2, 0)
    cells = mesh.geometry.dofmap[body.domain.regions[region]]
    return mesh.geometry.x[np.unique(cells)]


def bulk(medium: Medium) -> float:
    """In the plane: of a body that cannot strain across it."""
    return medium.bulk + medium.shear / 3


def held(body: Body, strain: float, charge: float) -> float:
    """Stress across the top of the body, with all four sides held at this strain. Mirrors at all sides make a square
    array of a disc in the middle."""

    def stretched(load: float, x: np.ndarray) -> np.ndarray:
        return strain * x[:2]

    supports = {
        name: Support((axis,), motion=stretched)
        for name, axis in (("left", 0), ("right", 0), ("bottom", 1), ("top", 1))
    }
    made = Solid(
        body.domain.mesh,
        body.domain.regions,
        body.domain.boundaries,
        {region: body.media[role] for region, role in body.roles.items()},
        supports,
        CRACK_MODELS["AT1"],
        SPLITS["none"],
        float(body.case.fracture.length),
        meshes.row_height(body.domain.mesh),
    )
    made.load(charge)
    assert AlternateMinimiser(made, 1e-6, 100).minimise().converged
    assert made.state.d.x.array.max() == 0
    return made.reaction("top", 1) / 3


COARSELY = ("fracture.length=0.25 um", "steps.largest=0.3", "steps.onset=0.1", "output.soc=[0.6]")
ELASTIC = (
    "flow.yield_stress=none",
    "fracture.interface_toughness=1e6 J/m^2",
    "fracture.bulk_toughness=1e7 J/m^2",
    "particles.gap=0.7 um",
)


def test_a_resolved_composite_is_as_stiff_and_shrinks_as_much_as_it_must(tmp_path) -> None:
    """Its bulk modulus in the plane is within Hashin's bounds for discs (Hashin & Rosen 1964), and near the lower one,
    which soft cylinders around stiff ones attain. How much it shrinks follows from that modulus alone (Levin 1967): a
    strain together with a charge that leave even stress are in the space of any mesh, so that this is exact."""
    body = only(tmp_path, *ELASTIC)
    matrix, disc = bulk(body.media["electrolyte"]), bulk(body.media["active"])
    area = body.cell_size[body.domain.regions["particle 1"]] ** 2 * np.sqrt(3) / 4
    f = float(area.sum()) / 9
    k = held(body, 1e-3, 0.0) / 2e-3

    def around(shear: float) -> float:
        return 1 / ((1 - f) / (matrix + shear) + f / (disc + shear)) - shear

    lower, upper = (around(body.media[role].shear) for role in ("electrolyte", "active"))
    assert lower < k < 1.01 * lower < upper
    shrinks = -0.1 * (1 / k - 1 / matrix) / (1 / disc - 1 / matrix)
    assert held(body, 0.0, 1.0) == pytest.approx(-2 * k * shrinks, rel=1e-7)


def test_the_work_of_shrinkage_is_stored_where_nothing_breaks(tmp_path) -> None:
    """Of a strain in proportion to charge the trapezoidal rule misses nothing."""
    [body] = bodies(particle(tmp_path, *ELASTIC), MPI.COMM_SELF)
    summary = run_case(body, (), tmp_path / "run", MPI.COMM_SELF)
    balance = summary["energy_balance"]
    assert balance["appeared_from_nothing"] < 1e-9
    assert balance["set_free_by_jumps_uJ_per_m"] == pytest.approx(0, abs=1e-9 * balance["work_uJ_per_m"])


@pytest.mark.slow
def test_a_run_tells_of_each_particle_and_of_all(tmp_path) -> None:
    """Two particles, of which the history tells the mean by their outlines, over a charge and a discharge."""
    study = particle(tmp_path, *TWO, "particles.gap=0.3 um", "cycling.cycles=1", "steps.until=0.6", *COARSELY)
    assert run(study, tmp_path, MPI.COMM_SELF)
    folder = tmp_path / "particle" / "LZCO"
    history, each = (_rows(folder / name) for name in ("history.csv", "contact.csv"))
    assert list(each[0]) == ["soc", "half_cycle", "particle_1", "particle_2"]
    assert [(row["soc"], row["half_cycle"]) for row in each] == [(row["soc"], row["half_cycle"]) for row in history]
    for row, shares in zip(history, each, strict=True):
        contact = [float(shares[f"particle_{n}"]) for n in (1, 2)]
        assert min(contact) - 1e-6 <= 1 - float(row["open_fraction"]) <= max(contact) + 1e-6
    assert float(history[0]["detached_fraction"]) == 0 < float(history[-1]["detached_fraction"])
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["contact_of_each_at_end"] == {
        f"particle {n}": pytest.approx(float(each[-1][f"particle_{n}"]), abs=1e-6) for n in (1, 2)
    }
    told = summary["cycling"]["contact_fraction_after_half_cycle"]
    assert told["2"] == pytest.approx(1 - float(history[-1]["open_fraction"]), abs=1e-6)
    assert summary["media"]["active"]["crystal"] == [[0, 0, 1], 0]
    for picture in PICTURES:
        assert (tmp_path / "particle" / picture).exists()


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
