"""From [shrinkage] to the strain of the active material: one number at full charge, or a measured curve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from intact.case.model import Case
from intact.case.problems import Problem
from materials.curve import Curve, load
from materials.swelling import CrystalStrain, LinearStrain, LithiumWindow, Origin, SwellingError
from materials.value import MaterialError


@dataclass(frozen=True)
class CompositeStrain:
    """Over the state of charge. What a mixture does of the strain of its inclusions is a fixed share (Levin 1967).

    A class, as a function made on the spot does not travel to another process.
    """

    share: float
    active: LinearStrain

    def __call__(self, soc: float) -> float:
        return self.share * self.active(soc)


@dataclass(frozen=True)
class LatticeStrain:
    """Over the state of charge, along one length of the lattice."""

    length: Literal["a", "c"]
    crystal: CrystalStrain

    def __call__(self, soc: float) -> float:
        a, c = self.crystal(soc)
        return {"a": a, "c": c}[self.length]


def has_axes(case: Case) -> bool:
    """Whether each crystal strains along and across an axis of its own."""
    return case.particles is not None and case.particles.crystals == "random"


def crystal_strain(case: Case) -> CrystalStrain:
    assert case.shrinkage.curve is not None, "contradictions asks for it"
    return CrystalStrain(load(case.shrinkage.curve), window(case))


def active_strain(case: Case) -> float | LinearStrain:
    """Linear strain of the active material: at state of charge 1, or over it where there is a curve."""
    shrinkage = case.shrinkage
    if shrinkage.curve is not None:
        return LinearStrain(load(shrinkage.curve), window(case))
    assert shrinkage.active_strain is not None, "contradictions asks for one of both"
    strain = float(shrinkage.active_strain)
    return strain if shrinkage.measure == "linear" else (1 + strain) ** (1 / 3) - 1


def window(case: Case) -> LithiumWindow:
    """Lithium content over the charge; from a capacity it is that of a first charge, which starts full."""
    shrinkage = case.shrinkage
    if shrinkage.lithium is not None:
        return LithiumWindow(*shrinkage.lithium)
    assert shrinkage.capacity is not None, "contradictions asks for one of both"
    return LithiumWindow.of_first_charge(shrinkage.capacity, case.material("active")["molar_mass"].number)


def told(case: Case) -> str:
    """Where the strain of the active material comes from."""
    strain = active_strain(case)
    if not isinstance(strain, LinearStrain):
        return f"{case.shrinkage.active_strain:g} {case.shrinkage.measure} of the active material at SoC 1"
    return (
        f"the curve of {_measured(case, strain.curve.name, strain.curve.origin)}: {strain.volume(1.0):.2%} volumetric, "
        f"{strain(1.0):.2%} linear of the active material at SoC 1"
    )


def told_of_lattice(case: Case) -> str:
    """The same of crystals with an axis."""
    strain = crystal_strain(case)
    a, c = strain(1.0)
    return (
        f"the lattice of {_measured(case, strain.curve.name, strain.lattice.origin)}: {a:.2%} along a and {c:.2%} "
        "along c at SoC 1; each crystal has c at an angle of its own in the plane, a across it"
    )


def _measured(case: Case, name: str, origin: Origin) -> str:
    source = ", ".join(part for part in (origin.source, origin.doi) if part) or origin.method
    counted, over = "given in the case", window(case)
    if case.shrinkage.capacity is not None:
        counted = f"a first charge of {case.shrinkage.capacity:g} mAh/g"
    return f"{name} ({origin.confidence}: {source}) from {over.full:.4g} to {over.charged:.4g} lithium ({counted})"


def borrowed(case: Case) -> list[str]:
    """A warning where the curve was measured on another material."""
    if case.shrinkage.curve is None:
        return []
    curve, active = load(case.shrinkage.curve), case.material("active")
    if curve.goes_by(active.name, *active.aliases):
        return []
    return [f"{active.name}: its shrinkage is borrowed from the curve of {curve.name}"]


def shrinkage_problems(case: Case) -> Iterator[Problem]:
    """A strain with its measure, or a curve with its range; all of one and nothing of the other."""
    shrinkage = case.shrinkage
    if shrinkage.curve is None:
        yield from _strain_problems(case)
        for key in ("lithium", "capacity"):
            if getattr(shrinkage, key) is not None:
                words = "has no effect without shrinkage.curve, takes leaving it out, or shrinkage.curve"
                yield Problem(f"shrinkage.{key}", words, ("shrinkage.curve",))
        return
    if shrinkage.active_strain is not None:
        words = f'got "{shrinkage.curve}" with shrinkage.active_strain, takes leaving out one of them'
        yield Problem("shrinkage.curve", words, ("shrinkage.active_strain",))
        return
    if shrinkage.measure is not None:
        words = "has no effect with shrinkage.curve, takes leaving it out"
        yield Problem("shrinkage.measure", words, ("shrinkage.curve",))
    if (shrinkage.lithium is None) == (shrinkage.capacity is None):
        got = "nothing with shrinkage.curve" if shrinkage.lithium is None else "it with shrinkage.capacity"
        words = f'got {got}, takes one of them: lithium = [0.95, 0.3], at SoC 0 and 1, or capacity = "180 mAh/g"'
        yield Problem("shrinkage.lithium", words, ("shrinkage.curve", "shrinkage.capacity"))
    else:
        yield from _outside(case, load(shrinkage.curve))


def _strain_problems(case: Case) -> Iterator[Problem]:
    if case.shrinkage.active_strain is None:
        words = (
            'got nothing, takes a number above -0.5 and below 0.5, such as "-10 %", and shrinkage.measure; '
            'or shrinkage.curve in place of both, such as "NCM811"'
        )
        yield Problem("shrinkage.active_strain", words, ("shrinkage.curve", "shrinkage.measure"))
    elif case.shrinkage.measure is None:
        words = 'got nothing with shrinkage.active_strain, takes "linear" or "volumetric"'
        yield Problem("shrinkage.measure", words, ("shrinkage.active_strain",))


def _outside(case: Case, curve: Curve) -> Iterator[Problem]:
    """A charge that goes beyond what was measured. What a card lacks for it is told elsewhere."""
    key = "lithium" if case.shrinkage.lithium is not None else "capacity"
    got = list(map(float, case.shrinkage.lithium or ())) or f"{case.shrinkage.capacity:g} mAh/g"
    try:
        LinearStrain(curve, window(case))
    except SwellingError as error:
        hint = "" if key == "lithium" else " (a first charge starts at 1; for another give shrinkage.lithium)"
        words = f"got {got}, takes a charge that stays on the curve: {error}{hint}"
        yield Problem(f"shrinkage.{key}", words, ("shrinkage.curve", "materials.active"))
    except MaterialError:
        pass


def crystal_problems(case: Case) -> Iterator[Problem]:
    """Crystals with an axis where both lengths of the lattice are not known."""
    shrinkage = case.shrinkage
    if not has_axes(case):
        return
    takes = 'takes "even", or a curve with a and c over lithium, such as "NCM811"'
    if shrinkage.curve is None:
        yield Problem("particles.crystals", f'got "random" without shrinkage.curve, {takes}', ("shrinkage.curve",))
    elif (shrinkage.lithium is None) != (shrinkage.capacity is None):
        try:
            crystal_strain(case)
        except SwellingError as error:
            got = f'got "random" with shrinkage.curve = "{shrinkage.curve}"'
            yield Problem("particles.crystals", f"{got}, {takes}: {error}", ("shrinkage.curve",))
        except MaterialError:  # what a card lacks is told elsewhere
            pass
