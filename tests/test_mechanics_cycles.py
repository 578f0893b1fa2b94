"""Charge that turns round, and what elastic, plastic and broken bodies do over several cycles; MPa and µm."""

from dataclasses import astuple, replace
from itertools import pairwise

import numpy as np
import pytest
from conftest import uniform
from dolfinx import mesh
from mpi4py import MPI

import meshes
from mechanics import (
    CRACK_MODELS,
    KINEMATICS,
    SPLITS,
    AlternateMinimiser,
    Medium,
    Outcome,
    Record,
    Schedule,
    Solid,
    Support,
)
from mechanics.measure.detachment import Detachment
from mechanics.minimise.climb import Ending
from tests.notebook import Notebook, charged, evolve

UNEVEN = (0.25, 0.9, 0.0, 1.0)  # turns
SLIDING = {"bottom": Support((1,)), "top": Support((1,)), "left": Support((0,))}  # and free to the right
SIDES = {"bottom": Support((1,)), "left": Support((0,)), "right": Support((0,))}
AREA = 3.0  # µm², of the block
E, NU = 1000.0, 0.3


def evolved(solid: Solid, charge: Schedule, layer: str = "interface", tolerance: float = 1e-6) -> list[Record]:
    """Every step without a cut: where detachment begins does not matter."""
    detachment, kept = Detachment(solid.state.d, solid.regions, solid.boundaries, layer, 0.25), Notebook()
    assert evolve(solid, AlternateMinimiser(solid, tolerance), charge, detachment, kept)
    return kept.records


def at_turns(records: list[Record]) -> list[Record]:
    """The last record of each half cycle, before them the first of all."""
    ends = [record for record, after in pairwise(records) if after.half_cycle > record.half_cycle]
    return [records[0], *ends, records[-1]]


class Body:
    """Stands for what a schedule acts on."""

    pressure = 0.0

    def load(self, charge: float) -> None: ...


def passed(schedule: Schedule, cut: float = 1.0) -> list[tuple[float, int]]:
    """State of charge and half cycle of each step; the first steps cut down to this."""
    reached = []
    while not schedule.finished:
        numbers = schedule.numbers()
        length = schedule.forward(Body())
        if length > cut and schedule.pace.halve(length):
            schedule.take(numbers)
            continue
        schedule.pace.grow(schedule.place)
        reached.append((schedule.position.soc, schedule.position.half_cycle))
    return reached


# The schedule


def test_charge_lands_on_every_turn_exactly_and_on_milestones_on_the_first_way_up_only():
    reached = passed(charged(0.7, 0.15, 0.001, [0.31, 0.5, 0.8], turns=UNEVEN))
    assert [soc for soc, half in reached if half == 1] == pytest.approx([0.15, 0.3, 0.31, 0.46, 0.5, 0.65, 0.7])
    assert {0.31, 0.5} <= {soc for soc, _ in reached}
    ends = [max((i, soc) for i, (soc, at) in enumerate(reached) if at == half)[1] for half in range(1, 6)]
    assert ends == [0.7, *UNEVEN]  # to the last digit
    assert not {0.31, 0.5, 0.8} & {soc for soc, half in reached if half > 1}
    assert [soc for soc, half in reached if half == 2] == pytest.approx([0.55, 0.4, 0.25])  # 0.8 was not on the way up
    socs = [0.0, *(soc for soc, _ in reached)]
    assert np.abs(np.diff(socs)).max() <= 0.15 + 1e-9


@pytest.mark.parametrize("cut", [0.15, 0.04, 0.011])
def test_steps_of_any_size_never_cross_a_turn(cut):
    """Each goes one way, and half cycles are counted one by one."""
    reached = passed(charged(0.7, 0.15, 0.001, turns=UNEVEN), cut)
    halves = [half for _, half in reached]
    assert sorted(set(halves)) == [1, 2, 3, 4, 5]
    assert halves == sorted(halves)
    for (before, _), (soc, half) in pairwise([(0.0, 1), *reached]):
        assert (soc > before) == (half % 2 == 1)
        assert abs(soc - before) <= 0.15 + 1e-9
    flowed = sum(abs(b - a) for (a, _), (b, _) in pairwise([(0.0, 1), *reached]))
    assert flowed == pytest.approx(0.7 + 0.45 + 0.65 + 0.9 + 1.0)


def test_a_cut_step_before_a_turn_is_cut_on_its_side_of_it():
    schedule = charged(1.0, 0.4, 0.01, turns=(0.0,))
    for _ in range(3):
        schedule.forward(Body())
        schedule.pace.grow(schedule.place)
    assert (schedule.position.soc, schedule.position.half_cycle, schedule.finished) == (1.0, 1, False)
    reached = passed(schedule, cut=0.2)
    assert reached[0] == (pytest.approx(0.8), 2)
    assert reached[1] == (pytest.approx(0.6), 2)


def test_a_charge_is_finished_after_its_last_turn_only():
    assert passed(charged(1.0, 1.0, 0.01, turns=(0.5, 1.0))) == [(1.0, 1), (0.5, 2), (1.0, 3)]


class Breaking:
    """Stands in for a minimiser: converges at once, and in one half cycle breaks the interface from some charge on."""

    def __init__(self, solid: Solid, half: int, at: float) -> None:
        self.solid, self.half, self.at = solid, half, at
        self.charge: Schedule | None = None

    def minimise(self, interrupt=lambda count: False) -> Outcome:
        soc = float(self.solid.charge.value)
        if self.charge is not None and self.charge.position.half_cycle == self.half:
            beyond = soc >= self.at if self.half % 2 else soc <= self.at
            self.solid.state.d.x.array[:] = 1.0 if beyond else self.solid.state.d.x.array
        ending = Ending.INTERRUPTED if interrupt(1) else Ending.CONVERGED
        return Outcome(ending, 1, 0.0)


@pytest.mark.parametrize("half", [2, 3])
def test_where_detachment_begins_is_bisected_in_a_later_half_cycle_too(make_solid, block, half):
    solid = make_solid(block, uniform())
    stand_in, notebook = Breaking(solid, half, 0.37), Notebook()
    stand_in.charge = charge = charged(1.0, 0.1, 0.001, turns=(0.0, 1.0), onset=0.02)
    detachment = Detachment(solid.state.d, solid.regions, solid.boundaries, "interface", 0.25)
    assert evolve(solid, stand_in, charge, detachment, notebook)
    first = next(i for i, record in enumerate(notebook.records) if record.detached_fraction > 0)
    before, at = notebook.records[first - 1 : first + 1]
    assert at.half_cycle == half
    assert min(before.soc, at.soc) <= 0.37 <= max(before.soc, at.soc)
    assert abs(at.soc - before.soc) <= 0.02 + 1e-9
    assert sum(record.cuts for record in notebook.records) > 0
    later = np.diff([record.soc for record in notebook.records[first + 2 :]])
    assert np.abs(later).max() == pytest.approx(0.1)  # and it does not go on in small ones


# Bodies that are taken round


def test_an_elastic_body_is_after_each_cycle_what_it_was_before(make_solid, block):
    """Force is proportional to charge, so the trapezoidal rule adds the work up exactly: round-off, linear solver."""
    solid = make_solid(block, uniform(shrinkage=-0.01, toughness=1e6))
    records = evolved(solid, charged(1.0, 0.3, 0.01, turns=(0.0, 1.0, 0.0)))
    start, full, empty, again, end = at_turns(records)
    assert full.energies.elastic == pytest.approx(again.energies.elastic, rel=1e-9)
    for record in (start, empty, end):
        assert record.energies.elastic < 1e-12 * full.energies.elastic
        assert abs(record.work) < 1e-9 * full.work
        assert record.plastic_work == 0
    assert full.work == pytest.approx(full.energies.elastic, rel=1e-9)


@pytest.mark.parametrize("hardening", [0.0, 250.0], ids=["perfectly plastic", "hardening"])
@pytest.mark.parametrize("steps", [1, 7])
def test_plastic_work_of_each_half_cycle_of_a_layer_that_shrinks_between_walls(make_solid, block, hardening, steps):
    """Free to the right, so σyy = σzz, and a half cycle takes it through S |ε*|, S = E/(1-ν), from -σ1 to σ2:

        S |ε*| = σ1 + σ2 + S Δp/2,   σ2 = σ1 + H'Δp,   work (σ1 + H'Δp/2) Δp for each volume

    from σ1 = 0 in the first, where it yields at σy. Perfectly plastic it flows on for ever, alternately; with
    hardening by less and less, until it shakes down. In any steps: it flows one way in each half cycle.
    """
    stiffness, yields, shrinks = E / (1 - NU), 10.0, 0.05
    media = uniform(toughness=1e6, shrinkage=-shrinks, yield_stress=yields, hardening=hardening)
    solid = make_solid(block, media, supports=SLIDING, split=SPLITS["none"])
    records = at_turns(evolved(solid, charged(1.0, 1 / steps, 0.01, turns=(0.0, 1.0, 0.0, 1.0, 0.0))))
    spent, flowed, stress = [0.0], [], 0.0
    for _ in range(6):
        limit = max(stress, yields)
        dp = max(stiffness * shrinks - stress - limit, 0.0) / (stiffness / 2 + hardening)
        spent.append(spent[-1] + (limit + hardening * dp / 2) * dp * AREA)
        flowed.append(dp)
        stress = limit + hardening * dp
    assert [record.plastic_work for record in records] == pytest.approx(spent, rel=1e-8)
    assert solid.state.plastic[1].x.array == pytest.approx(sum(flowed), rel=1e-5)  # perfectly plastic: hardly unique
    assert flowed[-1] == pytest.approx(flowed[1]) if hardening == 0 else 0 <= flowed[-1] < 0.1 * flowed[1]


@pytest.mark.slow
def test_energy_goes_nowhere_over_two_cycles(make_solid, block):
    """V13: damage and flow at once, both ways; the trapezoidal rule, in 40 steps for each half cycle, to 5e-4."""
    media = uniform(shrinkage=-0.02, yield_stress=10.0, hardening=100.0, toughness=2.0)
    supports = SLIDING | {"bottom": Support((0, 1)), "top": Support(spring=2000.0)}
    solid = make_solid(block, media, supports=supports, crack=CRACK_MODELS["AT2"])
    records = evolved(solid, charged(1.0, 0.025, 0.01, turns=(0.0, 1.0, 0.0)))
    total = [sum(astuple(record.energies)) + record.plastic_work for record in records]
    assert [record.work for record in records] == pytest.approx(total, abs=5e-4 * total[-1])
    ends = at_turns(records)
    assert np.diff([end.plastic_work for end in ends]).min() > 0.005 * total[-1]  # it flows in each
    assert ends[1].max_damage > 0.05


@pytest.mark.slow
def test_a_layer_that_broke_carries_pressure_again_when_it_is_discharged(make_solid):
    """Pressed by P, then the gap is held; shrinkage takes the pressure off, and the interface breaks. Back at SoC 0 the
    block is as high as it was, and pressed as before but for what a closed crack has lost: shear (K in the place of
    M), at most everywhere. In the second cycle it opens without a pull: nothing has healed."""
    pressure, nu = 4.0, 0.45
    bulk, constrained = E / (3 * (1 - 2 * nu)), E * (1 - nu) / ((1 + nu) * (1 - 2 * nu))
    media = uniform(poisson=nu, shrinkage=-0.02, toughness=1e6)
    media["interface"] = replace(media["interface"], toughness=0.2)
    supports = SIDES | {"top": Support(pressure=pressure, spring=1e7, level=True)}
    solid = make_solid(meshes.Stack(2.0, 0.5, 0.5, 0.5, fine=0.1, coarse=0.25), media, supports=supports)
    detachment, pressed = Detachment(solid.state.d, solid.regions, solid.boundaries, "interface", 0.25), []

    class Gauge(Notebook):
        def step(self, record: Record) -> None:
            super().step(record)
            pressed.append(solid.reaction("bottom", 1) / 2.0)

    gauge, charge = Gauge(), charged(1.0, 0.1, 0.001, turns=(0.0, 1.0, 0.0), onset=0.1)
    assert evolve(solid, AlternateMinimiser(solid, 1e-6), charge, detachment, gauge)
    forces = {
        record.half_cycle: force for record, force in zip(gauge.records, pressed, strict=True)
    }  # the last of each
    assert pressed[0] == pytest.approx(pressure, rel=1e-6)
    strength = -min(pressed)
    assert strength > pressure  # it was pulled before it broke
    assert gauge.records[-1].detached_fraction == 1
    for half in (1, 3):
        assert -0.01 * strength < forces[half] < 0
    for half in (2, 4):
        assert bulk / constrained * pressure <= forces[half] <= pressure
    assert forces[4] == pytest.approx(forces[2], rel=1e-6)
    later = [force for record, force in zip(gauge.records, pressed, strict=True) if record.half_cycle == 3]
    assert min(later) > -0.01 * strength


def test_going_on_as_before_does_no_harm_where_charge_turns(make_solid, block):
    """Extrapolation starts the first step back; a minimiser that knows nothing of the past finds the same."""
    media = uniform(shrinkage=-0.02, yield_stress=10.0, hardening=100.0, toughness=2.0)
    supports = SLIDING | {"bottom": Support((0, 1)), "top": Support(spring=2000.0)}
    solid = make_solid(block, media, supports=supports, crack=CRACK_MODELS["AT2"])
    minimiser = AlternateMinimiser(solid, 1e-6)
    for load in (0.4, 0.7, 1.0):
        solid.load(load)
        assert minimiser.minimise().converged
        solid.accept()
    saved, ends = solid.state.save(), []
    for one in (minimiser, AlternateMinimiser(solid, 1e-6)):
        solid.state.restore(saved)
        solid.load(0.8)
        outcome = one.minimise()
        assert outcome.converged
        assert outcome.certificate is not None
        assert outcome.certificate.healing == 0
        ends.append((solid.potential(), solid.state.u.x.array.copy(), solid.state.d.x.array.copy()))
    for known, fresh in zip(*ends, strict=True):
        assert known == pytest.approx(fresh, rel=1e-6, abs=1e-6)


def two_bars(pull: float, strain: float, yields: float, hardening: float) -> Solid:
    """Two columns under one level platen, which pulls at both; the left one shrinks and swells with charge."""
    body = mesh.create_rectangle(MPI.COMM_SELF, [(0, 0), (2, 1)], [2, 1])
    cells = np.arange(body.topology.index_map(2).size_local, dtype=np.int32)
    left = mesh.compute_midpoints(body, 2, cells)[:, 0] < 1
    sides = {"bottom": (1, 0.0), "top": (1, 1.0), "left": (0, 0.0)}
    boundaries = {
        name: mesh.locate_entities_boundary(body, 1, lambda x, i=i, at=at: np.isclose(x[i], at))
        for name, (i, at) in sides.items()
    }
    still = Medium(E, NU, 1e9, yield_stress=yields, hardening=hardening)
    cycled = Medium(E, NU, 1e9, shrinkage=-strain, yield_stress=yields, hardening=hardening)
    supports = {"bottom": Support((1,)), "left": Support((0,)), "top": Support(pressure=-pull, level=True)}
    return Solid(
        body,
        {"interface": cells[left], "still": cells[~left]},
        boundaries,
        {"interface": cycled, "still": still},
        supports,
        CRACK_MODELS["AT1"],
        SPLITS["none"],
        0.2,
        np.zeros(len(cells)),
        KINEMATICS["plane stress"],
    )


def elongations(solid: Solid, cycles: int) -> np.ndarray:
    """Of the still bar, after each cycle, less what it was at first."""
    charge = charged(1.0, 0.25, 0.01, turns=(0.0, *[1.0, 0.0] * (cycles - 1)))
    heights: list[float] = []

    class Ruler(Notebook):
        def step(self, record: Record) -> None:
            u = solid.deformation.collapse()
            at = u.function_space.tabulate_dof_coordinates()
            top = np.isclose(at[:, 1], 1) & np.isclose(at[:, 0], 1.5)
            if record.soc == 0:
                heights.append(float(u.x.array.reshape(-1, 2)[top, 1].mean()))

    detachment = Detachment(solid.state.d, solid.regions, solid.boundaries, "interface", 0.5)
    assert evolve(solid, AlternateMinimiser(solid), charge, detachment, Ruler())
    return np.array(heights) - heights[0]


def test_a_bar_beside_one_that_shrinks_and_swells_ratchets_under_a_load():
    """Bree's two bars: under the mean stress σ, and a strain ε* that comes and goes, one bar and then the other yields
    in tension, by δ = ε* - 4 (σy - σ)/E, and both are longer by δ after each cycle. Perfectly plastic; the platen is
    level to 1e-3."""
    mean, yields, strain = 6.0, 10.0, 0.03
    solid = two_bars(mean, strain, yields, 0.0)
    grown = np.diff(elongations(solid, 4))
    assert grown[1:] == pytest.approx(strain - 4 * (yields - mean) / E, rel=0.01)


def test_with_less_strain_it_shakes_down():
    """ε* < 4 (σy - σ)/E: the first charge leaves something, and no other does."""
    solid = two_bars(6.0, 0.0155, 10.0, 0.0)
    grown = elongations(solid, 3)
    assert grown[1] > 1e-3
    assert np.diff(grown[1:]) == pytest.approx(0.0, abs=1e-6)
