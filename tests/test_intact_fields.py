"""Files of fields: whole or not there, listed only where they are whole, and continued by a run that goes on."""

from __future__ import annotations

import errno
import os
import pathlib
import signal
from pathlib import Path

import meshio
import numpy as np
import pytest
import pyvista
from dolfinx import mesh
from mpi4py import MPI
from tiny_case import tiny

from intact.bodies.body import bodies
from intact.results import finished, names
from intact.results.fields import FieldFile
from intact.results.finished import fields_of
from intact.results.whole import ResultsError, written_whole
from intact.runs.one_case import run_case


def square() -> mesh.Mesh:
    return mesh.create_unit_square(MPI.COMM_SELF, 2, 2)


def write(file: FieldFile, *times: float) -> None:
    for time in times:
        file.write(time, {names.DAMAGE: np.full(9, time)}, {names.REGION: np.arange(8, dtype=np.int32)})


def kept(folder: Path) -> dict[float, float]:
    """The damage that lies at each time."""
    return {
        time: float(meshio.read(one).point_data[names.DAMAGE][0])
        for time, one in fields_of(folder / names.FIELDS).items()
    }


def test_a_run_that_goes_on_keeps_what_it_had_up_to_there(tmp_path: Path) -> None:
    write(FieldFile(tmp_path, square()), 0.0, 0.1, 0.2, 0.3)
    again = FieldFile(tmp_path, square(), keep_until=0.1)
    assert kept(tmp_path) == {0.0: 0.0, 0.1: 0.1}
    assert len(list(tmp_path.glob("*.vtu"))) == 2
    write(again, 0.15)
    assert kept(tmp_path) == {0.0: 0.0, 0.1: 0.1, 0.15: 0.15}
    FieldFile(tmp_path, square())
    assert kept(tmp_path) == {}


@pytest.mark.parametrize("left", [None, "", '<?xml version="1.0"?>\n<VTKFile type="Coll', "<DataSet/>"])
def test_a_list_that_is_not_whole_counts_as_none(tmp_path: Path, left: str | None) -> None:
    write(FieldFile(tmp_path, square()), 0.0)
    (tmp_path / names.FIELDS).unlink()
    if left is not None:
        (tmp_path / names.FIELDS).write_text(left, encoding="utf-8")
    write(FieldFile(tmp_path, square(), keep_until=1.0), 0.5)
    assert kept(tmp_path) == {0.5: 0.5}


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # the child writes, and is killed
@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("when", ["meshio.write", "os.fsync", "pathlib.Path.replace"])
def test_a_kill_at_any_moment_leaves_a_list_of_whole_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str, number: int
) -> None:
    """In the middle of a file, with all of it written, and before it gets its name; the list is such a file, too."""
    file = FieldFile(tmp_path, square())
    write(file, 0.0)
    of, _, name = when.rpartition(".")
    real, left = getattr({"meshio": meshio, "os": os, "pathlib.Path": pathlib.Path}[of], name), [number]

    def killing(*words: object, **more: object) -> object:
        left[0] -= 1
        if left[0]:
            return real(*words, **more)
        if real is meshio.write:
            Path(str(words[0])).write_text("<VTKFile", encoding="utf-8")
        return os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if not child:
        try:
            monkeypatch.setattr(when, killing)
            write(file, 0.5, 1.0, 1.5)
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    found = kept(tmp_path)
    assert list(found) == list(found.values()) == [0.0, 0.5, 1.0][: len(found)] != []
    assert all(meshio.read(one).points.any() for one in tmp_path.glob("fields*.vtu"))


@pytest.mark.parametrize("wrong", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_what_cannot_be_written_is_a_sentence_and_leaves_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: int
) -> None:
    file = FieldFile(tmp_path, square())
    write(file, 0.0)

    def full(*_: object) -> None:
        raise OSError(wrong, os.strerror(wrong))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(ResultsError) as caught:
            write(file, 0.5)
    assert str(caught.value) == (
        f"{tmp_path / 'fields000001.vtu'} cannot be written ({os.strerror(wrong)}): what was written before is kept"
    )
    assert sorted(one.name for one in tmp_path.iterdir()) == ["fields.pvd", "fields000000.vtu"]
    write(file, 0.5)  # there is room again
    assert kept(tmp_path) == {0.0: 0.0, 0.5: 0.5}


def test_a_file_that_is_broken_off_leaves_the_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old", encoding="utf-8")

    def broken_off() -> None:
        with written_whole(path) as unfinished:
            unfinished.write_text("ne", encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert [one.read_text() for one in tmp_path.iterdir()] == ["old"]


def test_pictures_show_the_start_only_where_it_is_asked_for(tmp_path: Path) -> None:
    fields = {0.0: tmp_path / "a", 0.4: tmp_path / "b"}
    assert list(finished._pictured(fields, (0.4, 1.0))) == [0.4]
    assert list(finished._pictured(fields, (0.0, 0.4))) == [0.0, 0.4]
    assert list(finished._pictured({0.0: tmp_path / "a"}, (0.4,))) == [0.0]  # all there is


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("solved")
    [body] = bodies(tiny(folder, "steps.until=0.2", "output.soc=[0.2]"), MPI.COMM_SELF)
    run_case(body, [], folder / "LZCO", MPI.COMM_SELF)
    return folder / "LZCO"


def test_every_reader_finds_the_same_with_units_in_the_names(solved: Path) -> None:
    at = fields_of(solved / names.FIELDS)
    assert list(at) == [0.0, 0.2]
    one, two = meshio.read(at[0.2]), pyvista.read(at[0.2])
    assert set(one.point_data) == {"displacement (um)", "damage", "ionic potential"}
    tensors = {"stress (MPa)", "strain", "plastic strain"}
    assert set(one.cell_data) == tensors | {
        "region",
        "elastic energy density (MPa)",
        "accumulated plastic strain",
    }
    assert {len(one.cell_data[name][0][0]) for name in tensors} == {9}  # row by row, as ParaView takes a tensor
    assert np.array_equal(one.points, two.points)
    assert np.array_equal(one.cells_dict["triangle"], two.cells.reshape(-1, 4)[:, 1:])
    for name, values in {**one.point_data, **{name: cells[0] for name, cells in one.cell_data.items()}}.items():
        assert np.array_equal(values, two[name]), name
    potential = one.point_data["ionic potential"]
    assert [potential.min(), potential.max()] == pytest.approx([0, 1], abs=1e-9)
    assert not np.any(meshio.read(at[0.0]).cell_data["stress (MPa)"][0])  # nothing has shrunk, and nothing presses


def test_the_energy_of_all_cells_is_that_of_the_history(solved: Path) -> None:
    grid = pyvista.read(fields_of(solved / names.FIELDS)[0.2])
    areas = grid.compute_cell_sizes()["Area"]
    *_, last = (solved / "history.csv").read_text(encoding="utf-8").splitlines()
    columns = (solved / "history.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    told = float(last.split(",")[columns.index("elastic_energy_uJ_per_m")])
    assert areas @ grid[names.ENERGY] == pytest.approx(told, rel=1e-8)  # of which it writes nine digits
