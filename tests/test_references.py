"""The reference crack fields: each says what made it, and agrees with what it says it agrees with."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from intact.cli import app
from intact.results.crack_record import CrackRecord, read
from tests.references import make
from tests.references.bounds import SAME_DISCRETE_PROBLEM
from tests.references.rerun import write

FOLDER = Path(__file__).parent / "references"
RECORDS = sorted(FOLDER.glob("*.npz"))
MOST = 500_000  # bytes: small enough to live beside the code


def sidecar(record: Path) -> dict:
    return tomllib.loads(record.with_suffix(".toml").read_text(encoding="utf-8"))


def agreements():
    for record in RECORDS:
        for other, told in sidecar(record).get("agreement", {}).items():
            yield pytest.param(record, other, told, id=f"{record.stem} and {other}")


def invoke(*words: object):
    return CliRunner().invoke(app, ["compare", *map(str, words)])


def bounds(told: dict) -> list[str]:
    return [f"--tolerance={name}={number}" for name, number in told["tolerances"].items()]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_reference_is_whole_and_says_what_made_it(record):
    one, about = CrackRecord.read(record), sidecar(record)
    assert about["title"]
    assert {"program", "command", "versions"} <= set(about["made_by"])
    assert about["settings"]
    assert record.stat().st_size < MOST
    assert np.isfinite(one.displacement).all()
    assert one.damage.min() >= -1e-6  # round-off of a minimiser with bounds
    assert one.damage.max() <= 1 + 1e-6
    # nothing heals; 1e-6 as above
    assert (np.diff(one.damage, axis=0) >= -1e-6).all()


def test_each_reference_has_what_makes_it():
    assert set(make.REFERENCES) == {record.stem for record in RECORDS}


def test_every_reference_is_held_against_something():
    agreed = {name for record, other, _ in (one.values for one in agreements()) for name in (record.stem, other)}
    alone = [record.stem for record in RECORDS if record.stem not in agreed and "held_against" not in sidecar(record)]
    assert not alone


def test_two_agree_with_an_independent_implementation():
    independent = [other for _, other, _ in (one.values for one in agreements()) if other.endswith("-independent")]
    assert len(set(independent)) >= 2


@pytest.mark.parametrize(("record", "other", "told"), agreements())
def test_agreement_is_as_told(record, other, told):
    """With the bounds of the sidecar, which were set before the result was known: its `why`."""
    assert told["why"]
    result = invoke(record, FOLDER / f"{other}.npz", *bounds(told))
    assert result.exit_code == 0, result.output


UNCRACKED = (0.0, 0.2)
HALF_WAY = 0.6
PRESENT = ("--tolerance=damage_l2=1e-4", "--tolerance=damage_max=1e-4", "--tolerance=energy=1e-5")


def test_mechanics_of_today_agree_before_the_crack_runs(tmp_path):
    """One discrete problem in two programs: damage to the 1e-4 at which a step of Intact ends, energies to its square
    but for single precision."""
    write(FOLDER / "lzco-elastic.npz", UNCRACKED, tmp_path / "today.npz")
    result = invoke(FOLDER / "lzco-elastic-independent.npz", tmp_path / "today.npz", *PRESENT)
    assert result.exit_code == 0, result.output


@pytest.mark.slow
def test_mechanics_of_today_agree_while_the_crack_runs(tmp_path):
    """The same steps in both, up to a crack that is half-way through the interface."""
    independent = CrackRecord.read(FOLDER / "lzco-elastic-independent.npz")
    steps = [float(load) for load in independent.curve["load"] if load <= HALF_WAY]
    write(FOLDER / "lzco-elastic.npz", steps, tmp_path / "today.npz")
    settings = [f"--tolerance={name}={number}" for name, number in SAME_DISCRETE_PROBLEM.items()]
    result = invoke(FOLDER / "lzco-elastic-independent.npz", tmp_path / "today.npz", *settings)
    assert result.exit_code == 0, result.output


def test_other_material_does_not_agree():
    """LZACO holds where LZCO lets go: the command must tell them apart."""
    result = invoke(FOLDER / "lzco-elastic.npz", FOLDER / "lzaco-elastic.npz")
    assert result.exit_code == 1
    assert "outside: detached fraction" in result.output


def test_published_picture_is_in_the_references():
    """10.1038/s41467-025-68210-5: LZCO partly detached at SoC 0.6 and wholly at 1, LZACO not at all."""
    shares = {}
    for name in ("lzco-tabor", "lzaco-tabor", "lzco-elastic", "lzaco-elastic"):
        curve = read(FOLDER / f"{name}.npz").curve
        shares[name] = np.interp([0.6, 1.0], curve["load"], curve["detached_fraction"])
    for name, (partly, wholly) in shares.items():
        if name.startswith("lzco"):
            assert 0.05 < partly < 0.95, name
            assert wholly > 0.99, name
        else:
            assert wholly < 0.01, name
