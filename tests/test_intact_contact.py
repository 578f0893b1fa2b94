"""What a run says of contact loss: in its history, its summary, its tables and its picture."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mpi4py import MPI
from test_intact_pictures import pixels
from tiny_case import tiny

from intact.bodies.body import bodies, solid
from intact.bodies.media import SUPPLY_UNIT, layers
from intact.pictures import contact_sheet
from intact.pictures.sheet import Sheet
from intact.results import crack_record, finished, touch
from intact.results import folder as results
from intact.results.touch import MEANING
from intact.runs.contact import ContactLoss
from intact.runs.run import run_case
from materials.mixture import bruggeman

# To SoC 0.8 the tiny stack goes from whole to wholly broken.
FAR = ("steps.until=0.8", "output.soc=[0.2, 0.8]")
UNKNOWN = (
    'materials.electrolyte="LPS glass"',
    'given."LPS glass".density="1.9 g/cm^3"',
    "steps.until=0.05",
    "steps.largest=0.05",
)


def solved(folder: Path, *settings: str) -> tuple[list[dict[str, str]], dict[str, Any]]:
    [body] = bodies(tiny(folder, *settings), MPI.COMM_SELF)
    summary = run_case(body, body.layers.warnings, folder / "run", MPI.COMM_SELF)
    with (folder / "run" / "history.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file)), summary


@pytest.fixture(scope="module")
def cracked(tmp_path_factory) -> tuple[Path, list[dict[str, str]], dict[str, Any]]:
    folder = tmp_path_factory.mktemp("cracked")
    return folder, *solved(folder, *FAR)


def column(history: list[dict[str, str]], name: str) -> np.ndarray:
    return np.array([float(row[name]) for row in history])


def test_history_tells_of_it_as_the_crack_grows(cracked) -> None:
    _, history, _ = cracked
    detached, opened = column(history, "detached_fraction"), column(history, "open_fraction")
    assert detached[0] == opened[0] == 0
    assert detached[-1] > 0.5
    assert opened[-1] == pytest.approx(detached[-1], abs=0.15), "a stack that shrinks pulls its faces apart"
    assert (opened <= detached + 1e-6).all()
    parted, touching = column(history, "resistance_ratio"), column(history, "resistance_ratio_touching")
    way = parted < touch.CUT_OFF  # beyond, the numbers are noise
    assert (np.diff(parted[way]) >= -1e-9).all(), "damage never heals"
    assert (touching[way] >= 1 - 1e-9).all()
    assert (touching[way] <= parted[way] * (1 + 1e-9)).all()
    assert (~way).any() == (detached == 1).any(), "what is wholly detached is cut off"
    assert parted[-1] > 1.1 * parted[0]
    reached = column(history, "reachable_capacity")
    assert ((reached >= 0) & (reached <= 1 + 1e-9)).all()
    assert reached[way].min() > 0.99, "in a cut of micrometres ions find their way around"
    assert reached[~way].max(initial=0.0) < 1e-3


def test_summary_and_table_say_the_same(cracked) -> None:
    folder, history, summary = cracked
    told = summary["contact"]
    assert told["meaning"] == MEANING
    last = {name: pytest.approx(float(history[-1][name]), rel=1e-6, abs=1e-6) for name in MEANING}
    assert told["at_end"] == told["at_soc"]["0.8"] == last
    assert told["at_soc"]["0.2"]["open_fraction"] == 0
    joint = {"title": "t", "compare": ["materials.electrolyte"], "runs": [summary], "notes": []}
    (folder / "joint").mkdir(exist_ok=True)
    results.write(folder / "joint", joint)
    with (folder / "joint" / results.TABLE).open(encoding="utf-8", newline="") as file:
        [row] = csv.DictReader(file)
    assert float(row["resistance_ratio_at_0.8"]) == pytest.approx(told["at_end"]["resistance_ratio"])
    text = (folder / "joint" / results.TABLE_TEXT).read_text(encoding="utf-8")
    assert "capacity" in text
    assert f"{told['at_end']['open_fraction']:.1%}" in text


def test_a_conductivity_that_nobody_knows_is_told_and_left_out(tmp_path) -> None:
    rows, summary = solved(tmp_path, *UNKNOWN)
    assert {row["open_fraction"] for row in rows} == {"0"}
    assert {row[name] for row in rows for name in MEANING if name != "open_fraction"} == {""}
    [text] = [text for text in summary["warnings"] if "conductivity" in text]
    assert "resistance and reachable capacity are left out" in text
    assert summary["contact"]["at_end"]["resistance_ratio"] is None
    curve = crack_record._curve(tmp_path / "run" / "history.csv")
    assert "open_fraction" in curve
    assert "resistance_ratio" not in curve


def test_numbers_for_ions_and_where_they_come_from(tmp_path) -> None:
    [(_, case)] = tiny(tmp_path, "contact.c_rate=0.2").cases
    made = layers(case)
    assert made.ions is not None
    fraction = made.active_volume_fraction
    assert made.ions.conductivity == {
        "electrolyte": 2.42,
        "interface": 2.42,
        "cathode": pytest.approx(2.42 * (1 - fraction) ** 1.5),
    }
    # 274.7 mAh/g of 4.78 g/cm³, a fifth of it in an hour
    assert made.ions.supply == pytest.approx(0.2 * 0.2747 * 4.78 * fraction * SUPPLY_UNIT)
    assert made.sources["LZCO.conductivity"].startswith("2.42 mS/cm (secondary: Nat. Commun.")
    assert "counts as none" in made.sources["cathode conductivity"]
    assert "scNCM92.capacity" in made.sources
    [(_, case)] = tiny(tmp_path, 'given.scNCM92.conductivity="0.1 mS/cm"').cases
    known = layers(case)
    assert known.ions is not None
    assert known.ions.conductivity["cathode"] == pytest.approx(bruggeman(2.42, 0.1, fraction))


def test_units_of_the_supply() -> None:
    """Ions that come out of all of a cathode of thickness h lose q h²/(2σ) on their way to its foot: half a volt over
    1 cm at 1 A/cm³ and 1 S/cm."""
    supply, conductivity, height = 1.0 * SUPPLY_UNIT, 1000.0, 1e4  # A/cm³, mS/cm, µm
    assert supply * height**2 / (2 * conductivity) == pytest.approx(0.5)


def test_a_stack_that_is_cut_through_gives_nothing(tmp_path) -> None:
    [body] = bodies(tiny(tmp_path), MPI.COMM_SELF)
    made = solid(body)
    loss = ContactLoss(body, made)
    before = loss.now()
    assert (before.open_fraction, before.reachable_capacity) == (0, pytest.approx(1, abs=1e-3))
    made.state.d.interpolate(lambda x: (abs(x[1] - 1.4) < 0.25).astype(float))
    made.state.u.interpolate(lambda x: np.vstack([0 * x[0], 0.1 * np.clip((x[1] - 1.2) / 0.4, 0, 1)]))
    after = loss.now()
    assert after.open_fraction == 1
    assert after.resistance_ratio > touch.CUT_OFF
    assert after.resistance_ratio_touching == pytest.approx(after.resistance_ratio)
    assert after.reachable_capacity == pytest.approx(0, abs=1e-6)
    made.state.u.interpolate(lambda x: np.vstack([0 * x[0], -0.1 * np.clip((x[1] - 1.2) / 0.4, 0, 1)]))
    again = loss.now()
    assert again.open_fraction == 0
    assert again.resistance_ratio == pytest.approx(after.resistance_ratio)
    assert again.resistance_ratio_touching == pytest.approx(1, rel=0.1)  # of the notch's rim is all that is left
    assert again.reachable_capacity == pytest.approx(1, abs=1e-3)


def write_study(folder: Path) -> Path:
    """Two runs, of which one is pushed together again and one has no conductivity."""
    runs = []
    for name in ("LZCO", "LPS glass"):
        one = folder / name
        one.mkdir(parents=True)
        (one / "case.toml").write_text(f'[materials]\nelectrolyte = "{name}"\n', encoding="utf-8")
        with (one / "history.csv").open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["soc", "detached_fraction", "outcome", *contact_sheet_columns()])
            for soc in np.linspace(0, 1, 21):
                share, known = float(soc), name == "LZCO"
                numbers = (1 + 30 * share**2, 1 + 5 * share**2) if known else ("", "")
                rows.writerow([f"{soc:.6g}", share, "converged", share / 2, *numbers])
        runs.append({"folder": name, "labels": {"materials.electrolyte": name}, "converged": known})
        runs[-1]["first_detachment_soc"] = 0.05
    for one in folder.iterdir():  # a run that ended early may have kept no fields
        told = next(run for run in runs if run["folder"] == one.name)
        if told["converged"]:
            (one / "fields.pvd").write_text("<VTKFile></VTKFile>", encoding="utf-8")
    summary = {"title": "Made up", "compare": ["materials.electrolyte"], "runs": runs}
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    return folder


def contact_sheet_columns() -> tuple[str, ...]:
    return finished.CONTACT


def test_picture(tmp_path, monkeypatch) -> None:
    study = finished.read(write_study(tmp_path / "study"))
    assert contact_sheet.tells(study)
    contact_sheet.draw(study, tmp_path / "contact.png")
    high, wide, _ = pixels(tmp_path / "contact.png").shape
    assert wide == 1600
    assert 700 <= high <= 1200
    sheets: list[Sheet] = []
    monkeypatch.setattr(Sheet, "save", lambda sheet, file: sheets.append(sheet))
    contact_sheet.draw(study, tmp_path / "unused.png")
    shares, ratios = sheets[0].figure.axes
    lines = [line.get_ydata() for line in shares.get_lines() if len(line.get_ydata()) == 21]
    assert [float(line[-1]) for line in lines] == [1.0, 0.5, 1.0, 0.5]
    lines = [line.get_ydata() for line in ratios.get_lines() if len(line.get_ydata()) == 21]
    assert [float(line[-1]) for line in lines] == [6.0, 31.0]
    assert ratios.get_yscale() == "log"
    labels = [text.get_text() for text in shares.get_legend().get_texts()]
    assert labels[-2:] != ["", ""]
    assert any("touching" in text for text in labels)


def test_runs_of_earlier_versions_have_no_such_picture(tmp_path) -> None:
    folder = write_study(tmp_path / "study")
    for file in folder.glob("*/history.csv"):
        rows = [line.split(",")[:3] for line in file.read_text(encoding="utf-8").splitlines()]
        file.write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
    assert not contact_sheet.tells(finished.read(folder))
