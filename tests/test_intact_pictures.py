"""Pictures of a small made-up study: two electrolytes, two rules, one run that ended early."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from time import sleep

import numpy as np
import pytest
from dolfinx import fem, mesh
from mpi4py import MPI

from intact.pictures import curve_sheet
from intact.pictures import draw as pictures
from intact.pictures.sheet import Sheet, percent
from intact.results import finished, names
from intact.results.fields import FieldFile

PICTURED = (0.2, 0.4, 0.6, 0.8, 1.0)
WIDE, SHIFT = 16.0, 2.0  # µm: the body, and how far the whole cathode is moved to the right at SoC 1
ELECTROLYTE, BROKEN, ALARM = (216, 230, 243), (40, 9, 55), (192, 0, 0)  # colours to look for
STYLES = ["-", "--"]


def write_fields(comm: MPI.Comm, folder: Path, charges: tuple[float, ...], breaks_at: float) -> None:
    """Fields as a run keeps them; from one SoC on, the interface is broken from 4 µm on."""
    body = mesh.create_rectangle(comm, [[0.0, 0.0], [WIDE, 11.0]], [32, 22])
    cells = body.topology.index_map(2)
    y = mesh.compute_midpoints(body, 2, np.arange(cells.size_local + cells.num_ghosts, dtype=np.int32))[:, 1]
    region = (1 * (y > 5) + 1 * (y > 6)).astype(np.int32)
    x = fem.functionspace(body, ("Lagrange", 1)).tabulate_dof_coordinates().T
    file = FieldFile(folder, body)
    for soc in charges:
        damage = 1.0 * (soc >= breaks_at) * (abs(x[1] - 5.5) < 0.6) * (x[0] > 4)
        displacement = np.column_stack([SHIFT * soc * (x[1] > 6.1), 0 * x[1]])
        file.write(soc, {names.DISPLACEMENT: displacement, names.DAMAGE: damage}, {names.REGION: region})


def write_run(folder: Path, electrolyte: str, rule: str, breaks_at: float, ends_at: float) -> dict[str, object]:
    """Everything else that a run leaves; returns its part of the joint summary."""
    converged = ends_at == PICTURED[-1]
    (folder / "case.toml").write_text(
        f'[materials]\nelectrolyte = "{electrolyte}"\n\n[flow]\nyield_stress = "{rule}"\n\n'
        f"[output]\nsoc = {list(PICTURED)}\n"
    )
    with (folder / "history.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["soc", "detached_fraction", "elastic_energy", "outcome"])
        steps = [soc for soc in np.linspace(0.05, 1, 20) if soc < ends_at + 1e-9]
        rows.writerows([f"{soc:.6g}", 0.5 * (soc > breaks_at - 1e-9), 1.0, "converged"] for soc in steps)
        if not converged:
            rows.writerow([ends_at + 0.01, 0.75, 1.0, "not converged: iteration limit"])
    return {
        "folder": folder.name,
        "labels": {"materials.electrolyte": electrolyte, "flow.yield_stress": rule},
        "converged": converged,
        "first_detachment_soc": breaks_at if breaks_at <= ends_at else None,
    }


def write_study(folder: Path) -> Path:
    runs = []
    never = 9.0
    for electrolyte, rule, breaks_at, ends_at in (
        ("LZCO", "tabor", 0.6, 1.0),
        ("LZCO", "none", 0.4, 0.5),
        ("LZACO", "tabor", never, 1.0),
        ("LZACO", "none", never, 1.0),
    ):
        one = folder / f"{electrolyte}_{rule}"
        one.mkdir(parents=True)
        charges = (*(soc for soc in PICTURED if soc < ends_at), ends_at)
        write_fields(MPI.COMM_SELF, one, charges, breaks_at)
        runs.append(write_run(one, electrolyte, rule, breaks_at, ends_at))
    summary = {"title": "A $made-up$ study", "compare": list(runs[0]["labels"]), "runs": runs}
    (folder / "summary.json").write_text(json.dumps(summary))
    return folder


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_study(tmp_path_factory.mktemp("results") / "made-up")


@pytest.fixture(scope="module")
def drawn(study: Path) -> list[Path]:
    return pictures.draw(study)


def pixels(file: Path) -> np.ndarray:
    from matplotlib.image import imread

    return np.rint(255 * imread(file)[:, :, :3]).astype(int)


def like(image: np.ndarray, colour: tuple[int, ...]) -> np.ndarray:
    """Where an image has this colour, but for rounding."""
    return np.abs(image - colour).max(axis=2) <= 3


def stretches(found: np.ndarray) -> list[slice]:
    """Runs of True."""
    ends = np.flatnonzero(np.diff(np.concatenate([[0], found.astype(int), [0]])))
    return [slice(start, end) for start, end in ends.reshape(-1, 2)]


def panels(image: np.ndarray) -> list[list[np.ndarray]]:
    """The panels in rows and columns: each as wide as its electrolyte, and twice as high."""
    found = like(image, ELECTROLYTE)
    rows = []
    for rows_of_pixels in stretches(found.sum(axis=1) > 50):
        below, height = rows_of_pixels.stop, rows_of_pixels.stop - rows_of_pixels.start
        columns = stretches(found[rows_of_pixels].sum(axis=0) > 20)
        rows.append([image[below - 2 * height : below, column] for column in columns])
    return rows


def test_every_picture_is_made_small_and_as_wide_as_a_readme_wants(study: Path, drawn: list[Path]) -> None:
    runs = ["LZCO_tabor", "LZCO_none", "LZACO_tabor", "LZACO_none"]
    expected = [study / name for name in ("crack-field.png", "detached-fraction.png")]
    expected += [study / run / "crack-field.png" for run in runs]
    assert sorted(drawn) == sorted(expected)
    for file in drawn:
        high, wide, _ = pixels(file).shape
        assert 1580 <= wide <= 1600, file  # 1600 less what five equal panels leave over
        assert 300 <= high <= 800, file
        assert file.stat().st_size < 400_000, file


def test_joint_sheet_has_a_row_for_each_electrolyte_and_a_column_for_each_charge(drawn: list[Path]) -> None:
    assert [len(row) for row in panels(pixels(drawn[0]))] == [5, 5]


def test_a_run_has_a_sheet_of_one_row(study: Path, drawn: list[Path]) -> None:
    assert [len(row) for row in panels(pixels(study / "LZACO_none" / "crack-field.png"))] == [5]


def test_panels_show_damage_where_it_is(drawn: list[Path]) -> None:
    broken = [[int(like(panel, BROKEN).sum()) for panel in row] for row in panels(pixels(drawn[0]))]
    lzco, lzaco = broken
    assert lzaco == [0] * 5
    assert lzco[:2] == [0, 0]
    assert min(lzco[2:]) > 100
    last = like(panels(pixels(drawn[0]))[0][-1], BROKEN)
    start = np.flatnonzero(last.any(axis=0))[0] / last.shape[1] * WIDE
    assert start == pytest.approx(4.5, abs=0.3)  # the first node beyond 4 µm; 0.07 µm a pixel


def test_shape_is_deformed_as_much_as_it_is(study: Path, drawn: list[Path]) -> None:
    """The whole cathode is moved by 2 µm at SoC 1, and sticks out beyond the electrolyte by so much."""
    image = pixels(study / "LZACO_none" / "crack-field.png")
    cathode = stretches(like(image, (222, 218, 210)).sum(axis=0) > 20)
    electrolyte = stretches(like(image, ELECTROLYTE).sum(axis=0) > 20)
    scale = (electrolyte[-1].stop - electrolyte[-1].start) / WIDE
    assert (cathode[-1].stop - electrolyte[-1].stop) / scale == pytest.approx(SHIFT, abs=2 / scale)  # two pixels


def test_a_run_that_ended_early_says_so_loudly(study: Path, drawn: list[Path]) -> None:
    row = panels(pixels(study / "LZCO_none" / "crack-field.png"))[0]
    assert len(row) == 2, "0.2 and 0.4 are equilibria, the rest is not to be taken for one"
    loud = like(pixels(study / "LZCO_none" / "crack-field.png"), ALARM)
    beyond = stretches(loud.sum(axis=0) > 1)
    assert loud.sum() > 1000
    assert beyond[0].start > 0.4 * loud.shape[1]
    assert not like(pixels(study / "LZCO_tabor" / "crack-field.png"), ALARM).any()


def test_curves_have_a_colour_for_each_electrolyte_and_a_dash_for_each_rule(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheets: list[Sheet] = []
    monkeypatch.setattr(Sheet, "save", lambda sheet, file: sheets.append(sheet))
    curve_sheet.draw(finished.read(study), tmp_path / "unused.png")
    (axes,) = sheets[0].figure.axes
    legend = axes.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [
        "LZCO, yield stress tabor\nbegins to detach at 0.6",
        "LZCO, yield stress none\nbegins to detach at 0.4\nNOT CONVERGED after 0.5",
        "LZACO, yield stress tabor\nstays in touch",
        "LZACO, yield stress none\nstays in touch",
        "first detachment",
        "end of a run that did not converge",
    ]
    handles = legend.get_lines()[:4]
    assert [handle.get_color() for handle in handles] == ["#D55E00"] * 2 + ["#0072B2"] * 2
    assert [handle.get_linestyle() for handle in handles] == STYLES * 2
    rings = [line.get_xydata().tolist() for line in axes.get_lines() if line.get_markerfacecolor() == "white"]
    assert rings == [[[0.6, 0.5]], [[0.4, 0.5]]]
    longest = max(axes.get_lines(), key=lambda line: len(line.get_xdata()))
    assert len(longest.get_xdata()) == 20


def test_a_step_that_failed_is_on_no_curve(study: Path) -> None:
    run = finished.read(study).runs[1]
    assert run.last == 0.5
    assert max(step.detached for step in run.steps) == 0.5


def test_percent_never_rounds_up_to_all_or_down_to_nothing() -> None:
    assert [percent(share) for share in (0.0, 0.004, 0.5, 0.996, 1.0)] == [
        "0 %",
        "< 1 %",
        "50 %",
        "> 99 %",
        "100 %",
    ]


@pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun here")
def test_two_processes_leave_the_same_picture(study: Path, drawn: list[Path], tmp_path: Path) -> None:
    copy = tmp_path / "two"
    shutil.copytree(study, copy)
    for old in copy.rglob("fields*"):
        old.unlink()
    program = (
        "import sys; sys.path[:0] = sys.argv[1:3]\n"
        "from mpi4py import MPI; from pathlib import Path; from test_intact_pictures import *\n"
        "folder = Path(sys.argv[3])\n"
        "for run in finished.read(folder.with_name('like')).runs:\n"
        "    target, breaks_at = folder / run.folder.name, run.first_detachment or 9\n"
        "    write_fields(MPI.COMM_WORLD, target, tuple(run.fields), breaks_at)\n"
    )
    shutil.copytree(study, tmp_path / "like")
    root = Path(__file__).parents[1]
    allowed = {
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_rmaps_base_oversubscribe": "1",
    }
    done = subprocess.run(
        ["mpirun", "-n", "2", sys.executable, "-c", program, str(root), str(root / "tests"), str(copy)],
        env=os.environ | allowed,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for one, two in zip(*(sorted((of / "LZCO_tabor").glob("*.vtu")) for of in (study, copy)), strict=True):
        assert one.read_bytes() == two.read_bytes()  # however many processes
    pictures.draw(copy)
    difference = np.abs(pixels(copy / "crack-field.png") - pixels(study / "crack-field.png"))
    assert (difference.max(axis=2) > 8).mean() < 1e-4  # single pixels along edges may differ


def test_missing_files_are_named_in_a_sentence(study: Path, tmp_path: Path) -> None:
    def complaint(folder: Path) -> str:
        with pytest.raises(finished.UnreadableError) as caught:
            finished.read(folder)
        return str(caught.value)

    assert complaint(tmp_path) == f"{tmp_path / 'summary.json'} is missing, which intact run leaves"
    for name in ("history.csv", "case.toml", "fields.pvd", "fields000001.vtu"):
        copy = tmp_path / name
        shutil.copytree(study, copy)
        (copy / "LZACO_tabor" / name).unlink()
        assert complaint(copy).startswith(f"{copy / 'LZACO_tabor' / name} is missing"), name


def test_failing_tells_how_to_draw_again(tmp_path: Path) -> None:
    with pytest.raises(pictures.PictureError) as caught:
        pictures.draw(tmp_path)
    assert str(caught.value) == (
        f"no pictures: {tmp_path / 'summary.json'} is missing, which intact run leaves; "
        f"the results are kept; to draw them again: python3 -m intact.pictures {tmp_path}"
    )


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A shell script in the place of the program that draws."""
    program = folder / "stand-in"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))


def test_the_child_knows_nothing_of_mpi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "PRTE_LAUNCHED"):
        monkeypatch.setenv(name, "1")
    seen = "$(env | grep -c -E '^(OMPI|PMIX|PMI|PRTE)_')"
    stand_in(tmp_path, monkeypatch, f'echo "{{\\"problem\\": [\\"$PYTHONPATH {seen}\\"]}}"')
    with pytest.raises(pictures.PictureError, match=rf"^no pictures: {Path(__file__).parents[1]}\S* 0;"):
        pictures.draw(tmp_path)


def test_drawing_that_hangs_is_ended_with_all_its_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, f"sleep 60 & echo $! > {tmp_path}/pid; wait")
    with pytest.raises(pictures.PictureError, match="took more than 3 s"):
        pictures.draw(tmp_path, patience=3.0)
    sleeper = Path("/proc") / (tmp_path / "pid").read_text().strip() / "status"
    for _ in range(50):  # a busy machine takes a moment to bury it
        if not sleeper.exists() or "zombie" in sleeper.read_text():
            return
        sleep(0.1)
    pytest.fail("a process of the drawing lives on")


def test_without_a_display_the_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    stand_in(tmp_path, monkeypatch, "kill -ABRT $$")
    with pytest.raises(pictures.PictureError, match="apt install xvfb"):
        pictures.draw(tmp_path)


def test_the_solver_does_not_load_what_draws() -> None:
    drawers = ("pyvista", "vtk", "matplotlib")
    program = f"import sys, intact.pictures.draw; print([name for name in {drawers} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
