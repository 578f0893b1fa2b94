"""How the crystal of an active material swells and shrinks with its lithium, and what strain a charge makes of that.

Lithium content x is counted per formula unit: 1 where the crystal is full, less when it is charged.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from materials.value import Confidence, MaterialError

FARADAY = 96485.33212 / 3.6  # mAh/mol
ROUND_OFF = 1e-9  # in lithium content


class SwellingError(MaterialError):
    """A curve or a charge that asks for what was not measured; the text is a sentence for the user."""


@dataclass(frozen=True)
class Change:
    """Relative change of a volume or a length against some reference, measured at falling lithium contents.

    Between them it is a straight line: the points are dense, a few of them scatter, and a smoother curve would put
    swelling that nobody has measured into the gaps.
    """

    of: str  # "the volume of NCM811", for sentences
    lithium: tuple[float, ...]
    change: tuple[float, ...]

    def at(self, lithium: float) -> float:
        """Against the reference; a SwellingError where it was not measured."""
        rising, change = self.lithium[::-1], self.change[::-1]
        if not rising[0] - ROUND_OFF <= lithium <= rising[-1] + ROUND_OFF:
            raise SwellingError(
                f"{self.of} is known from {rising[-1]:g} to {rising[0]:g} lithium, and {lithium:.4g} was asked for"
            )
        after = min(max(bisect_right(rising, lithium), 1), len(rising) - 1)
        share = (lithium - rising[after - 1]) / (rising[after] - rising[after - 1])
        share = min(max(share, 0.0), 1.0)
        return (1 - share) * change[after - 1] + share * change[after]

    def since(self, start: float, lithium: float) -> float:
        """Against the crystal at the start of the charge, which need not be full."""
        return (1 + self.at(lithium)) / (1 + self.at(start)) - 1


@dataclass(frozen=True)
class Origin:
    """Where the points of a curve come from."""

    method: str
    source: str | None
    confidence: Confidence
    doi: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Lattice:
    """Both lengths of the hexagonal cell of a layered oxide; V ~ a² c."""

    a: Change
    c: Change
    agrees_within: float  # a² c with the measured volume, as a share of it
    origin: Origin

    def volume(self, lithium: float) -> float:
        """The change of volume that the lengths make."""
        return (1 + self.a.at(lithium)) ** 2 * (1 + self.c.at(lithium)) - 1


@dataclass(frozen=True)
class Curve:
    """A material's volume over lithium content and, where it is known, its lattice."""

    name: str
    about: str
    volume: Change
    origin: Origin
    lattice: Lattice | None = None
    aliases: tuple[str, ...] = ()

    def goes_by(self, *names: str) -> bool:
        return not {self.name, *self.aliases}.isdisjoint(names)


def disagreement(volume: Change, lattice: Lattice) -> tuple[float, float]:
    """The largest difference of a² c from the volume, and at which lithium content, wherever both are known."""
    upper = min(volume.lithium[0], lattice.a.lithium[0])
    lower = max(volume.lithium[-1], lattice.a.lithium[-1])
    places = {x for x in (*volume.lithium, *lattice.a.lithium) if lower <= x <= upper}
    return max(((abs(lattice.volume(x) - volume.at(x)), x) for x in places), default=(0.0, upper))


@dataclass(frozen=True)
class LithiumWindow:
    """Between which lithium contents the active material is charged; charge goes in evenly, so x falls evenly."""

    full: float  # at state of charge 0
    charged: float  # at state of charge 1

    def __post_init__(self) -> None:
        if not 0 <= self.charged < self.full <= 1:
            raise SwellingError(
                f"got a charge from {self.full:.4g} to {self.charged:.4g} lithium, takes one that falls, "
                "from at most 1 to at least 0"
            )

    @classmethod
    def of_first_charge(cls, capacity: float, molar_mass: float) -> LithiumWindow:
        """From full lithium, by the charge taken out (mAh/g) of a formula unit with that mass (g/mol)."""
        return cls(1.0, 1 - capacity / theoretical_capacity(molar_mass))

    def lithium(self, soc: float) -> float:
        return (1 - soc) * self.full + soc * self.charged  # so written it meets both ends without round-off


def theoretical_capacity(molar_mass: float) -> float:
    """mAh/g when one lithium leaves each formula unit."""
    return FARADAY / molar_mass


@dataclass(frozen=True)
class LinearStrain:
    """Linear strain of a polycrystal over the state of charge: a cube root of the change of volume since SoC 0."""

    curve: Curve
    window: LithiumWindow

    def __post_init__(self) -> None:
        _measured(self.window, self.curve.volume)

    def __call__(self, soc: float) -> float:
        return (1 + self.volume(soc)) ** (1 / 3) - 1

    def volume(self, soc: float) -> float:
        return self.curve.volume.since(self.window.full, self.window.lithium(soc))


@dataclass(frozen=True)
class CrystalStrain:
    """Strain of a single crystal over the state of charge: along a (in the layers) and along c (across them)."""

    curve: Curve
    window: LithiumWindow

    def __post_init__(self) -> None:
        _measured(self.window, self.lattice.a, self.lattice.c)

    @property
    def lattice(self) -> Lattice:
        if self.curve.lattice is None:
            raise SwellingError(
                f"the curve of {self.curve.name} has no [lattice]: only its volume is known, not a and c"
            )
        return self.curve.lattice

    def __call__(self, soc: float) -> tuple[float, float]:
        start, now = self.window.full, self.window.lithium(soc)
        return self.lattice.a.since(start, now), self.lattice.c.since(start, now)


def _measured(window: LithiumWindow, *changes: Change) -> None:
    """Told before anything is solved, and not at the state of charge where a curve ends."""
    for change in changes:
        change.at(window.full)
        change.at(window.charged)
