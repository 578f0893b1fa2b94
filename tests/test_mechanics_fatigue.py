"""Fatigue of a bar of one element, pulled to strain 1 and let go: ψ = E/2 ε² = 1 at the turn, and damage is uniform."""

from dataclasses import replace
from math import inf

import numpy as np
import pytest
from conftest import WALLS, uniform
from processes import on_processes

from mechanics import AlternateMinimiser, Medium, Record, Solid, star_convex
from mechanics.laws.fatigue import toughness_left
from mechanics.measure.detachment import Detachment
from mechanics.state import Saved
from tests.notebook import Notebook, charged, evolve
from tests.verification.bars import bar

ELL = 10.0  # of a bar 1 long: damage has no room to vary
SHARE = 0.6  # of the strain at which AT1 begins to crack without fatigue
AT1_TOUGHNESS = 2 * 8 * ELL / (3 * SHARE**2)  # 2 ψ = Gc 3/(8ℓ) at the strain 1/SHARE
AT2_TOUGHNESS = 8 * ELL  # d = 2 ψ / (2 ψ + Gc/ℓ) = 0.2 at strain 1
ROUND = 1e-5  # residual stiffness 1e-6; iterations end at 1e-7 of damage


def one_element(crack: str, toughness: float, fatigue: float | None = None, **numbers: float) -> Solid:
    return bar(np.array([0.0, 1.0]), Medium(2.0, 0.3, toughness, fatigue=fatigue, **numbers), crack, ELL, 0.0)


def cycled(solid: Solid, cycles: int, steps: int) -> list[Record]:
    """So many steps in each half cycle, the bar at rest first."""
    charge = charged(1.0, 1 / steps, 1e-9, turns=(0.0, *[1.0, 0.0] * (cycles - 1)))
    kept = Notebook()
    detachment = Detachment(solid.state.d, solid.regions, solid.boundaries, "bar", 1.0)
    assert evolve(solid, AlternateMinimiser(solid, tolerance=1e-7), charge, detachment, kept)
    assert len(kept.records) == 1 + 2 * cycles * steps
    return kept.records


def strains(cycles: int, steps: int) -> list[float]:
    up = [(i + 1) / steps for i in range(steps)]
    return [*up, *[*up[-2::-1], 0.0]] * cycles


def loaded(solid: Solid) -> np.ndarray:
    """ᾱ."""
    return solid.state.fatigue[1].x.array


def test_what_is_left_of_the_toughness():
    """All of it up to α_T, a quarter at 3 α_T, and all again where α_T has no end."""
    assert toughness_left(np.array([0.0, 0.5, 1.0, 3.0, 9.0, 5 / inf])) == pytest.approx([1, 1, 1, 0.25, 0.04, 1])


def first_damaged(threshold: float, cycles: int, steps: int) -> int:
    """Number of the step at which AT1 begins: 2 ψ > f Gc 3/(8ℓ), f after the steps before. By hand, in numbers."""
    total = before = 0.0
    for number, strain in enumerate(strains(cycles, steps), 1):
        f = 1.0 if total <= threshold else (2 * threshold / (total + threshold)) ** 2
        if strain**2 * SHARE**2 > f:
            return number
        total += max(strain**2 - before, 0.0)
        before = strain**2
    raise AssertionError("never")


@pytest.mark.parametrize(("steps", "cycle"), [(1, 9), (8, 8)])
def test_cycles_to_the_onset_of_damage_at_constant_amplitude(steps, cycle):
    """AT1: f = SHARE² at ᾱ = (2/SHARE - 1) α_T, which is 7.2 cycles: the 8th. In one step for each half cycle the
    toughness lags by a cycle."""
    threshold = 3.1
    assert (2 / SHARE - 1) * threshold == pytest.approx(7.23, abs=0.01)
    records = cycled(one_element("AT1", AT1_TOUGHNESS, threshold), cycle, steps)
    number = next(i for i, record in enumerate(records) if record.max_damage > 1e-3)
    assert number == first_damaged(threshold, cycle, steps)
    assert records[number].half_cycle == 2 * cycle - 1
    assert max(record.max_damage for record in records[:number]) < 1e-6


def damages(threshold: float, cycles: int, steps: int) -> tuple[list[float], float]:
    """Of AT2 after each step, and ᾱ: d minimises (1-d)² ψ + f Gc d²/(2ℓ), and does not heal. By hand, in numbers."""
    d = before = total = 0.0
    found = []
    for strain in strains(cycles, steps):
        f = 1.0 if total <= threshold else (2 * threshold / (total + threshold)) ** 2
        d = max(d, 2 * strain**2 / (2 * strain**2 + f * AT2_TOUGHNESS / ELL))
        active = (1 - d) ** 2 * strain**2
        total += max(active - before, 0.0)
        before = active
        found.append(d)
    return found, total


@pytest.mark.parametrize("steps", [1, 5])
def test_damage_after_each_cycle(steps):
    solid = one_element("AT2", AT2_TOUGHNESS, 1.5)
    records = cycled(solid, 6, steps)
    expected, total = damages(1.5, 6, steps)
    assert [record.max_damage for record in records[1:]] == pytest.approx(expected, abs=ROUND)
    assert loaded(solid) == pytest.approx(total, rel=ROUND)
    assert expected[-1] > 1.5 * expected[steps - 1]  # it did tire


@pytest.mark.parametrize("threshold", [1e30, inf])
def test_a_threshold_that_is_never_reached_is_no_fatigue(threshold):
    """The forms differ by a factor of 1: round-off."""
    told = [cycled(one_element("AT2", AT2_TOUGHNESS, one), 2, 3) for one in (None, threshold)]
    for without, tired in zip(*told, strict=True):
        assert tired.max_damage == pytest.approx(without.max_damage, rel=1e-12)
        assert tired.energies.fracture == pytest.approx(without.energies.fracture, rel=1e-12)
        assert tired.work == pytest.approx(without.work, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("steps", [1, 7])
def test_unloading_does_not_count_and_steps_do_not_matter_to_what_does(steps):
    """ψ = 1 for each charge, whatever the steps: α only rises or only falls between turns."""
    solid = one_element("AT1", 1e6, 1e3)
    cycled(solid, 3, steps)
    assert loaded(solid) == pytest.approx(3.0, rel=1e-9)


def test_only_elastic_energy_counts_in_a_body_that_flows():
    """p = (E ε - σy)/(E + H') = 0.6, and what is left is σ²/(2E) of σ = σy + H' p = 0.8, in place of 1."""
    solid = one_element("AT1", 1e6, 1e3, yield_stress=0.5, hardening=0.5)
    minimiser = AlternateMinimiser(solid)
    for load in (0.4, 1.0):
        step(solid, minimiser, load)
    assert solid.state.plastic[1].x.array == pytest.approx(0.6, rel=1e-6)  # linear solver
    assert loaded(solid) == pytest.approx(0.16, rel=1e-6)


def test_what_pressure_closes_is_not_loaded(make_solid, block):
    """Star-convex: ψ⁺ is negative under pressure, and rises when that is taken off."""
    solid = make_solid(block, uniform(shrinkage=0.01, fatigue=1.0), supports=WALLS, split=star_convex(5.0))
    minimiser = AlternateMinimiser(solid)
    for load in (1.0, 0.0):
        step(solid, minimiser, load)
    assert loaded(solid).max() < 1e-20  # round-off, squared


def test_only_the_medium_that_tires_does():
    strong = Medium(2.0, 0.3, AT2_TOUGHNESS)
    weak = replace(strong, fatigue=0.1)
    solid = bar(np.linspace(0.0, 1.0, 6), strong, "AT2", ELL, 0.0, weaker=(0.15, weak))
    cycled(solid, 2, 2)
    left, dofmap = solid.state.fatigue[2].x.array, solid.state.fatigue[2].function_space.dofmap.list
    assert (left[dofmap[solid.regions["seed"]]] < 0.3).all()
    assert (left[dofmap[solid.regions["bar"]]] == 1).all()


def step(solid: Solid, minimiser: AlternateMinimiser, load: float) -> Saved:
    solid.load(load)
    assert minimiser.minimise().converged
    solid.accept()
    return solid.state.save()


def test_a_step_that_is_not_accepted_leaves_nothing_and_a_restart_is_none():
    """V14, on another body, too."""
    solid, other = (one_element("AT2", AT2_TOUGHNESS, 0.5) for _ in range(2))
    minimiser = AlternateMinimiser(solid, tolerance=1e-7)
    for load in (0.6, 1.0, 0.3):
        saved = step(solid, minimiser, load)
    solid.load(0.9)
    assert minimiser.minimise().converged
    for number, now in enumerate(solid.state.fatigue):
        assert np.array_equal(now.x.array, saved.arrays[f"fatigue {number}"])  # moved by `accept` alone
    solid.state.restore(saved)
    other.state.restore(saved)
    ends = [step(one, AlternateMinimiser(one, tolerance=1e-7), 1.0) for one in (solid, other)]
    own = [name for name in saved.arrays if not name.startswith("minimiser")]
    assert len(own) == 6
    for name, first in ((name, ends[0].arrays[name]) for name in own):
        assert first == pytest.approx(ends[1].arrays[name], rel=1e-9, abs=1e-12)
    assert (ends[0].arrays["fatigue 1"] > saved.arrays["fatigue 1"]).all()  # ᾱ
    assert (ends[0].arrays["damage"] > saved.arrays["damage"]).all()


def spent(threshold: float, cycles: int, steps: int) -> list[float]:
    """Σ f Δφ after each step, φ = Gc d²/(2ℓ): by hand, in plain numbers."""
    total = before = energy = last = 0.0
    found = []
    for strain, d in zip(strains(cycles, steps), damages(threshold, cycles, steps)[0], strict=True):
        f = 1.0 if total <= threshold else (2 * threshold / (total + threshold)) ** 2
        energy += f * AT2_TOUGHNESS / (2 * ELL) * (d**2 - last**2)
        active = (1 - d) ** 2 * strain**2
        total, before, last = total + max(active - before, 0.0), active, d
        found.append(energy)
    return found


@pytest.mark.slow
def test_what_a_crack_has_cost_stays_spent_when_the_toughness_falls():
    """V13 over cycles. What is left is the lag of the toughness, which sets energy free, and the trapezoidal rule,
    which takes it the other way: of first and of second order in the step, some 0.04 h and -1.0 h² of what is spent."""
    ends = []
    for steps in (10, 40):
        solid = one_element("AT2", AT2_TOUGHNESS, 1.5)
        records = cycled(solid, 6, steps)
        fracture = np.array([one.energies.fracture for one in records])
        assert fracture[1:] == pytest.approx(spent(1.5, 6, steps), rel=10 * ROUND)  # small at first
        ends.append((records[-1].work - records[-1].energies.elastic - fracture[-1]) / fracture[-1])
    assert abs(ends[-1]) < 1e-3  # aim of the list
    now = AT2_TOUGHNESS / (2 * ELL) * records[-1].max_damage ** 2 * solid.state.fatigue[2].x.array[0]
    assert now < 0.7 * fracture[-1]  # as the toughness has fallen, it would cost less


@pytest.mark.slow
def test_two_processes_tire_alike():
    """Damage is found to 1e-8."""
    one, two = (
        np.array([float(word) for word in on_processes(n, "tests/tiring_on_processes.py")[-1].split()]) for n in (1, 2)
    )
    assert two == pytest.approx(one, rel=1e-6)
    assert one[2] < 0.5
