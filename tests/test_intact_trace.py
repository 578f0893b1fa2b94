"""What a run says about where the work of shrinkage went."""

import pytest

from intact.runs.trace import Trace
from mechanics import Outcome, Record
from mechanics.body.solid import Energies
from mechanics.minimise.climb import Ending


def record(soc: float, work: float, elastic: float, fracture: float = 0.0, plastic: float = 0.0) -> Record:
    outcome = Outcome(Ending.CONVERGED, 1, 0.0)
    energies = Energies(elastic, fracture, spring=0.0)
    return Record(soc, 0.0, 0.0, energies, plastic_work=plastic, work=work, outcome=outcome, cuts=0, seconds=0.0)


def trace(*records: Record) -> Trace:
    made = Trace(None)
    for one in records:
        made.add(one)
    return made


def test_work_that_is_stored_or_spent_is_balanced():
    """The energy of the notch was there before."""
    told = trace(record(0.0, 0.0, 0.0, 5.0), record(0.5, 4.0, 3.0, 5.0, 1.0), record(1.0, 10.0, 6.0, 7.0, 2.0))
    balance = told.figures([])["energy_balance"]
    assert balance["set_free_by_jumps_uJ_per_m"] == pytest.approx(0.0)
    assert balance["appeared_from_nothing"] == pytest.approx(0.0)
    assert told.balance_warning() == []


def test_what_a_jump_sets_free_is_told():
    balance = trace(record(0.0, 0.0, 0.0), record(0.5, 4.0, 4.0), record(1.0, 5.0, 1.0, 2.5)).figures([])[
        "energy_balance"
    ]
    assert balance["set_free_by_jumps_uJ_per_m"] == pytest.approx(1.5)
    assert balance["appeared_from_nothing"] == 0.0


def test_energy_out_of_nothing_is_warned_of():
    told = trace(record(0.0, 0.0, 0.0), record(0.5, 4.0, 4.2), record(1.0, 5.0, 5.0))
    assert told.figures([])["energy_balance"]["appeared_from_nothing"] == pytest.approx(0.2 / 5.0)
    [text] = told.balance_warning()
    assert "4.0% more than the work" in text


def test_a_run_without_an_equilibrium_has_no_balance():
    assert trace().figures([])["energy_balance"] is None
    assert trace().balance_warning() == []
