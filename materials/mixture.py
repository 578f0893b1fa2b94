"""A composite of round inclusions in a matrix: its moduli, how much it shrinks when the inclusions do, and how well it
conducts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


class MixtureError(ValueError):
    """The parts cannot be mixed as asked; the text is a sentence for the user."""


@dataclass(frozen=True)
class Elastic:
    """An isotropic elastic body."""

    young: float
    poisson: float

    def __post_init__(self) -> None:
        if not self.young > 0:
            raise MixtureError(f"Young's modulus: got {self.young:g}, takes one above 0")
        if not -1 < self.poisson < 0.5:
            raise MixtureError(f"Poisson's ratio: got {self.poisson:g}, takes one between -1 and 0.5")

    @property
    def bulk(self) -> float:
        return self.young / (3 * (1 - 2 * self.poisson))

    @property
    def shear(self) -> float:
        return self.young / (2 * (1 + self.poisson))

    @classmethod
    def from_bulk_shear(cls, bulk: float, shear: float) -> Elastic:
        return cls(9 * bulk * shear / (3 * bulk + shear), (3 * bulk - 2 * shear) / (2 * (3 * bulk + shear)))


def volume_fraction(weight_fraction: float, density: float, other_density: float) -> float:
    """Share of the solid volume, pores not counted, of the part whose share of the weight is given."""
    if not 0 <= weight_fraction <= 1:
        raise MixtureError(f"weight fraction: got {weight_fraction:g}, takes one from 0 to 1")
    if not (density > 0 and other_density > 0):
        raise MixtureError(f"densities: got {density:g} and {other_density:g}, takes two above 0")
    volume, other = weight_fraction / density, (1 - weight_fraction) / other_density
    return volume / (volume + other)


def voigt(matrix: Elastic, inclusion: Elastic, fraction: float) -> Elastic:
    """Equal strain in both parts: nothing can be stiffer."""
    return Elastic.from_bulk_shear(
        _mean(matrix.bulk, inclusion.bulk, fraction), _mean(matrix.shear, inclusion.shear, fraction)
    )


def reuss(matrix: Elastic, inclusion: Elastic, fraction: float) -> Elastic:
    """Equal stress in both parts: nothing can be softer."""
    return _in_reference(matrix, inclusion, fraction, 0.0, 0.0)


def hashin_shtrikman_lower(matrix: Elastic, inclusion: Elastic, fraction: float) -> Elastic:
    """The softest an isotropic mixture can be (Hashin & Shtrikman 1963; Walpole 1966 for any moduli)."""
    bulk, shear = min(matrix.bulk, inclusion.bulk), min(matrix.shear, inclusion.shear)
    return _in_reference(matrix, inclusion, fraction, *_around_sphere(bulk, shear))


def hashin_shtrikman_upper(matrix: Elastic, inclusion: Elastic, fraction: float) -> Elastic:
    """The stiffest an isotropic mixture can be (same sources)."""
    bulk, shear = max(matrix.bulk, inclusion.bulk), max(matrix.shear, inclusion.shear)
    return _in_reference(matrix, inclusion, fraction, *_around_sphere(bulk, shear))


def mori_tanaka(matrix: Elastic, inclusion: Elastic, fraction: float) -> Elastic:
    """Spheres that each feel the mean strain of the matrix (Mori & Tanaka 1973; Benveniste 1987)."""
    return _in_reference(matrix, inclusion, fraction, *_around_sphere(matrix.bulk, matrix.shear))


def self_consistent(matrix: Elastic, inclusion: Elastic, fraction: float) -> Elastic:
    """Spheres of both parts, each embedded in the mixture itself (Hill 1965; Budiansky 1965)."""
    mixture = voigt(matrix, inclusion, fraction)
    for _ in range(10_000):
        last = mixture
        mixture = _in_reference(matrix, inclusion, fraction, *_around_sphere(last.bulk, last.shear))
        # from above and monotonically, so a small step means that little is left
        if abs(mixture.bulk - last.bulk) < 1e-12 * last.bulk and abs(mixture.shear - last.shear) < 1e-12 * last.shear:
            return mixture
    raise MixtureError(f"the self-consistent moduli of {matrix} and {inclusion} did not settle; use mori-tanaka")


def levin(matrix: Elastic, inclusion: Elastic, effective: Elastic, inclusion_strain: float, fraction: float) -> float:
    """Linear strain of the stress-free mixture when only the inclusions shrink (Levin 1967).

    Exact for whatever arrangement gave the effective moduli. It exceeds the volume average, as stiff
    inclusions take a soft matrix along. The fraction decides only where the bulk moduli are equal (0/0).
    """
    contrast = 1 / inclusion.bulk - 1 / matrix.bulk
    if abs(contrast) < 1e-8 / matrix.bulk:  # closer than this, round-off spoils the quotient
        return fraction * inclusion_strain
    return inclusion_strain * (1 / effective.bulk - 1 / matrix.bulk) / contrast


MODULI: Mapping[str, Callable[[Elastic, Elastic, float], Elastic]] = {
    "reuss": reuss,
    "voigt": voigt,
    "hashin-shtrikman lower": hashin_shtrikman_lower,
    "hashin-shtrikman upper": hashin_shtrikman_upper,
    "mori-tanaka": mori_tanaka,
    "self-consistent": self_consistent,
}


def bruggeman(matrix: float, inclusion: float, fraction: float) -> float:
    """Conductivity with spheres of all sizes, each put into what the smaller ones have made of the matrix (Bruggeman
    1935): (σ - σ_i)/(σ_m - σ_i) (σ_m/σ)^⅓ = 1 - f, and so (1-f)^(3/2) σ_m where they do not conduct."""
    left = 1 - _mean(0.0, 1.0, fraction)
    if inclusion == 0 or matrix == inclusion:
        return matrix * left**1.5 if inclusion == 0 else matrix
    lower, upper = sorted((matrix, inclusion))
    for _ in range(100):  # halves the bracket down to round-off
        middle = (lower + upper) / 2
        remains = (middle - inclusion) / (matrix - inclusion) * (matrix / middle) ** (1 / 3)
        nearer_to_matrix = remains > left
        if nearer_to_matrix == (matrix > inclusion):
            upper = middle
        else:
            lower = middle
    return (lower + upper) / 2


def maxwell(matrix: float, inclusion: float, fraction: float) -> float:
    """Conductivity with spheres that are far apart (Maxwell 1873), and the bound of Hashin & Shtrikman (1962): the
    upper one where the matrix conducts better, else the lower one."""
    return 1 / _mean(1 / (3 * matrix), 1 / (inclusion + 2 * matrix), fraction) - 2 * matrix


def _mean(matrix: float, inclusion: float, fraction: float) -> float:
    if not 0 <= fraction <= 1:
        raise MixtureError(f"volume fraction: got {fraction:g}, takes one from 0 to 1")
    return (1 - fraction) * matrix + fraction * inclusion


def _around_sphere(bulk: float, shear: float) -> tuple[float, float]:
    """How stiffly an infinite body holds a sphere against swelling and against shear (Eshelby 1957)."""
    return 4 / 3 * shear, shear * (9 * bulk + 8 * shear) / (6 * (bulk + 2 * shear))


def _in_reference(matrix: Elastic, inclusion: Elastic, fraction: float, bulk: float, shear: float) -> Elastic:
    """One formula for every estimate; they differ only in the body that is thought to hold the spheres."""
    return Elastic.from_bulk_shear(
        1 / _mean(1 / (matrix.bulk + bulk), 1 / (inclusion.bulk + bulk), fraction) - bulk,
        1 / _mean(1 / (matrix.shear + shear), 1 / (inclusion.shear + shear), fraction) - shear,
    )
