"""Transport of lithium by itself: balance, surfaces, the schedule, and how exact its steps are. V9 holds the rest."""

from math import pi

import numpy as np
import pytest
from dolfinx import fem, mesh
from mpi4py import MPI

from mechanics.lithium.diffusion import Diffusion, Host, attraction
from mechanics.lithium.facing import Facing
from mechanics.lithium.surfaces import LOST, SurfaceError
from mechanics.lithium.tr_bdf2 import NotSettled, TimeStep
from mechanics.lithium.transport import Current, StageEnd, Transport, TransportError
from mechanics.measure.detachment import BROKEN
from tests.lithium import Series
from tests.verification.v09_diffusion import at_rest

BETA = 1.2e-3  # 1/MPa
SIDE = 12  # squares of the mesh along each side


class Square:
    """The unit square: its middle part 0.25 < x < 0.75 is active, or two strips x < 0.25 and x > 0.75 are; lithium gets
    in and out where these end in x."""

    def __init__(self, host: Host, two: bool = False, measure=lambda x: 1) -> None:
        self.body = mesh.create_unit_square(MPI.COMM_SELF, SIDE, SIDE)
        middles = mesh.compute_midpoints(self.body, 2, np.arange(2 * SIDE**2, dtype=np.int32))
        self.cells = np.flatnonzero((np.abs(middles[:, 0] - 0.5) < 0.25) != two).astype(np.int32)
        ends = {"left": 0.25, "right": 0.75}
        surfaces = {
            name: mesh.locate_entities(self.body, 1, lambda x, at=at: np.isclose(x[0], at)) for name, at in ends.items()
        }
        self.damage = fem.Function(fem.functionspace(self.body, ("Lagrange", 1)))
        self.diffusion = Diffusion(self.body, self.cells, surfaces, host, measure, self.damage)
        self.places = self.diffusion.content.function_space.tabulate_dof_coordinates().T
        self.active = self.diffusion.active

    def fill(self, content) -> None:
        self.diffusion.content.interpolate(content)

    def run(self, *stages: Current, **settings: float) -> Transport:
        transport = Transport(self.diffusion, stages, **settings)
        while not transport.finished:
            transport.advance()
        return transport


def line(n: int, host: Host, radius: float = 1.0) -> Diffusion:
    """A sphere."""
    body = mesh.create_interval(MPI.COMM_SELF, n, [0.0, radius])
    end = mesh.locate_entities_boundary(body, 0, lambda x: np.isclose(x[0], radius))
    diffusion = Diffusion(body, np.arange(n, dtype=np.int32), {"end": end}, host, lambda x: 4 * pi * x[0] ** 2)
    diffusion.content.x.array[:] = 1.0
    return diffusion


def test_attraction_in_the_units_of_the_program():
    """3e-6 m³/mol / (8.314 J/(mol K) 298.15 K) = 1.2102e-9 1/Pa."""
    assert attraction(3e-6, 298.15) == pytest.approx(1.2102e-3, rel=1e-4)


# --- balance ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("around_axis", [False, True])
@pytest.mark.parametrize("beta", [0.0, BETA])
def test_lithium_is_kept_to_round_off(beta, around_axis):
    """1e-10 is asked for: what a linear solver at 1e-12 leaves, over tens of steps. Half of one side is broken, and the
    stress changes with time."""
    square = Square(Host(1e-4, beta), measure=(lambda x: 2 * pi * x[0]) if around_axis else (lambda x: 1))
    diffusion = square.diffusion
    square.fill(lambda x: 0.7 + 0.1 * np.cos(9 * x[0] + 4 * x[1]))
    square.damage.interpolate(lambda x: 1.0 * ((x[0] < 0.5) & (x[1] > 0.5)))
    diffusion.softening.value = 1000.0
    diffusion.pull(300 * np.sin(5 * square.places[0] * square.places[1]), 0.2 * square.places[1])
    start = diffusion.amount()
    assert diffusion.volume == pytest.approx(pi / 2 if around_axis else 0.5, rel=1e-12)
    transport = square.run(Current(2.0, duration=300.0), Current(0.0, duration=100.0), Current(-1.0, duration=200.0))
    passed = (-2.0 * 300 + 1.0 * 200) / 3600 * diffusion.volume
    assert transport.time == pytest.approx(600.0, rel=1e-12)
    assert diffusion.amount() - start == pytest.approx(passed, rel=1e-10)


def test_lithium_is_kept_where_corrections_end_early():
    square = Square(Host(1e-2, BETA))
    square.fill(lambda x: 0.5 + 0 * x[0])
    square.diffusion.pull(2000 * square.places[0])
    start = square.diffusion.amount()
    TimeStep(square.diffusion, tolerance=1e3).take(
        0.0, 1.0, np.zeros_like(square.places[0])
    )  # one correction in each stage
    assert square.diffusion.amount() == pytest.approx(start, rel=1e-12)
    assert np.ptp(square.diffusion.content.x.array[square.active]) > 1e-2


# --- surfaces ---------------------------------------------------------------------------------------------------------


def test_current_goes_where_surfaces_are_in_touch():
    """Its share at each node is that of ∫(1 - d)φ; the sum is 1 whatever has let go."""
    square = Square(Host(1.0))
    square.damage.interpolate(lambda x: np.where(x[0] > 0.5, 0.5, x[1] > 0.499))
    contact = square.diffusion.contact()
    right, left = (np.isclose(square.places[0], at) for at in (0.75, 0.25))
    shares = contact.shares
    edge = 0.5 / SIDE  # of the section in which damage falls from 1 to 0
    assert shares == pytest.approx({"left": 0.5 - edge, "right": 0.5})
    assert contact.area == pytest.approx(1.0 - edge)
    assert contact.inlet[right].sum() == pytest.approx(0.5 / contact.area)
    assert contact.inlet.sum() == pytest.approx(1.0)
    assert np.all(contact.inlet[left & (square.places[1] > 0.501)] == 0)
    assert np.all(contact.inlet[~(left | right)] == 0)


def test_content_of_the_surface_is_that_in_touch():
    square = Square(Host(1.0))
    square.fill(lambda x: x[0])
    assert square.diffusion.contact().content == pytest.approx(0.5)
    square.damage.interpolate(lambda x: 1.0 * (x[0] < 0.5))
    assert square.diffusion.contact().content == pytest.approx(0.75)


def test_particle_that_has_let_go_gets_no_current_and_the_other_one_all():
    square = Square(Host(1e-2), two=True)
    square.fill(lambda x: 1.0 + 0 * x[0])
    square.damage.interpolate(lambda x: (1 - LOST / 2) * (x[0] < 0.5))
    assert square.diffusion.contact().lost == ["left"]
    square.run(Current(1.0, duration=360.0))
    content, left = square.diffusion.content.x.array, square.places[0] < 0.5
    np.testing.assert_allclose(content[square.active][left[square.active]], 1.0, atol=1e-12)
    assert square.diffusion.mean() == pytest.approx(0.9, rel=1e-12)


def test_two_particles_share_by_what_is_in_touch():
    """Same damage all round: the same current per area; a quarter of one left: four parts of five to the other."""
    square = Square(Host(1e-2), two=True)
    left = square.places[0] < 0.5
    assert square.diffusion.contact().inlet[left].sum() == pytest.approx(0.5)
    square.damage.interpolate(lambda x: 0.75 * (x[0] < 0.5))
    assert square.diffusion.contact().inlet[left].sum() == pytest.approx(0.2)


class Uneven:
    """A line with a particle at each end: a short one of length 0.25, and a long one of 0.5."""

    def __init__(self) -> None:
        n = 40
        body = mesh.create_interval(MPI.COMM_SELF, n, [0.0, 1.0])
        x = (np.arange(n) + 0.5) / n
        cells = np.flatnonzero((x < 0.25) | (x > 0.5)).astype(np.int32)
        ends = {
            name: mesh.locate_entities(body, 0, lambda x, at=at: np.isclose(x[0], at))
            for name, at in {"short": 0.25, "long": 0.5}.items()
        }
        self.damage = fem.Function(fem.functionspace(body, ("Lagrange", 1)))
        behind = {"short": cells[cells < n // 2], "long": cells[cells >= n // 2]}
        self.diffusion = Diffusion(body, cells, ends, Host(1e-3), damage=self.damage, behind=behind)
        self.diffusion.content.x.array[:] = 1.0
        self.places = self.diffusion.content.function_space.tabulate_dof_coordinates()[:, 0]

    def of(self, long: bool) -> np.ndarray:
        return self.diffusion.content.x.array[(self.places > 0.499) if long else (self.places < 0.251)]


def test_particles_of_any_size_are_charged_alike():
    """By their depth: at C/1000 content is even, and the same in both; by area the short one would be empty first."""
    line = Uneven()
    transport = Transport(line.diffusion, [Current(1e-3, mean=0.5)])
    while not transport.finished:
        transport.advance()
    assert list(line.diffusion.means()) == ["short", "long"]
    assert list(line.diffusion.means().values()) == pytest.approx([0.5, 0.5], abs=1e-9)
    for long in (False, True):
        np.testing.assert_allclose(line.of(long), 0.5, atol=1e-3 / 3600 * 0.5**2 / 1e-3 + 1e-4)


def test_a_stage_ends_where_the_first_surface_has_got_to():
    """Half of the short one's touch is lost, so that it gets half, and the long one more than its share."""
    line = Uneven()
    line.damage.x.array[line.places < 0.3] = 0.5
    transport = Transport(line.diffusion, [Current(10.0, surface=0.5), Current(-10.0, surface=0.9)])
    while not transport.finished:
        over = len(transport.endings)
        transport.advance()
        if over == 0 and transport.endings:
            contents = line.diffusion.contact().contents
            assert contents["long"] == pytest.approx(0.5, abs=1e-4)
            assert contents["short"] > 0.6
    contents = line.diffusion.contact().contents
    assert max(contents.values()) == pytest.approx(0.9, abs=1e-4)
    assert min(contents.values()) < 0.9


def test_half_cycles_count_turns_and_not_rests():
    line = Uneven()
    stages = [
        Current(5.0, mean=0.9),
        Current(0.0, 10.0),
        Current(5.0, mean=0.8),
        Current(-5.0, mean=0.9),
        Current(0.0, 10.0),
    ]
    transport, told = Transport(line.diffusion, stages, 1e-2), {}
    while not transport.finished:
        stage, half = len(transport.endings), transport.half_cycle
        transport.advance()
        told[stage] = half, round(transport.rate, 9)
    assert told == {0: (1, 5.0), 1: (1, 0.0), 2: (1, 5.0), 3: (2, -5.0), 4: (2, 0.0)}


def test_first_step_of_a_stage_can_be_halved_again_and_again():
    line = Uneven()
    transport, tried = Transport(line.diffusion, [Current(1.0, duration=50.0)]), []
    for _ in range(5):
        transport.advance()
        tried.append(transport.elapsed)
        transport.retreat()
    np.testing.assert_allclose(tried, tried[0] / 2.0 ** np.arange(5))


def test_a_surface_faces_the_crack_in_its_layer():
    """The crack runs two rows of elements away from the surface, along half of it, and is partly through in a quarter:
    damage on the surface itself is none."""
    square = Square(Host(1e-2))
    d, x = fem.Function(square.damage.function_space), square.places
    crack = np.isclose(x[0], 0.75 + 2 / SIDE)
    d.x.array[crack & (x[1] > 0.51)] = BROKEN
    d.x.array[crack & (x[1] < 0.26)] = 0.4
    middles = mesh.compute_midpoints(square.body, 2, np.arange(2 * SIDE**2, dtype=np.int32))[:, 0]
    layer = np.flatnonzero((middles > 0.75) & (middles < 0.95)).astype(np.int32)
    surface = mesh.locate_entities(square.body, 1, lambda x: np.isclose(x[0], 0.75))
    facing = Facing(d, [(surface, layer)])
    on = np.isclose(x[0], 0.75)
    expected = np.select([x[1] > 0.51, x[1] < 0.26], [1.0, 0.4], 0.0)
    np.testing.assert_allclose(facing.damage.x.array[on], expected[on])
    assert not facing.damage.x.array[~on].any()


def test_nothing_in_touch_ends_a_stage_with_current_and_not_a_rest():
    square = Square(Host(1e-2))
    square.fill(lambda x: x[0])
    square.damage.x.array[:] = 1.0
    transport = square.run(Current(1.0, duration=10.0), Current(0.0, duration=1000.0))
    assert transport.endings == [StageEnd.UNREACHABLE, StageEnd.DURATION]
    assert transport.time == pytest.approx(1000.0)
    assert np.ptp(square.diffusion.content.x.array[square.active]) < 1e-4


def test_surfaces_have_to_bound_active_material():
    square = Square(Host(1.0))
    for at, told in ((0.5, "both of its sides"), (0.0, "no active material")):
        facets = mesh.locate_entities(square.body, 1, lambda x, at=at: np.isclose(x[0], at))
        with pytest.raises(SurfaceError, match=f"'here' .*{told}"):
            Diffusion(square.body, square.cells, {"here": facets}, Host(1.0))


# --- schedule ---------------------------------------------------------------------------------------------------------


def test_rest_relaxes_to_the_mean():
    """After 20 of its slowest decay times, (L/π)²/D with L = 0.5, nothing is left but the tolerance of each step."""
    square = Square(Host(1e-2))
    square.fill(lambda x: 0.5 + 0.3 * np.cos(2 * pi * x[0]) * np.cos(pi * x[1]) + 0.1 * x[0])
    mean = square.diffusion.mean()
    square.run(Current(0.0, duration=20 * (1 / pi) ** 2 / 1e-2), tolerance=1e-5)
    np.testing.assert_allclose(square.diffusion.content.x.array[square.active], mean, atol=1e-5)


def test_stages_end_at_the_mean_the_surface_or_the_time_that_comes_first():
    """Contents within the tolerance, times by what has flowed; 1C takes out 0.8 of all sites an hour."""
    diffusion = line(40, Host(1e-4, capacity=0.8))
    stages = (
        Current(1.0, mean=0.9, surface=0.1),
        Current(2.0, mean=0.0, surface=0.6),
        Current(0.0, duration=123.0),
        Current(-1.0, duration=100.0, mean=1.0),
    )
    transport, told = Transport(diffusion, stages), []
    while not transport.finished:
        over = len(transport.endings)
        transport.advance()
        if len(transport.endings) > over:
            told.append((transport.time, diffusion.mean(), diffusion.contact().content))
    assert transport.endings == [StageEnd.MEAN, StageEnd.SURFACE, StageEnd.DURATION, StageEnd.DURATION]
    (first, mean, _), (second, after, surface), (third, rested, _), (fourth, end, _) = told
    assert mean == pytest.approx(0.9, abs=1e-12)
    assert first == pytest.approx(0.1 / 0.8 * 3600)
    assert surface == pytest.approx(0.6, abs=1e-4)
    assert second - first == pytest.approx((0.9 - after) / 1.6 * 3600)
    assert (third - second, rested) == (pytest.approx(123.0), pytest.approx(after, abs=1e-12))
    assert fourth - third == pytest.approx(100.0)
    assert end == pytest.approx(rested + 0.8 * 100 / 3600)


def test_stage_that_is_over_when_it_begins():
    diffusion = line(10, Host(1e-2))
    transport = Transport(diffusion, [Current(1.0, surface=1.1), Current(-1.0, mean=0.5)])
    while not transport.finished:
        transport.advance()
    assert transport.endings == [StageEnd.SURFACE, StageEnd.MEAN]
    assert transport.time == 0.0


@pytest.mark.parametrize(
    "wrong", [{"rate": 0.0}, {"rate": 0.0, "mean": 0.5}, {"rate": 1.0}, {"rate": 1, "duration": 0}]
)
def test_stage_without_an_end(wrong):
    with pytest.raises(ValueError, match="takes a positive duration"):
        Current(**wrong)


def test_a_step_that_is_taken_back_leaves_no_trace_and_is_halved():
    diffusion = line(20, Host(1e-2))
    transport = Transport(diffusion, [Current(1.0, duration=50.0)], tolerance=1e-3)
    for _ in range(4):
        transport.advance()
    content, time = diffusion.content.x.array.copy(), transport.time
    transport.advance()
    tried = transport.elapsed
    transport.retreat()
    assert (transport.time, transport.elapsed) == (time, 0.0)
    np.testing.assert_array_equal(diffusion.content.x.array, content)
    transport.advance()
    assert transport.elapsed == pytest.approx(tried / 2)
    while not transport.finished:
        last = diffusion.content.x.array.copy()
        transport.advance()
    transport.retreat()  # the one that has ended the stage
    assert not transport.finished
    np.testing.assert_array_equal(diffusion.content.x.array, last)


def test_no_step_is_longer_than_the_largest():
    diffusion = line(20, Host(1e-2))
    transport, steps = Transport(diffusion, [Current(0.1, duration=50.0)], largest=5.0), []
    while not transport.finished:
        transport.advance()
        steps.append(transport.elapsed)
    assert max(steps) == 5.0


def test_stress_holds_lithium_where_it_pulls():
    """At rest x exp(-βσ_h) is the same all over, to h² β∇²σ_h/12, twice that at corners."""
    n = 20
    assert at_rest(n).computed < 2 * BETA * 500 * 13 / 12 / n**2


# --- exactness --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tolerance", [1e-3, 1e-4])
def test_error_stays_at_the_tolerance(tolerance):
    """At every moment, ×3: each step may err by it, and older errors fade. Held against the same mesh in steps for a
    hundredth of it. The current is switched on and off, which is the hardest there is for it."""
    stages = [Current(1.0, duration=t) for t in (20, 80, 300)] + [Current(0.0, duration=t) for t in (20, 80, 300)]

    def told(tolerance: float) -> tuple[int, np.ndarray]:
        diffusion, ends, count = line(50, Host(1e-2), radius=5.0), [], 0
        transport = Transport(diffusion, stages, tolerance)
        while not transport.finished:
            over = len(transport.endings)
            transport.advance()
            count += 1
            if len(transport.endings) > over:
                ends.append(diffusion.content.x.array.copy())
        return count, np.array(ends)

    (count, found), (_, fine) = told(tolerance), told(tolerance / 100)
    error = np.abs(found - fine).max()
    assert tolerance / 100 < error < 3 * tolerance
    assert count < 25 * (1e-3 / tolerance) ** (1 / 3) + 25  # third order of the error in one step


def test_estimate_is_the_error_of_one_step():
    """To leading order: on a smooth content, within a fifth at a step of a tenth of its decay time."""
    n = 40
    body = mesh.create_interval(MPI.COMM_SELF, n, [0.0, 1.0])
    diffusion = Diffusion(body, np.arange(n, dtype=np.int32), {}, Host(1.0))
    shape = np.cos(pi * diffusion.content.function_space.tabulate_dof_coordinates()[:, 0])
    diffusion.content.x.array[:] = shape
    rate = 2 * n**2 * (1 - np.cos(pi / n))  # of this shape, in linear elements with lumped mass
    estimate = TimeStep(diffusion, 1e-6).take(0.0, 0.1 / rate, np.zeros(n + 1))
    error = np.abs(diffusion.content.x.array - np.exp(-0.1) * shape).max()
    assert estimate == pytest.approx(error, rel=0.2)


def test_corrections_leave_a_thousandth_of_the_tolerance():
    found = []
    for tolerance in (1e-3, 1e-9):
        square = Square(Host(1.0, BETA))
        square.fill(lambda x: 0.5 + 0.2 * x[0])
        square.diffusion.pull(500 * square.places[1] ** 2)
        TimeStep(square.diffusion, tolerance).take(0.0, 0.1, np.zeros_like(square.places[0]))
        found.append(square.diffusion.content.x.array[square.active])
    assert np.abs(found[0] - found[1]).max() < 1e-6


def test_a_step_that_errs_by_more_than_the_tolerance_is_not_kept():
    """A peak as narrow as one element asks for a shorter step than the first one that is tried."""
    contents = []
    for tolerance in (0.03, 0.0003):
        diffusion = line(50, Host(1e-2))
        diffusion.content.x.array[:] = 1.0 * (np.arange(51) == 50)
        transport = Transport(diffusion, [Current(0.0, duration=0.1)], tolerance, largest=0.1)
        while not transport.finished:
            transport.advance()
            refused = transport.refused
        assert refused > 0
        contents.append(diffusion.content.x.array.copy())
    assert np.abs(contents[0] - contents[1]).max() < 3 * 0.03


def test_few_factors_serve_many_steps():
    diffusion = line(50, Host(1e-2), radius=5.0)
    transport, count = Transport(diffusion, [Current(1.0, duration=1200.0)], tolerance=1e-5), 0
    while not transport.finished:
        transport.advance()
        count += 1
    assert count > 50
    assert transport._step.solver.factorisations < count / 5


def test_content_does_not_overshoot_where_a_current_is_switched_on():
    """Steps far shorter than lithium takes through one element: no node gains where lithium leaves."""
    diffusion = line(20, Host(1e-2))
    transport = Transport(diffusion, [Current(5.0, duration=0.01)], tolerance=1e-6)
    while not transport.finished:
        transport.advance()
        assert diffusion.content.x.array.max() <= 1 + 1e-12


def test_drift_too_strong_for_the_step_is_told_and_the_step_cut():
    square = Square(Host(1.0, BETA))
    square.fill(lambda x: 0.5 + 0 * x[0])
    square.diffusion.pull(3e4 * square.places[1])  # βΔσ = 36
    with pytest.raises(NotSettled):
        TimeStep(square.diffusion, 1e-4).take(0.0, 1e3, np.zeros_like(square.places[0]))
    square.fill(lambda x: 0.5 + 0 * x[0])
    transport = Transport(square.diffusion, [Current(0.0, duration=1e-3)], tolerance=1e-3)
    transport.advance()
    assert transport.elapsed > 0


def test_what_is_not_a_number_is_no_step():
    diffusion = line(10, Host(1e-2, BETA))
    diffusion.pull(np.full(11, np.nan))
    with pytest.raises(TransportError, match="no step from 0 s"):
        Transport(diffusion, [Current(1.0, duration=1.0)]).advance()
    assert np.all(diffusion.content.x.array == 1.0)


def test_series_is_its_own_start_and_its_own_balance():
    """What V9 compares with: nothing at first, and the mean is what has passed."""
    for dimension in (2, 3):
        series = Series(dimension, 2.0, 0.1, -0.01)
        r = np.linspace(0.02, 1.8, 50)
        assert np.abs(series.content(r, 0.0)).max() < 1e-3 * 0.01 * 2 / 0.1
        r = (np.arange(4000) + 0.5) / 2000
        mean = np.sum(series.content(r, 3.0) * r ** (dimension - 1)) / np.sum(r ** (dimension - 1))
        assert mean == pytest.approx(-0.01 * 3.0 * dimension / 2.0, rel=1e-5)
