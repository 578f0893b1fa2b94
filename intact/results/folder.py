"""The results folder: its files, the joint summary of its runs, and its notes."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path

from rich.console import Console

from intact.console import console
from intact.results import tables
from intact.results.tables import Summary
from intact.results.whole import ResultsError, unwritten, write_whole

HISTORY, SUMMARY, CASE = "history.csv", "summary.json", "case.toml"
EACH = "contact.csv"  # of each of several interfaces
TABLE, TABLE_TEXT = "table.csv", "table.txt"
CHECKPOINT = "checkpoint.npz"
REGIONS = "regions.json"  # names of the regions, which have numbers in the fields
OURS = (
    HISTORY,
    EACH,
    SUMMARY,
    CASE,
    CHECKPOINT,
    TABLE,
    TABLE_TEXT,
    REGIONS,
    "fields*.pvd",
    "fields*.pvtu",
    "fields*.vtu",
    ".unfinished-*",
)
INTERRUPTED = "interrupted from outside"
PICTURES = CRACK_FIELD, DETACHED_FRACTION, CONTACT = "crack-field.png", "detached-fraction.png", "contact.png"
KEPT = "INTACT_KEPT"
WIDE = 160  # of the table as text: no cell is broken


BEGIN_ANEW = "takes --overwrite to begin anew, or another --output"


def outlives(folder: Path) -> None:
    """Refuses a folder that would be gone with the container: INTACT_KEPT names those that are not (containers/run)."""
    kept = [Path(one) for one in os.environ.get(KEPT, "").split(os.pathsep) if one]
    if kept and not any(folder.resolve().is_relative_to(one) for one in kept):
        places = " or ".join(dict.fromkeys(map(str, kept)))
        raise ResultsError(
            f"--output: got {str(folder)!r}, which the container cannot keep, takes a folder below {places}; or call "
            "containers/run from the folder that is meant"
        )


def prepare(folder: Path) -> None:
    """The folder, without what an earlier run has left in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in left_in(folder):
            old.unlink()
    except OSError as error:
        raise ResultsError(
            f"--output: got {str(folder)!r}, takes a folder that can be written ({error.strerror})"
        ) from error


def left_in(folder: Path) -> list[Path]:
    """What an earlier run has left in it."""
    return [file for pattern in (*OURS, *PICTURES) for file in folder.glob(pattern)]


def solved(folder: Path, digest: str) -> Summary | None:
    """Summary of the run of this very case that has ended here; None where it has not. What is there of another case is
    left alone, and told."""
    try:
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        of, can_go_on = summary["digest"], summary["can_go_on"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ResultsError(f"--resume: got {folder / SUMMARY}, which cannot be read ({error}), {BEGIN_ANEW}") from None
    if of != digest:
        raise ResultsError(f"--resume: got {folder}, results of a case that has been changed since, {BEGIN_ANEW}")
    return None if can_go_on else summary


def copy(source: Path, target: Path, summary: Summary) -> None:
    """Results of one case as those of another that is the same, with its own summary."""
    try:
        shutil.copytree(source, target, dirs_exist_ok=True)
    except OSError as error:
        raise ResultsError(unwritten(target, error)) from error
    write_json(target / SUMMARY, summary)


def write_json(path: Path, content: Summary) -> None:
    write_whole(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def write(folder: Path, summary: Summary) -> None:
    """The joint summary, and its table for programs and for people."""
    write_json(folder / SUMMARY, summary)
    rows, file = tables.lines(summary), StringIO()
    writer = csv.DictWriter(file, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    write_whole(folder / TABLE, file.getvalue())
    text = StringIO()
    tables.show(summary, Console(file=text, width=WIDE, highlight=False, emoji=False))
    write_whole(folder / TABLE_TEXT, text.getvalue())


def show(folder: Path) -> None:
    """Print the table of a results folder, what it must not be read without, and where the pictures are."""
    try:
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        tables.show(summary, console)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise ResultsError(
            f"FOLDER: got {str(folder)!r}, whose joint {SUMMARY} cannot be read ({error}), takes a folder such as "
            "results/lzco-vs-lzaco in which intact run has ended at least one case"
        ) from error
    console.print(f"results in {folder}", markup=False, soft_wrap=True)
    for picture in (folder / name for name in PICTURES if (folder / name).exists()):
        console.print(f"  {picture}", markup=False, soft_wrap=True)


def once(told: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    """Each warning once, with the names of the cases that it is about unless that is all of them."""
    about: dict[str, list[str]] = {}
    for name, texts in told:
        for text in texts:
            about.setdefault(text, []).append(name)
    return [
        f"warning: {text}" if len(names) == len(told) else f"warning ({', '.join(names)}): {text}"
        for text, names in about.items()
    ]


def notes(runs: Sequence[Summary], not_run: Sequence[str], lost: Mapping[str, str]) -> list[str]:
    """What the table must not be read without: where the toughness comes from, and every warning."""
    toughness = dict.fromkeys(
        f"{name} {told}"
        for run in runs
        for name, told in run["sources"].items()
        if name.endswith("toughness") and name != "bulk toughness"
    )
    balances = [run["energy_balance"]["appeared_from_nothing"] for run in runs if run["energy_balance"]]
    balanced = [f"energy balance: no step holds more than {max(balances):.1g} of the work too much"] if balances else []
    stopped = [f"{run['folder']} did not reach its end: {run['reason']}" for run in runs if not run["converged"]]
    never = [f"not run: {', '.join(not_run)}"] if not_run else []
    gone = [f"{name} is lost but for its {HISTORY}: {why}" for name, why in lost.items()]
    return [*toughness, *balanced, *once([(run["folder"], run["warnings"]) for run in runs]), *stopped, *gone, *never]
