"""The tables of a study: a line a run, or a band of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from intact.case import cycles
from intact.results import band
from intact.results.touch import CUT_OFF, MEANING

TO = " ... "  # between the lowest and the highest of a band
HALF_CYCLES = "first_detachment_half_cycle", "full_detachment_half_cycle"

Summary = Mapping[str, Any]


def show(summary: Summary, to: Console) -> None:
    """For people: where each run let go, what contact loss means, what has cracked, and all notes."""
    below = Table.grid(padding=(0, 1))
    for note in summary["notes"]:
        below.add_row("·", Text(note))
    to.print(_table(summary))
    if any(run.get("contact") for run in summary["runs"]):
        to.print(_contact_table(summary))
    if any("cracks" in run for run in summary["runs"]):
        to.print(_cracks_table(summary))
    to.print(below)


def _table(summary: Summary) -> Table:
    """One line a run, or a band of them: where it let go, and whether it may be believed."""
    runs, compared = summary["runs"], summary["compare"]
    pictured = _pictured(runs)
    sheet = Table(title=Text(summary["title"]), title_justify="left")
    for key in compared:
        sheet.add_column(key.rpartition(".")[2].replace("_", " "))
    for heading in ("first detachment\nbetween SoC", "full detachment\nbetween SoC"):
        sheet.add_column(heading, justify="right")
    for soc in pictured:
        sheet.add_column(f"detached\nat SoC {soc}", justify="right")
    cycled = _cycled(runs)
    for which in cycled:
        sheet.add_column(f"detached after\n{which} cycle", justify="right")
    charged = any("lithium" in run for run in runs)
    if charged:
        for heading in ("detached\nat the end", "capacity\nreached"):
            sheet.add_column(heading, justify="right")
    sheet.add_column("outcome")
    for group in band.of_summaries(runs, compared):
        located = (_located_in(group, event) for event in band.EVENTS)
        shares = [[run["detached_fraction_at_soc"].get(soc) for run in group] for soc in pictured]
        shares += [[_after_cycle(run, which) for run in group] for which in cycled]
        shares += [[run["detached_fraction_at_end"] for run in group], [*map(_capacity, group)]] if charged else []
        percents = (_spread(numbers, "{:.0%}".format) for numbers in shares)
        sheet.add_row(*(Text(group[0]["labels"][key]) for key in compared), *located, *percents, _outcome_of(group))
    return sheet


def _spread(numbers: Sequence[float | None], written: Callable[[float], str]) -> str:
    """The one number of a run, or the lowest and the highest of several."""
    ends = band.ends(numbers)
    return "-" if ends is None else TO.join(dict.fromkeys(map(written, ends)))


def lines(summary: Summary) -> list[dict[str, Any]]:
    """For programs: a line a run."""
    runs = summary["runs"]
    keys = list(dict.fromkeys(key for run in runs for key in run["labels"]))
    return [_plain(run, keys, _pictured(runs), _cycled(runs)) for run in runs]


def _plain(run: Summary, keys: Sequence[str], pictured: Sequence[str], cycled: Sequence[str]) -> dict[str, Any]:
    """The line of the table for programs: each run has its own, also within a band."""
    ends = [f"{kind}_detachment{end}_soc" for kind in ("first", "full") for end in ("_after", "")]
    return {
        "folder": run["folder"],
        **{key: run["labels"].get(key) for key in keys},
        **{key: run[key] for key in ends},
        **{f"detached_fraction_at_{soc}": run["detached_fraction_at_soc"].get(soc) for soc in pictured},
        **{f"detached_fraction_after_{which}_cycle": _after_cycle(run, which) for which in cycled},
        **{half: run["cycling"][half] for half in HALF_CYCLES if cycled},
        **({"capacity_reached": _capacity(run)} if "lithium" in run else {}),
        **{f"{name}_at_{soc}": number for soc in pictured[-1:] for name, number in _contact(run, soc).items()},
        "last_soc": run["last_soc"],
        "outcome": "converged" if run["converged"] else run["reason"],
    }


def _pictured(runs: Sequence[Summary]) -> list[str]:
    """The state of charge in the middle of the pictures, and the last: the two that the paper speaks of."""
    told = sorted({soc for run in runs for soc in run["detached_fraction_at_soc"]}, key=float)
    return [told[(len(told) - 1) // 2], told[-1]] if len(told) > 1 else told


def _cycled(runs: Sequence[Summary]) -> Sequence[str]:
    """The cycles after which the table tells how much has let go."""
    return ("first", "last")[: max((run["cycling"]["cycles"] for run in runs if "cycling" in run), default=0)]


def _capacity(run: Summary) -> float | None:
    return run["lithium"]["capacity_reached"] if "lithium" in run else None


def _after_cycle(run: Summary, which: str) -> float | None:
    half = 2 if which == "first" else 2 * run["cycling"]["cycles"]
    return run["cycling"]["detached_fraction_after_half_cycle"].get(str(half))


def _located_in(runs: Sequence[Summary], event: str) -> str:
    """Where an event lies in all of several runs: not before the soonest had not yet, and not after the latest had."""
    if len(runs) == 1:
        return _located(runs[0], event)
    soonest, latest = band.soonest_and_latest(runs, event)
    until = _located(latest, event)
    if soonest[f"{event}_soc"] is None:
        return until
    if latest[f"{event}_soc"] is not None:
        until = f"{latest[f'{event}_soc']:.4g}" + _within(latest, f"{event}_half_cycle")
    return f"{soonest[f'{event}_after_soc']:.4g}" + _within(soonest, f"{event}_half_cycle") + TO + until


def _located(run: Summary, event: str) -> str:
    after, soc = run[f"{event}_after_soc"], run[f"{event}_soc"]
    if soc is not None:
        return f"{after:.4g} and {soc:.4g}" + _within(run, f"{event}_half_cycle")
    if run["converged"]:
        return "none"
    return "not known" if run["last_soc"] is None else f"none up to {_last(run)}"


def _last(run: Summary) -> str:
    return f"{run['last_soc']:.4g}" + _within(run, "last_half_cycle")


def _within(run: Summary, which: str) -> str:
    """The half cycle, where there are several."""
    return f" in {cycles.name(run['cycling'][which])}" if "cycling" in run else ""


def _contact(run: Summary, soc: str) -> Mapping[str, float | None]:
    """Contact loss at a charge, or at its end where it ends by itself. Results of earlier versions have none."""
    contact = run.get("contact") or {}
    told = contact.get("at_end") if "lithium" in run else (contact.get("at_soc") or {}).get(soc)
    return told or dict.fromkeys(MEANING)


def _contact_table(summary: Summary) -> Table:
    """What contact loss means at the last of the pictured states of charge."""
    runs, compared = summary["runs"], summary["compare"]
    soc = _pictured(runs)[-1]
    title = "at the end of charge" if any("lithium" in run for run in runs) else f"at SoC {soc}"
    sheet = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    headings = ("interface\nopen", "ionic resistance\n× intact", "if touching\nfaces conduct", "capacity\nreachable")
    sheet.add_column("")
    for heading in headings:
        sheet.add_column(heading, justify="right")
    for group in band.of_summaries(runs, compared):
        found = [_contact(run, soc) for run in group]
        written: tuple[Callable[[float], str], ...] = ("{:.1%}".format, _ratio, _ratio, "{:.1%}".format)
        cells = [_spread([one[name] for one in found], how) for name, how in zip(MEANING, written, strict=True)]
        sheet.add_row(Text(_name(group, compared)), *cells)
    return sheet


def _name(group: Sequence[Summary], compared: Sequence[str]) -> str:
    return group[0]["folder"] if len(group) == 1 else ", ".join(group[0]["labels"][key] for key in compared)


def _cracks_table(summary: Summary) -> Table:
    """What of each part has cracked at the end; the highest damage of each is in its summary."""
    runs, compared = [run for run in summary["runs"] if "cracks" in run], summary["compare"]
    told = dict.fromkeys(name for run in runs for name in run["cracks"]["at_end"])
    names = [name for name in told if not name.startswith("max_damage")]
    sheet = Table(title="at the end", title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    sheet.add_column("")
    for name in names:
        sheet.add_column(name.replace("_", " "), justify="right")
    for group in band.of_summaries(runs, compared):
        found = [run["cracks"]["at_end"] for run in group]
        cells = [_spread([one.get(name) for one in found], "{:.1%}".format) for name in names]
        sheet.add_row(Text(_name(group, compared)), *cells)
    return sheet


def _ratio(ratio: float) -> str:
    return "cut off" if ratio > CUT_OFF else f"{ratio:.3g}"


def _outcome_of(runs: Sequence[Summary]) -> str:
    if len(runs) == 1:
        return outcome(runs[0])
    stopped = sum(not run["converged"] for run in runs)
    return f"STOPPED: {stopped} of {len(runs)} runs" if stopped else f"converged, {len(runs)} runs"


def outcome(run: Summary) -> str:
    """Whether a run may be believed to its end."""
    if run["converged"]:
        return f"converged, {run['steps']} steps"
    if run["last_soc"] is None:
        return "STOPPED before the first equilibrium"
    return f"STOPPED after SoC {_last(run)}"
