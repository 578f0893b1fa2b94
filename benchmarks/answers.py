"""Whether two runs of one problem say the same: only then is it worth asking which was faster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.measure import Field, Run

PEAK = 0.01  # of the force
PATH = 0.5  # in lengths ℓ
CRACK = 0.05  # of its length
ENERGY = 0.02
BROKEN = 0.9  # damage that counts as a crack


@dataclass(frozen=True)
class Check:
    what: str
    apart: float
    tolerance: float

    @property
    def passed(self) -> bool:
        return self.apart <= self.tolerance  # not so where it is not a number

    def __str__(self) -> str:
        return f"{self.what}: {self.apart:.2g} apart, {'within' if self.passed else 'NOT WITHIN'} {self.tolerance:g}"


def agree(a: Run, b: Run, length: float, one_kind: bool) -> list[Check]:
    """`one_kind`: both keep cracks from healing in the same way. A history field thickens a crack that has run, so that
    its energy is another one; until it runs the two have to be the same."""
    before = 0.5 * min(_peak_load(a), _peak_load(b))
    checks = [
        Check("peak force", _relative(a.peak, b.peak), PEAK),
        Check("load at the peak", _relative(_peak_load(a), _peak_load(b)), 2 * PEAK),
        Check(
            "elastic energy at half of that load", _relative(*(_stored(run, "elastic", before) for run in (a, b))), PEAK
        ),
    ]
    if one_kind:
        ends = (run.steps[-1].fracture_energy for run in (a, b))
        checks.append(Check("fracture energy at the end", _relative(*ends), ENERGY))
    if a.field is not None and b.field is not None:
        lines = [middles(one, length) for one in (a.field, b.field)]
        checks.append(Check("crack path, in lengths", apart(*lines) / length, PATH))
        checks.append(Check("crack length", _relative(*(length * max(line, default=0) for line in lines)), CRACK))
    return checks


def middles(field: Field, length: float) -> dict[int, np.ndarray]:
    """Middles of the crack, in rings of width ℓ around the tip from which it goes outward. Its edges would not do: with
    a history field a crack is some elements wide."""
    crack = field.points[field.damage >= BROKEN]
    ring = (np.hypot(*crack.T) / length).astype(int)
    return {int(i): crack[ring == i].mean(axis=0) for i in np.unique(ring) if i > 1}  # at the tip it has no direction


def apart(a: dict[int, np.ndarray], b: dict[int, np.ndarray]) -> float:
    """The farthest that both are apart in a ring that both go through."""
    return max((float(np.linalg.norm(a[ring] - b[ring])) for ring in set(a) & set(b)), default=0.0)


def _peak_load(run: Run) -> float:
    return max(run.steps, key=lambda step: abs(step.force)).load


def _stored(run: Run, kind: str, load: float) -> float:
    """Energies grow with the square of the load, so that their roots are what is interpolated."""
    roots = [getattr(step, f"{kind}_energy") ** 0.5 for step in run.steps]
    return float(np.interp(load, [step.load for step in run.steps], roots)) ** 2


def _relative(a: float, b: float) -> float:
    largest = max(abs(a), abs(b))
    return abs(a - b) / largest if largest else 0.0
