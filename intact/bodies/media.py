"""From cards and case to numbers: what each part of a body is made of, and where each number comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import sqrt

from intact.bodies.charged import CHARGED, Charged, elastic
from intact.bodies.coating import media_of_particle, particle_sources
from intact.bodies.kind import Role
from intact.bodies.kinds import kind_of
from intact.case.fraction import active_fraction
from intact.case.model import Case
from intact.case.shrinking import borrowed
from materials import mixture
from materials.card import Material, MissingProperty
from materials.hardness import elastic_limit, expanding_cavity, hardness_warnings, tabor
from mechanics import CRACK_MODELS, Medium
from mechanics.laws.medium import StrainCurve

ELASTIC = ("density", "poisson_ratio", "young_modulus")
PLASTIC = {"tabor": ("hardness",), "expanding cavity": ("hardness",), "card": ("yield_stress",), "none": ()}
FOLLOWED = {"none": ("diffusivity",), "stress": ("diffusivity", "max_concentration")}  # lithium, by what moves it


# From A/cm³ to mS/cm V/µm², the unit of σ ∇²φ.
SUPPLY_UNIT = 1e-5


@dataclass(frozen=True)
class Ions:
    """What the body is to ions."""

    conductivity: Mapping[Role, float]  # mS/cm
    supply: float | None  # what a charge takes out of the cathode, mS/cm V/µm²; None: the capacity is not known
    own: float | None = None  # what the active material is to its own lithium, where that is another number, mS/cm


@dataclass(frozen=True)
class Layers:
    """The medium of each role, how the composite came about, and what a user should know about the numbers."""

    media: Mapping[Role, Medium]
    active_volume_fraction: float
    ions: Ions | None  # None: the conductivity is not known
    sources: Mapping[str, str]  # each number that was used -> where it comes from
    warnings: tuple[str, ...]


def layers(case: Case) -> Layers:
    electrolyte, active = case.material("electrolyte"), case.material("active")
    fraction, role = active_fraction(case), kind_of(case).source
    soft, charged = elastic(electrolyte), CHARGED[role](case, fraction)
    ions, yield_stress = _ions(case, role, charged), _yield_stress(case, electrolyte)

    fracture, flow = case.fracture, case.flow
    strength = _strength(case, electrolyte)
    bulk = fracture.bulk_toughness, strength and _bulk_strength(case, strength)
    interface = fracture.interface_toughness, strength

    def medium(
        body: mixture.Elastic,
        cracking: tuple[float, float | None],
        strain: float | StrainCurve = 0.0,
        yields: float | None = yield_stress,
    ) -> Medium:
        return Medium(
            young=body.young,
            poisson=body.poisson,
            toughness=float(cracking[0]),
            shrinkage=strain,
            yield_stress=yields,
            hardening=flow.hardening * body.young,
            saturation=float(flow.saturation_stress or 0.0),
            saturation_strain=float(flow.saturation_strain or 1.0),
            strength=cracking[1],
            fatigue=_threshold(case, cracking[0]),
        )

    media = {"electrolyte": medium(soft, bulk)}
    if case.particle is None:
        media["interface"] = medium(soft, interface)
        yields = yield_stress if charged.yields else None
        media[role] = medium(charged.elastic, bulk, charged.shrinkage, yields)
    else:
        media["outer interface"] = medium(soft, interface)
        shell_yields = _yield_stress(case, case.material("shell")) if case.particle.shell else None
        media |= media_of_particle(case, medium, charged, bulk, interface, shell_yields)
    return Layers(
        media={name: replace(one, crystal=charged.crystal) if one.shrinkage else one for name, one in media.items()},
        active_volume_fraction=fraction,
        ions=ions,
        sources=dict(_sources(case)) | dict(_ion_sources(_electrolytes(case), active, ions)) | dict(charged.sources),
        warnings=(
            *(text for material in _electrolytes(case) for text in _hardness_warnings(case, material)),
            *borrowed(case),
            *_ion_warnings(_electrolytes(case), active),
        ),
    )


def _electrolytes(case: Case) -> list[Material]:
    """What conducts, and may yield: also the shell of a particle, if there is one."""
    coated = case.particle is not None and case.particle.shell > 0
    return [case.material("electrolyte"), *([case.material("shell")] if coated else [])]


def missing(case: Case) -> list[tuple[str, str]]:
    """Key of the material, and a sentence, for each number that the case needs and neither it nor a card has."""
    found = []
    for role, material, name in _needed(case):
        try:
            material[name]
        except MissingProperty as error:
            found.append((f"materials.{role}", str(error)))
    return found


def _needed(case: Case) -> Iterator[tuple[str, Material, str]]:
    """Role, material and name of every property that the numbers of the case are made from."""
    electrolyte, active = case.material("electrolyte"), case.material("active")
    fracture = case.fracture
    cohesive = CRACK_MODELS[fracture.model].strength is None and fracture.interface_strength is None
    needed = (*ELASTIC, *PLASTIC[case.flow.yield_stress], *["strength"] * cohesive)
    yield from (("electrolyte", electrolyte, name) for name in needed)
    for shell in _electrolytes(case)[1:]:
        yield from (
            ("shell", shell, name) for name in ("poisson_ratio", "young_modulus", *PLASTIC[case.flow.yield_stress])
        )
    counted = case.shrinkage.curve is not None and case.shrinkage.capacity is not None
    followed = () if case.diffusion is None else FOLLOWED[case.diffusion.drift]
    yield from (("active", active, name) for name in (*ELASTIC, *["molar_mass"] * counted, *followed))


def _strength(case: Case, electrolyte: Material) -> float | None:
    """Strength of the interface; None where it follows from the toughness and ℓ."""
    if CRACK_MODELS[case.fracture.model].strength is not None:
        return None
    return float(case.fracture.interface_strength or electrolyte["strength"].number)


def _bulk_strength(case: Case, of_interface: float) -> float:
    """Where it is not given, the bulk is as brittle as the interface."""
    fracture = case.fracture
    return float(fracture.bulk_strength or of_interface * sqrt(fracture.bulk_toughness / fracture.interface_toughness))


def _threshold(case: Case, toughness: float) -> float | None:
    """Fatigue threshold of a layer with this toughness: the same share of it can be borne as often."""
    if case.fatigue is None:
        return None
    return float(case.fatigue.threshold * toughness / case.fracture.interface_toughness)


def _yield_stress(case: Case, electrolyte: Material) -> float | None:
    match case.flow.yield_stress:
        case "none":
            return None
        case "card":
            return electrolyte["yield_stress"].number
        case "tabor":
            return tabor(electrolyte["hardness"].number)
        case "expanding cavity":
            return expanding_cavity(*_indent(electrolyte))


def _indent(electrolyte: Material) -> tuple[float, float, float]:
    hardness, young, poisson = (electrolyte[name].number for name in ("hardness", "young_modulus", "poisson_ratio"))
    return hardness, young, poisson


def _hardness_warnings(case: Case, electrolyte: Material) -> list[str]:
    """What is doubtful in a hardness. Tabor's rule underrates a soft glass, which is no matter with the other rule."""
    rule = case.flow.yield_stress
    if "hardness" not in PLASTIC[rule]:
        return []
    hardness, *moduli = _indent(electrolyte)
    if rule == "expanding cavity" and hardness <= elastic_limit(*moduli):
        return []
    return [f"{electrolyte.name}: {text}" for text in hardness_warnings(hardness, *moduli)]


def _ions(case: Case, role: Role, charged: Charged) -> Ions | None:
    (electrolyte, *shells), active = _electrolytes(case), case.material("active")
    if charged.conductivity is None or not all(one.has("conductivity") for one in (electrolyte, *shells)):
        return None
    matrix, supply = electrolyte["conductivity"].number, None
    conductivity = {"electrolyte": matrix, "interface": matrix, role: charged.conductivity}
    if case.particle is not None:
        conductivity |= {"outer interface": matrix, "grain boundaries": charged.conductivity}
    for shell in shells:
        conductivity |= dict.fromkeys(("shell", "inner interface"), shell["conductivity"].number)
    if active.has("capacity"):
        charge = active["capacity"].number / 1000 * active["density"].number * charged.active  # Ah/cm³
        rate = case.contact.c_rate if case.diffusion is None else case.diffusion.c_rate
        supply = float(rate) * charge * SUPPLY_UNIT
    return Ions(conductivity, supply, charged.own)


def _ion_sources(electrolytes: list[Material], active: Material, ions: Ions | None) -> Iterator[tuple[str, str]]:
    if ions is not None:
        yield from (_source(one, "conductivity") for one in electrolytes)
        if ions.supply is not None:
            yield _source(active, "capacity")


def _ion_warnings(electrolytes: list[Material], active: Material) -> Iterator[str]:
    lacks = [
        *((one, "conductivity", "resistance and reachable capacity are") for one in electrolytes),
        (active, "capacity", "reachable capacity is"),
    ]
    for material, name, left_out in lacks:
        if not material.has(name):
            yield f"{material.name}: no {name} is known, so {left_out} left out; give it in the case, under [given]"
            return


def _source(material: Material, name: str) -> tuple[str, str]:
    value = material[name]
    origin = ", ".join(part for part in (value.source, value.doi) if part) or value.method
    return f"{material.name}.{name}", f"{value.text} ({value.confidence}: {origin})"


def _sources(case: Case) -> Iterator[tuple[str, str]]:
    for _, material, name in _needed(case):
        yield _source(material, name)
    fracture, flow = case.fracture, case.flow
    note = f": {fracture.interface_toughness_note}" if fracture.interface_toughness_note else ""
    confidence = f"{fracture.interface_toughness_confidence}{note}"
    given = "given in the case" if "bulk_toughness" in fracture.model_fields_set else "10 times the interface's"
    yield "interface toughness", f"{fracture.interface_toughness:g} J/m^2 ({confidence})"
    yield "bulk toughness", f"{fracture.bulk_toughness:g} J/m^2 ({given})"
    yield from particle_sources(case)
    if CRACK_MODELS[fracture.model].strength is None:
        given = "given in the case" if fracture.interface_strength else "of the electrolyte"
        strength = float(_strength(case, case.material("electrolyte")) or 0.0)
        yield "interface strength", f"{strength:g} MPa ({given})"
        given = "given in the case" if fracture.bulk_strength else "as brittle as the interface"
        yield "bulk strength", f"{_bulk_strength(case, strength):g} MPa ({given})"
    yield "yield stress", "none: every layer stays elastic" if flow.yield_stress == "none" else flow.yield_stress
    if case.fatigue is not None:
        yield "fatigue threshold", f"{case.fatigue.threshold:g} MPa (given in the case, of the interface)"
