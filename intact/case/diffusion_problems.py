"""Keys of lithium that diffuses that are each right and cannot stand together."""

from __future__ import annotations

from collections.abc import Iterator

from intact.case.model import Case
from intact.case.problems import Problem
from intact.case.shrinking import has_axes


def diffusion_problems(case: Case) -> Iterator[Problem]:
    if case.diffusion is None:
        return
    if case.particles is None:
        body = case.bodies()[0]
        words = f"got it with {body}, takes [particles], in which alone lithium is followed"
        yield Problem("diffusion", words, (body,))
    if "c_rate" in case.contact.model_fields_set:
        words = "has no effect with [diffusion], whose c_rate counts, takes leaving it out"
        yield Problem("contact.c_rate", words, ("diffusion",), idle=True)
    if case.diffusion.drift == "stress" and case.shrinkage.curve is None:
        words = (
            'got "stress" without shrinkage.curve, from which the volume of lithium is, takes "none", or '
            "shrinkage.curve"
        )
        yield Problem("diffusion.drift", words, ("shrinkage.curve",))
    if case.diffusion.drift == "stress" and has_axes(case):
        words = (
            'got "stress" with particles.crystals = "random", takes "none": its law counts the volume of lithium alone'
        )
        yield Problem("diffusion.drift", words, ("particles.crystals",))
