"""The tables of a case file that say which body it is; `intact.bodies.kinds` has what the rest has to know of each."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from intact.case.quantities import Length, MeshFile, Quantity, Stress, Toughness
from intact.case.section import Section, key
from materials.card import Confidence


class NotchSection(Section):
    """A flaw to start from: at mid-height of the interface, from the left side."""

    length: Length = key("how far it reaches in from the left side", example="2 um")
    opening: Length = key("its height at the mouth", "0.1 um")
    shape: Literal["wedge", "slot", "closed", "penny"] = key(
        "wedge: comes to a point; slot: parallel faces, round end; closed: a crack without opening, whose faces press "
        "on each other; penny: in 3d, a closed round crack about the left front edge",
        "wedge",
    )


class StackSection(Section):
    """The layers: electrolyte below, a thin interface, the cathode above."""

    width: Length = key("width of all layers", "20 um")
    electrolyte: Length = key("thickness of the electrolyte", "5 um")
    interface: Length = key("thickness of the interface layer, which has its own toughness", "0.8 um")
    cathode: Length = key("thickness of the cathode layer", "5 um")
    depth: Length | None = key('depth of all layers, with geometry = "3d"', None, "10 um")
    notch: NotchSection | None = Field(None, description="a flaw to start from; without this table there is none")


class ParticlesSection(Section):
    """Particles of active material in electrolyte, above a layer of electrolyte alone. Walls at the sides cut none."""

    width: Length = key("width of composite and separator", "10 um")
    separator: Annotated[float, Quantity("length", least=0)] = key("thickness of the layer of electrolyte", "2 um")
    thickness: Length = key("thickness of the composite", "8 um")
    diameter: Length = key("of the particles: half of their area is in smaller ones", "4 um")
    spread: Annotated[float, Quantity("number", least=0, below=1)] = key(
        "of the diameters, which are log-normal: standard deviation of their logarithm", 0.25
    )
    volume_fraction: Annotated[float, Quantity("number", above=0, below=1)] | None = key(
        "share of active material in the composite; without it from composite.active_weight_fraction", None, "60 %"
    )
    shape: Literal["disc", "polygon"] = key("what a particle looks like; the diameter is of the same area", "disc")
    gap: Annotated[float, Quantity("length", least=0)] = key(
        "least distance of particles from each other and from the walls; with 0 some touch", "0.1 um"
    )
    seed: Annotated[int, Field(strict=True, ge=1, le=10**9)] = key(
        "another number is another arrangement", 1, example=1
    )
    crystals: Literal["even", "random"] = key(
        "even: they shrink alike in all directions of the plane; random: each along and across a c axis of its own, "
        "which lies in the plane and whose angle is from the seed, by the lattice of shrinkage.curve; neither strains "
        "across the plane",
        "even",
    )
    interface: Length = key(
        "width of the layer of electrolyte beside each particle, which has its own toughness", "0.4 um"
    )


class GrainsSection(Section):
    """Crystals that a particle is made of, with boundaries weaker than they are."""

    number: Annotated[int, Field(strict=True, ge=2, le=10000)] = key("how many, in the part that is drawn", example=8)
    boundary: Length = key("width of the layer along boundaries, which has its own toughness", example="0.1 um")
    toughness: Toughness = key("energy to open a boundary, per area", example="0.07 J/m^2")
    toughness_confidence: Confidence = key("where that number comes from", example="secondary")
    seed: Annotated[int, Field(strict=True, ge=1, le=10**9)] = key(
        "another number is another arrangement", 1, example=1
    )


class ParticleSection(Section):
    """One particle of active material in electrolyte, bare or in a shell of materials.shell."""

    radius: Length = key("of the particle without its shell", example="2.5 um")
    width: Length = key("of the electrolyte around it", example="6 um")
    height: Length = key("of the electrolyte around it", example="6 um")
    part: Literal["whole", "half", "quarter"] = key(
        "what is solved of it: the left side of a half, and the bottom of a quarter, too, are planes of symmetry",
        "half",
    )
    interface: Length = key(
        "width of the layer with the toughness of the interface: of electrolyte beside the particle or its shell, and "
        "of the shell beside the particle",
        "0.1 um",
    )
    toughness: Toughness = key("energy to crack the particle, per area", example="0.4 J/m^2")
    toughness_confidence: Confidence = key("where that number comes from", example="secondary")
    strength: Stress | None = key(
        "of the particle in uniaxial tension, for PF-CZM; its grain boundaries are as brittle", None, "745 MPa"
    )
    grains: GrainsSection | None = Field(None, description="without this table the particle is of one piece")
    shell: Annotated[float, Quantity("length", least=0)] = key("thickness of the shell; 0: bare", "0 nm")
    shell_toughness: Toughness | None = key("energy to crack the shell, per area", None, "1 J/m^2")
    shell_toughness_confidence: Confidence | None = key("where that number comes from", None, "assumed")
    inner_toughness: Toughness | None = key(
        "energy to part the shell from the particle, per area; fracture.interface_toughness is for what is between "
        "electrolyte and shell, or electrolyte and bare particle",
        None,
        "1 J/m^2",
    )
    inner_toughness_confidence: Confidence | None = key("where that number comes from", None, "assumed")


class MeshSection(Section):
    """How fine the mesh is, or a mesh of your own."""

    elements_per_length: Annotated[float, Quantity("number", least=1, most=100)] = key(
        "elements along fracture.length in the interface", 4, example=4
    )
    coarse: Length = key("element size far from the interface", "0.8 um")
    file: MeshFile | None = key("mesh to use instead of [stack], from the folder of the case", None, "mine.msh")
