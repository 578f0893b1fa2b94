"""The material of a region in numbers, and as the fields over a mesh that the potential sees."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import pi
from typing import Any

import numpy as np
from dolfinx import fem, mesh

from mechanics.laws.coefficients import Coefficients
from mechanics.laws.crack import CrackModel

NEVER_YIELDS = 1e12  # MPa
StrainCurve = Callable[[float], float]  # state of charge -> linear strain, zero at state of charge 0


@dataclass(frozen=True)
class Cleavage:
    """A crack with the normal n costs Gc sqrt(1 + a (m·n)²): a < 0 where planes with the normal m part easily.

    That is its profile; the row of cells that it breaks costs Gc h/(c_w ℓ) whatever n is, so that with the correction
    for the mesh it is 9 % too dear at h = ℓ/4 for AT1, a = -0.75 and n = m.
    """

    normal: tuple[float, ...]  # m, of length 1
    excess: float  # a > -1


@dataclass(frozen=True)
class Crystal:
    """A crystal that strains along its c axis otherwise than across it."""

    axis: tuple[float, float, float]  # of length 1; z is across the plane of a plane mesh
    along: StrainCurve
    flat: bool = False  # it keeps its length along z, whatever its axis


@dataclass(frozen=True)
class Medium:
    """Numbers of one region, in MPa, J/m² and plain strain."""

    young: float
    poisson: float
    toughness: float
    shrinkage: float | StrainCurve = 0.0  # linear strain at full charge, or over the charge; negative where it shrinks
    yield_stress: float | None = None  # None: stays elastic
    hardening: float = 0.0
    saturation: float = 0.0  # Voce: stress by which the hardening ends up above the linear one
    saturation_strain: float = 1.0  # and the plastic strain over which it gets there
    strength: float | None = None  # tensile, of a cohesive crack model
    cleavage: Cleavage | None = None
    pattern: Callable[[np.ndarray], np.ndarray] | None = None  # toughness at places (3, n), as a share of `toughness`
    crystal: Crystal | None = None  # `shrinkage` is then the strain across its axis
    fatigue: float | None = None  # energy density α_T, MPa, loaded with more than which it tires; None: never

    @property
    def uneven(self) -> bool:
        """Whether its strain is not one number for each unit of charge."""
        return callable(self.shrinkage) or self.crystal is not None

    def strain(self, charge: float) -> float:
        """Linear, of a crystal across its axis."""
        return self.shrinkage(charge) if callable(self.shrinkage) else self.shrinkage * charge

    def swelling(self, charge: float) -> np.ndarray:
        """3×3."""
        across = self.strain(charge)
        if self.crystal is None:
            return across * np.eye(3)
        c = np.outer(self.crystal.axis, self.crystal.axis)
        strain = across * (np.eye(3) - c) + self.crystal.along(charge) * c
        if self.crystal.flat:
            strain[2, :] = strain[:, 2] = 0.0
        return strain

    @property
    def bulk(self) -> float:
        return self.young / (3 * (1 - 2 * self.poisson))

    @property
    def shear(self) -> float:
        return self.young / (2 * (1 + self.poisson))

    @property
    def constrained(self) -> float:
        """λ + 2μ: the modulus of a layer that cannot strain sideways."""
        return self.bulk + 4 * self.shear / 3


def coefficients(
    media: Mapping[str, Medium],
    body: mesh.Mesh,
    regions: Mapping[str, np.ndarray],
    crack: CrackModel,
    length: float,
    cell_size: np.ndarray,
    charge: Any,
) -> Coefficients:
    """One number in each cell; the toughness as it has to be entered on cells of this size."""
    numbers = fem.functionspace(body, ("DG", 0))

    def field(number: Callable[[Medium], float]) -> fem.Function:
        f = fem.Function(numbers)
        for name, medium in media.items():
            f.x.array[regions[name]] = number(medium)
        return f

    toughness = fem.Function(numbers)
    for name, medium in media.items():
        cells = regions[name]
        toughness.x.array[cells] = medium.toughness
        if medium.pattern is not None:
            toughness.x.array[cells] *= medium.pattern(mesh.compute_midpoints(body, body.topology.dim, cells).T)
    toughness.x.array[:] = crack.numerical_toughness(toughness.x.array, cell_size, length)
    brittleness = fem.Function(numbers)
    if crack.strength is None:
        stress = field(lambda m: float(m.strength or np.nan)).x.array
        young = field(lambda m: m.young).x.array
        # With the toughness as entered, so that softening begins at the strength itself.
        brittleness.x.array[:] = 4 * young * toughness.x.array / (pi * length * stress**2)
    return Coefficients(
        bulk=field(lambda m: m.bulk),
        shear=field(lambda m: m.shear),
        toughness=toughness,
        shrinkage=charge * field(lambda m: 0.0 if m.uneven else m.strain(1.0)),
        yield_stress=field(lambda m: NEVER_YIELDS if m.yield_stress is None else m.yield_stress),
        hardening=field(lambda m: m.hardening),
        saturation=field(lambda m: m.saturation),
        saturation_strain=field(lambda m: m.saturation_strain),
        brittleness=brittleness,
        fabric=_fabric(media, body, regions) if any(m.cleavage for m in media.values()) else None,
    )


def _fabric(media: Mapping[str, Medium], body: mesh.Mesh, regions: Mapping[str, np.ndarray]) -> fem.Function:
    """I + a m⊗m."""
    dim = body.geometry.dim
    f = fem.Function(fem.functionspace(body, ("DG", 0, (dim, dim))))
    tensors = f.x.array.reshape(-1, dim, dim)
    tensors[:] = np.eye(dim)
    for name, medium in media.items():
        if medium.cleavage is not None:
            m = np.array(medium.cleavage.normal)
            tensors[regions[name]] += medium.cleavage.excess * np.outer(m, m)
    return f
