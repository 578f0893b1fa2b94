"""intact compare: two crack fields on equal or different meshes, as table, JSON and picture."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mpi4py import MPI
from tiny_case import tiny
from typer.testing import CliRunner

from intact.bodies.body import bodies
from intact.cli import app
from intact.compare.comparison import compare
from intact.compare.geometry import Locator, Overlay, hausdorff, isoline
from intact.compare.tolerances import TOLERANCES, tolerances
from intact.results.crack_record import CrackRecord, RecordError, _without_unit, from_results, read
from intact.runs.run import run_case
from intact.runs.trace import IN_A_PLANE, IN_SPACE
from tests.independent.grids import grid

LENGTH, WIDE, TALL = 0.5, 8.0, 4.0  # of the phase field, of the body
TIP, HEIGHT = 3.0, 2.0


def profile(points: np.ndarray, tip: float = TIP, height: float = HEIGHT) -> np.ndarray:
    """AT1: d = (1 - r/2ℓ)² of the distance r from a crack that comes from the left."""
    ahead = np.maximum(points[:, 0] - tip, 0)
    return np.maximum(1 - np.hypot(ahead, points[:, 1] - height) / (2 * LENGTH), 0) ** 2


def record(columns: int = 65, rows: int = 33, tip: float = TIP, height: float = HEIGHT, **changes) -> CrackRecord:
    """No crack at load 0, and one at load 1."""
    points, triangles = grid(np.linspace(0, WIDE, columns), np.linspace(0, TALL, rows))
    d = np.array([np.zeros(len(points)), profile(points, tip, height)])
    made = CrackRecord(
        points=points,
        triangles=triangles,
        length=LENGTH,
        load_name="state of charge",
        loads=np.array([0.0, 1.0]),
        damage=d,
        displacement=np.stack([0 * points, 0.01 * points]),
        curve={
            "load": np.array([0.0, 0.5, 1.0]),
            "detached_fraction": np.array([0.0, 0.5, 1.0]),
            "elastic_energy": np.array([0.0, 2.0, 1.0]),
        },
        about={"title": "made up"},
    )
    return replace(made, **changes)


def measured(a: CrackRecord, b: CrackRecord, folder: Path, *settings: str):
    """What the command would compare, by the words of each measure, at the last load."""
    for name, one in (("a", a), ("b", b)):
        one.write(folder / f"{name}.npz")
    found = compare(folder / "a.npz", folder / "b.npz", tolerances(settings))
    return found, {one.what: one.value for one in found.measures}


def invoke(*words: object):
    return CliRunner().invoke(app, ["compare", *map(str, words)])


def test_record_comes_back_as_it_was_written(tmp_path):
    """In single precision: seven digits."""
    one = record()
    one.write(tmp_path / "one.npz")
    back = read(tmp_path / "one.npz")
    for name in ("points", "triangles", "loads", "damage", "displacement"):
        assert getattr(back, name) == pytest.approx(getattr(one, name), rel=1e-7), name
    assert (back.length, back.load_name, back.about) == (one.length, one.load_name, one.about)
    assert {name: list(column) for name, column in back.curve.items()} == {n: list(c) for n, c in one.curve.items()}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"damage": np.zeros((2, 5))}, "damage has the shape"),
        ({"triangles": np.zeros((7, 4), dtype=int)}, "triangles has the shape"),
        ({"curve": {"detached_fraction": np.zeros(3)}}, "column load"),
    ],
)
def test_record_refuses_what_does_not_fit_together(change, complaint):
    with pytest.raises(RecordError, match=complaint):
        record(**change)


def test_same_field_has_no_distance(tmp_path):
    record().write(tmp_path / "a.npz")
    told = invoke(tmp_path / "a.npz", tmp_path / "a.npz", *(f"--tolerance={name}=1e-5" for name in TOLERANCES))
    assert told.exit_code == 0, told.output
    assert "within every tolerance" in told.output


def test_round_off_before_any_charge_is_no_difference(tmp_path):
    """Both are kept at load 0, where nothing has moved but for what a solver leaves."""
    one, two = record(), record()
    one.displacement[0], two.displacement[0] = 1e-15, -1e-15
    found, _ = measured(one, two, tmp_path)
    assert found.loads == (0.0, 1.0)
    assert found.within


def test_crack_that_lies_aside_is_as_far_as_it_lies(tmp_path):
    """Moved by s = 0.1 ℓ: the path by s, d by s/ℓ - (s/2ℓ)² at the crack, L2 by (5/3)^½ s/ℓ; h = ℓ/8."""
    shift = 0.1 * LENGTH
    _, found = measured(record(129, 65), record(129, 65, height=HEIGHT + shift), tmp_path)
    assert found["path d = 0.5, in lengths"] == pytest.approx(0.1, rel=0.05)
    assert found["path d = 0.9, in lengths"] == pytest.approx(0.1, rel=0.15)  # two elements wide, all in all
    assert found["damage, largest"] == pytest.approx(0.1 - 0.05**2, rel=0.05)
    assert found["damage, L2"] == pytest.approx(np.sqrt(5 / 3) * 0.1, rel=0.1)


def test_longer_crack_is_as_far_as_it_is_longer(tmp_path):
    _, found = measured(record(), record(tip=TIP + 1), tmp_path)
    assert found["path d = 0.5, in lengths"] == pytest.approx(1 / LENGTH, rel=0.01)
    assert found["path d = 0.9, in lengths"] == pytest.approx(1 / LENGTH, rel=0.01)


def test_other_mesh_and_other_order_change_little(tmp_path):
    """One crack on h = ℓ/8 and on ℓ/5: the interpolation error of the coarser is left, of the order (h/ℓ)²/8 in d.

    Its kink at the crack is not on a line of the coarser mesh, which adds up to h/2ℓ there.
    """
    fine, coarse = record(129, 65), record(81, 42)
    _, there = measured(fine, coarse, tmp_path)
    _, back = measured(coarse, fine, tmp_path)
    assert there["damage, largest"] < 0.12
    assert there["damage, L2"] < 0.05
    assert there["path d = 0.5, in lengths"] < 0.05
    assert there["displacement, L2"] == pytest.approx(0, abs=1e-6)  # linear, so exact on any mesh
    for what, value in there.items():  # seven points in each triangle of A do not see every kink of B
        assert back[what] == pytest.approx(value, rel=0.1, abs=1e-6), what


def test_one_crack_against_none_is_infinitely_far(tmp_path):
    whole = record()
    none = replace(whole, damage=np.zeros_like(whole.damage))
    found, _ = measured(whole, none, tmp_path)
    distances = [one.value for one in found.measures if one.name == "path"]
    assert distances == [0, 0, np.inf, np.inf]  # at load 0 neither has one
    told = invoke(tmp_path / "a.npz", tmp_path / "b.npz", "--output", tmp_path / "out")
    assert told.exit_code == 1
    assert "infinite, since only one of the two has any" in told.output
    assert [one["value"] for one in json.loads((tmp_path / "out" / "compare.json").read_text())["measures"]][-1] == 0
    assert "Infinity" not in (tmp_path / "out" / "compare.json").read_text()


def test_curves_are_held_against_each_other(tmp_path):
    a = record()
    b = replace(a, curve=a.curve | {"load": np.array([0.0, 0.6, 1.0]), "elastic_energy": np.array([0.0, 2.0, 1.05])})
    found, values = measured(a, b, tmp_path)
    assert values["detached fraction"] == pytest.approx(0.1)  # at 0.6: 0.6 against 0.5
    assert values["load at first detachment"] == pytest.approx(0.1 / 0.6)  # 0.5 against 0.6
    assert values["elastic energy"] == pytest.approx(0.05 / 2)  # at 1, over the largest
    assert {one.what for one in found.outside} == {"detached fraction", "load at first detachment"}


def test_curve_that_ends_early_is_no_sign_of_holding(tmp_path):
    """B ends at 0.4, before A lets go at 0.5; with an end at 0.6 it would have had to show it."""
    a = record()
    for end, compared in ((0.4, False), (0.6, True)):
        held = {"load": np.array([0.0, end]), "detached_fraction": np.zeros(2)}
        found, values = measured(a, replace(a, curve=held), tmp_path)
        assert ("load at first detachment" in values) == compared
        assert any("B ends before" in text for text in found.not_compared)  # full detachment in any case


def test_peaks_of_force_are_held_against_each_other(tmp_path):
    a = record()
    a = replace(a, curve={"load": a.curve["load"], "force": np.array([0.0, 4.0, 1.0])})
    b = replace(a, curve={"load": a.curve["load"], "force": np.array([0.0, 1.0, 5.0])})
    found, values = measured(a, b, tmp_path)
    assert values["peak force"] == pytest.approx(1 / 5)
    assert values["load at peak force"] == pytest.approx(0.5)
    assert "detached_fraction" not in " ".join(found.not_compared)  # neither has it


def test_command_leaves_json_and_picture_and_says_what_is_outside(tmp_path):
    record().write(tmp_path / "a.npz")
    record(tip=TIP + 0.4).write(tmp_path / "b.npz")
    told = invoke(
        tmp_path / "a.npz", tmp_path / "b.npz", "--tolerance", "path=50 %", "--output", tmp_path / "difference"
    )
    assert told.exit_code == 1
    assert "outside: path d = 0.5, in lengths at state of charge 1 is 0.8 > path = 0.5" in told.output, told.output
    left = json.loads((tmp_path / "difference" / "compare.json").read_text())
    outside = [(one["what"], one["load"]) for one in left["measures"] if not one["within"]]
    assert not left["within"]
    assert ("path d = 0.9, in lengths", 1.0) in outside
    assert (tmp_path / "difference" / "compare.png").read_bytes().startswith(b"\x89PNG")
    assert invoke(tmp_path / "a.npz", tmp_path / "b.npz", *(f"--tolerance={n}=9" for n in TOLERANCES)).exit_code == 0


def _other_load(one: CrackRecord) -> CrackRecord:
    return replace(one, loads=np.array([0.1, 0.9]))


def _other_size(one: CrackRecord) -> CrackRecord:
    return replace(one, points=1.5 * one.points)


def _falling(one: CrackRecord) -> CrackRecord:
    return replace(one, curve=one.curve | {"load": np.array([0.0, 1.0, 0.5])})


def _other_kind(one: CrackRecord) -> CrackRecord:
    return replace(one, load_name="displacement, µm")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (_other_load, "no state of charge in common"),
        (_other_size, "different size"),
        (_falling, "does not rise"),
        (_other_kind, "nothing in common"),
    ],
)
def test_what_cannot_be_compared_ends_with_2(tmp_path, change, complaint):
    record().write(tmp_path / "a.npz")
    change(record()).write(tmp_path / "b.npz")
    told = invoke(tmp_path / "a.npz", tmp_path / "b.npz")
    assert told.exit_code == 2
    assert complaint in told.output


def test_what_cannot_be_read_ends_with_2(tmp_path):
    record().write(tmp_path / "a.npz")
    (tmp_path / "b.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:500])
    (tmp_path / "folder").mkdir()
    for wrong, complaint in (
        ("nothing.npz", "not there"),
        ("b.npz", "is not a crack record"),
        ("folder", "takes the results folder of one run"),
    ):
        told = invoke(tmp_path / "a.npz", tmp_path / wrong)
        assert told.exit_code == 2, wrong
        assert complaint in told.output.replace("\n", " ")


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("paths=1", "did you mean path?"),
        ("path", "takes NAME=NUMBER"),
        ("path=wide", "--tolerance path: got 'wide'"),
        ("path=-1", "takes zero or more"),
    ],
)
def test_wrong_tolerance_is_told(tmp_path, setting, complaint):
    told = invoke(tmp_path, tmp_path, "--tolerance", setting)
    assert told.exit_code == 2
    assert complaint in told.output.replace("\n", " ")


def test_format_of_the_future_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("intact.results.crack_record.FORMAT", 99)
    record().write(tmp_path / "a.npz")
    monkeypatch.undo()
    with pytest.raises(RecordError, match="format 99"):
        read(tmp_path / "a.npz")


def test_linear_field_is_the_same_on_any_mesh():
    """Also where a corner of one mesh is outside of the other by round-off."""
    a, b = record(), record(columns=38, rows=23)
    moved = b.points * (1 + 1e-12) + 1e-12
    overlay = Overlay(a.points, a.triangles, moved, b.triangles)
    of_a, of_b = (points @ [0.3, -0.2] + 1 for points in (a.points, moved))
    assert overlay.area == pytest.approx(WIDE * TALL)
    difference, whole, _ = overlay.integral(of_a, of_b)
    assert np.sqrt(difference / whole) == pytest.approx(0, abs=1e-9)
    assert overlay.largest(of_a, of_b) == pytest.approx(0, abs=1e-9)


def test_point_outside_takes_the_value_of_the_nearest_edge():
    """A notch that is a little deeper in the other mesh."""
    points, triangles = grid(np.linspace(0, 1, 4), np.linspace(0, 1, 4))
    found = Locator(points, triangles).find(np.array([[1.2, 0.5], [-0.1, -0.1], [0.25, 1.7]]))
    assert found.value(points) == pytest.approx(np.array([[1.0, 0.5], [0.0, 0.0], [0.25, 1.0]]))


def test_faces_of_a_slit_are_told_apart():
    """d = 1 on the upper half and 0 on the lower, which meet in two sets of points at one place."""
    meshes = [grid(np.linspace(0, 2, n), np.linspace(-1, 1, n), slit=(2.1, 0.0)) for n in (9, 13)]
    values = []
    for points, triangles in meshes:
        upper = np.zeros(len(points))
        upper[triangles[points[triangles].mean(axis=1)[:, 1] > 0]] = 1
        values.append(upper)
    (points_a, triangles_a), (points_b, triangles_b) = meshes
    overlay = Overlay(points_a, triangles_a, points_b, triangles_b)
    assert overlay.largest(*values) == pytest.approx(0, abs=1e-9)
    assert overlay.integral(*values) == pytest.approx((0, 2, 2), abs=1e-9)


def test_isoline_of_a_cone_is_a_circle():
    """Linear interpolation leaves h²/8R = 0.0004 of the radius."""
    points, triangles = grid(np.linspace(-1, 1, 41), np.linspace(-1, 1, 41))
    segments = isoline(points, triangles, 1 - np.hypot(*points.T), 0.4)
    assert np.hypot(segments[..., 0], segments[..., 1]) == pytest.approx(np.full((len(segments), 2), 0.6), abs=1e-3)
    lengths = np.hypot(*(segments[:, 1] - segments[:, 0]).T)
    assert lengths.sum() == pytest.approx(2 * np.pi * 0.6, rel=1e-3)


def test_hausdorff_takes_the_farther_of_both_ways():
    short, long = (np.array([[[0.0, y], [end, y]]]) for y, end in ((0.0, 1.0), (0.3, 3.0)))
    assert hausdorff(short, long) == hausdorff(long, short) == pytest.approx(np.hypot(2, 0.3))
    assert hausdorff(short, short) == 0
    assert hausdorff(short[:0], long) == np.inf
    assert hausdorff(short[:0], long[:0]) == 0


def test_energies_of_every_geometry_are_compared():
    """Whatever unit they carry in the history."""
    assert {_without_unit(f"plastic_work_{unit}") for unit in (IN_A_PLANE, IN_SPACE)} == {"plastic_work"}
    assert _without_unit("detached_fraction") == "detached_fraction"


def test_results_folder_is_a_record(tmp_path):
    """A run and the record that is made of it are the same, and the joint folder above it is refused by name."""
    (body,) = bodies(tiny(tmp_path, "steps.until=0.1", "output.soc=[0.1]"), MPI.COMM_SELF)
    folder = tmp_path / "results" / "LZCO"
    run_case(body, (), folder, MPI.COMM_SELF)
    from_results(folder).write(tmp_path / "kept.npz")
    everything = [f"--tolerance={name}=1e-6" for name in TOLERANCES]
    told = invoke(folder, tmp_path / "kept.npz", *everything)
    assert told.exit_code == 0, told.output
    assert "elastic energy" in told.output
    above = invoke(folder.parent, tmp_path / "kept.npz")
    assert above.exit_code == 2
    assert folder.name in above.output.replace("\n", "")
