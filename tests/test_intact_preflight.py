"""What is told before anything is solved."""

import re

import pytest
from mpi4py import MPI
from tiny_case import tiny
from typer.testing import CliRunner

from intact.bodies.body import Body, bodies
from intact.case.problems import CaseProblems
from intact.cli import app
from intact.runs.preflight import closed_form, own_length, strength, warnings


def body(folder, *settings: str) -> Body:
    [one] = bodies(tiny(folder, *settings), MPI.COMM_SELF)
    return one


def check(folder, *settings: str) -> str:
    tiny(folder)
    changes = [word for setting in settings for word in ("--set", setting)]
    result = CliRunner().invoke(app, ["check", str(folder / "tiny.toml"), *changes])
    assert result.exit_code == 0, result.output
    return result.output


def test_critical_stress_and_own_length(tmp_path):
    one = body(tmp_path)
    interface = one.layers.media["interface"]
    stress = (3 * 7920 * 10 / (8 * 0.2)) ** 0.5  # AT1: √(3 E Gc / 8ℓ), 385 MPa
    assert strength(one.case, interface) == pytest.approx(stress)
    assert own_length(one.case, interface) == pytest.approx(3 * 7920 * 10 / (8 * 690**2))
    other = body(tmp_path, "fracture.model=AT2")
    assert strength(other.case, interface) == pytest.approx(9 / 16 * (7920 * 10 / (3 * 0.2)) ** 0.5)
    elastic = body(tmp_path, "flow.yield_stress=none")
    assert own_length(elastic.case, elastic.layers.media["interface"]) is None
    cohesive = body(tmp_path, "fracture.model=PF-CZM linear", "fracture.interface_strength=150 MPa")
    given = cohesive.layers.media["interface"]
    assert (strength(cohesive.case, given), own_length(cohesive.case, given)) == (150, None)


def test_a_length_that_is_too_long_for_the_strength_is_told_one_that_is_not(tmp_path):
    cohesive = ("fracture.model=PF-CZM Cornelissen", "fracture.interface_strength=400 MPa", "stack.interface=0.8 um")
    with pytest.raises(CaseProblems) as caught:
        body(tmp_path, *cohesive)
    offered = [float(re.search(r"at most ([\d.e-]+) um", str(one))[1]) for one in caught.value.problems]
    body(tmp_path, *cohesive, f"fracture.length={min(offered)} um")


def test_closed_form_by_hand(tmp_path):
    one = body(tmp_path)
    soft, cathode = one.layers.media["electrolyte"], one.layers.media["cathode"]

    def constrained(medium):
        return medium.young * (1 - medium.poisson) / ((1 + medium.poisson) * (1 - 2 * medium.poisson))

    compliance = 1.8 / constrained(soft) + 1 / constrained(cathode)
    free = -cathode.shrinkage * (1 + cathode.poisson) / (1 - cathode.poisson)  # 3K/M = (1+ν)/(1-ν), of 1 µm
    pull, soc = closed_form(one)
    assert closed_form(body(tmp_path, "geometry=plane stress")) is None
    assert pull == pytest.approx(free / compliance)
    assert soc == pytest.approx((10 / (free**2 / compliance / 2)) ** 0.5)


def test_layers_that_swell_never_open(tmp_path):
    assert closed_form(body(tmp_path, "shrinkage.active_strain=5 %"))[1] is None


def test_shrinkage_first_takes_off_what_was_pressed_on(tmp_path):
    pull, soc = closed_form(body(tmp_path))
    later = closed_form(body(tmp_path, "boundaries.pressure=20 MPa"))[1] - soc
    assert later * pull == pytest.approx(20, rel=1e-9)
    assert closed_form(body(tmp_path, "boundaries={top='pressure', pressure='20 MPa'}")) is None


def test_counts_are_those_of_the_solver(tmp_path):
    """Vertices and edges of a mesh without holes obey Euler: V - E + F = 1."""
    text = check(tmp_path)
    triangles = int(re.search(r"(\d+) triangles", text)[1])
    moving, damage = map(int, re.search(r"(\d+) of displacement, (\d+) of damage", text).groups())
    assert moving == 2 * (2 * damage + triangles - 1)
    assert "4 × 2.8 µm" in text
    assert "about 0.2 GB" in text
    assert "4 to SoC 0.4" in text


@pytest.mark.parametrize(
    ("settings", "count"),
    [((), 4), (("steps.largest=0.07",), 6), (("output.soc=[0.4]", "steps.largest=0.15", "steps.onset=0.1"), 3)],
)
def test_steps_land_on_what_is_pictured(tmp_path, settings, count):
    assert f"{count} to SoC 0.4" in check(tmp_path, *settings)


def test_a_comparison_shows_one_mesh_one_table_and_each_warning_once(tmp_path):
    text = check(tmp_path, 'materials.electrolyte=["LZCO", "LZACO"]', 'flow.yield_stress=["tabor", "none"]')
    assert text.count("triangles") == 1
    assert text.count("in effect elastic") == 1
    assert "warning (LZCO_tabor):" in text
    rows = [line.split() for line in text.splitlines() if line.strip().startswith(("LZCO_", "LZACO_"))]
    assert [row[0] for row in rows] == ["LZCO_tabor", "LZCO_none", "LZACO_tabor", "LZACO_none"]
    assert "4 cases can be run" in text


def test_cases_with_one_geometry_share_the_mesh(tmp_path):
    one, other = bodies(tiny(tmp_path, 'flow.yield_stress=["tabor", "none"]'), MPI.COMM_SELF)
    assert one.domain is other.domain


def test_cases_with_other_meshes_are_told_apart(tmp_path):
    text = check(tmp_path, 'mesh.elements_per_length=["2", "3"]')
    assert text.count("triangles") == 2
    assert "\n2:\n" in text
    assert "\n3:\n" in text


WARNED = "LZCO: hardness"  # the one that the tiny case always has


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ((), None),
        (("mesh.elements_per_length=1.5",), "a crack is not resolved; take more mesh.elements_per_length"),
        (
            ("stack.interface=0.3 um", "stack.notch.opening=0.05 um"),
            "the interface layer is 0.3 µm thick, and a crack 0.8 µm: for that to cost",
        ),
        (("stack.cathode=0.9 um",), "the thinner bulk layer is 0.9 µm thick, less than 5 times"),
    ],
)
def test_each_warning(tmp_path, settings, words):
    found = [text for text in warnings(body(tmp_path, *settings)) if not text.startswith(WARNED)]
    assert [words in text for text in found] == ([] if words is None else [True])


def test_sizes_count_each_cell_once(tmp_path):
    """Mean size over the interface, from its area: n cells of an equilateral triangle's √3/4 h²."""
    one = body(tmp_path)
    mean, largest = one.sizes("interface")
    cells = one.domain.cell_counts()["interface"]
    area = 4 * 0.8 - 1 * 0.1 / 2  # less the notch
    assert mean == pytest.approx((4 * area / (3**0.5 * cells)) ** 0.5, rel=0.02)  # of a mean square, not of a mean
    assert mean < largest < 1.25 * 0.1


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (("flow.yield_stress=expanding cavity", "given.LZCO.poisson_ratio=0.49"), "LZCO"),
        (("stack.notch.shape=slot", "stack.notch.opening=0.7 um", "stack.notch.length=0.3 um"), "stack"),
        (("materials.electrolyte=Li2In1/3Sc1/3Cl4",), "materials.electrolyte"),
        (("stack.interface=0.2 um",), "LZCO: stack.interface"),
        (("fracture.model=PF-CZM linear", "fracture.interface_strength=900 MPa"), "fracture.length"),
    ],
)
def test_what_no_key_alone_tells_is_still_a_sentence(tmp_path, settings, key):
    tiny(tmp_path)
    changes = [word for setting in settings for word in ("--set", setting)]
    result = CliRunner().invoke(app, ["check", str(tmp_path / "tiny.toml"), *changes])
    assert result.exit_code == 2
    assert "nothing was run" in result.output
    assert f"\n  {key}: " in result.output
