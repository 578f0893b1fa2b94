"""From cards and case to numbers: what each layer of the stack is made of, and what a user should know about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from intact.sections import Case
from materials import mixture
from materials.card import Material
from materials.hardness import expanding_cavity, hardness_warnings, tabor
from mechanics.solid import Medium

CRACK_WIDTH = 4  # in ℓ: a damage profile is so wide, and an interface layer narrower than that shares it with the bulk


@dataclass(frozen=True)
class Layers:
    """The media by region, how the composite came about, and warnings."""

    media: Mapping[str, Medium]
    active_volume_fraction: float
    sources: Mapping[str, str]  # each number that was used -> where it comes from
    warnings: tuple[str, ...]


def layers(case: Case) -> Layers:
    electrolyte, active = case.material("electrolyte"), case.material("active")
    soft, stiff = _elastic(electrolyte), _elastic(active)
    fraction = mixture.volume_fraction(
        case.composite.active_weight_fraction,
        active["density"].number,
        electrolyte["density"].number,
    )
    mixed = mixture.MODULI[case.composite.moduli](soft, stiff, fraction)
    shrinkage = mixture.levin(soft, stiff, mixed, _linear(case), fraction)
    yield_stress = _yield_stress(case, electrolyte)

    def medium(body: mixture.Elastic, toughness: float, strain: float = 0.0) -> Medium:
        hardening = case.flow.hardening * body.young
        return Medium(body.young, body.poisson, toughness, strain, yield_stress, hardening)

    fracture = case.fracture
    return Layers(
        media={
            "electrolyte": medium(soft, fracture.bulk_toughness),
            "interface": medium(soft, fracture.interface_toughness),
            # the composite yields where its electrolyte does
            "cathode": medium(mixed, fracture.bulk_toughness, shrinkage),
        },
        active_volume_fraction=fraction,
        sources=_sources(case, electrolyte, active),
        warnings=tuple(_warnings(case, electrolyte)),
    )


def _elastic(material: Material) -> mixture.Elastic:
    return mixture.Elastic(material["young_modulus"].number, material["poisson_ratio"].number)


def _linear(case: Case) -> float:
    strain = case.shrinkage.active_strain
    return float(strain) if case.shrinkage.measure == "linear" else (1 + strain) ** (1 / 3) - 1


def _yield_stress(case: Case, electrolyte: Material) -> float | None:
    rule = case.flow.yield_stress
    if rule == "none":
        return None
    if rule == "card":
        return electrolyte["yield_stress"].number
    hardness = electrolyte["hardness"].number
    if rule == "tabor":
        return tabor(hardness)
    return expanding_cavity(hardness, electrolyte["young_modulus"].number, electrolyte["poisson_ratio"].number)


def _sources(case: Case, electrolyte: Material, active: Material) -> dict[str, str]:
    wanted = {"young_modulus", "poisson_ratio", "density"}
    plastic = {
        "tabor": {"hardness"},
        "expanding cavity": {"hardness"},
        "card": {"yield_stress"},
        "none": set(),
    }
    told = {}
    for material, keys in ((electrolyte, wanted | plastic[case.flow.yield_stress]), (active, wanted)):
        for key in sorted(keys):
            value = material[key]
            origin = ", ".join(part for part in (value.source, value.doi) if part) or value.method
            told[f"{material.name}.{key}"] = f"{value.text} ({value.confidence}: {origin})"
    fracture = case.fracture
    note = f": {fracture.interface_toughness_note}" if fracture.interface_toughness_note else ""
    told["interface toughness"] = (
        f"{fracture.interface_toughness:g} J/m^2 ({fracture.interface_toughness_confidence}{note})"
    )
    told["bulk toughness"] = f"{fracture.bulk_toughness:g} J/m^2 (as given in the case, or 10 times the interface's)"
    told["shrinkage"] = f"{case.shrinkage.active_strain:g} {case.shrinkage.measure}, of the active material at SoC 1"
    return told


def _warnings(case: Case, electrolyte: Material) -> list[str]:
    found = []
    if case.flow.yield_stress in ("tabor", "expanding cavity"):
        numbers = (electrolyte[key].number for key in ("hardness", "young_modulus", "poisson_ratio"))
        found += [f"{electrolyte.name}: {text}" for text in hardness_warnings(*numbers)]
    if case.stack is not None and case.stack.interface < CRACK_WIDTH * case.fracture.length:
        found.append(
            f"stack.interface is {case.stack.interface:g} µm, less than {CRACK_WIDTH} times fracture.length "
            f"({case.fracture.length:g} µm): the crack reaches into the bulk and costs more than interface_toughness"
        )
    return found
