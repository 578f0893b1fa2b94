"""Keys that are each right and cannot stand together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from intact.problems import Problem
from intact.sections import Case, Stack
from intact.toml_text import dotted
from materials.card import CardError, UnknownMaterial, load
from materials.properties import PROPERTIES, nearest
from materials.quantity import QuantityError


def contradictions(case: Case) -> Iterator[Problem]:
    """Every contradiction in a case whose keys are valid one by one."""
    yield from _geometry(case)
    yield from _platen(case, "bottom")
    yield from _platen(case, "top")
    yield from _support(case)
    yield from _steps(case)
    yield from _given(case)


def _geometry(case: Case) -> Iterator[Problem]:
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
        if case.stack is not None:
            yield Problem("mesh.file", "contradicts [stack], takes leaving out one of them", ("stack",))
    if case.stack is not None:
        yield from _notch(case.stack)


def _notch(stack: Stack) -> Iterator[Problem]:
    if stack.notch is None:
        return
    if stack.notch.length >= stack.width:
        yield Problem(
            "stack.notch.length",
            f"got {stack.notch.length:g} um, takes less than stack.width = {stack.width:g} um",
            ("stack.width",),
        )
    if stack.notch.opening >= stack.interface:
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


def _support(case: Case) -> Iterator[Problem]:
    """A body that can move as a whole has no unique displacement: the solver would fail, and not say why."""
    held = case.boundaries
    if held.bottom == held.top == "free":
        yield Problem(
            "boundaries.bottom",
            'got "free" with boundaries.top = "free", so nothing holds the stack vertically, '
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
    if max(case.output.soc) > steps.until:
        yield Problem(
            "output.soc",
            f"got {max(case.output.soc):g}, takes at most steps.until = {steps.until:g}",
            ("steps.until",),
        )
    if any(later <= sooner for sooner, later in zip(case.output.soc, case.output.soc[1:], strict=False)):
        yield Problem("output.soc", f"got {list(map(float, case.output.soc))}, takes rising numbers")


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
