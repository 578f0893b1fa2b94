"""What would be solved, told before any solving."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

import numpy as np
from mpi4py import MPI
from rich.table import Table

import meshes
from intact.body import REGIONS, domain
from intact.case import Study
from intact.console import console
from intact.layers import Layers, layers
from intact.sections import Case
from mechanics import CRACK_MODELS, Medium
from mechanics.closed_forms import clamped_strip, critical_charge

RESOLVED = 0.5  # h/ℓ at most
BASE_MEMORY, MEMORY_PER_UNKNOWN = (
    0.35,
    6e-6,
)  # GB: libraries, and matrix with factor in 2D; measured on the main case


def check(study: Study, comm: MPI.Comm = MPI.COMM_WORLD) -> None:
    """Print mesh, lengths, stresses, the closed-form answer and what the run will take, for every case."""
    for (_, case), name in zip(study.cases, study.folders, strict=True):
        console.rule(name, align="left")
        made = layers(case)
        where = domain(case, comm)
        for line in (*_mesh(case, where), *_lengths(case, made), *_verdict(case, made), *_steps(case)):
            console.print(line, markup=False)
        console.print(_stresses(case, made))
        for text in (*made.warnings, *_warnings(case, where, made)):
            console.print(f"warning: {text}", style="yellow", markup=False)
    console.rule(align="left")
    console.print(f"{len(study.cases)} case{'s' * (len(study.cases) > 1)} can be run")


def _mesh(case: Case, where: meshes.Domain) -> Iterable[str]:
    topology = where.mesh.topology
    vertices, cells = topology.index_map(0).size_global, topology.index_map(2).size_global
    edges = vertices + cells - 1  # Euler, for a sheet without holes
    unknowns = 2 * (vertices + edges) + vertices
    yield f"mesh        {cells} triangles; {2 * (vertices + edges)} unknowns of displacement, {vertices} of damage"
    for name in REGIONS:
        mean, largest = _sizes(where, name)
        length = case.fracture.length
        yield f"            {name:12s} h {mean:.3g} µm (largest {largest:.3g}), h/ℓ {mean / length:.2g}"
    yield f"memory      about {BASE_MEMORY + MEMORY_PER_UNKNOWN * unknowns:.1f} GB"


def _sizes(where: meshes.Domain, region: str) -> tuple[float, float]:
    size, comm = meshes.element_size(where.mesh)[where.regions[region]], where.mesh.comm
    mean = comm.allreduce(float(size.sum())) / comm.allreduce(len(size))
    return mean, comm.allreduce(float(size.max(initial=0.0)), op=MPI.MAX)


def _lengths(case: Case, made: Layers) -> Iterable[str]:
    medium, length = made.media["interface"], case.fracture.length
    yield f"length      ℓ = {length:g} µm"
    own = own_length(case, medium)
    if own is not None:
        order = "yields before it cracks" if length < own else "cracks before it yields"
        yield f"            {own:.3g} µm is the interface's own: with a smaller ℓ it yields first; here it {order}"
    if case.stack is not None:
        yield f"            the interface layer is {case.stack.interface / length:.3g} ℓ thick"


def own_length(case: Case, medium: Medium) -> float | None:
    """The ℓ at which the model's strength equals the yield stress; strength goes as 1/√ℓ."""
    if medium.yield_stress is None:
        return None
    strength = CRACK_MODELS[case.fracture.model].strength(medium.young, medium.toughness, case.fracture.length)
    return float(case.fracture.length) * (strength / medium.yield_stress) ** 2


def _stresses(case: Case, made: Layers) -> Table:
    sheet = Table("layer", "E (GPa)", "ν", "toughness (J/m²)", "yield stress", "critical stress", "strain at SoC 1")
    for name, medium in made.media.items():
        strength = CRACK_MODELS[case.fracture.model].strength(medium.young, medium.toughness, case.fracture.length)
        sheet.add_row(
            name,
            f"{medium.young / 1000:.3g}",
            f"{medium.poisson:.2g}",
            f"{medium.toughness:.3g}",
            "elastic" if medium.yield_stress is None else f"{medium.yield_stress:.0f} MPa",
            f"{strength:.0f} MPa",
            f"{medium.shrinkage:.2%}",
        )
    return sheet


def _verdict(case: Case, made: Layers) -> Iterable[str]:
    """V4: layers that stay elastic between platens that hold them; what the run itself may well contradict."""
    if case.stack is None:
        return
    heights = {
        "electrolyte": case.stack.electrolyte,
        "interface": case.stack.interface,
        "cathode": case.stack.cathode,
    }
    stress, release = clamped_strip([(heights[name], made.media[name]) for name in REGIONS])
    soc = critical_charge(release, made.media["interface"].toughness)
    answer = "never: the layers press on each other" if soc is None else f"SoC {soc:.3f}"
    yield f"closed form a long crack runs at {answer}, were the layers elastic, wide and clamped to rigid platens"
    yield f"            ({stress:.0f} MPa and {release:.0f} J/m² at SoC 1)"


def _steps(case: Case) -> Iterable[str]:
    steps, stops = case.steps, sorted({*case.output.soc, case.steps.until})
    count = sum(ceil((end - start) / steps.largest - 1e-9) for start, end in zip([0.0, *stops], stops, strict=False))
    yield f"steps       {count} of at most {steps.largest:g} in SoC, {steps.onset:g} where detachment begins"


def _warnings(case: Case, where: meshes.Domain, made: Layers) -> Iterable[str]:
    length = case.fracture.length
    _, largest = _sizes(where, "interface")
    if largest > RESOLVED * length:
        yield (
            f"elements in the interface reach {largest:.3g} µm, more than half of fracture.length ({length:g} µm): "
            "a crack is not resolved; take more mesh.elements_per_length"
        )
    layer = min(np.array([case.stack.electrolyte, case.stack.cathode])) if case.stack else None
    if layer is not None and length > layer / 5:
        yield (
            f"fracture.length ({length:g} µm) is more than a fifth of the thinner layer ({layer:g} µm): "
            "a crack as wide as that does not feel the layers"
        )
