"""From the stages of a case to what mechanics goes through: charge as it is prescribed, or lithium at currents."""

from __future__ import annotations

from collections.abc import Iterator

from intact.case.model import Case
from intact.case.schedule import PlannedStage, stages
from mechanics import Limits, Schedule, Stage
from mechanics.history.schedule import half_cycles
from mechanics.lithium.diffusion import Host
from mechanics.lithium.transport import Current


def limits(case: Case) -> Limits:
    """How large steps may be."""
    steps = case.steps
    return Limits(float(steps.largest), float(steps.smallest), float(steps.onset))


def highest_soc(case: Case) -> float:
    """State of charge up to which the cell is charged."""
    return max((stage.until for stage in stages(case) if stage.until is not None), default=0.0)


def schedule(case: Case, gap: float) -> Schedule:
    """With steps that end at the states of charge that are kept, on the first way up. `gap`: the stiffness of what
    holds one."""
    made = [
        Stage(
            planned.name,
            planned.seconds,
            planned.until,
            planned.pressure,
            _holding(case, planned, gap),
            tuple(map(float, case.output.soc)) if half == 1 else (),
        )
        for planned, _, half in _with_half_cycles(case)
    ]
    return Schedule(made, limits(case))


def currents(case: Case, of: Host, gap: float) -> list[tuple[Stage, Current]]:
    """The same of lithium. On the first way up a charge is a stage up to each state of charge that is kept; it ends
    where the surface of a particle has got to its end, too."""
    return [
        pair for planned, soc, half in _with_half_cycles(case) for pair in _parts(case, of, gap, planned, soc, half)
    ]


def _with_half_cycles(case: Case) -> Iterator[tuple[PlannedStage, float, int]]:
    """Each stage, the state of charge at its start, and its half cycle."""
    planned, socs = stages(case), [0.0]
    for stage in planned:
        socs.append(socs[-1] if stage.until is None else stage.until)
    halves = half_cycles([after - before for before, after in zip(socs, socs[1:], strict=False)])
    return zip(planned, socs, halves, strict=False)


def _holding(case: Case, planned: PlannedStage, gap: float) -> float | None:
    words = {"follows": 0.0, "held": gap, "spring": float(case.boundaries.top_stiffness or 0.0)}
    return None if planned.platen is None else words[planned.platen]


def _parts(
    case: Case, of: Host, gap: float, planned: PlannedStage, soc: float, half: int
) -> Iterator[tuple[Stage, Current]]:
    holding = _holding(case, planned, gap)
    if planned.until is None or planned.c_rate is None:
        yield Stage(planned.name, planned.seconds, None, planned.pressure, holding), Current(0.0, planned.seconds)
        return

    def content(at: float) -> float:
        return of.full - at * of.capacity

    rate = planned.c_rate if planned.until > soc else -planned.c_rate
    stops = sorted({float(at) for at in case.output.soc if soc < at < planned.until}) if half == 1 else []
    for before, after in zip([soc, *stops], [*stops, planned.until], strict=True):
        seconds = planned.seconds * abs(after - before) / abs(planned.until - soc)
        pressure = planned.pressure if after == planned.until else None
        stage = Stage(planned.name, seconds, after, pressure, holding if before == soc else None)
        yield stage, Current(rate, mean=content(after), surface=content(planned.until))
