"""The case file as models: every key with its type, range, default and one line of meaning."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StrictFloat, StrictStr, model_validator

from intact.case.behaviour import DiffusionSection, FatigueSection, FlowSection, FractureSection, ShrinkageSection
from intact.case.geometries import MeshSection, ParticleSection, ParticlesSection, StackSection
from intact.case.quantities import (
    Active,
    CRate,
    Electrolyte,
    Quantity,
    StateOfCharge,
    Stiffness,
    Stress,
    Written,
)
from intact.case.schedule import StageSection, highest
from intact.case.section import Section, key
from intact.case.toml_text import toml_text
from materials.card import Material, load

Platen = Literal["clamped", "sliding", "spring", "free"]
Top = Literal["clamped", "sliding", "spring", "free", "pressure"]
Side = Literal["free", "sliding"]
Geometry = Literal["plane strain", "plane stress", "axisymmetric", "3d"]
PICTURED = (0.2, 0.4, 0.6, 0.8, 1.0)  # the columns of the published figure, 10.1038/s41467-025-68210-5


class MaterialsSection(Section):
    """What the body is made of: names of cards, or card files of your own (mine.toml)."""

    electrolyte: Electrolyte = key("solid electrolyte; a list runs the case once for each", example="LZACO")
    active: Active = key("active material of the cathode", example="scNCM92")
    shell: Electrolyte | None = key("of a particle, with particle.shell", None, "Li3InCl6")


class CompositeSection(Section):
    """The cathode, a mixture of active material and electrolyte: a layer of one piece, or [particles]."""

    active_weight_fraction: Annotated[float, Quantity("number", above=0, most=1)] = key(
        "share of active material in the cathode layer, by weight", "75 %"
    )
    moduli: Literal[
        "reuss",
        "voigt",
        "hashin-shtrikman lower",
        "hashin-shtrikman upper",
        "mori-tanaka",
        "self-consistent",
    ] = key("how the moduli of a layer of one piece follow from those of its parts", "hashin-shtrikman lower")


class ContactSection(Section):
    """What contact loss means."""

    c_rate: CRate = key("current at which the reachable capacity is told: 1 charges in an hour, 0.1 in ten", 0.1)


class BoundariesSection(Section):
    """What holds the body. sliding: no motion across the boundary, free along it (on a side: symmetry)."""

    bottom: Platen = key("what the lower platen does; with [particle] sliding if nothing is said", "clamped")
    bottom_stiffness: Stiffness | None = key('of the spring, per area, with bottom = "spring"', None, "20 MPa/um")
    top: Top = key(
        "what the upper platen does; pressure: it stays level and follows the stack under the same pressure", "sliding"
    )
    top_stiffness: Stiffness | None = key('of the spring, per area, with top = "spring"', None, "20 MPa/um")
    pressure: Stress | None = key(
        'put on by the upper platen before charge. With top = "pressure" it stays; "sliding": the gap is held from '
        'then on, as in a die; "spring": the housing gives way by its stiffness',
        None,
        "5 MPa",
    )
    left: Side = key(
        "the side where the notch is; with [particles] and [particle], which have none, sliding if nothing is said",
        "free",
    )
    right: Side = key("the other side", "sliding")
    front: Side | None = key('the side at z = 0, with geometry = "3d"; without it sliding', None, "sliding")
    back: Side | None = key('the side at z = stack.depth, with geometry = "3d"; without it sliding', None, "free")


class StepsSection(Section):
    """How the state of charge (SoC) is raised."""

    until: StateOfCharge = key("SoC at which the run ends", 1.0)
    largest: StateOfCharge = key("step while nothing happens", 0.02)
    smallest: StateOfCharge = key("step below which a failing step ends the run", 0.0005)
    onset: StateOfCharge = key("the step in which detachment begins is cut down to this", 0.005)


class CyclingSection(Section):
    """Charges to steps.until and discharges in turn. Without this table there is one charge alone."""

    cycles: Annotated[int, Field(strict=True, ge=1, le=10_000)] = key(
        "how many charges, each with a discharge", example=3
    )
    down_to: Annotated[float, Quantity("number", least=0, below=1)] = key("SoC at the end of each discharge", 0.0)


class SolverSection(Section):
    """When a step counts as solved."""

    tolerance: Annotated[float, Quantity("number", above=0, most=0.1)] = key(
        "largest change of damage between iterations", 1e-4
    )
    iterations: Annotated[int, Field(strict=True, ge=1)] = key("most iterations in a step before it is cut", 3000)
    linear: Literal["automatic", "direct", "multigrid"] = key(
        "how displacement is solved for: by a factor (direct), which is fastest in a plane, or with far less memory by "
        "multigrid, which is fastest in 3d; automatic: by size. A thin body (plane stress) is always direct",
        "automatic",
    )


class OutputSection(Section):
    """What is kept as fields and drawn."""

    soc: tuple[StateOfCharge, ...] = Field(
        description="states of charge of the first charge that are kept and drawn; without it 0.2, 0.4 ... up to "
        "steps.until",
        examples=[list(PICTURED)],
        min_length=1,
    )


def pictured_until(values: dict[str, Any]) -> Any:
    until = highest(values)
    return {"soc": (*(soc for soc in PICTURED if soc < until), getattr(until, "text", until))}


class Case(Section):
    """One system to run."""

    title: str = key("one line that heads tables and pictures", "", "LZACO holds")
    about: str = key("what the case is about, as long as you like", "", "Bilayer of Hu et al. 2026.")
    geometry: Geometry = key("what the mesh stands for; axisymmetric: x is the radius, left the axis", "plane strain")
    materials: MaterialsSection
    given: dict[str, dict[str, StrictStr | StrictFloat]] = Field(
        default_factory=dict,
        description="your own numbers for a material: [given.LZCO] poisson_ratio = 0.3",
        examples=[{"LZCO": {"poisson_ratio": 0.3}}],
    )
    composite: CompositeSection = Field(default_factory=CompositeSection)
    stack: StackSection | None = None
    particles: ParticlesSection | None = None
    particle: ParticleSection | None = None
    mesh: MeshSection = Field(default_factory=MeshSection)
    fracture: FractureSection
    flow: FlowSection = Field(default_factory=FlowSection)
    fatigue: FatigueSection | None = None
    shrinkage: ShrinkageSection
    diffusion: DiffusionSection | None = None
    contact: ContactSection = Field(default_factory=ContactSection)
    boundaries: BoundariesSection = Field(default_factory=BoundariesSection)
    steps: StepsSection = Field(default_factory=StepsSection)
    cycling: CyclingSection | None = None
    schedule: tuple[StageSection, ...] | None = Field(
        None,
        description="what happens to the cell, stage by stage, in place of steps.until and [cycling]",
        examples=[[{"stage": "charge"}]],
        min_length=1,
    )
    solver: SolverSection = Field(default_factory=SolverSection)
    output: OutputSection = Field(default_factory=pictured_until)

    @model_validator(mode="before")
    @classmethod
    def with_every_table(cls, table: Any) -> Any:
        """A missing table is an empty one, so that each missing key is named; without any other body there is a stack,
        particles have walls, and what is solved of one is cut off by planes of symmetry."""
        if not isinstance(table, dict):
            return table
        mesh, held = table.get("mesh"), table.get("boundaries", {})
        others = not {"particles", "particle"}.isdisjoint(table) or (isinstance(mesh, dict) and "file" in mesh)
        walls = {"particles": {"left": "sliding"}, "particle": {"left": "sliding", "bottom": "sliding"}}
        for kind in walls.keys() & table.keys() if isinstance(held, dict) else ():
            table = {**table, "boundaries": walls[kind] | held}
        return {name: {} for name in ("materials", "fracture", "shrinkage", *["stack"] * (not others))} | table

    def bodies(self) -> list[str]:
        """The keys that say which body it is, of which there has to be one."""
        given = {
            "stack": self.stack,
            "particles": self.particles,
            "particle": self.particle,
            "mesh.file": self.mesh.file,
        }
        return [key for key, body in given.items() if body is not None]

    def material(self, role: Literal["electrolyte", "active", "shell"]) -> Material:
        """The card of the electrolyte, the active material or the shell, with the numbers given in the case."""
        material = load(getattr(self.materials, role))
        for name, values in self.given.items():
            if load(name).name == material.name:
                material = material.with_given(values)
        return material

    def resolved(self) -> str:
        """TOML that reads back to this very case, defaults spelled out."""
        return toml_text(as_written(self))


def as_written(case: Case) -> dict[str, Any]:
    """Its table, numbers as the user wrote them; without None, and without defaults that have no effect, since a case
    that says them is refused."""
    table: dict[str, Any] = _table(case)
    if case.stack is not None and case.stack.notch is not None and case.stack.notch.shape in ("closed", "penny"):
        del table["stack"]["notch"]["opening"]
    by_weight = case.particle is None and (case.particles is None or case.particles.volume_fraction is None)
    if not by_weight:
        del table["composite"]
    elif case.particles is not None:
        del table["composite"]["moduli"]
    if case.diffusion is not None and case.schedule is None:
        del table["contact"]
    if case.schedule is not None:
        del table["steps"]["until"]
        table.get("diffusion", {}).pop("rest", None)
    return table


def _table(value: Any) -> Any:
    if isinstance(value, MeshSection) and value.file is not None:
        return {"file": str(value.file)}
    if isinstance(value, BaseModel):
        return {name: _table(entry) for name, entry in value if entry not in (None, {})}
    if isinstance(value, tuple):
        return [_table(entry) for entry in value]
    return value.text if isinstance(value, Written) else value
