"""The benchmarks: what they make of times, and that runs which do not agree are told. No time is measured here."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from mpi4py import MPI

import meshes
from benchmarks import measure, page, peers, processes
from benchmarks.answers import agree
from benchmarks.measure import Field, Measured, MeasuredStep, Run
from benchmarks.problems import LENGTH, OWN, PLATES, TENSION
from benchmarks.targets import TARGETS, growth, memory, ratio, seconds

SHARED = {
    count: {"triad": gigabytes}
    | {name: {"seconds": seconds, "energy": energy, "unknowns": 1000} for name in processes.BODIES}
    for count, gigabytes, seconds, energy in (("1", 20.0, 6.0, 2.0), ("2", 24.0, 4.0, 2.0002))
}
COARSE = replace(TENSION, fine=0.04)


def run(times: list[float], elastic: float = 0.5, unknowns: int = 1000, peak: float = 0.7) -> Run:
    """The force rises to the last step but one, in which the crack runs."""
    forces = [*np.linspace(0.1, peak, len(times) - 1), 0.0]
    steps = [
        MeasuredStep(1e-4 * i, float(force), float(i * i), 0.1 * i, 5, time, 1, 7)
        for i, (force, time) in enumerate(zip(forces, times, strict=True))
    ]
    return Run(unknowns, unknowns // 2, elastic, 100.0, 200.0, tuple(steps), crack(0.0))


def crack(slope: float) -> Field:
    """Along y = slope x, through a field of points that are no mesh: the path asks for damage at points only."""
    x, y = (a.ravel() for a in np.meshgrid(np.linspace(0, 0.5, 201), np.linspace(-0.2, 0.2, 161)))
    damage = np.exp(-np.abs(y - slope * x) / LENGTH)
    return Field(np.column_stack([x, y]), np.empty((0, 3), np.int64), damage)


def measured(*runs: Run) -> Measured:
    return Measured(runs)


def test_medians_are_those_of_the_repetitions() -> None:
    one = measured(run([1.0, 1.0, 4.0]), run([2.0, 2.0, 8.0], elastic=1.0), run([1.0, 1.0, 100.0]))
    assert one.seconds == 12.0
    assert one.in_elastic_solves == 12.0, "by the elastic solve of the same run: 12, 12 and 204"
    assert one.step_in_elastic_solves() == (8.0, 2.0)


def test_the_dearest_step_is_not_among_the_others() -> None:
    assert measured(run([1.0, 1.0, 1.0, 50.0])).step_in_elastic_solves() == (100.0, 2.0)


def test_processes_are_told_beside_what_memory_gives() -> None:
    assert processes.rows({}) == []
    told = processes.rows(SHARED)
    assert told[0] == ["2D, factor", "1,000", "6 s", "4 s", "1.50", "1.20", "1e-04"]


def test_a_run_comes_back_from_its_file(tmp_path: Path) -> None:
    told = run([1.0, 2.0, 3.0])
    (tmp_path / "tension").mkdir()
    told.write(tmp_path / "tension" / "intact-1.json")
    ((key, read),) = measure.read(tmp_path).items()
    assert key == ("tension", "intact")
    assert read.first == told
    assert read.first.field is not None
    np.testing.assert_array_equal(read.first.field.damage, told.field.damage)


def failed(a: Run, b: Run, one_kind: bool = True) -> list[str]:
    return [check.what for check in agree(a, b, LENGTH, one_kind) if not check.passed]


def test_runs_that_agree_may_be_compared() -> None:
    a = run([1.0] * 20)
    assert failed(a, run([9.0] * 20, peak=0.705)) == []


def test_another_peak_is_told() -> None:
    assert failed(run([1.0] * 20), run([1.0] * 20, peak=0.71)) == ["peak force"]


def test_a_peak_that_is_no_number_is_told() -> None:
    a = run([1.0] * 20)
    broken = replace(a, steps=tuple(replace(step, force=np.nan) for step in a.steps))
    assert "peak force" in failed(a, broken)


def test_another_path_is_told_from_half_a_length_on() -> None:
    a = run([1.0] * 20)
    assert failed(a, replace(a, field=crack(0.4 * LENGTH / 0.5))) == []
    assert failed(a, replace(a, field=crack(0.6 * LENGTH / 0.5))) == ["crack path, in lengths"]


def test_a_crack_that_is_not_there_is_told() -> None:
    a = run([1.0] * 20)
    sound = replace(a.field, damage=0 * a.field.damage)
    assert failed(a, replace(a, field=sound)) == ["crack length"]


def test_energy_after_the_crack_counts_within_one_kind_only() -> None:
    a = run([1.0] * 20)
    thick = replace(a, steps=(*a.steps[:-1], replace(a.steps[-1], fracture_energy=3.0)))
    assert failed(a, thick) == ["fracture energy at the end"]
    assert failed(a, thick, one_kind=False) == []


def some_results() -> dict[tuple[str, str], Measured]:
    quick, slow = measured(run([1.0, 1.0, 4.0])), measured(run([20.0, 20.0, 80.0]))
    stacks = {
        (f"stack-3d-{n:g}", "intact"): measured(run([1e-5 * n**1.5] * 3, unknowns=int(n))) for n in (1e4, 1e5, 1e6)
    }
    return {("tension", "intact"): quick, ("tension", "phasefieldx"): slow, **stacks}


def test_targets_are_reached_missed_or_not_measured() -> None:
    verdicts = {target.what: target.verdict(some_results(), {"start": 3.5}) for target in TARGETS}
    assert verdicts["notched tension, equal mesh and steps"] == (20.0, "reached")
    assert verdicts["intact run: start to first step"] == (3.5, "missed")
    assert verdicts["notched shear, equal mesh and steps"] == (None, "not measured")
    assert ratio("tension", "own")(some_results(), {}) is None


def test_a_code_that_finds_another_peak_is_not_called_faster() -> None:
    results = some_results() | {("tension", "intact"): measured(run([1.0, 1.0, 4.0], peak=0.9))}
    assert TARGETS[0].verdict(results, {}) == (None, "answers differ")


def test_growth_and_memory_are_those_of_the_stacks() -> None:
    assert growth("stack-3d", seconds)(some_results(), {}) == pytest.approx(1.5)
    assert growth("stack-2d", seconds)(some_results(), {}) is None
    assert growth("elastic-3d", seconds)(some_results(), {}) is None
    assert memory("stack-3d")(some_results(), {}) == pytest.approx(0.2)


def test_the_page_has_every_target_and_its_picture(tmp_path: Path) -> None:
    results = some_results()
    pair = {
        "tension, intact and phasefieldx": agree(
            *[results["tension", c].first for c in ("intact", "phasefieldx")], LENGTH, False
        )
    }
    page.write(results, {"start": 2.0}, pair, processes.rows(SHARED), "a machine", folder=tmp_path)
    text = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert all(f"| {target.what} | {target.aim} |" in text for target in TARGETS)
    assert "| 20.0 |" in text
    assert "peak force: 0 apart" in text
    assert (tmp_path / "benchmarks.png").stat().st_size < 100_000


def test_a_wheel_with_another_sum_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "WHEELS", tmp_path)
    assert peers.wheel() is None
    (tmp_path / "phasefieldx-0.4.1-py3-none-any.whl").write_bytes(b"something else")
    assert peers.wheel() is None


def test_a_mesh_for_all_has_a_slit_that_opens(tmp_path: Path) -> None:
    domain = meshes.load(COARSE.write(tmp_path), MPI.COMM_SELF)
    x = domain.mesh.geometry.x
    twice = len(x) - len(np.unique(x.round(9), axis=0))
    on_slit = len(np.unique(x[(np.abs(x[:, 1]) < 1e-9) & (x[:, 0] < 1e-9)].round(9), axis=0))
    assert twice == on_slit - 1, "both faces meet at the tip only"


def test_a_crack_costs_the_same_in_elements_of_its_own() -> None:
    """Per length, with the row of elements that it occupies: AT2 takes Gc (1 + h / 2ℓ)."""
    spent = [one.steel.toughness * (1 + one.fine / (2 * LENGTH)) for one in (TENSION, OWN["tension"])]
    assert OWN["tension"].fine > TENSION.fine
    assert spent[0] == pytest.approx(spent[1])


@pytest.mark.parametrize("plate", [*PLATES.values(), *OWN.values()], ids=lambda plate: plate.name)
def test_supports_that_meet_do_not_contradict_each_other(plate) -> None:
    held = plate.held()
    for side, end in pairwise(("bottom", "right", "top", "left", "bottom")):
        both = held.get(side, {}).keys() & held.get(end, {}).keys()
        assert all(held[side][component] == held[end][component] for component in both)


@pytest.mark.slow
@pytest.mark.skipif(
    peers.wheel() is None, reason="phasefieldx has not been fetched (containers/run python3 -m benchmarks)"
)
def test_both_codes_start_alike(tmp_path: Path) -> None:
    """Two steps, before anything breaks: the same body, supports, load and units."""
    TENSION.write(tmp_path)
    found = []
    for code in ("intact", "phasefieldx"):
        measure.alone((code, "tension", "--warm"), tmp_path / f"{code}-1.json")
        found.append(Run.read(tmp_path / f"{code}-1.json"))
    assert found[0].steps[-1].load == pytest.approx(found[1].steps[-1].load)
    assert found[0].steps[-1].force == pytest.approx(found[1].steps[-1].force, rel=1e-6)
    assert found[0].steps[-1].elastic_energy == pytest.approx(found[1].steps[-1].elastic_energy, rel=1e-6)
