"""The steps of one run: written down as they come, and summed up at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple
from itertools import pairwise
from pathlib import Path
from typing import Any

from intact.case.cycles import SAME, Cycles, name
from intact.results.touch import MEANING, Touch
from intact.results.whole import write_row
from mechanics import Record
from mechanics.measure.detachment import DETACHED, WHOLLY

BALANCED = 1e-2  # of the work, which the trapezoidal rule itself misses by some 1e-3 with coarse steps

DIGITS = 9
SAME_SOC = 10**-DIGITS  # steps land on the states of charge that are asked for, but for rounding
IN_A_PLANE, IN_SPACE = "uJ_per_m", "pJ"  # of energy: MPa µm² for each µm of depth, and MPa µm³
# In the order of mechanics.minimise.certificate; nothing where there is no equilibrium.
CERTIFICATE = ("out_of_balance", "damage_still_to_come", "energy_gained_{unit}", "healing", "healing_withheld")
COLUMNS = (
    "soc",
    "half_cycle",
    "stage",
    "time_s",
    "detached_fraction",
    "max_damage",
    "elastic_energy_{unit}",
    "fracture_energy_{unit}",
    "spring_energy_{unit}",
    "plastic_work_{unit}",
    "work_{unit}",
    "pressure_MPa",
    "iterations",
    "repetitions",
    "outcome",
    "seconds",
    *CERTIFICATE,
    *MEANING,
)
# Of a run that follows lithium, in the order of mechanics.history.schedule.LithiumRecord.
LITHIUM = ("lithium_content", "surface_content", "in_touch", "c_rate")


class Trace:
    """The equilibria so far, why there are no more, and history.csv: a line as soon as its step is known."""

    def __init__(
        self,
        history: Path | None,
        unit: str = IN_A_PLANE,
        cracks: Mapping[str, str] | None = None,
        lithium: bool = False,
    ) -> None:
        """`cracks`: what is told of the parts of the body, with its meaning; `lithium`: that it has to diffuse."""
        self.records: list[Record] = []
        self.endings: list[tuple[str, str]] = []  # stages that are over, and why
        self.cracks: list[Mapping[str, float]] = []  # one for each record
        self._cracks = cracks or {}
        self.flowed = 0.0  # charge, either way, up to the last equilibrium
        self.touches: list[Touch | None] = []  # one for each record
        self.stopped: str | None = None  # why, when the run ends early
        self._file = None if history is None else history.open("w", newline="", encoding="utf-8")
        self._unit = unit
        self._write([*(column.format(unit=unit) for column in (*COLUMNS, *LITHIUM * lithium)), *self._cracks])

    def add(self, record: Record, touch: Touch | None = None, cracks: Mapping[str, float] | None = None) -> None:
        told = cracks or {}
        if record.outcome.converged:
            further = abs(record.soc - (self.last_soc or 0.0))
            self.flowed = record.soc if record.half_cycle == 1 else self.flowed + further
            self.records.append(record)
            self.touches.append(touch)
            self.cracks.append(told)
        else:
            later = f" of {name(record.half_cycle)}" if record.half_cycle > 1 else ""
            why = f" ({record.outcome.reason})" if record.outcome.reason else ""
            self.stopped = f"{record.outcome.ending.value} in the step to SoC {record.soc:.4g}{later}{why}"
        cracked = (f"{told[name]:.6g}" if told else "" for name in self._cracks)
        self._write([*_row(record), *_contact(touch), *_lithium(record), *cracked])

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    @property
    def last_soc(self) -> float | None:
        """The state of charge up to which there is an equilibrium."""
        return self.records[-1].soc if self.records else None

    def passes(self, fraction: float) -> tuple[float | None, float | None]:
        """The step (from, to) in which the detached fraction passes this one."""
        before = 0.0
        for record in self.records:
            if record.detached_fraction > fraction:
                return round(before, DIGITS), round(record.soc, DIGITS)
            before = record.soc
        return None, None

    def cycles(self, asked: Cycles) -> dict[str, Any]:
        """What a run has to say that does not end with its first charge. Half cycles are counted from 1: odd ones are
        charges, even ones discharges."""
        last = {record.half_cycle: record.detached_fraction for record in self.records}
        steps = zip(self.records, self.touches, strict=True)
        touching = {record.half_cycle: touch and 1 - touch.open_fraction for record, touch in steps}
        ended = sum(end < self.flowed + SAME for end in asked.ends)
        return {
            "cycles": asked.count,
            "first_detachment_half_cycle": self._half_cycle_past(DETACHED),
            "full_detachment_half_cycle": self._half_cycle_past(WHOLLY),
            "last_half_cycle": self.records[-1].half_cycle if self.records else None,
            "charge_passed": self.flowed,
            "detached_fraction_after_half_cycle": {f"{half}": last[half] for half in last if half <= ended},
            "contact_fraction_after_half_cycle": {f"{half}": touching[half] for half in last if half <= ended},
        }

    def _half_cycle_past(self, fraction: float) -> int | None:
        return next((record.half_cycle for record in self.records if record.detached_fraction > fraction), None)

    def figures(self, pictured: Sequence[float]) -> dict[str, Any]:
        first, whole = self.passes(DETACHED), self.passes(WHOLLY)
        last = self.records[-1] if self.records else None
        return {
            "converged": self.stopped is None,
            "reason": self.stopped,
            "last_soc": self.last_soc,
            "first_detachment_after_soc": first[0],
            "first_detachment_soc": first[1],
            "full_detachment_after_soc": whole[0],
            "full_detachment_soc": whole[1],
            "detached_fraction_at_soc": {f"{soc:g}": self._detached_at(soc) for soc in pictured},
            "detached_fraction_at_end": last and last.detached_fraction,
            "contact": self._contact_loss(pictured),
            **({"cracks": self._told_of_cracks(pictured)} if self._cracks and last else {}),
            "max_damage_at_end": last and last.max_damage,
            f"energies_at_end_{self._unit}": last and asdict(last.energies) | {"plastic_work": last.plastic_work},
            "energy_balance": last and self._balance(),
            "certificate": self._worst(),
            "steps": len(self.records),
            "iterations": sum(record.outcome.iterations for record in self.records),
            "seconds": sum(record.seconds for record in self.records),
        }

    def balance_warning(self) -> list[str]:
        share = self._balance()["appeared_from_nothing"] if self.records else 0.0
        if share <= BALANCED:
            return []
        return [
            f"energy balance: in one step the stack came to hold {share:.1%} more than the work of shrinkage: energies "
            "are no better than that; take smaller steps (steps.largest, steps.onset)"
        ]

    def _balance(self) -> dict[str, Any]:
        """Where the work of shrinkage went (V13). What a crack that jumps sets free is in no store."""
        gaps = [_gap(record) for record in self.records]
        work, first = self.records[-1].work, gaps[0]
        appeared = max((before - after for before, after in pairwise(gaps)), default=0.0)
        scale = max(abs(record.work) for record in self.records)  # an elastic body gives back all of it
        return {
            f"work_{self._unit}": work,
            f"set_free_by_jumps_{self._unit}": gaps[-1] - first,
            "appeared_from_nothing": max(appeared, 0.0) / scale if scale else 0.0,
            "meaning": "work of shrinkage = change of elastic, fracture and spring energy + plastic work + set free by "
            "jumps of the crack; appeared_from_nothing is the most by which a step held more, as a share of the work",
        }

    def _contact_loss(self, pictured: Sequence[float]) -> dict[str, Any] | None:
        found = [
            (record.soc, touch) for record, touch in zip(self.records, self.touches, strict=True) if touch is not None
        ]
        if not found:
            return None
        kept = {f"{soc:g}": next((t for at, t in found if abs(at - soc) < SAME_SOC), None) for soc in pictured}
        return {
            "at_end": asdict(found[-1][1]),
            "at_soc": {soc: touch and asdict(touch) for soc, touch in kept.items()},
            "meaning": MEANING,
        }

    def _told_of_cracks(self, pictured: Sequence[float]) -> dict[str, Any]:
        found = [(record.soc, told) for record, told in zip(self.records, self.cracks, strict=True)]
        kept = {f"{soc:g}": next((told for at, told in found if abs(at - soc) < SAME_SOC), None) for soc in pictured}
        return {"at_end": found[-1][1], "at_soc": kept, "meaning": self._cracks}

    def _worst(self) -> dict[str, Any] | None:
        """The worst certificate of all steps, number by number."""
        found = [record.outcome.certificate for record in self.records if record.outcome.certificate is not None]
        if not found:
            return None
        return {
            "out_of_balance": max(one.force for one in found),
            "damage_still_to_come": max(one.damage for one in found),
            f"least_energy_gained_{self._unit}": min(one.gain for one in found),
            "healing": max(one.healing for one in found),
            "healing_withheld": max(one.withheld for one in found),
            "meaning": "worst of all steps: largest force out of balance times the largest displacement over the "
            "energy; how far a node of damage would still move by itself; energy lost on the way to the equilibrium; "
            "fall of damage; how far a node would heal by itself, had the crack's path not been kept once the step had "
            "settled",
        }

    def _detached_at(self, soc: float) -> float | None:
        there = (record.detached_fraction for record in self.records if abs(record.soc - soc) < SAME_SOC)
        return next(there, None)

    def _write(self, row: Sequence[object]) -> None:
        if self._file is not None:
            write_row(self._file, row)


def _gap(record: Record) -> float:
    """Work that is in no store."""
    return record.work - sum(_stores(record))


def _stores(record: Record) -> tuple[float, ...]:
    energies = record.energies
    return energies.elastic, energies.fracture, energies.spring, record.plastic_work


def _row(record: Record) -> list[object]:
    return [
        f"{record.soc:.6g}",
        record.half_cycle,
        record.stage,
        f"{record.time:.9g}",
        f"{record.detached_fraction:.6f}",
        f"{record.max_damage:.6f}",
        *(f"{number:.9g}" for number in (*_stores(record), record.work)),
        "" if record.pressure is None else f"{record.pressure:.9g}",
        record.outcome.iterations,
        record.cuts,
        record.outcome.ending.value,
        f"{record.seconds:.2f}",
        *_certificate(record),
    ]


def _contact(touch: Touch | None) -> list[str]:
    numbers = [None] * len(MEANING) if touch is None else astuple(touch)
    return ["" if number is None else f"{number:.9g}" for number in numbers]


def _lithium(record: Record) -> list[str]:
    return [] if record.lithium is None else [f"{number:.9g}" for number in astuple(record.lithium)]


def _certificate(record: Record) -> list[str]:
    found = record.outcome.certificate
    return [""] * len(CERTIFICATE) if found is None else [f"{number:.3g}" for number in astuple(found)]
