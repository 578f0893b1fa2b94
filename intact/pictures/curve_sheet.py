"""Draws detached fraction against state of charge, or the charge passed in several cycles: a line for each run, or the
area that the runs of a band fill."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from intact.pictures.sheet import ALARM, EDGE, FAINT, INK, WIDTH, Sheet, plain, points
from intact.results.finished import ELECTROLYTE, FinishedRun, FinishedStudy, HistoryLine

# Okabe & Ito, "Color Universal Design", 2008: told apart by colour-blind readers.
COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = (
    *("-", (0, (3, 1.4)), (0, (1, 1)), (0, (5, 1.2, 1, 1.2))),
    *((0, (7, 2)), (0, (1, 2.5)), (0, (3, 1, 1, 1, 1, 1)), (0, (2, 3))),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "h", "*")
THICK, THIN, STEP = 8.0, 3.0, 2.0  # pixels: the first line, the last at least, from line to line at most
BETWEEN_MARKERS = 10  # accepted steps
SHADE = 0.22  # how much of its colour a band has
LEFT, TOP, BOTTOM = 138, 84, 96  # around the axes, pixels
ENTRY, LINE = 44, 28  # in the legend: height of what has one line, and what each further line adds, pixels

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Look:
    """How one line is drawn. Curves that coincide all show: later ones are thinner, with their markers elsewhere."""

    colour: str
    style: int  # number of the dash and the marker
    width: float
    first_marker: int


def draw(study: FinishedStudy, file: Path) -> None:
    sheet = Sheet(WIDTH, max(720, TOP + legend_height(study, marks=2) + BOTTOM))
    sheet.title(study.title)
    axes = sheet.figure.add_axes(sheet.area(LEFT, TOP, WIDTH / 2, sheet.height - TOP - BOTTOM))
    for runs, look in zip(study.lines, looks(study), strict=True):
        if len(runs) == 1:
            _curve(axes, runs[0], look, label(runs, study.compared))
        else:
            area(axes, runs, look, lambda step: step.detached, label(runs, study.compared))
        _marks(axes, runs, look)
    frame(axes, study, "detached share of the interface")
    axes.set_xlabel(over(study), fontsize=points(26), color=INK, labelpad=8)
    rings = [Line2D([], [], label="first detachment", **_ring(FAINT))] * bool(begun(study.runs))
    told = legend(axes, study, rings)
    axes.set_position(sheet.area(LEFT, TOP, beside(sheet, told), sheet.height - TOP - BOTTOM))
    sheet.save(file)


def beside(sheet: Sheet, told: Legend) -> float:
    """Width that a legend leaves to the axes, pixels."""
    wide = told.get_window_extent(sheet.canvas.get_renderer()).width
    return max(WIDTH - LEFT - wide - 2 * EDGE, 0.4 * WIDTH)


def looks(study: FinishedStudy) -> list[Look]:
    """Colour by the row of the crack field, dash and marker by everything else that is compared."""
    firsts = [line[0] for line in study.lines]
    rows = [run.labels[study.row_key] for run in firsts]
    others = [tuple(run.labels[key] for key in study.compared if key != study.row_key) for run in firsts]
    colours, styles = list(dict.fromkeys(rows)), list(dict.fromkeys(others))
    thinner = min(STEP, (THICK - THIN) / len(rows))
    return [
        Look(
            colour=COLOURS[colours.index(row) % len(COLOURS)],
            style=styles.index(other) % len(DASHES),
            width=THICK - number * thinner,
            first_marker=number * BETWEEN_MARKERS // len(rows),
        )
        for number, (row, other) in enumerate(zip(rows, others, strict=True))
    ]


def _curve(axes: Axes, run: FinishedRun, look: Look, label: str) -> None:
    flowed, detached = [step.flowed for step in run.steps], [step.detached for step in run.steps]
    axes.plot(
        flowed,
        detached,
        color=look.colour,
        linestyle=DASHES[look.style],
        linewidth=points(look.width),
        marker=MARKERS[look.style],
        markersize=points(13),
        markeredgecolor="white",
        markeredgewidth=points(1.5),
        markevery=(look.first_marker, BETWEEN_MARKERS),
        label=label,
        zorder=3,
        clip_on=False,
    )


def area(
    axes: Axes, runs: Sequence[FinishedRun], look: Look, number: Callable[[HistoryLine], float | None], label: str
) -> None:
    """From the lowest to the highest of the runs, as far as each of them goes."""
    flowed, low, high = envelope(runs, number)
    axes.fill_between(flowed, low, high, color=look.colour, alpha=SHADE, linewidth=0, zorder=2)
    for edge, said in ((low, label), (high, "_")):
        axes.plot(
            flowed,
            edge,
            color=look.colour,
            linestyle=DASHES[look.style],
            linewidth=points(THIN),
            label=said,
            zorder=3,
        )


def envelope(
    runs: Sequence[FinishedRun], number: Callable[[HistoryLine], float | None]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Charge, and the lowest and the highest there; nothing where no run knows the number."""
    known = [[(step.flowed, told) for step in run.steps if (told := number(step)) is not None] for run in runs]
    lines = [np.array(line).T for line in known if line]
    if not lines:
        return np.empty(0), np.empty(0), np.empty(0)
    flowed = np.unique(np.concatenate([line[0] for line in lines]))
    there = np.array([np.interp(flowed, line[0], line[1], left=np.nan, right=np.nan) for line in lines])
    return flowed, np.nanmin(there, axis=0), np.nanmax(there, axis=0)


def _marks(axes: Axes, runs: Sequence[FinishedRun], look: Look) -> None:
    """Where the first and the last begin to detach, and where any ends before its time."""
    told = begun(runs)
    for at, run in told[:1] + told[1:][-1:]:
        axes.plot(at, run.detached_at(at), zorder=4, clip_on=False, **_ring(look.colour))
    for run in runs:
        if not run.converged and run.steps:
            axes.plot(run.last, run.steps[-1].detached, zorder=5, clip_on=False, **cross())


def begun(runs: Sequence[FinishedRun]) -> list[tuple[float, FinishedRun]]:
    """Those that begin to detach, with when, the soonest first."""
    found = [(run.first_detachment, run) for run in runs if run.first_detachment is not None]
    return sorted(found, key=lambda one: one[0])


def _ring(colour: str) -> dict[str, Any]:
    return {"marker": "o", "ms": points(19), "mfc": "white", "mec": colour, "mew": points(4), "linestyle": ""}


def cross() -> dict[str, Any]:
    return {"marker": "X", "ms": points(24), "mfc": ALARM, "mec": "white", "mew": points(2), "linestyle": ""}


def label(runs: Sequence[FinishedRun], compared: Sequence[str]) -> str:
    """What was compared, and below it what came out."""
    labels = runs[0].labels
    names = (labels[key] if key == ELECTROLYTE else f"{plain(key)} {labels[key]}" for key in compared)
    told, outcome = begun(runs), []
    if told:
        whens = dict.fromkeys(run.when(at) for at, run in (told[0], told[-1]))
        outcome.append(f"begins to detach at {' to '.join(whens)}")
    staying = sum(run.converged and run.first_detachment is None for run in runs)
    if told and staying:
        outcome.append(f"or stays in touch ({staying} of {len(runs)})")
    last = min((run for run in runs if not run.converged), key=lambda run: run.last, default=None)
    if last is not None:
        outcome.append(f"NOT CONVERGED after {last.when(last.last)}")
    return "\n".join([", ".join(names), *(outcome or ["stays in touch"])])


def over(study: FinishedStudy) -> str:
    """What curves of the study go over."""
    cycled = any(run.cycles.count for run in study.runs)
    return "charge that has flowed either way, in full charges" if cycled else "state of charge"


def frame(axes: Axes, study: FinishedStudy, said: str, share: bool = True) -> None:
    """Axes over the charge, for a share or for any other number."""
    last = max((soc for run in study.runs for soc in (run.last, *run.asked)), default=1.0)
    axes.set_xlim(0, last)
    axes.set_ylabel(said, fontsize=points(26), color=INK, labelpad=8)
    if share:
        axes.set_ylim(-0.02, 1.02)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    axes.tick_params(labelsize=points(22), color=FAINT, labelcolor=INK)
    axes.grid(color="#e3e3e3", linewidth=points(1.5))
    axes.set_axisbelow(True)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("bottom", "left"))
        spine.set_color(FAINT)


def legend_height(study: FinishedStudy, marks: int) -> int:
    """Enough for all runs and for this many marks of two lines, in pixels."""
    labels = [label(runs, study.compared) for runs in study.lines]
    return (ENTRY + LINE) * marks + sum(ENTRY + LINE * name.count("\n") for name in labels)


def legend(axes: Axes, study: FinishedStudy, marks: Sequence[Line2D]) -> Legend:
    """Writes to the right of the axes: each run with its outcome, then what the marks mean."""
    keys = list(marks)
    if any(not run.converged for run in study.runs):
        keys.append(Line2D([], [], label="end of a run that did not converge", **cross()))
    curves, _ = axes.get_legend_handles_labels()
    made = axes.legend(
        handles=[*curves, *keys],
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        borderaxespad=EDGE / 20,
        fontsize=points(20),
        frameon=False,
        handlelength=3.6,
        labelspacing=0.9,
    )
    for text in made.get_texts():
        text.set(color=INK, parse_math=False)
    for text, runs in zip(made.get_texts(), study.lines, strict=False):
        if not all(run.converged for run in runs):
            text.set_color(ALARM)
    return made
