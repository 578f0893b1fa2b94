"""From [boundaries] to what holds a body."""

from __future__ import annotations

from collections.abc import Mapping

from intact.case.model import Case, Side, Top
from mechanics import KINEMATICS, Support


def platens_and_sides(case: Case, gap: float) -> dict[str, Support]:
    """`gap`: the stiffness of what holds one."""
    held = case.boundaries
    dimension = KINEMATICS[case.geometry].dimension
    clamped: Mapping[str, tuple[int, ...]] = {"clamped": tuple(range(dimension)), "sliding": (1,)}

    def side(component: int, kind: Side | None) -> Support:
        return Support((component,) if kind != "free" else ())

    def platen(kind: Top, stiffness: float | None) -> Support:
        return Support(clamped.get(kind, ()), float(stiffness or 0.0))

    def upper() -> Support:
        """Pressed first, and then held by a spring, by none, or by one so stiff that it holds the gap."""
        if case.schedule is not None and held.top == "pressure":
            return Support(pressure=0.0, level=True)
        if held.pressure is None:
            return platen(held.top, held.top_stiffness)
        spring = {"pressure": 0.0, "sliding": gap, "spring": float(held.top_stiffness or 0.0)}[held.top]
        return Support(spring=spring, pressure=float(held.pressure), level=True)

    supports = {
        "bottom": platen(held.bottom, held.bottom_stiffness),
        "top": upper(),
        "left": side(0, held.left),
        "right": side(0, held.right),
    }
    if dimension == 3:
        supports |= {"front": side(2, held.front), "back": side(2, held.back)}
    return supports
