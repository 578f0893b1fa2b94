"""Solvers that break down: the next rung answers, or the step ends with a reason; nothing comes out as an exception."""

import numpy as np
import pytest
from conftest import uniform
from petsc4py import PETSc

import meshes
from mechanics import AlternateMinimiser, Medium, Solid, Support
from mechanics.linear.mended import MendedFactor
from mechanics.linear.solver import LinearSolver
from mechanics.minimise.climb import Ending
from mechanics.minimise.newton import BoundedNewton

NOTCHED = meshes.Stack(2.0, 0.5, 0.6, 0.5, fine=0.1, coarse=0.25, notch=meshes.Notch(0.6, 0.05))


@pytest.fixture
def cracking(make_solid) -> Solid:
    """A notched stack at a charge at which its crack runs."""
    media = uniform(young=2000.0, toughness=20.0)
    media |= {"interface": Medium(2000.0, 0.3, 2.0), "cathode": Medium(8000.0, 0.25, 20.0, -0.1)}
    solid = make_solid(NOTCHED, media, supports={"bottom": Support((0, 1)), "right": Support((0,))})
    solid.break_open("notch")
    assert AlternateMinimiser(solid).minimise().converged
    solid.load(0.8)
    return solid


class Failing:
    """Calls through, but for the given calls, in which something breaks down."""

    def __init__(self, call, breaks, at) -> None:
        self.call, self.breaks, self.at, self.count = call, breaks, set(at), 0

    def __get__(self, one, owner):
        return lambda *words, **named: self(one, *words, **named)

    def __call__(self, one, *words, **named):
        self.count += 1
        return self.breaks(one, *words) if self.count in self.at else self.call(one, *words, **named)


def petsc(code: int):
    def breaks(*_):
        raise PETSc.Error(code)

    return breaks


def other(*_):
    raise RuntimeError("something else")


def numberless(_, b, x, *more):
    x.set(np.nan)


PLACES = {
    "factor": (MendedFactor, "renew"),
    "mending": (MendedFactor, "mend"),
    "preconditioner": (MendedFactor, "_of_part"),
    "kept factor alone": (LinearSolver, "apply"),
}


@pytest.mark.parametrize("at", [(1,), (3, 4), range(2, 12)], ids=["first", "two", "many"])
@pytest.mark.parametrize("breaks", [petsc(-1), petsc(76), petsc(55), other], ids=["-1", "76", "memory", "other"])
@pytest.mark.parametrize("place", PLACES)
def test_what_breaks_down_is_answered(cracking, monkeypatch, place, breaks, at):
    owner, name = PLACES[place]
    monkeypatch.setattr(owner, name, Failing(getattr(owner, name), breaks, at))
    outcome = AlternateMinimiser(cracking).minimise()
    assert outcome.converged, outcome
    assert outcome.certificate.damage <= 1e-4


def test_a_solve_that_always_breaks_down_ends_with_a_reason(cracking, monkeypatch):
    for owner, name in (*PLACES.values(), (LinearSolver, "_attempt")):
        monkeypatch.setattr(owner, name, Failing(getattr(owner, name), petsc(76), range(10_000)))
    outcome = AlternateMinimiser(cracking).minimise()
    assert outcome.ending in (Ending.DISPLACEMENT, Ending.DAMAGE, Ending.BROKEN)
    assert "76" in outcome.reason
    assert "may help" in outcome.reason


def test_an_energy_that_is_not_a_number_is_never_an_equilibrium(cracking):
    cracking.coefficients.shear.x.array[:5] = np.nan
    outcome = AlternateMinimiser(cracking).minimise()
    assert not outcome.converged
    assert "not a number" in outcome.reason


def test_a_step_that_is_not_a_number_is_not_taken(cracking, monkeypatch):
    before = cracking.state.u.x.array.copy()
    monkeypatch.setattr(LinearSolver, "solve", lambda self, A, b, x: x.set(np.nan))
    newton: BoundedNewton = AlternateMinimiser(cracking).rungs.displacement
    result = newton.minimise(1e-9)
    assert not result.converged
    assert result.failure
    np.testing.assert_array_equal(cracking.state.u.x.array, before)
