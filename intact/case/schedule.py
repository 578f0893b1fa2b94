"""What happens to the cell, stage by stage: as the case file says it, and as plain numbers for a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from intact.case.quantities import CRate, PressureFromZero, Quantity, Time
from intact.case.section import Section, key

if TYPE_CHECKING:
    from intact.case.model import Case

HOUR = 3600  # s
PLATENS = ("follows", "held", "spring")
PlatenWord = Literal["follows", "held", "spring"]
UNTIL = {"charge": 1.0, "discharge": 0.0}
RAMP = "10 min"


def where_it_ends(values: dict[str, Any]) -> Any:
    """SoC 1 of a charge, SoC 0 of a discharge, and nothing of other stages."""
    return UNTIL.get(values.get("stage", ""))


def how_long(values: dict[str, Any]) -> Any:
    """A pressure takes its time; charge has it from its current, and a rest says it."""
    return RAMP if values.get("stage") in ("press", "release") else None


class StageSection(Section):
    """What happens to the cell, a table for each stage, one after the other, in place of [cycling]. The body starts
    without pressure and at state of charge 0."""

    stage: Literal["press", "release", "charge", "discharge", "rest"] = key(
        "press, release: the pressure rises, falls; charge, discharge: the state of charge does; rest: neither",
        example="charge",
    )
    until: Annotated[float, Quantity("number", least=0, most=1)] | None = Field(
        default_factory=where_it_ends,
        description="SoC at the end of a charge, without it 1, or of a discharge, without it 0",
        examples=[0.8],
    )
    pressure: PressureFromZero | None = key(
        "at the end of the stage, whichever it is, raised or lowered evenly from what it was; takes "
        'boundaries.top = "pressure"',
        None,
        "300 MPa",
    )
    time: Time | None = Field(
        default_factory=how_long,
        description=f"how long a rest takes, or a press or release, without it {RAMP}; a charge has it from c_rate",
        examples=["1 h"],
    )
    c_rate: CRate | None = key(
        "of a charge or discharge; without it diffusion.c_rate, or, without [diffusion], contact.c_rate", None, 0.1
    )
    platen: PlatenWord | None = key(
        "what the upper platen does from the start of this stage on; follows: it stays level and presses as much as "
        "is said; held: the gap stays as it is; spring: the housing gives way by boundaries.top_stiffness. It takes "
        'boundaries.top = "pressure" and starts by following; to follow once more it takes a pressure, too',
        None,
        "held",
    )


@dataclass(frozen=True)
class PlannedStage:
    """One stage of a run in plain numbers: SoC, MPa and seconds."""

    name: str  # "press", "release", "rest", "charge 1", "discharge 1" ...
    kind: Literal["press", "charge", "rest"]  # a release is a press to a lower pressure, a discharge a charge down
    until: float | None  # SoC at the end of a charge
    pressure: float | None  # at the end of the stage, ramped evenly from what it was; None: it stays as it was
    platen: PlatenWord | None  # what the upper platen does from the start of the stage on; None: as before
    c_rate: float | None  # of a charge
    seconds: float  # of a charge |change of SoC| * 3600 / c_rate, which a surface may end sooner where lithium diffuses


def stages(case: Case) -> tuple[PlannedStage, ...]:
    """What happens to the cell: [[schedule]], or [steps] with [cycling] and the rest of [diffusion] in its place."""
    return tuple(_in_short(case) if case.schedule is None else _at_length(case, case.schedule))


def highest(values: dict[str, Any]) -> float:
    """The highest SoC that the sections of a case, as far as they are right, lead to."""
    schedule, steps = values.get("schedule"), values.get("steps")
    if schedule is None:
        return 1.0 if steps is None else steps.until
    return max((stage.until for stage in schedule if stage.stage == "charge"), default=1.0)


def _in_short(case: Case) -> Iterator[PlannedStage]:
    rate, diffusion = _rate(case), case.diffusion
    pause = 0.0 if diffusion is None else float(diffusion.rest)
    soc = 0.0
    for number, until in enumerate(_ends(case)):
        word = "discharge" if number % 2 else "charge"
        yield _charge(f"{word} {number // 2 + 1}", soc, until, rate)
        soc = until
        if pause > 0:
            yield PlannedStage("rest", "rest", None, None, None, None, pause)


def _ends(case: Case) -> tuple[float, ...]:
    until = float(case.steps.until)
    return (until,) if case.cycling is None else (until, float(case.cycling.down_to)) * case.cycling.cycles


def _at_length(case: Case, schedule: tuple[StageSection, ...]) -> Iterator[PlannedStage]:
    soc, count = 0.0, Counter[str]()
    for said in schedule:
        pressure = None if said.pressure is None else float(said.pressure)
        if said.until is None:
            kind: Literal["press", "rest"] = "rest" if said.stage == "rest" else "press"
            yield PlannedStage(said.stage, kind, None, pressure, said.platen, None, float(said.time or 0.0))
            continue
        count[said.stage] += 1
        rate = _rate(case) if said.c_rate is None else float(said.c_rate)
        yield _charge(f"{said.stage} {count[said.stage]}", soc, float(said.until), rate, pressure, said.platen)
        soc = float(said.until)


def _charge(
    name: str, soc: float, until: float, rate: float, pressure: float | None = None, platen: PlatenWord | None = None
) -> PlannedStage:
    return PlannedStage(name, "charge", until, pressure, platen, rate, abs(until - soc) * HOUR / rate)


def _rate(case: Case) -> float:
    return float(case.contact.c_rate if case.diffusion is None else case.diffusion.c_rate)
