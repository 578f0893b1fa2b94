"""One particle from its case file, bare and in a shell: regions, stresses, contact, cracks, and a run."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from coated_case import coated
from mpi4py import MPI

from intact.bodies.body import Body, bodies, solid
from intact.case.read import CaseProblems, read
from intact.runs import preflight
from intact.runs.contact import ContactLoss
from intact.runs.run import run
from mechanics import Medium
from mechanics.measure.crack_extent import Cracked, Depth
from tests.verification.rounds import TOUGH, Rounds, places, settle, stresses

OF_SHELL = ("shell", "shell_toughness", "shell_toughness_confidence", "inner_toughness", "inner_toughness_confidence")
GRAINS = (
    'particle.grains={number = 3, boundary = "0.2 um", toughness = "0.07 J/m^2", toughness_confidence = "secondary"}'
)
PLANE = 'geometry="plane strain"'


def only(folder: Path, *settings: str, without: tuple[str, ...] = ()) -> Body:
    [body] = bodies(coated(folder, *settings, without=without), MPI.COMM_SELF)
    return body


@pytest.fixture(scope="module")
def shelled(tmp_path_factory) -> Body:
    return only(tmp_path_factory.mktemp("coated"))


# --- what it is -------------------------------------------------------------------------------------------------------


def test_every_region_of_a_coated_particle_has_its_medium(shelled) -> None:
    assert shelled.roles == {
        "matrix": "electrolyte",
        "core": "active",
        "inner interface": "inner interface",
        "shell": "shell",
        "outer interface": "outer interface",
    }
    assert [one.beside for one in shelled.interfaces] == [("active", "shell"), ("shell", "electrolyte")]
    media = shelled.layers.media
    assert {name: one.young for name, one in media.items()} == {
        "electrolyte": 22_100,
        "outer interface": 22_100,
        "active": 175_000,
        "shell": 20_000,
        "inner interface": 20_000,
    }
    assert (media["active"].toughness, media["shell"].toughness, media["inner interface"].toughness) == (0.4, 1, 1)
    # as brittle as the interface and the bulk: strength goes with the root of toughness
    assert media["active"].strength == pytest.approx(100 * 0.4**0.5)
    assert media["shell"].strength == pytest.approx(100)
    assert media["shell"].yield_stress == pytest.approx(690)
    assert media["active"].yield_stress is None


def test_a_bare_one_has_an_interface_to_the_electrolyte_alone(tmp_path) -> None:
    bare = only(tmp_path, without=OF_SHELL)
    assert set(bare.domain.regions) == {"core", "outer interface", "matrix"}
    assert [(one.name, one.beside) for one in bare.interfaces] == [("outer interface", ("active", "electrolyte"))]
    assert set(ContactLoss(bare, solid(bare)).cracks.now()) == {
        "detached_outer_interface",
        "max_damage_particle",
        "broken_particle",
    }


def test_grains_are_active_material_with_boundaries_of_their_own(tmp_path) -> None:
    body = only(tmp_path, GRAINS, PLANE)
    assert body.regions("active") == ["grain 1", "grain 2", "grain 3"]
    boundary = body.layers.media["grain boundaries"]
    assert (boundary.young, boundary.toughness) == (175_000, 0.07)
    assert boundary.crystal is not None, "it shrinks as grains do"
    assert body.media["grain boundaries"].toughness < 0.07, "between tougher grains a smeared crack costs more"
    assert "broken_grain_boundaries" in ContactLoss(body, solid(body)).cracks.meaning
    lines = "\n".join(preflight._block(body))
    assert re.search("grain boundaries +0.2 µm or +2 ℓ thick", lines)
    assert "in the grain boundaries layer, for a crack along it to cost 0.07" in lines


def test_lithium_leaves_through_grain_boundaries(tmp_path) -> None:
    """What a particle supplies comes out of it as easily with whole boundaries as without any."""
    highest = []
    for settings in ((GRAINS, PLANE), (PLANE,)):
        body = only(tmp_path, *settings)
        conduction = ContactLoss(body, solid(body))._conduction
        conduction.reachable(1e-6, 1.0)
        highest.append(conduction._intact.x.array.max())
    assert highest[0] == pytest.approx(highest[1], rel=0.01)


def test_a_band_of_the_shell_is_none_of_the_bare_particle() -> None:
    study = read(Path(__file__).parents[1] / "cases" / "coated-particle.toml")
    shells = [labels["particle.shell"] for labels, _ in study.cases]
    assert shells == ["0 nm"] * 3 + ["100 nm"] * 3 + ["140 nm"] * 3 + ["180 nm"] * 3
    assert all(case.materials.shell is None and case.particle.inner_toughness is None for _, case in study.cases[:3])


# --- stresses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("geometry", "n"), [("plane strain", 2), ("axisymmetric", 3)])
def test_stress_beside_a_coated_particle_is_that_of_lame(tmp_path, geometry, n) -> None:
    """V6 from the case file: three layers, in a box so large that it is a round one. That it is a square is felt by
    less than (R/L)² = 0.4 % as a cylinder, and by 0.02 % as a sphere."""
    body = only(
        tmp_path,
        f'geometry="{geometry}"',
        "particle.width=32 um",
        "particle.height=32 um",
        "mesh.coarse=2 um",
        "fracture.model=AT1",
        "fracture.interface_toughness=1 kJ/m^2",
        "particle.inner_toughness=1 kJ/m^2",
        "particle.shell_toughness=1 kJ/m^2",
        "particle.toughness=1 kJ/m^2",
        "fracture.split=none",
        "flow.yield_stress=none",
        "boundaries.top=free",
        "boundaries.right=free",
        without=("interface_strength", "bulk_toughness"),
    )
    made = solid(body)
    settle(made)
    active, shell, matrix = (body.layers.media[role] for role in ("active", "shell", "electrolyte"))
    # a cylinder shrinks in the plane alone: 2(λ+μ) ε* is 3K ε*/(1+ν)
    strain = active.strain(1.0) / (1 + active.poisson if n == 2 else 1)
    media = [Medium(m.young, m.poisson, TOUGH, e) for m, e in ((active, strain), (shell, 0.0), (matrix, 0.0))]
    exact = Rounds.solve(n, (0.0, 1.0, 1.3, 16.0 * (2 / np.sqrt(np.pi) if n == 2 else 1)), media, held=False)
    x, stress = places(made), stresses(made)
    r = np.linalg.norm(x, axis=1)
    radial = np.einsum("pi,pij,pj->p", x, stress, x) / r**2
    for face in (1.0, 1.3):
        near = (abs(r - face) < 0.1) & (abs(r - face) > 0.01)
        assert np.mean(radial[near]) == pytest.approx(np.mean(exact.radial(r[near])), rel=0.01)
        assert np.mean(radial[near]) > 50, "it pulls"


# --- contact and cracks -----------------------------------------------------------------------------------------------


def test_caps_that_have_let_go_count_by_their_surface(shelled) -> None:
    """Of a sphere that beyond y = h is 1 - h/R; where one of two interfaces has let go, contact is lost."""
    made = solid(shelled)
    loss = ContactLoss(shelled, made)
    cracks, nodes = loss.cracks, made.state.d.function_space.tabulate_dof_coordinates()
    radius, of_cells = np.linalg.norm(nodes, axis=1), made.state.d.function_space.dofmap.list
    share = nodes[:, 1] / radius  # sin of the latitude

    def middle_of(name: str) -> np.ndarray:
        inside = np.unique(of_cells[shelled.domain.regions[name]])
        low, high = radius[inside].min(), radius[inside].max()
        return inside[(radius[inside] > low + 0.03) & (radius[inside] < high - 0.03)]

    inner, outer = middle_of("inner interface"), middle_of("outer interface")
    assert loss.now().resistance_ratio == pytest.approx(1)
    made.state.d.x.array[inner[share[inner] > 0.5]] = 1
    made.state.d.x.array[outer[share[outer] < 0.25]] = 1
    told, ring = cracks.now(), 0.06  # sectors are 0.1 to 0.14 wide, and a broken one counts as a whole
    assert told["detached_inner_interface"] == pytest.approx(0.5, abs=ring)
    assert told["detached_outer_interface"] == pytest.approx(0.25, abs=ring)
    assert loss.fraction() == pytest.approx(0.75, abs=2 * ring)
    assert told["max_damage_particle"] == told["broken_shell"] == told["shell_crack_depth"] == 0
    partly = loss.now().resistance_ratio
    assert partly is not None
    assert 1 < partly < 100
    made.state.d.x.array[inner] = 1
    assert loss.now().resistance_ratio > 1e4, "ions end at the surface of the particle"


def test_a_crack_is_as_deep_as_the_rings_that_it_breaks(shelled) -> None:
    made = solid(shelled)
    d, nodes = made.state.d.x.array, made.state.d.function_space.tabulate_dof_coordinates()
    radius, angle = np.linalg.norm(nodes, axis=1), np.arctan2(nodes[:, 1], nodes[:, 0])
    depth = Depth(made, "shell", 0.025)  # four rings: the shell beside its layer goes from 1.2 to 1.3
    assert depth.deepest() == 0
    d[abs(angle - 0.7) < 0.06] = radius[abs(angle - 0.7) < 0.06] < 1.25
    assert depth.deepest() == pytest.approx(0.5, abs=0.25)
    d[abs(angle - 0.7) < 0.06] = 1
    assert depth.deepest() == 1


def test_half_of_a_sphere_that_is_broken_is_half_of_it(shelled) -> None:
    made = solid(shelled)
    nodes = made.state.d.function_space.tabulate_dof_coordinates()
    core = Cracked(made, ["core"])
    made.state.d.x.array[np.linalg.norm(nodes, axis=1) > 0.99] = 0.95  # what is beside it is none of it
    assert (core.highest(), core.share()) == (0, 0)
    made.state.d.x.array[nodes[:, 0] > 0.5] = 1  # beyond a cylinder of R/2: (3/4)^(3/2) of the volume
    assert core.share() == pytest.approx(0.75**1.5, abs=0.05)


# --- what is refused --------------------------------------------------------------------------------------------------

REFUSED = {
    "stack.width=5 um": "particle: contradicts [stack], takes leaving out one of them",
    'particles.width="5 um"': "particle: contradicts [particles], takes leaving out one of them",
    "composite.moduli=reuss": "composite.moduli: has no effect with [particle], takes leaving it out",
    "geometry=3d": 'geometry: got "3d" with [particle], takes "plane strain" or "axisymmetric"',
    "particle.part=whole": 'particle.part: got "whole" with geometry = "axisymmetric", takes "half" or "quarter"',
    GRAINS: 'particle.grains: got it with geometry = "axisymmetric", which makes rings of grains, takes "plane strain"',
    "boundaries.bottom=clamped": 'boundaries.bottom: got "clamped" with particle.part = "quarter", which ends there in '
    'a plane of symmetry, takes "sliding"',
    "particle.shell=-1 nm": "particle.shell: got '-1 nm', takes a length at least 0",
    "particle.shell=0.2 um": "particle.interface: got 0.2 um, takes less than particle.shell = 0.2 um, which it is",
    "particle.shell=0 nm": "materials.shell: has no effect without particle.shell, takes leaving it out, or a",
    "fracture.model=AT1": "particle.strength: has no effect with fracture.model",
}


@pytest.mark.parametrize("setting", REFUSED)
def test_what_is_refused(tmp_path, setting) -> None:
    with pytest.raises(CaseProblems) as caught:
        coated(tmp_path, setting, "particle.strength=400 MPa")
    assert any(str(one).startswith(REFUSED[setting]) for one in caught.value.problems), caught.value


@pytest.mark.parametrize("key", OF_SHELL[1:])
def test_a_shell_takes_all_of_its_numbers(tmp_path, key) -> None:
    with pytest.raises(CaseProblems) as caught:
        coated(tmp_path, without=(key,))
    [problem] = caught.value.problems
    assert str(problem).startswith(f"particle.{key}: got nothing with particle.shell = 0.3 um, takes ")


def test_a_band_of_a_shell_that_there_is_in_no_case_is_told(tmp_path) -> None:
    key = "particle.shell_toughness"
    with pytest.raises(CaseProblems) as caught:
        coated(tmp_path, "particle.shell=0 nm", f'{key}=["1 J/m^2", "2 J/m^2"]', f'band=["{key}"]', "compare=[]")
    assert f"{key}: has no effect, since no case has this shell, takes leaving it out of band" in str(caught.value)


def test_a_layer_too_narrow_for_a_crack_is_told_by_its_key(tmp_path) -> None:
    with pytest.raises(CaseProblems) as caught:
        only(tmp_path, "particle.interface=0.1 um")
    [problem] = caught.value.problems
    assert problem.key.endswith(": particle.interface")


# --- a run ------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_coated_particle_lets_go_and_every_part_is_told_of(tmp_path) -> None:
    study = coated(tmp_path, "particle.strength=400 MPa", "boundaries.top=pressure", "boundaries.pressure=20 MPa")
    assert run(study, tmp_path / "results", MPI.COMM_SELF, jobs=1)
    [folder] = (path.parent for path in (tmp_path / "results").glob("coated/*/history.csv"))
    with (folder / "history.csv").open(encoding="utf-8") as file:
        last = list(csv.DictReader(file))[-1]
    told = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["cracks"]
    assert set(told["at_end"]) == set(told["meaning"])
    for name, number in told["at_end"].items():
        assert float(last[name]) == pytest.approx(number, rel=1e-5)
    interfaces = [told["at_end"][f"detached_{which}_interface"] for which in ("inner", "outer")]
    assert 0 < max(interfaces) <= float(last["detached_fraction"]) + 1e-6
    assert float(last["resistance_ratio"]) > 1
    assert (tmp_path / "results" / "coated" / "crack-field.png").exists()
