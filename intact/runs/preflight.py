"""What would be solved, told before any solving."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import ceil

from mpi4py import MPI
from rich import box
from rich.table import Table
from rich.text import Text

from intact.bodies.body import COARSE, RESOLVED, Body, bodies
from intact.bodies.kind import CRACK_WIDTH, Role
from intact.case.model import Case
from intact.case.read import Study
from intact.console import console
from intact.results import folder as results
from mechanics import CRACK_MODELS, KINEMATICS, Medium
from mechanics.closed_forms import clamped_strip, critical_charge

# GB. 0.175, 0.221 and 0.370 were measured with 6165, 32562 (the main case) and 107954 unknowns, in one process.
BASE_MEMORY, MEMORY_PER_UNKNOWN = 0.16, 2e-6
MEMORY_IN_SPACE = 1.85e-7  # of the 4/3 power: a factor grows so with a mesh in space; 1.02 with 100569 unknowns
STRONG = 0.8  # of the typed toughness, that a thin interface layer has
THIN = 5  # in ℓ: a thinner bulk layer is not one to a crack of that width

MEANINGS = {
    "critical stress": "at which a bar that is pulled cracks, with this ℓ; with a lower yield stress it yields first",
    "own ℓ": "at which the interface would crack and yield together; with a smaller one it yields first",
    "closed form": "where a long crack along the interface starts to run (above 1: never), and how hard the layers "
    "pull, if all is elastic, wide and between clamped platens; flow and softer platens make it later, and a layer "
    "that can slide along its platen, and so shrinks sideways once it is loose, makes it sooner",
}


def check(study: Study, comm: MPI.Comm = MPI.COMM_WORLD) -> None:
    """Print meshes, stresses, the closed-form answer, what the run will take, and warnings; each of them once."""
    todo = bodies(study, comm)
    console.print(f"{study.title}\n", style="bold", markup=False)
    blocks: dict[tuple[str, ...], list[str]] = {}
    for body in todo:
        blocks.setdefault(tuple(_block(body)), []).append(body.name)
    for lines, names in blocks.items():
        if len(blocks) > 1:
            console.print(f"{', '.join(names)}:", markup=False)
        for line in lines:
            console.print(line, markup=False)
        console.print()
    console.print(_table(todo))
    meanings = Table.grid(padding=(0, 2))
    for word, meaning in MEANINGS.items():
        meanings.add_row(word, meaning)
    console.print(meanings, "")
    for text in results.once([(body.name, warnings(body)) for body in todo]):
        console.print(text, style="yellow", markup=False)
    console.print(f"{len(todo)} case{'s' * (len(todo) > 1)} can be run")


def _block(body: Body) -> Iterator[str]:
    """Mesh and steps: what cases that differ in their materials have in common."""
    topology, length, kinematics = body.domain.mesh.topology, body.case.fracture.length, KINEMATICS[body.case.geometry]
    topology.create_entities(1)
    vertices, edges, cells = (topology.index_map(dim).size_global for dim in (0, 1, topology.dim))
    moving = topology.dim * (vertices + edges)  # quadratic displacement, linear damage
    moving += 3 * cells if kinematics.thin else 0  # strain across the plane, linear in each cell
    unknowns = moving + vertices
    memory = body.domain.mesh.comm.size * BASE_MEMORY
    memory += MEMORY_PER_UNKNOWN * unknowns if topology.dim == 2 else MEMORY_IN_SPACE * unknowns ** (4 / 3)
    extent = " × ".join(f"{long:.4g}" for long in body.extent())
    kind = "triangles" if topology.dim == 2 else "tetrahedra"
    origin = body.case.mesh.file or f"the {body.kind.key}"
    yield f"mesh      {extent} µm in {cells} {kind}, {body.case.geometry}, from {origin}"
    yield f"unknowns  {moving} of displacement, {vertices} of damage; about {memory:.1f} GB of memory"
    yield f"ℓ         {length:g} µm, the width over which a crack is smeared"
    there = [role for role in body.kind.shown if body.regions(role)]
    wide = max(map(len, there)) + 1
    for role in there:
        mean, largest = body.sizes(role)
        yield (
            f"          {role:{wide}s}{_thick(body, role)}; elements of {mean:.3g} µm, at most {largest:.3g}; "
            f"h/ℓ {mean / length:.2f}, at most {largest / length:.2f}"
        )
    for role in body.thin:
        typed, entered = (media[role].toughness for media in (body.layers.media, body.media))
        yield f"toughness {entered:.4g} J/m² in the {role} layer, for a crack along it to cost {typed:g}"
    yield f"steps     {_steps(body.case)}"


def _thick(body: Body, role: Role) -> str:
    """How thick a layer or a particle is; of the electrolyte between particles there is nothing to tell."""
    if role not in (*body.bulk, *body.thin):
        return f"{'in between':24s}"
    thick = body.thickness(role)
    return f"{thick:6.3g} µm or {thick / body.case.fracture.length:5.3g} ℓ thick"


def _steps(case: Case) -> str:
    steps = case.steps
    if case.diffusion is not None:
        return (
            f"at {case.diffusion.c_rate:g}C until a surface is at SoC {steps.until:g}, as long as lithium allows; some "
            f"more where detachment begins, which is found to within {steps.onset:g} of a charge"
        )
    stops = (0.0, *sorted({*case.output.soc, steps.until}))
    count = sum(ceil((end - start) / steps.largest - 1e-9) for start, end in pairwise(stops))
    more, cycled = "", case.cycling
    if cycled is not None:
        each = ceil((steps.until - cycled.down_to) / steps.largest - 1e-9)
        halves = 2 * cycled.cycles - 1
        often = f" in each of {halves} half cycles between that and" if halves > 1 else " down to"
        more = f", then {each}{often} SoC {cycled.down_to:g}"
    return (
        f"{count} to SoC {steps.until:g}{more}, none larger than {steps.largest:g}, and some more where detachment "
        f"begins, which is found to within {steps.onset:g}"
    )


def _table(todo: Sequence[Body]) -> Table:
    sheet = Table(box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    sheet.add_column("case", overflow="fold")
    for heading in (
        f"E (GPa)\nelectrolyte\nand {todo[0].kind.source}",
        f"{todo[0].kind.source}\nstrain\nat SoC 1",
        "yield\nstress\n(MPa)",
        "critical stress\n(MPa) interface\nand bulk",
        "interface\nfirst",
        "own ℓ\n(µm)",
        "closed form\nSoC",
        "pull\n(MPa)\nat SoC 1",
    ):
        sheet.add_column(heading, justify="right")
    for body in todo:
        media, source, interface = body.media, body.media[body.kind.source], body.media[body.interfaces[0].role]
        bulk = [strength(body.case, media[role]) for role in media if role not in body.thin]
        critical = strength(body.case, interface)
        yielding, own = interface.yield_stress, own_length(body.case, interface)
        pull, soc = closed_form(body) or (None, None)
        sheet.add_row(
            Text(body.name),
            f"{media['electrolyte'].young / 1000:.3g} and {source.young / 1000:.3g}",
            f"{source.strain(1.0):.2%}",
            "elastic" if yielding is None else f"{yielding:.0f}",
            f"{critical:.0f} and {min(bulk):.0f}",
            "yields" if yielding is not None and yielding < critical else "cracks",
            "-" if own is None else f"{own:.3g}",
            "-" if pull is None else "never" if soc is None else f"{soc:.3f}",
            "-" if pull is None else f"{pull:.0f}",
        )
    return sheet


def strength(case: Case, medium: Medium) -> float:
    """Peak stress of a uniformly stretched bar, in MPa."""
    if medium.strength is not None:
        return medium.strength
    derived = CRACK_MODELS[case.fracture.model].strength
    assert derived is not None, "Solid asks for a strength where none follows"
    return derived(medium.young, medium.toughness, case.fracture.length)


def own_length(case: Case, medium: Medium) -> float | None:
    """The ℓ at which the strength equals the yield stress; one that follows from the toughness goes as 1/√ℓ."""
    if medium.yield_stress is None or medium.strength is not None:
        return None
    return float(case.fracture.length) * (strength(case, medium) / medium.yield_stress) ** 2


def closed_form(body: Body) -> tuple[float, float | None] | None:
    """V4: stress at SoC 1 across layers that stay elastic between clamped platens, and the SoC at which G = Gc.

    None for layers that are free across the plane, or under a platen that follows them, and where there are no layers.
    """
    if not body.kind.across or KINEMATICS[body.case.geometry].thin or body.case.boundaries.top == "pressure":
        return None
    media, toughness = body.layers.media, body.case.fracture.interface_toughness
    stress, _ = _strip(body, media["cathode"])
    pull, release = _strip(body, replace(media["cathode"], shrinkage=-1.0))
    # What the stack was pressed with has to be used up first.
    needed = float(critical_charge(release, toughness) or 0.0) + float(body.case.boundaries.pressure or 0.0) / pull
    strain = media["cathode"].shrinkage
    if callable(strain):
        return stress, _first(strain, -needed)
    return stress, -needed / strain if strain < 0 else None


def _strip(body: Body, cathode: Medium) -> tuple[float, float]:
    media = {**body.layers.media, "cathode": cathode}
    return clamped_strip([(body.thickness(name), media[name]) for name in body.kind.across])


def _first(strain: Callable[[float], float], needed: float) -> float | None:
    """The SoC at which the cathode has shrunk so much, to the three digits that are told."""
    return next((step / 1000 for step in range(1001) if strain(step / 1000) <= needed), None)


def warnings(body: Body) -> list[str]:
    """What a user should know of a case before it is run; the run keeps them, too."""
    length = body.case.fracture.length
    bulk = min(body.thickness(role) for role in body.bulk)
    found = list(body.layers.warnings)
    for role in body.thin:
        found += _of_layer(body, role)
    if bulk < THIN * length:
        found.append(
            f"the thinner bulk layer is {bulk:.3g} µm thick, less than {THIN} times fracture.length ({length:g} µm): "
            "a crack as wide as that does not feel the layers"
        )
    return found


def _of_layer(body: Body, role: Role) -> list[str]:
    length, (mean, largest) = body.case.fracture.length, body.sizes(role)
    typed, layer = body.layers.media[role], body.media[role]
    found = []
    if mean > RESOLVED * length or largest > COARSE * length:
        found.append(
            f"elements in the {role} are {mean:.3g} µm large, at most {largest:.3g}, and half of fracture.length is "
            f"{length / 2:g} µm: a crack is not resolved; take {_finer(body.case)}"
        )
    if layer.toughness < STRONG * typed.toughness and layer.strength is None:
        share = layer.toughness / typed.toughness
        found.append(
            f"the {role} layer is {body.thickness(role):.3g} µm thick, and a crack {CRACK_WIDTH * length:g} "
            f"µm: for that to cost {typed.toughness:g} J/m² the layer has {share:.0%} of it, and so cracks at a "
            f"stress {1 - share**0.5:.0%} lower where there is no crack yet"
        )
    return found


def _finer(case: Case) -> str:
    return "more mesh.elements_per_length" if case.mesh.file is None else "a finer mesh in mesh.file"
