"""What is charged and shrinks, in numbers: a composite in one piece, or the crystals of it one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from intact.bodies.kind import Role
from intact.case.model import Case
from intact.case.shrinking import (
    CompositeStrain,
    LatticeStrain,
    active_strain,
    crystal_strain,
    has_axes,
    told,
    told_of_lattice,
)
from materials import mixture
from materials.card import Material
from mechanics.laws.medium import Crystal, StrainCurve

ALONG_X, ACROSS_THE_PLANE = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Charged:
    elastic: mixture.Elastic
    shrinkage: float | StrainCurve
    yields: bool  # where its electrolyte does
    active: float  # share of it that is active material
    conductivity: float | None  # of ions that pass, mS/cm; None: not known
    own: float | None = None  # of its own lithium, where that is another
    crystal: Crystal | None = None
    sources: Mapping[str, str] = field(default_factory=dict)


def elastic(material: Material) -> mixture.Elastic:
    return mixture.Elastic(material["young_modulus"].number, material["poisson_ratio"].number)


def _composite(case: Case, fraction: float) -> Charged:
    electrolyte, active = case.material("electrolyte"), case.material("active")
    soft, stiff = elastic(electrolyte), elastic(active)
    mixed = mixture.MODULI[case.composite.moduli](soft, stiff, fraction)
    strain = active_strain(case)
    if isinstance(strain, float):
        shrinkage: float | StrainCurve = mixture.levin(soft, stiff, mixed, strain, fraction)
    else:
        shrinkage = CompositeStrain(mixture.levin(soft, stiff, mixed, 1.0, fraction), strain)
    sources = {
        "cathode moduli": f"{case.composite.moduli}, of active material and electrolyte",
        "cathode shrinkage": f"Levin's formula, from {told(case)}",
    }
    if not electrolyte.has("conductivity"):
        return Charged(mixed, shrinkage, True, fraction, None, sources=sources)
    matrix, inside = electrolyte["conductivity"].number, _inside(active)
    conductivity = mixture.bruggeman(matrix, inside, fraction)
    through = "is known" if active.has("conductivity") else "counts as none"
    sources["cathode conductivity"] = (
        f"{conductivity:.3g} mS/cm (derived: Bruggeman, that of the active material {through}; "
        f"by Maxwell {mixture.maxwell(matrix, inside, fraction):.3g})"
    )
    return Charged(mixed, shrinkage, True, fraction, conductivity, sources=sources)


def none(soc: float) -> float:
    """The strain of what does not strain."""
    return 0.0


def _crystals(case: Case, fraction: float) -> Charged:
    """Ions that pass go around. Their own lithium crosses micrometres within the hours of a slow charge, as easily as
    electrolyte, and so leaves wherever there is contact.

    In plane strain a particle is a cylinder without ends. Were it to shrink along its axis, too, and could not, it
    would be pulled there with all of E ε*, 20 GPa at -10 %, which a particle that has ends never is. So it shrinks in
    the plane alone; around a shrinking disc the plane is in pure shear, whatever happens across it. A crystal with its
    c axis in the plane strains by a across the plane, too, and that is left out for the same reason: held there, NCM811
    would be pulled with 4 GPa and crack all over.
    """
    electrolyte, active = case.material("electrolyte"), case.material("active")
    own = electrolyte["conductivity"].number if electrolyte.has("conductivity") else None
    plane = case.geometry == "plane strain"
    strain: float | StrainCurve = active_strain(case)
    source = told(case)
    crystal = Crystal(ACROSS_THE_PLANE, none) if plane else None
    if has_axes(case):
        lattice, source = crystal_strain(case), told_of_lattice(case)
        strain = LatticeStrain("a", lattice)
        crystal = Crystal(ALONG_X, LatticeStrain("c", lattice), flat=True)  # each is turned to its own axis
    return Charged(
        elastic(active),
        strain,
        yields=False,
        active=1.0,
        conductivity=_inside(active),
        own=own,
        crystal=crystal,
        sources={"active shrinkage": source + "; in the plane alone" * plane},
    )


def _inside(active: Material) -> float:
    """Ions go around the active material unless its conductivity is known."""
    return active["conductivity"].number if active.has("conductivity") else 0.0


CHARGED: Mapping[Role, Callable[[Case, float], Charged]] = {"cathode": _composite, "active": _crystals}
