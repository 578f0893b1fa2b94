"""What is told of contact loss, and what each number means."""

from __future__ import annotations

from dataclasses import dataclass

WINDOW = 0.7  # V, from empty to full: layered oxides take 3.6 to 4.3 V against lithium for what they give up
CUT_OFF = 1e4  # resistance ratio above which there is no way left but through what is broken

MEANING = {
    "open_fraction": "share of the interface that is detached and whose faces do not touch",
    "resistance_ratio": "ionic resistance from bottom to top, or from the top to the surface of a single particle, "
    "over that of the body without damage; a broken place has parted for good. When all of the interface is broken "
    "the number says only that it is very large",
    "resistance_ratio_touching": "the same if faces that touch conduct as if whole; the truth lies between the two",
    "reachable_capacity": "share of the cathode's capacity that a charge at contact.c_rate (with [diffusion] its own "
    "c_rate) reaches, compared with "
    f"the intact stack; a loss of {WINDOW:g} V on the way of the ions leaves a place uncharged, a smaller one in "
    "proportion (an assumption: the potential rises evenly with the charge). Touching faces conduct",
}


@dataclass(frozen=True)
class Touch:
    """At one equilibrium; None where the cards have no number to make it from."""

    open_fraction: float
    resistance_ratio: float | None
    resistance_ratio_touching: float | None
    reachable_capacity: float | None
