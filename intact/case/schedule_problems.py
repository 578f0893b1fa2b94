"""Stages of [[schedule]] that are each right and cannot follow each other, or stand beside other keys."""

from __future__ import annotations

from collections.abc import Iterator

from intact.case.model import Case
from intact.case.problems import Problem
from intact.case.schedule import StageSection

# For each stage the keys that say nothing of it.
IDLE = {
    "press": ("until", "c_rate"),
    "release": ("until", "c_rate"),
    "charge": ("time",),
    "discharge": ("time",),
    "rest": ("until", "c_rate"),
}
TOLD = ("schedule",)


def schedule_problems(case: Case) -> Iterator[Problem]:
    if case.schedule is None:
        return
    yield from _beside(case)
    yield from _charges(case.schedule)
    yield from _pressures(case, case.schedule)
    for number, said in enumerate(case.schedule, 1):
        for key in IDLE[said.stage]:
            if key in said.model_fields_set and getattr(said, key) is not None:
                words = f'has no effect with stage = "{said.stage}", takes leaving it out'
                yield Problem(f"schedule.{number}.{key}", words, TOLD)
        if said.stage == "rest" and said.time is None:
            words = 'got nothing with stage = "rest", takes a time, such as "1 h"'
            yield Problem(f"schedule.{number}.time", words, TOLD)


def _beside(case: Case) -> Iterator[Problem]:
    """What [[schedule]] takes the place of."""
    without = "has no effect with [[schedule]], takes"
    if case.cycling is not None:
        yield Problem("cycling", "contradicts [[schedule]], takes leaving out one of them", TOLD)
    if "until" in case.steps.model_fields_set:
        yield Problem("steps.until", f"{without} until of a charge there", TOLD)
    if case.boundaries.pressure is not None:
        yield Problem("boundaries.pressure", f'{without} pressure in a stage "press" there', TOLD)
    if case.diffusion is not None and "rest" in case.diffusion.model_fields_set:
        yield Problem("diffusion.rest", f'{without} a stage "rest" there', TOLD)


def _charges(schedule: tuple[StageSection, ...]) -> Iterator[Problem]:
    """Each goes somewhere else, the first from SoC 0."""
    soc, charged = 0.0, False
    for number, said in enumerate(schedule, 1):
        if said.until is None:
            continue
        key = f"schedule.{number}.until"
        if said.stage == "charge" and said.until <= soc:
            yield Problem(key, f"got {said.until:g} in a charge from SoC {soc:g}, takes more than that", TOLD)
        if said.stage == "discharge" and not charged:
            words = 'got "discharge" at SoC 0, where the body starts, takes a stage "charge" before it'
            yield Problem(f"schedule.{number}.stage", words, TOLD)
        elif said.stage == "discharge" and said.until >= soc:
            yield Problem(key, f"got {said.until:g} in a discharge from SoC {soc:g}, takes less than that", TOLD)
        soc, charged = float(said.until), True


def _pressures(case: Case, schedule: tuple[StageSection, ...]) -> Iterator[Problem]:
    """A platen that can follow starts by following; one that is held or on a spring cannot be told a pressure."""
    top, platen, pressure = case.boundaries.top, "follows", 0.0
    for number, said in enumerate(schedule, 1):
        key, told = f"schedule.{number}", (*TOLD, "boundaries.top")
        if top != "pressure":
            for word in ("pressure", "platen"):
                if getattr(said, word) is not None:
                    words = f'got it with boundaries.top = "{top}", takes boundaries.top = "pressure", whose platen '
                    yield Problem(f"{key}.{word}", words + "follows until a stage says otherwise", told)
            if said.stage in ("press", "release") and said.pressure is None:
                words = f'got "{said.stage}" with boundaries.top = "{top}", takes boundaries.top = "pressure"'
                yield Problem(f"{key}.stage", words, told)
            continue
        before, platen = platen, said.platen or platen
        if platen == "spring" and said.platen and case.boundaries.top_stiffness is None:
            words = f'got nothing with {key}.platen = "spring", takes a stiffness per area, such as "20 MPa/um"'
            yield Problem("boundaries.top_stiffness", words, TOLD)
        if platen == "follows" and before != "follows" and said.pressure is None:
            words = 'got nothing where the platen follows again, takes a stress, such as "5 MPa"'
            yield Problem(f"{key}.pressure", words, TOLD)
        elif said.pressure is not None and platen != "follows":
            words = f'got {said.pressure:g} MPa under a platen that is "{platen}", takes platen = "follows" with it'
            yield Problem(f"{key}.pressure", words, TOLD)
        elif said.pressure is None and said.stage in ("press", "release"):
            words = f'got nothing with stage = "{said.stage}", takes a stress, such as "5 MPa"'
            yield Problem(f"{key}.pressure", words, TOLD)
        elif said.pressure is not None and before == "follows":
            yield from _direction(key, said, pressure, float(said.pressure))
        pressure = pressure if said.pressure is None else float(said.pressure)


def _direction(key: str, said: StageSection, before: float, pressure: float) -> Iterator[Problem]:
    takes = {"press": "more", "release": "less"}.get(said.stage)
    if takes is not None and not (pressure > before if takes == "more" else pressure < before):
        words = f'got {pressure:g} MPa with stage = "{said.stage}" from {before:g} MPa, takes {takes} than that'
        yield Problem(f"{key}.pressure", words, TOLD)
