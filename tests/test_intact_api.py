"""The program from Python, and the examples, each with a number that it gives."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tiny_case import tiny

import intact
from intact.results.names import DAMAGE, DISPLACEMENT, ENERGY, POTENTIAL, STRESS
from intact.results.whole import ResultsError

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "examples"))

import loop_over_toughness  # noqa: E402
import main_case  # noqa: E402
import notched_plate  # noqa: E402
import own_material  # noqa: E402
import restart  # noqa: E402

COARSE = ("mesh.elements_per_length=1.5", "steps.largest=0.2", "steps.onset=0.1", "steps.until=0.6", "output.soc=[0.6]")


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    monkeypatch.setattr("intact.pictures.draw.draw", lambda folder: [])


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> intact.Results:
    folder = tmp_path_factory.mktemp("api")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("intact.pictures.draw.draw", lambda folder: [])
        return intact.run(tiny(folder), folder / "results")


def test_a_case_is_read_without_what_solves_it() -> None:
    """In a process of its own, since this one has loaded everything."""
    program = (
        "import sys, intact; from pathlib import Path\n"
        "for case in sorted(Path('cases').glob('*.toml')): intact.read(case)\n"
        "print([name for name in ('dolfinx', 'gmsh', 'petsc4py', 'mpi4py', 'ufl', 'basix') if name in sys.modules])"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_history_is_a_table(results) -> None:
    history = results.only.history
    assert history["soc"][0] == 0
    assert history["soc"][-1] == 0.4
    assert history["outcome"] == ["converged"] * len(history["soc"])
    assert {len(column) for column in history.values()} == {len(history["soc"])}
    assert history["time_s"][-1] == pytest.approx(0.4 * 3600 / 0.1)  # contact.c_rate
    assert results.only.summary["last_soc"] == 0.4


def test_a_field_is_that_of_a_state(results) -> None:
    run = results.only
    assert run.kept == [0, 0.2, 0.4]
    damage, stress = run.field(DAMAGE, soc=0.4), run.field(STRESS)
    assert damage.at_points
    assert damage.values.max() == pytest.approx(1, abs=1e-3)
    assert stress.values.shape == (len(stress.cells), 9)
    assert not stress.at_points
    assert run.field(DISPLACEMENT, soc=0.0).values.max() < 1e-6
    potential = run.field(POTENTIAL, soc=0.2).values
    assert (potential.min(), potential.max()) == pytest.approx((0, 1))
    with pytest.raises(ResultsError, match=r"soc: got 0.3, takes one of 0, 0.2, 0.4"):
        run.field(DAMAGE, soc=0.3)
    with pytest.raises(ResultsError, match="name: got 'stress', takes one of "):
        run.field("stress")


def test_energy_of_the_fields_is_that_of_the_history(results) -> None:
    field = results.only.field(ENERGY)
    a, b, c = np.moveaxis(field.points[field.cells][:, :, :2], 1, 0)
    (ab, ac) = b - a, c - a
    areas = np.abs(ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]) / 2
    assert areas @ field.values == pytest.approx(results.only.history["elastic_energy_uJ_per_m"][-1], rel=1e-6)


def test_results_are_opened_again(results, tmp_path) -> None:
    again = intact.open_results(results.folder)
    assert list(again) == ["LZCO"]
    assert again["LZCO"].summary == results["LZCO"].summary
    with pytest.raises(KeyError, match="takes one of LZCO"):
        again["LZACO"]
    with pytest.raises(ResultsError, match="takes the folder of a study"):
        intact.open_results(tmp_path)


def test_a_case_made_here_is_checked_as_a_file_is() -> None:
    table = {
        "materials": {"electrolyte": "LZCO", "active": "scNCM92"},
        "boundaries": {"pressure": "5 MPa", "top": "free"},
    }
    table |= {"fracture": {"interface_toughness": "10 J/m^2", "interface_toughness_confidence": "assumed"}}
    case = intact.Case.model_validate(table | {"shrinkage": {"active_strain": "-1 %", "measure": "linear"}})
    with pytest.raises(intact.CaseProblems, match=r"boundaries\.pressure: has no effect"):
        intact.run(case)


@pytest.mark.slow
def test_example_of_the_main_case(tmp_path) -> None:
    results = main_case.main(COARSE, str(tmp_path))
    first = {name: run.summary["first_detachment_soc"] for name, run in results.runs.items()}
    assert first["LZCO"] == pytest.approx(0.48, abs=0.1)
    assert first["LZACO"] is None


def test_example_of_an_own_material(tmp_path) -> None:
    """Uniform layers between held platens, so the closed form of V4 with the cathode's own numbers is near."""
    run = own_material.main(str(tmp_path)).only
    assert run.summary["title"] == "my soft electrolyte"
    across = run.field(STRESS, soc=1.0).values[:, 4]
    assert 0 < np.median(across) < 100


@pytest.mark.slow
def test_example_of_a_loop(tmp_path) -> None:
    found = loop_over_toughness.main((20, 80), str(tmp_path))
    weak, strong = found.values()
    assert strong / weak == pytest.approx(2, rel=0.2)  # the charge goes with the root of the toughness


@pytest.mark.slow
def test_example_of_a_plate_that_is_no_battery() -> None:
    """A long crack in a strip that is held above and below runs where M (δ/H)² H/2 = Gc; this one is short."""
    moved, forces = notched_plate.main()
    modulus = 1000 * 0.7 / (1.3 * 0.4)
    breaks = np.sqrt(2 * 1.0 * notched_plate.HIGH / modulus)
    assert moved[forces.argmax()] == pytest.approx(breaks, rel=0.25)
    assert forces[-1] < 0.1 * forces.max()


@pytest.mark.slow
def test_example_of_a_restart(tmp_path, monkeypatch) -> None:
    from intact.runs.reporter import Reporter

    whole, stopped = Reporter.whole, []

    def stopping(self) -> None:
        whole(self)
        if len(self.trace.records) == 3 and not stopped:
            stopped.append(True)
            raise KeyboardInterrupt

    monkeypatch.setattr(restart, "SETTINGS", (*restart.SETTINGS, *COARSE))
    plain = restart.main(str(tmp_path / "plain"))
    monkeypatch.setattr(Reporter, "whole", stopping)
    again = restart.main(str(tmp_path / "stopped"))
    assert stopped
    assert {k: v for k, v in again.only.history.items() if k != "seconds"} == {
        k: v for k, v in plain.only.history.items() if k != "seconds"
    }


@pytest.mark.slow
def test_the_notebook_runs(tmp_path, monkeypatch) -> None:
    notebook = json.loads((ROOT / "examples" / "first_steps.ipynb").read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    told: dict = {"CASES": ROOT / "cases", "SETTINGS": COARSE}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and "parameters" not in cell["metadata"].get("tags", ()):
            exec("".join(cell["source"]), told)
    assert told["first"]["LZCO"] == pytest.approx(0.48, abs=0.1)
