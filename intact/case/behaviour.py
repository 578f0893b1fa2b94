"""What materials do, as tables of the case file: how they crack, yield, tire and shrink, and how lithium gets about."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from intact.case.quantities import CRate, Length, LithiumPair, Quantity, Stress, SwellingCurve, Toughness
from intact.case.section import Section, key
from materials.card import Confidence

CrackModelName = Literal["AT1", "AT2", "PF-CZM linear", "PF-CZM exponential", "PF-CZM Cornelissen"]
SplitName = Literal["none", "volumetric-deviatoric", "star-convex", "spectral", "no-tension"]


def ten_times_the_interface(values: dict[str, Any]) -> Any:
    """Enough to keep the crack in the interface, for which a ratio of 4 will do (He and Hutchinson 1989)."""
    return f"{10 * values.get('interface_toughness', 1.0)!r} J/m^2"


class FractureSection(Section):
    """How a crack is described and what it costs."""

    model: CrackModelName = key(
        "AT1: elastic up to a threshold; AT2: damage from the start; PF-CZM: cohesive, its strength is given",
        "AT1",
    )
    split: SplitName = key("which part of the elastic energy can open a crack", "volumetric-deviatoric")
    star_convexity: Annotated[float, Quantity("number", least=-1)] | None = key(
        'γ* of split = "star-convex": 0 is volumetric-deviatoric, more makes compression stronger', None, 5.0
    )
    length: Length = key("the width over which a crack is smeared", "0.2 um")
    interface_toughness: Toughness = key("energy to open the interface, per area", example="90 J/m^2")
    interface_toughness_confidence: Confidence = key("where that number comes from", example="calibrated")
    interface_toughness_note: str = key("what it was measured or calibrated on", "", "on LZCO alone")
    bulk_toughness: Toughness = Field(
        default_factory=ten_times_the_interface,
        description="energy to crack either bulk layer, per area; without it 10 times the interface's",
        examples=["900 J/m^2"],
    )
    interface_strength: Stress | None = key(
        "strength of the interface in uniaxial tension, for PF-CZM; else that of the electrolyte's card",
        None,
        "100 MPa",
    )
    bulk_strength: Stress | None = key(
        "the same of either bulk layer; without it the interface's times the root of the ratio of toughnesses",
        None,
        "300 MPa",
    )


class FlowSection(Section):
    """How the electrolyte yields."""

    yield_stress: Literal["tabor", "expanding cavity", "card", "none"] = key(
        "from hardness by either rule, from the card's yield_stress, or none: stays elastic", "tabor"
    )
    hardening: Annotated[float, Quantity("number", least=0, most=1)] = key(
        "isotropic hardening modulus over Young's modulus", "1 %"
    )
    saturation_stress: Stress | None = key(
        "Voce hardening: stress by which it ends up above the linear one; else hardening is linear",
        None,
        "30 MPa",
    )
    saturation_strain: Annotated[float, Quantity("number", above=0)] | None = key(
        "Voce hardening: plastic strain over which it gets there", None, "2 %"
    )


class FatigueSection(Section):
    """How a toughness falls where a layer is loaded again and again. Without this table it does not."""

    threshold: Stress = key(
        "elastic energy density (1 MPa is 1 MJ/m^3) that the interface can be loaded with, all loadings added up, "
        "before its toughness falls: to 44 % at twice as much, to 25 % at three times; the bulk layers bear as many "
        "times more as they are tougher",
        example="10 MPa",
    )


SHRINKAGES: list[Any] = [["active_strain", "measure"], ["curve", "lithium"], ["curve", "capacity"]]


class ShrinkageSection(Section):
    """How much the active material shrinks while it is charged: one strain, or a measured curve."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": keys} for keys in SHRINKAGES]})

    active_strain: Annotated[float, Quantity("number", above=-0.5, below=0.5)] | None = key(
        "strain of the active material at state of charge 1, reached evenly; negative shrinks", None, "-10 %"
    )
    measure: Literal["linear", "volumetric"] | None = key("which strain that is", None, "linear")
    curve: SwellingCurve | None = key(
        "in place of both: volume over lithium content, as measured; a name (intact materials NCM811 shows one) or a "
        "file from the folder of the case",
        None,
        "NCM811",
    )
    lithium: LithiumPair | None = key(
        "with curve: lithium content of the active material at state of charge 0 and 1", None, [0.95, 0.3]
    )
    capacity: Annotated[float, Quantity("specific capacity", above=0)] | None = key(
        "with curve, in place of lithium: charge taken out of the full active material until state of charge 1",
        None,
        "180 mAh/g",
    )


class DiffusionSection(Section):
    """How lithium moves in particles that are charged at a current, through what of their surface is in touch. Charge
    ends where the surface of one has got to steps.until. Without this table lithium is even at every moment."""

    c_rate: CRate = key(
        "current: 1 takes out what is between SoC 0 and 1 in an hour; what is in touch shares it", example=1
    )
    drift: Literal["stress", "none"] = key(
        "stress: lithium also moves from where the particle is pressed to where it is pulled; none: only down its own "
        "gradient",
        example="stress",
    )
    rest: Annotated[float, Quantity("time", least=0)] = key("without current, after the charge", "0 s", "30 min")
