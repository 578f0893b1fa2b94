"""Where the time of a case went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from mechanics.clock import SPENT

REST = "the rest"

Profile = Mapping[str, Mapping[str, Any]]


def profile(seconds_in_all: float) -> Profile:
    """What has been timed since the clock was cleared, the longest first, and the rest; it adds up to all. In a run of
    several processes that of the first."""
    spent = sorted(SPENT.items(), key=lambda one: -one[1].own)
    seconds = {what: one.own for what, one in spent}
    seconds[REST] = seconds_in_all - sum(seconds.values())
    calls = {what: one.calls for what, one in spent}
    return {
        what: {"seconds": own, "calls": calls.get(what), "share": own / seconds_in_all} for what, own in seconds.items()
    }


def table(name: str, told: Profile) -> Table:
    sheet = Table(
        title=Text(f"time of {name}"), title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False
    )
    sheet.add_column("")
    for heading in ("seconds", "calls", "share"):
        sheet.add_column(heading, justify="right")
    for what, one in told.items():
        calls = "" if one["calls"] is None else str(one["calls"])
        sheet.add_row(what, f"{one['seconds']:.2f}", calls, f"{one['share']:.0%}")
    return sheet
