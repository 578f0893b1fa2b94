"""The history: what comes next, what happens to a step that fails, how much has let go, and where the energy went."""

import numpy as np
import pytest
from conftest import uniform
from dolfinx import mesh
from mpi4py import MPI

import meshes
from mechanics import (
    CRACK_MODELS,
    SPLITS,
    AlternateMinimiser,
    Limits,
    Medium,
    Outcome,
    Record,
    Schedule,
    Solid,
    Stage,
    Support,
)
from mechanics.history.pace import Pace
from mechanics.measure.detachment import Detachment
from mechanics.minimise.climb import Ending
from tests.notebook import Notebook, charged, evolve

SLIDING = {"bottom": Support((1,)), "top": Support((1,)), "left": Support((0,))}  # and free to the right
NOTCHED = meshes.Stack(4.0, 0.5, 0.5, 0.5, fine=0.1, coarse=0.2, notch=meshes.Notch(1.0, 0.05))


class Body:
    """Stands for what a schedule acts on, and tells what it has been told."""

    pressure = 0.0

    def __init__(self) -> None:
        self.held: list[float] = []

    def load(self, charge: float) -> None:
        self.soc = charge

    def press(self, pressure: float) -> None:
        self.pressure = pressure

    def hold(self, stiffness: float) -> None:
        self.held.append(stiffness)


def stops(schedule: Schedule) -> list[float]:
    """States of charge at which steps end, none of which fails."""
    body, reached = Body(), []
    while not schedule.finished:
        schedule.forward(body)
        schedule.pace.grow(schedule.place)
        assert body.soc == schedule.position.soc
        reached.append(body.soc)
    return reached


def tried(schedule: Schedule) -> float:
    """Where the next step would lead, if it is cut."""
    numbers, body = schedule.numbers(), Body()
    length = schedule.forward(body)
    schedule.take(numbers)
    assert schedule.pace.halve(length)
    return body.soc


def test_charge_lands_on_every_milestone_exactly():
    reached = stops(charged(1.0, 0.03, 0.001, [0.2, 0.55, 0.8, 1.5, 0.0]))
    assert {0.2, 0.55, 0.8} <= set(reached)
    assert reached[-1] == 1.0
    assert np.all(np.diff([0.0, *reached]) > 0)
    assert max(np.diff([0.0, *reached])) <= 0.03 + 1e-9


def test_charge_takes_no_sliver_of_a_step():
    """Ten times 0.1 is not quite 1 in binary."""
    assert len(stops(charged(1.0, 0.1, 0.001))) == 10


def test_a_cut_step_grows_again_up_to_the_largest():
    schedule = charged(1.0, 0.08, 0.01)
    schedule.forward(Body())
    schedule.pace.grow(schedule.place)
    assert [tried(schedule) for _ in range(2)] == pytest.approx([0.16, 0.12])
    assert schedule.position.soc == 0.08  # nothing has moved
    steps = np.diff([0.08, *stops(schedule)])
    assert steps[:4] == pytest.approx([0.02, 0.04, 0.08, 0.08])


def test_the_smallest_step_is_not_cut():
    schedule = charged(1.0, 0.08, 0.02)
    assert [tried(schedule) for _ in range(2)] == pytest.approx([0.08, 0.04])
    length = schedule.forward(Body())
    assert length == pytest.approx(0.02)
    assert not schedule.pace.halve(length)


def test_halving_halves_the_step_to_a_milestone():
    schedule = charged(1.0, 0.5, 0.01, [0.1])
    assert [tried(schedule) for _ in range(2)] == pytest.approx([0.1, 0.05])


def test_a_step_to_where_something_begins_that_fails_is_not_asked_for_for_ever():
    """With an onset of many smallest steps all of the way would be tried again each time."""
    pace = Pace(Limits(0.4, 0.001, 0.1))
    pace.begins(0.0, 0.4)
    assert pace.most(0.0) == pytest.approx(0.2)
    assert pace.most(0.3) == pytest.approx(0.1)  # all the rest
    lengths = []
    while pace.halve(pace.most(0.3)):
        lengths.append(pace.most(0.3))
    assert lengths[:3] == pytest.approx([0.05, 0.025, 0.0125])


def test_what_begins_is_bisected_and_remembered():
    schedule, asked, body = charged(1.0, 0.4, 0.001, onset=0.05), [], Body()
    while schedule.position.soc < 0.53:
        numbers, place = schedule.numbers(), schedule.place
        length = schedule.forward(body)
        asked.append(body.soc)
        if body.soc > 0.53 and not schedule.pace.fine(length):
            schedule.take(numbers)
            schedule.pace.begins(place, length)
        else:
            schedule.pace.grow(schedule.place)
    assert asked == pytest.approx([0.4, 0.8, 0.6, 0.5, 0.55])  # nothing twice, nothing beyond what is known
    assert stops(schedule) == pytest.approx([0.6, 1.0])


def test_stages_go_on_from_where_the_last_has_ended():
    """Pressed, released, charged while the gap is held, at rest, and pressed again: charge, pressure and time."""
    stages = [
        Stage("press", 600, pressure=300.0),
        Stage("release", 60, pressure=5.0),
        Stage("charge", 3600, soc=0.5, holding=100.0),
        Stage("rest", 100),
        Stage("discharge", 7200, soc=0.25, holding=0.0, pressure=10.0),
    ]
    schedule, body, told, ended = Schedule(stages, Limits(0.5, 0.01)), Body(), [], []
    while not schedule.finished:
        schedule.forward(body)
        schedule.pace.grow(schedule.place)
        at = schedule.position
        told.append((at.stage, at.soc, at.half_cycle, at.time, body.pressure))
        ended += schedule.ended()
    assert told == [
        ("press", 0.0, 1, 300.0, 150.0),
        ("press", 0.0, 1, 600.0, 300.0),
        ("release", 0.0, 1, 630.0, 152.5),
        ("release", 0.0, 1, 660.0, 5.0),
        ("charge", 0.5, 1, 4260.0, 5.0),
        ("rest", 0.5, 1, 4310.0, 5.0),
        ("rest", 0.5, 1, 4360.0, 5.0),
        ("discharge", 0.25, 2, 11560.0, 10.0),
    ]
    assert [name for name, _ in ended] == [stage.name for stage in stages]
    assert body.held == [100.0, 0.0]


class StandIn:
    """Fails in steps above `most` and beyond `wall`; breaks the interface at `breaks`. Moves everything it can."""

    def __init__(self, solid: Solid, most: float = np.inf, wall: float = np.inf, breaks: float = np.inf) -> None:
        self.solid, self.most, self.wall, self.breaks = solid, most, wall, breaks
        self.kept, self.last = solid.state.save(), 0.0

    def minimise(self, interrupt=lambda count: False) -> Outcome:
        for name, then in self.kept.arrays.items():
            assert np.array_equal(
                self.solid.state.fields[name].x.array, then
            )  # each step starts from the last equilibrium, history and all
        soc = float(self.solid.charge.value)
        for function in (self.solid.state.u, *self.solid.state.plastic):
            function.x.array[:] += 1e-3
        if soc >= self.breaks:
            self.solid.state.d.x.array[:] = 1
        stopped = interrupt(1)
        if stopped:
            return Outcome(Ending.INTERRUPTED, 1, 0.5)
        if soc - self.last > self.most or soc > self.wall:
            return Outcome(Ending.LIMIT, 1, 0.5)
        self.last = soc
        return Outcome(Ending.CONVERGED, 1, 0.0)


@pytest.fixture
def acted(make_solid, block, monkeypatch):
    """evolve with a stand-in minimiser on a small block that flows; returns success, records and the actors."""

    def act(schedule: Schedule, **plan: float):
        solid = make_solid(block, uniform(yield_stress=10.0))
        stand_in, notebook = StandIn(solid, **plan), Notebook()
        accept = solid.accept

        def keep() -> float:
            accept()
            stand_in.kept = solid.state.save()
            return 1.0

        monkeypatch.setattr(solid, "accept", keep)
        step = notebook.step

        def note(record: Record) -> None:
            step(record)
            if len(notebook.records) == 1:
                stand_in.kept = solid.state.save()

        monkeypatch.setattr(notebook, "step", note)
        detachment = Detachment(solid.state.d, solid.regions, solid.boundaries, "interface", 0.25)
        done = evolve(solid, stand_in, schedule, detachment, notebook)
        return done, notebook, solid, stand_in

    return act


def test_history_begins_with_the_equilibrium_before_charging(acted):
    done, notebook, _, _ = acted(charged(0.2, 0.1, 0.01, onset=0.02))
    assert done
    assert [r.soc for r in notebook.records] == [0.0, 0.1, 0.2]
    assert [r.plastic_work for r in notebook.records] == [0.0, 1.0, 2.0]
    assert [soc for soc, _, _ in notebook.iterations] == [0.1, 0.2]


def test_nothing_is_charged_without_an_equilibrium_to_begin_with(acted):
    done, notebook, _, _ = acted(charged(0.2, 0.1, 0.01, onset=0.02), wall=-1.0)
    assert not done
    assert [(r.soc, r.outcome.converged) for r in notebook.records] == [(0.0, False)]


def test_failed_steps_are_cut_and_repeated(acted):
    """The stand-in itself looks whether a repeated step starts from the state before the failed one."""
    done, notebook, solid, _ = acted(charged(0.5, 0.1, 0.01, [0.3], onset=0.02), most=0.03)
    assert done
    reached = np.array([r.soc for r in notebook.records])
    assert np.diff(reached).max() <= 0.03
    assert 0.3 in reached
    assert all(r.outcome.converged for r in notebook.records)
    assert notebook.records[1].cuts == 2  # 0.1, 0.05, 0.025
    assert notebook.records[2].cuts == 1  # 0.05 again, since steps grow
    assert solid.charge.value == reached[-1] == 0.5


def test_run_gives_up_at_the_smallest_step_and_says_why(acted):
    done, notebook, solid, stand_in = acted(charged(1.0, 0.1, 0.01, onset=0.02), wall=0.42)
    assert not done
    *kept, last = notebook.records
    assert all(r.outcome.converged for r in kept)
    assert last.outcome.ending is Ending.LIMIT
    assert 0.40 < kept[-1].soc <= 0.42 < last.soc <= kept[-1].soc + 0.02
    assert last.cuts > 0
    assert solid.charge.value == kept[-1].soc
    for name, then in stand_in.kept.arrays.items():
        assert np.array_equal(solid.state.fields[name].x.array, then)


def test_onset_of_detachment_is_found_in_small_steps(acted):
    done, notebook, _, _ = acted(charged(1.0, 0.1, 0.001, onset=0.02), breaks=0.37)
    assert done
    reached = np.array([r.soc for r in notebook.records])
    first = next(i for i, r in enumerate(notebook.records) if r.detached_fraction > 0)
    assert reached[first - 1] < 0.37 <= reached[first]
    assert reached[first] - reached[first - 1] <= 0.02 + 1e-9
    assert np.diff(reached)[first + 2 :].max() == pytest.approx(0.1)  # and it does not go on in small ones
    assert notebook.records[-1].max_damage == 1


@pytest.fixture
def notched(make_solid):
    """A notched stack, and a function that sets its damage and tells the detached fraction."""
    solid = make_solid(NOTCHED, uniform())
    detachment = Detachment(solid.state.d, solid.regions, solid.boundaries, "interface", 0.1)

    def fraction(damage) -> float:
        solid.state.d.interpolate(lambda x: np.broadcast_to(damage(*x[:2]), x.shape[1]).astype(float))
        return detachment.fraction()

    return solid, detachment, fraction


def test_detached_fraction_from_nothing_to_all(notched):
    solid, detachment, fraction = notched
    assert fraction(lambda x, y: 0.0) == 0
    assert fraction(lambda x, y: 0.89) == 0
    assert fraction(lambda x, y: 1.0) == 1
    assert fraction(lambda x, y: abs(y - 0.75) < 0.08) == 1  # a crack one row of elements wide
    assert fraction(lambda x, y: (y < 0.49) | (y > 1.01)) == 0  # only the layer counts
    solid.state.d.x.array[:] = 0
    solid.break_open("notch")
    assert np.max(solid.state.d.x.array) == 1
    assert detachment.fraction() == 0  # the notch itself, and the column at its tip, are no detachment


@pytest.mark.parametrize("length", [0.5, 1.3, 2.4])
def test_detached_fraction_is_the_length_of_the_crack(notched, length):
    """From the end of the tip column at 1.2 to 4.0; a crack from either side, to within a column."""
    _, _, fraction = notched
    column = 1 / 13  # as many as of at least 0.2 fit
    assert fraction(lambda x, y: x < 1.2 + length) == pytest.approx(length / 2.8, abs=column)
    assert fraction(lambda x, y: x > 4.0 - length) == pytest.approx(length / 2.8, abs=column)


def test_without_a_notch_the_whole_layer_counts(make_solid, block):
    solid = make_solid(block, uniform())
    detachment = Detachment(solid.state.d, solid.regions, solid.boundaries, "interface", 0.25)
    solid.state.d.interpolate(lambda x: (x[0] < 0.3).astype(float))
    assert detachment.fraction() == 1 / 4


def test_restored_state_gives_the_same_step_again(make_solid, block):
    """V14, history at quadrature points and all; the order of sums may depend on where an array lies."""
    media = uniform(shrinkage=-0.05, yield_stress=10.0, hardening=200.0, toughness=20.0)
    solid = make_solid(block, media, supports=SLIDING, crack=CRACK_MODELS["AT2"])
    solid.charge.value = 0.5
    AlternateMinimiser(solid).minimise()
    assert solid.accept() > 0
    saved, ends = solid.state.save(), []
    for _ in range(2):
        solid.charge.value = 0.8
        AlternateMinimiser(solid).minimise()
        solid.accept()
        ends.append(solid.state.save())
        moved = {name: then for name, then in saved.arrays.items() if not name.startswith("minimiser")}
        assert all(np.any(ends[-1].arrays[name] != then) for name, then in moved.items())
        solid.state.restore(saved)
    for name, first in ends[0].arrays.items():
        assert first == pytest.approx(ends[1].arrays[name], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("damage", [0.0, 0.5])
def test_plastic_work_of_a_bar_that_shrinks_between_walls(make_solid, block, damage):
    """Free to the right, so σxx = 0 and σyy = σzz = σ = g E/(1-ν) (|ε*| - p/2), with σ = σy + H'p once it flows.

    Work (σy + H'p/2) p, not degraded; stored (1-ν)σ²/(g E); and unloading by less than 2σ is elastic.
    """
    E, nu, yields, hardening, area = 1000.0, 0.3, 10.0, 80.0, 2.0 * 1.5
    media = uniform(toughness=1e6, shrinkage=-0.05, yield_stress=yields, hardening=hardening)
    solid = make_solid(block, media, supports=SLIDING, split=SPLITS["none"])
    solid.state.d.x.array[:] = damage
    stiffness = solid.crack.g(damage, 0.0) * E / (1 - nu)
    work = 0.0
    for soc in (0.1, 0.6, 0.8, 1.0, 0.9):
        solid.charge.value = soc
        assert AlternateMinimiser(solid).minimise().converged
        work += solid.accept()
        p = max((stiffness * 0.05 * min(soc + (soc == 0.9), 1.0) - yields) / (hardening + stiffness / 2), 0.0)
        stress = stiffness * (0.05 * soc - p / 2)
        assert work == pytest.approx((yields + hardening * p / 2) * p * area, rel=1e-9, abs=1e-12)  # uniform field
        assert solid.energies().elastic == pytest.approx(stress**2 / stiffness * area, rel=1e-9)
    assert p > 0.01
    assert solid.state.plastic[1].x.array == pytest.approx(p, rel=1e-9)


def test_energy_goes_nowhere(make_solid, block):
    """V13: stored + dissipated + fracture = work of the shrinkage, ∫ ∂Π/∂SoC dSoC; damage and flow at once.

    By the trapezoidal rule, which 40 steps make good to 1e-4; short of the peak, past which damage jumps.
    """
    media = uniform(shrinkage=-0.05, yield_stress=15.0, hardening=100.0, toughness=2.0)
    supports = SLIDING | {"bottom": Support((0, 1)), "top": Support(spring=2000.0)}
    solid = make_solid(block, media, supports=supports, crack=CRACK_MODELS["AT2"])
    minimiser = AlternateMinimiser(solid, tolerance=1e-6)
    spent, work, force = 0.0, 0.0, 0.0
    for soc in np.linspace(0, 0.4, 41)[1:]:
        solid.charge.value = soc
        assert minimiser.minimise().converged
        spent += solid.accept()
        before, ends = force, []
        for side in (1, -1):
            solid.charge.value = soc + side * 1e-6
            ends.append(solid.displacement.value())
        solid.charge.value = soc
        force = (ends[0] - ends[1]) / 2e-6
        work += (before + force) / 2 * 0.01
    energies = solid.energies()
    total = energies.elastic + energies.fracture + energies.spring + spent
    assert spent > 0.05 * total
    assert energies.fracture > 0.05 * total
    assert total == pytest.approx(work, rel=5e-4)


def strip_with_a_crack(name: str, size: float, length: float = 1.0) -> Solid:
    """Rows of square halves, the row at mid-height broken: what a crack leaves on a mesh."""
    half = round(7 * length / size) * size + size / 2
    rows = 2 * round(7 * length / size) + 1
    body = mesh.create_rectangle(MPI.COMM_SELF, [(0, -half), (4 * size, half)], [4, rows])
    cells = body.topology.index_map(2)
    everywhere = np.arange(cells.size_local, dtype=np.int32)
    solid = Solid(
        body,
        {"all": everywhere},
        {
            "bottom": mesh.locate_entities_boundary(body, 1, lambda x: np.isclose(x[1], -half)),
            "top": mesh.locate_entities_boundary(body, 1, lambda x: np.isclose(x[1], half)),
        },
        {"all": Medium(1000.0, 0.3, 3.0)},
        {"bottom": Support((0, 1)), "top": Support((0, 1))},
        CRACK_MODELS[name],
        SPLITS["none"],
        length,
        np.full(len(everywhere), size),
    )
    solid.state.d.interpolate(lambda x: (np.abs(x[1]) < size).astype(float))
    assert AlternateMinimiser(solid, 1e-8).minimise().converged
    return solid


PROFILES = {"AT1": lambda x: np.maximum(1 - x / 2, 0) ** 2, "AT2": lambda x: np.exp(-x)}


@pytest.mark.parametrize("elements", [2, 4, 8])
@pytest.mark.parametrize("name", PROFILES)
def test_a_crack_costs_its_toughness_on_every_mesh(name, elements):
    """V1: Gc × length, with the row of elements that is wholly broken corrected for; profile beside that row."""
    size = 1 / elements
    solid = strip_with_a_crack(name, size)
    assert solid.energies().fracture == pytest.approx(3.0 * 4 * size, rel=0.01 if elements > 2 else 0.02)
    y = solid.state.d.function_space.tabulate_dof_coordinates()[:, 1]
    distance = np.maximum(np.abs(y) - size / 2, 0)
    assert solid.state.d.x.array == pytest.approx(PROFILES[name](distance), abs=0.1 * size)
