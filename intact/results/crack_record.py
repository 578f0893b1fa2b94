"""A crack field kept for comparison: one small file NAME.npz, and NAME.toml beside it that tells where it comes from.

Any program can write one; see `CrackRecord` for what stands in it. Lengths are µm, stresses MPa; energies and forces
are MPa µm² and MPa µm per unit depth in a plane, MPa µm³ and MPa µm² around an axis and in space.
"""

from __future__ import annotations

import csv
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from intact.case import cycles
from intact.case.toml_text import toml_text
from intact.results import finished
from intact.results.folder import CASE, HISTORY
from intact.results.names import FIELDS
from intact.runs.trace import CERTIFICATE, IN_A_PLANE, IN_SPACE
from materials import quantity

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

FORMAT = 1  # grows by one when an older file can no longer be read as it stands
SAME_LOAD = 1e-6  # of the largest load: files hold loads as text or as float32
UNITS = tuple(f"_{unit}" for unit in (IN_A_PLANE, IN_SPACE))  # of the energies in history.csv
NOT_OF_THE_CURVE = (
    "soc",
    "half_cycle",
    "stage",
    "time_s",
    "pressure_MPa",
    "iterations",
    "repetitions",
    "outcome",
    "seconds",
    *CERTIFICATE,
)


class RecordError(ValueError):
    """A record or a results folder that cannot be read."""


@dataclass(frozen=True)
class CrackRecord:
    """Damage and displacement at the vertices of a mesh of straight triangles at some loads, and curves over all loads.

    The curve has a column "load", and those of these that are known: "detached_fraction", "elastic_energy",
    "fracture_energy", "spring_energy", "plastic_work", "force" (that holds the moved boundary).
    """

    points: Floats  # (vertices, 2)
    triangles: Integers  # (triangles, 3)
    length: float  # of the phase field, ℓ
    load_name: str  # "state of charge", "displacement, µm"
    loads: Floats  # (loads,), at which there are fields
    damage: Floats  # (loads, vertices)
    displacement: Floats  # (loads, vertices, 2)
    curve: Mapping[str, Floats]
    about: Mapping[str, Any] = field(default_factory=dict)  # NAME.toml: what made it, settings, what it agrees with

    def __post_init__(self) -> None:
        loads, vertices = len(self.loads), len(self.points)
        shapes = {"damage": (loads, vertices), "displacement": (loads, vertices, 2), "points": (vertices, 2)}
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise RecordError(f"{name} has the shape {getattr(self, name).shape}, and takes {shape}")
        if self.triangles.ndim != 2 or self.triangles.shape[1] != 3:
            raise RecordError(f"triangles has the shape {self.triangles.shape}, and takes (any, 3)")
        if "load" not in self.curve or len({len(column) for column in self.curve.values()}) != 1:
            raise RecordError("the curve takes a column load, and all columns of one length")

    @property
    def title(self) -> str:
        return str(self.about.get("title", ""))

    def at(self, load: float) -> int | None:
        """The number of the fields at this load."""
        near = np.flatnonzero(np.abs(self.loads - load) <= SAME_LOAD * max(abs(load), np.abs(self.loads).max()))
        return int(near[0]) if len(near) else None

    def write(self, path: Path) -> None:
        """NAME.npz and NAME.toml. Single precision: six digits are more than any two programs agree on."""
        held: dict[str, Any] = {
            "format": np.int64(FORMAT),
            "points": self.points.astype(np.float64),  # in full, so that equal meshes stay equal
            "triangles": self.triangles.astype(np.uint16 if len(self.points) < 2**16 else np.int64),
            "length": np.float64(self.length),
            "load_name": np.str_(self.load_name),
            "loads": self.loads.astype(np.float64),
            "damage": self.damage.astype(np.float32),
            "displacement": self.displacement.astype(np.float32),
        }
        held |= {f"curve {name}": column.astype(np.float64) for name, column in self.curve.items()}
        with path.open("wb") as file:
            np.savez_compressed(file, **held)
        self.write_sidecar(path)

    def write_sidecar(self, path: Path) -> None:
        """NAME.toml of NAME.npz."""
        path.with_suffix(".toml").write_text(toml_text(self.about), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> CrackRecord:
        """A record that `write` has left; the sidecar may be missing."""
        try:
            with np.load(path, allow_pickle=False) as file:
                held = {name: file[name] for name in file.files}
            if held["format"] != FORMAT:
                raise RecordError(f"{path} has the format {held['format']}, and this program reads {FORMAT}")
            sidecar = path.with_suffix(".toml")
            return cls(
                points=held["points"],
                triangles=held["triangles"].astype(np.int64),
                length=float(held["length"]),
                load_name=str(held["load_name"]),
                loads=held["loads"],
                damage=held["damage"].astype(np.float64),
                displacement=held["displacement"].astype(np.float64),
                curve={name.removeprefix("curve "): held[name] for name in held if name.startswith("curve ")},
                about=tomllib.loads(sidecar.read_text(encoding="utf-8")) if sidecar.exists() else {},
            )
        except RecordError:
            raise
        except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
            raise RecordError(f"{path} is not a crack record: {error}") from None


def read(path: Path) -> CrackRecord:
    """A record from its file, or from the results folder of one run."""
    if path.is_dir():
        return from_results(path)
    if not path.exists():
        raise RecordError(f"got {str(path)!r}, which is not there, takes a crack record or the results folder of a run")
    return CrackRecord.read(path)


def from_results(folder: Path) -> CrackRecord:
    """What `intact run` has left of one run, such as results/lzco-vs-lzaco/LZCO_tabor.

    Of a body in three dimensions what its pictures show: the front, and above it the interface seen from above with the
    highest damage of each section. The path of the crack is then its front.
    """
    if not (folder / HISTORY).exists():
        inside = sorted(str(file.parent) for file in folder.glob(f"*/{HISTORY}"))
        raise RecordError(
            f"got {str(folder)!r}, which has no {HISTORY}, takes the results folder of one run"
            + (f", such as {inside[0]!r}" if inside else "")
        )
    from intact.pictures import panels  # brings VTK, which takes its time

    case = tomllib.loads((folder / CASE).read_text(encoding="utf-8"))
    try:
        length = quantity.read(case["fracture"]["length"], "length")
        shapes = {soc: panels.read(file) for soc, file in finished.fields_of(folder / FIELDS).items()}
        if not shapes:
            raise RecordError(f"{folder / FIELDS} holds no fields")
        curve = _curve(folder / HISTORY)
    except KeyError as error:
        raise RecordError(f"{folder} is not what intact run leaves: {error} is missing") from None
    first = next(iter(shapes.values()))
    used, triangles = np.unique(first.triangles, return_inverse=True)
    return CrackRecord(
        points=first.points[used],
        triangles=triangles.reshape(-1, 3),
        length=length,
        load_name="charge that has flowed" if "cycling" in case else "state of charge",
        loads=np.array(list(shapes)),
        damage=np.array([shape.damage[used] for shape in shapes.values()]),
        displacement=np.array([shape.displacement[used] for shape in shapes.values()]),
        curve=curve,
        about={"title": f"{case['title']}: {folder.name}" if "title" in case else folder.name, "settings": case},
    )


def _curve(file: Path) -> dict[str, Floats]:
    """The columns of numbers of the history, for the steps that are equilibria."""
    rows = [
        row for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()) if row["outcome"] == "converged"
    ]
    other = {name.format(unit=unit) for name in NOT_OF_THE_CURVE for unit in (IN_A_PLANE, IN_SPACE)}
    # What no card has a number for is left empty.
    names = [name for name in (rows[0] if rows else ()) if name not in other and all(row[name] for row in rows)]
    columns = {_without_unit(name): np.array([float(row[name]) for row in rows]) for name in names}
    loads = cycles.flowed((float(row["soc"]), int(row.get("half_cycle", 1))) for row in rows)
    return {"load": np.array(list(loads))} | columns


def _without_unit(name: str) -> str:
    return next((name.removesuffix(unit) for unit in UNITS if name.endswith(unit)), name)
