"""Closed forms that a run is held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import copysign, sqrt

import numpy as np

from mechanics.bisection import bisect
from mechanics.laws.medium import Medium


def clamped_strip(layers: Sequence[tuple[float, Medium]]) -> tuple[float, float]:
    """Bonded elastic layers (thickness, medium) between platens that hold u = 0, wide against their thickness.

    Returns stress across the layers and energy release rate of a crack along them at full charge (case V4):
    σ = -Σ(h 3K ε*/M) / Σ(h/M),  G = ½ σ² Σ(h/M),  M = λ + 2μ.  G has the sign of σ: pressed layers give a negative one.
    """
    compliance = sum(h / m.constrained for h, m in layers)
    contraction = -sum(h * 3 * m.bulk * m.strain(1.0) / m.constrained for h, m in layers)
    stress = contraction / compliance
    return stress, stress * abs(stress) * compliance / 2


def critical_charge(release_rate: float, toughness: float) -> float | None:
    """State of charge at which G = Gc, G growing with its square; None where the layers press instead of pull."""
    return sqrt(toughness / release_rate) if release_rate > 0 else None


@dataclass(frozen=True)
class Layer:
    """A layer between platens, which strains across only. Its flow (J2, linear hardening) then has one direction:

    εp = flowed diag(-½, 1, -½),  σ = M ε - 3K ε* - 2μ flowed,  q = |2μ ε - 3μ flowed| ≤ σy + H' p,

    and as long as it goes one way, one step of any size is exact.
    """

    thickness: float
    medium: Medium
    flowed: float = 0.0  # plastic strain across the layer, with its sign
    p: float = 0.0  # accumulated

    def under(self, stress: float, charge: float) -> tuple[float, Layer]:
        """Strain across, and the layer after it has flowed."""
        m = self.medium
        force = stress + 3 * m.bulk * m.strain(charge) + 2 * m.shear * self.flowed
        strain = force / m.constrained
        drive = 2 * m.shear * strain - 3 * m.shear * self.flowed
        if m.yield_stress is None or abs(drive) <= m.yield_stress + m.hardening * self.p:
            return strain, self
        limit = copysign(m.yield_stress + m.hardening * self.p, drive)
        slope = 3 * m.shear + m.hardening
        strain = (force - 2 * m.shear * (3 * m.shear * self.flowed + limit) / slope) / (
            m.constrained - 4 * m.shear**2 / slope
        )
        more = (2 * m.shear * strain - 3 * m.shear * self.flowed - limit) / slope
        return strain, replace(self, flowed=self.flowed + more, p=self.p + abs(more))

    def stored(self, strain: float, charge: float) -> float:
        """Elastic energy per area."""
        m = self.medium
        volume, q = strain - 3 * m.strain(charge), 2 * m.shear * strain - 3 * m.shear * self.flowed
        return self.thickness * (m.bulk * volume**2 / 2 + q**2 / (6 * m.shear))

    def dissipated(self) -> float:
        """Plastic work per area since the start."""
        m = self.medium
        return self.thickness * ((m.yield_stress or 0.0) * self.p + m.hardening * self.p**2 / 2)


@dataclass(frozen=True)
class Strip:
    """Layers that flow, between platens that hold u = 0; per area."""

    layers: Sequence[Layer]
    stress: float
    stored: float
    dissipated: float  # since the start

    @classmethod
    def bonded(cls, layers: Sequence[Layer], charge: float) -> Strip:
        """The layers cannot get longer together. The stress by bisection: they get longer with it."""

        def lengthened(stress: float) -> float:
            return sum(layer.thickness * layer.under(stress, charge)[0] for layer in layers)

        bound = 1.0
        while lengthened(bound) < 0 or lengthened(-bound) > 0:
            bound *= 2
        return cls._under(layers, bisect(lengthened, -bound, bound), charge)

    @classmethod
    def parted(cls, layers: Sequence[Layer], charge: float) -> Strip:
        """A crack has let go of the stress across."""
        return cls._under(layers, 0.0, charge)

    @classmethod
    def _under(cls, layers: Sequence[Layer], stress: float, charge: float) -> Strip:
        states = [layer.under(stress, charge) for layer in layers]
        after = [layer for _, layer in states]
        stored = sum(layer.stored(strain, charge) for strain, layer in states)
        return cls(after, stress, stored, sum(layer.dissipated() for layer in after))


def release_in_one_step(layers: Sequence[Layer], charge: float) -> float:
    """G of a crack along layers that are charged in one step, flow being reckoned from the start to the end of it.

    Such a body is as good as a nonlinear elastic one (deformation plasticity): what letting go sets free is the
    difference of stored energy and plastic work, both straight from the start.
    """
    bonded, parted = Strip.bonded(layers, charge), Strip.parted(layers, charge)
    return bonded.stored + bonded.dissipated - parted.stored - parted.dissipated


def release_after_charging(layers: Sequence[Layer], charge: float) -> float:
    """G of a crack that comes after the layers have been charged: plastic work is lost, and letting go may cost more.

    What flows at the tip beyond that is left out, so this is the most there is for the crack.
    """
    bonded = Strip.bonded(layers, charge)
    parted = Strip.parted(bonded.layers, charge)
    return bonded.stored + bonded.dissipated - parted.stored - parted.dissipated


def film_on_thick_substrate(thickness: float, film: Medium) -> float:
    """G of a long crack between a shrinking film and a substrate that does not give (case V5), full charge.

    G = (1-ν²) σ² h/(2E), σ = -E ε*/(1-ν), in plane strain.
    """
    stress = -film.young * film.strain(1.0) / (1 - film.poisson)
    return (1 - film.poisson**2) * stress**2 * thickness / (2 * film.young)


def beam_energy(layers: Sequence[tuple[float, Medium]]) -> float:
    """Energy per length that bonded layers keep when they are free to stretch and bend, full charge, plane strain.

    ½ min Σ ∫ Ē (ε₀ + κ y - e)² dy over ε₀ and κ, with Ē = E/(1-ν²) and e = (1+ν) ε*. The part across the plane
    (ε_zz = 0) is the same whether the layers are bonded or not, and is left out.
    """
    stiffness, force, energy, y = np.zeros((2, 2)), np.zeros(2), 0.0, 0.0
    for h, m in layers:
        modulus, strain = m.young / (1 - m.poisson**2), (1 + m.poisson) * m.strain(1.0)
        first = h * (y + h / 2)  # ∫ y dy over the layer
        stiffness += modulus * np.array([[h, first], [first, ((y + h) ** 3 - y**3) / 3]])
        force += modulus * strain * np.array([h, first])
        energy += modulus * strain**2 * h / 2
        y += h
    return energy - float(force @ np.linalg.solve(stiffness, force)) / 2


def shrinking_film(layers: Sequence[tuple[float, Medium]], below: int) -> float:
    """G of a long crack on top of the first `below` of these layers, all free to stretch and bend: exact for any
    thickness and mismatch, since far from the tip each part is a beam (Suo & Hutchinson 1990 add how G is made of
    opening and shear)."""
    return beam_energy(layers) - beam_energy(layers[:below]) - beam_energy(layers[below:])
