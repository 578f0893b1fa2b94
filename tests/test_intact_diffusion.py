"""Lithium in particles from the case file: nothing gets lost, slow charge is even shrinkage, what is cut off keeps its
own, and a charge ends where the surface has got to."""

import csv
import json

import numpy as np
import pytest
from mpi4py import MPI
from particle_case import particle
from test_intact_particles import TWO
from tiny_case import tiny

from intact.bodies import diffusing
from intact.bodies.body import bodies, solid
from intact.bodies.staging import currents
from intact.case.read import CaseProblems, read
from intact.case.shrinking import active_strain
from intact.results import folder as results
from intact.results.finished import fields_of
from intact.results.names import FIELDS
from intact.runs.contact import ContactLoss
from intact.runs.lithium import Lithium
from intact.runs.preflight import check
from intact.runs.run import run
from intact.runs.trace import Trace
from mechanics import AlternateMinimiser, Fixed, History
from tests.notebook import Notebook

FOLLOWED = ("given.scNCM92.diffusivity=4e-15 m^2/s", "diffusion.c_rate=3", "diffusion.drift=none")

EVEN = 1e-3  # relative, of energies


def ran(folder, *settings: str) -> tuple[dict, list[dict]]:
    assert run(particle(folder, *settings), folder, MPI.COMM_SELF, jobs=1)
    one = folder / "particle" / "LZCO"
    with (one / results.HISTORY).open(encoding="utf-8") as file:
        return json.loads((one / results.SUMMARY).read_text(encoding="utf-8")), list(csv.DictReader(file))


def energy_at(soc: float, history: list[dict]) -> float:
    return next(float(row["elastic_energy_uJ_per_m"]) for row in history if float(row["soc"]) == pytest.approx(soc))


@pytest.fixture(scope="module")
def fast(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fast")
    return folder / "particle" / "LZCO", *ran(folder, *FOLLOWED, "diffusion.c_rate=10", "diffusion.rest=60 s")


@pytest.mark.slow
def test_no_lithium_is_lost_where_contact_is(fast) -> None:
    """1e-10 of the content of all sites."""
    _, summary, _ = fast
    assert summary["converged"]
    assert summary["detached_fraction_at_end"] > 0.05
    assert summary["lithium"]["unaccounted"] < 1e-10


@pytest.mark.slow
def test_charge_ends_where_the_surface_has_got_to(fast) -> None:
    """To the tolerance of a step; the mean is then above that, and capacity is missing. Content is 1 - SoC here."""
    folder, summary, history = fast
    charged = [row for row in history if float(row["c_rate"]) > 0]
    assert summary["lithium"]["ended_by"] == "surface content"
    assert float(charged[-1]["surface_content"]) == pytest.approx(0.6, abs=2 * diffusing.TOLERANCE)
    assert min(float(row["surface_content"]) for row in charged) > 0.6 - 2 * diffusing.TOLERANCE
    reached = summary["lithium"]["capacity_reached"]
    assert reached == pytest.approx((1 - float(charged[-1]["lithium_content"])) / 0.4, abs=1e-6)
    assert reached < 0.99
    assert f"{reached:.0%}" in (folder.parent / results.TABLE_TEXT).read_text(encoding="utf-8")
    assert max(fields_of(folder / FIELDS)) == pytest.approx(summary["last_soc"])


@pytest.mark.slow
def test_rest_lets_lithium_even_out_and_carries_nothing(fast) -> None:
    _, _, history = fast
    charged, rested = ([row for row in history if (float(row["c_rate"]) > 0) == flows] for flows in (True, False))
    last, first = rested[-1], charged[-1]
    assert float(last["time_s"]) == pytest.approx(float(first["time_s"]) + 60)
    assert float(last["lithium_content"]) == pytest.approx(float(first["lithium_content"]), abs=1e-8)
    lag = float(first["lithium_content"]) - float(first["surface_content"])
    assert abs(float(last["lithium_content"]) - float(last["surface_content"])) < 0.2 * lag


@pytest.mark.slow
def test_slow_charge_is_even_shrinkage(tmp_path) -> None:
    """At C/1000 content lags by ẋR²/8D or 6e-6, next to 0.1 of a charge: energies before anything breaks to a
    thousandth; where it begins to break, each as exactly as it is looked for."""
    settings = ("steps.onset=0.02", "output.soc=[0.1, 0.2]", "steps.largest=0.05")
    (tmp_path / "slow").mkdir()
    (tmp_path / "even").mkdir()
    slow, slowly = ran(tmp_path / "slow", *settings, *FOLLOWED, "diffusion.c_rate=0.001")
    even, evenly = ran(tmp_path / "even", *settings)
    for soc in ("0.1", "0.2"):
        held = [energy_at(float(soc), rows) for rows in (slowly, evenly)]
        assert held[0] == pytest.approx(held[1], rel=EVEN)
    assert slow["first_detachment_soc"] - slow["first_detachment_after_soc"] <= 0.02 + 1e-9
    assert slow["first_detachment_after_soc"] <= even["first_detachment_soc"]
    assert even["first_detachment_after_soc"] <= slow["first_detachment_soc"]
    assert slow["lithium"]["capacity_reached"] == pytest.approx(1, abs=1e-3)


@pytest.mark.slow
def test_a_particle_that_is_cut_off_keeps_its_lithium_and_the_other_one_is_charged(tmp_path) -> None:
    """All that flows comes from the one in touch, so that half of the capacity is reached, to a tolerance. Nothing
    breaks on the way: charge ends before."""
    [body] = bodies(
        particle(
            tmp_path,
            *TWO,
            *FOLLOWED,
            "diffusion.c_rate=0.1",
            "steps.until=0.01",
            "steps.onset=0.01",
            "steps.largest=0.01",
            "output.soc=[0.01]",
        ),
        MPI.COMM_SELF,
    )
    made = solid(body)
    nodes = np.unique(made.state.d.function_space.dofmap.list[body.domain.regions["interface 1"]])
    made.state.d.x.array[nodes] = 1.0
    lithium, told, contact = Lithium(body, made), Notebook(), ContactLoss(body, made)
    assert History(Fixed(made, AlternateMinimiser(made, 1e-3)), lithium.drive, contact, told).run()
    assert all(told.converged)
    means = lithium.diffusion.means()
    assert means["particle 1"] == pytest.approx(1, abs=1e-12)
    assert means["particle 2"] == pytest.approx(0.99, abs=2 * diffusing.TOLERANCE)
    assert lithium.diffusion.contact().lost == ["particle 1"]
    assert told.records[-1].soc == pytest.approx(0.005, abs=diffusing.TOLERANCE)


def test_an_interrupted_charge_is_summed_up_from_its_records_alone(tmp_path, monkeypatch) -> None:
    """Of several processes each is then on its own, and content is that of the step that was being solved."""

    class Interrupted(Trace):
        def step(self, record) -> None:
            if len(self.records) == 2:
                raise KeyboardInterrupt
            self.add(record)

        def iteration(self, *_: object) -> None: ...

        def ended(self, *_: object) -> None: ...

        def whole(self) -> None: ...

    [body] = bodies(particle(tmp_path, *FOLLOWED), MPI.COMM_SELF)
    made, trace = solid(body), Interrupted(None)
    lithium = Lithium(body, made)
    with pytest.raises(KeyboardInterrupt):
        History(Fixed(made, AlternateMinimiser(made, 1e-3)), lithium.drive, ContactLoss(body, made), trace).run()
    trace.stopped = results.INTERRUPTED
    monkeypatch.setattr(lithium, "diffusion", None)
    told = lithium.figures(trace)
    assert told["capacity_reached"] == trace.records[-1].soc / 0.4
    assert (told["ended_by"], told["particles"]) == (None, {})


def test_check_tells_how_a_charge_at_a_current_is_stepped(tmp_path, capsys) -> None:
    check(particle(tmp_path, *FOLLOWED), MPI.COMM_SELF)
    told = " ".join(capsys.readouterr().out.split())
    assert "steps at 3C until a surface is at SoC" in told
    assert "none larger than" not in told


def test_numbers_of_the_host(tmp_path) -> None:
    """NCM811 loses 4.57 % of its volume from 1 to 0.223 lithium: Ω = 0.0457 / 0.777 / (49100 mol/m³) = 1.2e-6 m³/mol,
    β = Ω/RT = 4.8e-4 1/MPa; 4e-15 m²/s are 4e-3 µm²/s."""
    [(_, case)] = read("cases/fast-charge.toml", ["diffusion.c_rate=1", "diffusion.drift=stress"]).cases
    host, shrunk = diffusing.host(case), -active_strain(case).volume(1.0)
    assert shrunk == pytest.approx(0.0457, abs=1e-3)
    assert host.attraction == pytest.approx(shrunk / 0.777 / 49100 / (8.314 * 298.15) * 1e6, rel=1e-3)
    assert (host.diffusivity, host.full, host.capacity) == pytest.approx((4e-3, 1.0, 0.777))
    stages, flows = zip(*currents(case, host, 0.0), strict=True)
    assert flows[-1].rate == 0
    assert [flow.surface for flow in flows[:-1]] == pytest.approx([0.223] * (len(flows) - 1))
    assert flows[-2].mean == pytest.approx(0.223)
    assert sum(stage.seconds for stage in stages[:-1]) == pytest.approx(3600)


@pytest.mark.parametrize(
    ("make", "settings", "told"),
    [
        (tiny, FOLLOWED, "diffusion: got it with stack, takes \\[particles\\]"),
        (particle, (*FOLLOWED, "diffusion.drift=stress"), "diffusion.drift: got .stress. without shrinkage.curve"),
        (particle, (*FOLLOWED, "contact.c_rate=1"), "contact.c_rate: has no effect with \\[diffusion\\], whose c_rate"),
        (particle, FOLLOWED[1:], "no diffusivity"),
        (particle, (*FOLLOWED, "diffusion.rest=5 um"), "diffusion.rest: got '5 um' .a length., takes a time"),
    ],
)
def test_what_does_not_go_together_is_told(tmp_path, make, settings, told) -> None:
    with pytest.raises(CaseProblems, match=told):
        bodies(make(tmp_path, *settings), MPI.COMM_SELF)


@pytest.mark.slow
def test_charges_and_discharges_at_a_current_follow_each_other(tmp_path) -> None:
    """Each ends where lithium is, with a rest after it; what came out goes in again."""
    cycled = ("cycling.cycles=2", "cycling.down_to=0.05", "diffusion.rest=10 min", "diffusion.c_rate=1")
    quick = ("given.scNCM92.diffusivity=4e-14 m^2/s", "fracture.interface_toughness=1000 J/m^2")
    summary, rows = ran(tmp_path, *FOLLOWED, *quick, *cycled)
    last = {(row["stage"], row["half_cycle"]): row for row in rows}
    rests = [("rest", f"{half}") for half in range(1, 5)]
    charges = [("charge 1", "1"), ("discharge 1", "2"), ("charge 2", "3"), ("discharge 2", "4")]
    assert list(last) == [one for pair in zip(charges, rests, strict=True) for one in pair]
    assert [float(last[one]["soc"]) for one in charges] == pytest.approx([0.4, 0.05, 0.4, 0.05], abs=2e-3)
    assert [float(last[one]["c_rate"]) for one in charges] == [1, -1, 1, -1]
    assert float(rows[-1]["time_s"]) == pytest.approx(3600 * (0.4 + 3 * 0.35) + 4 * 600, rel=5e-3)
    assert summary["lithium"]["unaccounted"] < 1e-9
    assert summary["cycling"]["last_half_cycle"] == 4
