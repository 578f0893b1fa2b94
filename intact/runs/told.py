"""What is known of each step of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from intact.results.touch import Touch
from mechanics import Record


@dataclass(frozen=True)
class Told:
    """One equilibrium: its record, contact loss, cracks, and what is in touch of each interface."""

    record: Record
    touch: Touch | None = None
    cracks: Mapping[str, float] = field(default_factory=dict)
    each: Mapping[str, float] = field(default_factory=dict)
