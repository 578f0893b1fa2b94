"""Runs that differ only in what is unknown, as one: from the lowest to the highest of what came out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

Run = TypeVar("Run")
Labels = Mapping[str, str]
Summary = Mapping[str, Any]
EVENTS = ("first_detachment", "full_detachment")


def groups(runs: Iterable[Run], compared: Sequence[str], labels: Callable[[Run], Labels]) -> list[list[Run]]:
    """The runs of each combination of the compared keys, in their order."""
    found: dict[tuple[str | None, ...], list[Run]] = {}
    for run in runs:
        found.setdefault(tuple(labels(run).get(key) for key in compared), []).append(run)
    return list(found.values())


def of_summaries(runs: Iterable[Summary], compared: Sequence[str]) -> list[list[Summary]]:
    return groups(runs, compared, lambda run: run["labels"])


def ends(numbers: Iterable[float | None]) -> tuple[float, float] | None:
    """Lowest and highest of those that are known."""
    known = [number for number in numbers if number is not None]
    return (min(known), max(known)) if known else None


def soonest_and_latest(runs: Sequence[Summary], event: str) -> tuple[Summary, Summary]:
    """By when it happens: a run in which it never does comes after all others, one that stopped before is last."""

    def when(run: Summary) -> tuple[float, ...]:
        if run[f"{event}_soc"] is None:
            return (1 if run["converged"] else 2,)
        half = run.get("cycling", {}).get(f"{event}_half_cycle", 1)
        return 0, half, run[f"{event}_soc"] * (1 if half % 2 else -1)

    ordered = sorted(runs, key=when)
    return ordered[0], ordered[-1]


def folded(runs: Sequence[Summary], compared: Sequence[str]) -> list[dict[str, Any]]:
    """What the runs of each combination came to, lowest and highest. Of a detachment that some run never saw, the
    highest is null."""
    return [
        _folded(group, {key: group[0]["labels"][key] for key in compared}) for group in of_summaries(runs, compared)
    ]


def _folded(runs: Sequence[Summary], labels: Labels) -> dict[str, Any]:
    socs = list(dict.fromkeys(soc for run in runs for soc in run["detached_fraction_at_soc"]))
    contacts = [run["contact"]["at_end"] for run in runs if run.get("contact")]
    return {
        "labels": labels,
        "runs": [run["folder"] for run in runs],
        "converged": all(run["converged"] for run in runs),
        **{f"{event}_soc": [run[f"{event}_soc"] for run in soonest_and_latest(runs, event)] for event in EVENTS},
        "detached_fraction_at_soc": {
            soc: ends(run["detached_fraction_at_soc"].get(soc) for run in runs) for soc in socs
        },
        "contact_at_end": {name: ends(one[name] for one in contacts) for name in (contacts[0] if contacts else ())},
    }
