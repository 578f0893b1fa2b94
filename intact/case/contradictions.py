"""Keys that are each right and cannot stand together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from intact.case.diffusion_problems import diffusion_problems
from intact.case.geometries import StackSection
from intact.case.model import Case
from intact.case.particle_problems import particle_problems
from intact.case.problems import Problem
from intact.case.schedule import highest
from intact.case.schedule_problems import schedule_problems
from intact.case.shrinking import crystal_problems, shrinkage_problems
from intact.case.toml_text import dotted
from materials.card import CardError, UnknownMaterial, load
from materials.properties import PROPERTIES, nearest
from materials.quantity import QuantityError


def contradictions(case: Case) -> Iterator[Problem]:
    """Every contradiction in a case whose keys are valid one by one."""
    yield from _mesh(case)
    yield from _geometry(case)
    yield from _particles(case)
    yield from particle_problems(case)
    yield from _fracture(case)
    yield from _flow(case)
    yield from shrinkage_problems(case)
    yield from crystal_problems(case)
    yield from _platen(case, "bottom")
    yield from _platen(case, "top")
    yield from _pressure(case)
    yield from _support(case)
    yield from _steps(case)
    yield from _cycling(case)
    yield from schedule_problems(case)
    yield from diffusion_problems(case)
    yield from _given(case)


def _mesh(case: Case) -> Iterator[Problem]:
    if case.mesh.file is None:
        finest = case.fracture.length / case.mesh.elements_per_length
        if case.mesh.coarse < finest:
            yield Problem(
                "mesh.coarse",
                f"got {case.mesh.coarse:g} um, takes at least the fine size, which is fracture.length / "
                f"mesh.elements_per_length = {finest:g} um",
                ("fracture.length", "mesh.elements_per_length"),
            )
    else:
        for key in sorted(case.mesh.model_fields_set - {"file"}):
            yield Problem(f"mesh.{key}", "has no effect with mesh.file, takes leaving out one of them", ("mesh.file",))
        if not case.mesh.file.is_file():
            yield Problem("mesh.file", f"got {str(case.mesh.file)!r}, takes a file that is there")
    first, *others = case.bodies()
    for other in others:
        yield Problem(other, f"contradicts [{first}], takes leaving out one of them", (first,))
    if case.stack is not None:
        yield from _notch(case.stack)


def _geometry(case: Case) -> Iterator[Problem]:
    """What belongs to one kind of body only."""
    solid, told = case.geometry == "3d", ("geometry",)
    notch = None if case.stack is None else case.stack.notch
    if case.stack is not None and solid != (case.stack.depth is not None):
        got = 'nothing with geometry = "3d"' if solid else f'{case.stack.depth:g} um with geometry = "{case.geometry}"'
        takes = 'a length, such as "10 um"' if solid else 'leaving it out, or geometry = "3d"'
        yield Problem("stack.depth", f"got {got}, takes {takes}", told, idle=not solid)
    if notch is not None and notch.shape == "penny" and not solid:
        hint = "; an axisymmetric wedge is round, too"
        yield Problem("stack.notch.shape", f'got "penny", takes geometry = "3d"{hint}', told)
    if notch is not None and notch.shape == "closed" and solid:
        yield Problem("stack.notch.shape", 'got "closed" with geometry = "3d", takes "penny"', told)
    if notch is not None and notch.shape in ("closed", "penny") and "opening" in notch.model_fields_set:
        words = f'has no effect with stack.notch.shape = "{notch.shape}", takes leaving it out'
        yield Problem("stack.notch.opening", words, ("stack.notch.shape",), idle=True)
    if notch is not None and notch.shape == "penny" and solid:
        for side in ("left", "front"):
            if getattr(case.boundaries, side) == "free":
                words = 'got "free" with stack.notch.shape = "penny", a quarter of which is modelled, takes "sliding"'
                yield Problem(f"boundaries.{side}", words, ("stack.notch.shape",))
    for side in ("front", "back"):
        if getattr(case.boundaries, side) is not None and not solid:
            words = f'has no effect with geometry = "{case.geometry}", takes leaving it out'
            yield Problem(f"boundaries.{side}", words, told, idle=True)
    if case.geometry == "axisymmetric" and case.boundaries.left == "free":
        yield Problem(
            "boundaries.left",
            'got "free" with geometry = "axisymmetric", whose left side is the axis, takes "sliding"',
            told,
        )


def _particles(case: Case) -> Iterator[Problem]:
    if case.particles is None:
        return
    if case.geometry != "plane strain":
        words = f'got "{case.geometry}" with [particles], takes "plane strain"'
        yield Problem("geometry", words, ("particles",))
    given = case.composite.model_fields_set
    if "moduli" in given:
        yield Problem("composite.moduli", "has no effect with [particles], takes leaving it out", ("particles",))
    if case.particles.volume_fraction is not None and "active_weight_fraction" in given:
        words = "contradicts composite.active_weight_fraction, takes leaving out one of them"
        yield Problem("particles.volume_fraction", words, ("composite.active_weight_fraction",))


def _fracture(case: Case) -> Iterator[Problem]:
    fracture = case.fracture
    star, cohesive = fracture.split == "star-convex", fracture.model.startswith("PF-CZM")
    if star and fracture.star_convexity is None:
        words = 'got nothing with fracture.split = "star-convex", takes a number of at least -1, such as 5'
        yield Problem("fracture.star_convexity", words, ("fracture.split",))
    if not star and fracture.star_convexity is not None:
        words = f'has no effect with fracture.split = "{fracture.split}", takes leaving it out'
        yield Problem("fracture.star_convexity", words, ("fracture.split",), idle=True)
    for key in ("interface_strength", "bulk_strength"):
        if not cohesive and getattr(fracture, key) is not None:
            words = f'has no effect with fracture.model = "{fracture.model}", takes leaving it out'
            yield Problem(f"fracture.{key}", words, ("fracture.model",), idle=True)
    if fracture.split in ("spectral", "no-tension") and case.flow.yield_stress != "none":
        yield Problem(
            "flow.yield_stress",
            f'got "{case.flow.yield_stress}" with fracture.split = "{fracture.split}", which leaves shear energy in a '
            'closed crack, for which there is no flow rule, takes "none", or another split',
            ("fracture.split",),
        )


def _flow(case: Case) -> Iterator[Problem]:
    flow = case.flow
    for key in ("saturation_stress", "saturation_strain"):
        if flow.yield_stress == "none" and getattr(flow, key) is not None:
            words = 'has no effect with flow.yield_stress = "none", takes leaving it out'
            yield Problem(f"flow.{key}", words, ("flow.yield_stress",), idle=True)
    if (flow.saturation_stress is None) != (flow.saturation_strain is None):
        absent, present = ("stress", "strain") if flow.saturation_stress is None else ("strain", "stress")
        yield Problem(
            f"flow.saturation_{absent}",
            f"got nothing with flow.saturation_{present}, takes both of them or neither",
            (f"flow.saturation_{present}",),
        )


def _notch(stack: StackSection) -> Iterator[Problem]:
    if stack.notch is None:
        return
    if stack.notch.length >= stack.width:
        yield Problem(
            "stack.notch.length",
            f"got {stack.notch.length:g} um, takes less than stack.width = {stack.width:g} um",
            ("stack.width",),
        )
    if stack.notch.shape in ("wedge", "slot") and stack.notch.opening >= stack.interface:
        yield Problem(
            "stack.notch.opening",
            f"got {stack.notch.opening:g} um, takes less than stack.interface = {stack.interface:g} um",
            ("stack.interface",),
        )


def _platen(case: Case, platen: Literal["bottom", "top"]) -> Iterator[Problem]:
    key, support = f"boundaries.{platen}", getattr(case.boundaries, platen)
    given = getattr(case.boundaries, f"{platen}_stiffness") is not None
    if support == "spring" and not given:
        yield Problem(
            f"{key}_stiffness",
            f'got nothing with {key} = "spring", takes a stiffness per area, such as "20 MPa/um"',
            (key,),
        )
    if support != "spring" and given:
        yield Problem(
            f"{key}_stiffness",
            f'has no effect with {key} = "{support}", takes {key} = "spring" or leaving it out',
            (key,),
            idle=True,
        )


def _pressure(case: Case) -> Iterator[Problem]:
    held, told = case.boundaries, ("boundaries.top",)
    if held.top == "pressure" and held.pressure is None and case.schedule is None:
        words = 'got nothing with boundaries.top = "pressure", takes a stress, such as "5 MPa"'
        yield Problem("boundaries.pressure", words, told)
    if held.top in ("clamped", "free") and held.pressure is not None:
        words = f'has no effect with boundaries.top = "{held.top}", takes "pressure", "sliding" or "spring" there'
        yield Problem("boundaries.pressure", words, told, idle=True)


def _support(case: Case) -> Iterator[Problem]:
    """A body that can move as a whole has no unique displacement: the solver would fail, and not say why."""
    held = case.boundaries
    if held.bottom == "free" and held.top in ("free", "pressure"):
        yield Problem(
            "boundaries.bottom",
            f'got "free" with boundaries.top = "{held.top}", so nothing holds the stack vertically, '
            'takes "clamped", "sliding" or "spring" for one of them',
            ("boundaries.top",),
        )
    if held.left == held.right == "free" and "clamped" not in (held.bottom, held.top):
        yield Problem(
            "boundaries.right",
            'got "free" with boundaries.left = "free", so nothing holds the stack sideways, '
            'takes "sliding" for one of them, or a clamped platen',
            ("boundaries.left", "boundaries.bottom", "boundaries.top"),
        )
    if case.geometry == "3d" and held.front == held.back == "free" and "clamped" not in (held.bottom, held.top):
        yield Problem(
            "boundaries.back",
            'got "free" with boundaries.front = "free", so nothing holds the stack in depth, '
            'takes "sliding" for one of them, or a clamped platen',
            ("boundaries.front", "boundaries.bottom", "boundaries.top"),
        )


def _steps(case: Case) -> Iterator[Problem]:
    steps = case.steps
    for small, large in (("smallest", "onset"), ("onset", "largest"), ("largest", "until")):
        if getattr(steps, small) > getattr(steps, large):
            got, most = getattr(steps, small), getattr(steps, large)
            default = "" if small in steps.model_fields_set else " (its default)"
            yield Problem(
                f"steps.{small}",
                f"got {got:g}{default}, takes at most steps.{large} = {most:g}",
                (f"steps.{large}",),
            )
    until, key = highest({"steps": steps, "schedule": case.schedule}), "until" if case.schedule else "steps.until"
    if max(case.output.soc) > until:
        yield Problem(
            "output.soc", f"got {max(case.output.soc):g}, takes at most {key} = {until:g}", ("steps.until", "schedule")
        )
    if any(later <= sooner for sooner, later in zip(case.output.soc, case.output.soc[1:], strict=False)):
        yield Problem("output.soc", f"got {list(map(float, case.output.soc))}, takes rising numbers")


def _cycling(case: Case) -> Iterator[Problem]:
    if case.cycling is not None and case.cycling.down_to >= case.steps.until:
        words = f"got {case.cycling.down_to:g}, takes less than steps.until = {case.steps.until:g}"
        yield Problem("cycling.down_to", words, ("steps.until",))


def _given(case: Case) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name, values in case.given.items():
        key = dotted(["given", name])
        try:
            material = load(name)
        except (UnknownMaterial, CardError) as error:
            yield Problem(key, f"got {name!r}, takes the name of a card (intact materials lists them): {error}")
            continue
        if material.name in seen:
            yield Problem(key, f"got a second name of {material.name}, takes one table for each material")
        seen[material.name] = name
        for property_, text in values.items():
            if property_ not in PROPERTIES:
                hint = nearest(property_, PROPERTIES)
                words = f"got an unknown property, takes {', '.join(PROPERTIES)}{hint}"
                yield Problem(dotted(["given", name, property_]), words)
                continue
            try:
                PROPERTIES[property_].read(text)
            except QuantityError as error:
                yield Problem(dotted(["given", name, property_]), str(error))
