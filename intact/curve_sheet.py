"""Draws detached fraction against state of charge, or the charge passed in several cycles: a line for each run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from intact.finished import ELECTROLYTE, FinishedRun, FinishedStudy
from intact.sheet import ALARM, EDGE, FAINT, INK, WIDTH, Sheet, plain, points

# Okabe & Ito, "Color Universal Design", 2008: told apart by colour-blind readers.
COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("-", (0, (3, 1.4)), (0, (1, 1)), (0, (5, 1.2, 1, 1.2)))
MARKERS = ("o", "s", "^", "D")
THICK, THIN, STEP = 8.0, 3.0, 2.0  # pixels: the first line, the last at least, from line to line at most
BETWEEN_MARKERS = 10  # accepted steps
LEFT, TOP, BOTTOM = 138, 84, 96  # around the axes, pixels
ENTRY = 72  # height of a run in the legend, pixels


@dataclass(frozen=True)
class Look:
    """Of one line. Curves that coincide all show: later ones are thinner, with their markers elsewhere."""

    colour: str
    style: int  # number of the dash and the marker
    width: float
    first_marker: int


def draw(study: FinishedStudy, file: Path) -> None:
    sheet = Sheet(WIDTH, max(720, TOP + BOTTOM + ENTRY * (len(study.runs) + 2)))
    sheet.title(study.title)
    axes = sheet.figure.add_axes(sheet.area(LEFT, TOP, WIDTH / 2, sheet.height - TOP - BOTTOM))
    for run, look in zip(study.runs, looks(study), strict=True):
        _curve(axes, run, look, label(run, study.compared))
    frame(axes, study, "detached share of the interface")
    axes.set_xlabel(over(study), fontsize=points(26), color=INK, labelpad=8)
    begun = any(run.first_detachment is not None for run in study.runs)
    told = legend(axes, study, [Line2D([], [], label="first detachment", **_ring(FAINT))] * begun)
    axes.set_position(sheet.area(LEFT, TOP, beside(sheet, told), sheet.height - TOP - BOTTOM))
    sheet.save(file)


def beside(sheet: Sheet, told: Legend) -> float:
    """Width that a legend leaves to the axes, pixels."""
    wide = told.get_window_extent(sheet.canvas.get_renderer()).width
    return max(WIDTH - LEFT - wide - 2 * EDGE, 0.4 * WIDTH)


def looks(study: FinishedStudy) -> list[Look]:
    """Colour by the row of the crack field, dash and marker by everything else that is compared."""
    rows = [run.labels[study.row_key] for run in study.runs]
    others = [tuple(run.labels[key] for key in study.compared if key != study.row_key) for run in study.runs]
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
    if run.first_detachment is not None:
        first = (run.first_detachment, run.detached_at(run.first_detachment))
        axes.plot(*first, zorder=4, clip_on=False, **_ring(look.colour))
    if not run.converged and run.steps:
        axes.plot(flowed[-1], detached[-1], zorder=5, clip_on=False, **cross())


def _ring(colour: str) -> dict[str, Any]:
    return {"marker": "o", "ms": points(19), "mfc": "white", "mec": colour, "mew": points(4), "linestyle": ""}


def cross() -> dict[str, Any]:
    return {"marker": "X", "ms": points(24), "mfc": ALARM, "mec": "white", "mew": points(2), "linestyle": ""}


def label(run: FinishedRun, compared: Sequence[str]) -> str:
    """What was compared, and below it what came out."""
    names = (run.labels[key] if key == ELECTROLYTE else f"{plain(key)} {run.labels[key]}" for key in compared)
    outcome = []
    if run.first_detachment is not None:
        outcome.append(f"begins to detach at {run.when(run.first_detachment)}")
    if not run.converged:
        outcome.append(f"NOT CONVERGED after {run.when(run.last)}")
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


def legend(axes: Axes, study: FinishedStudy, marks: Sequence[Line2D]) -> Legend:
    """To the right of the axes: each run with its outcome, then what the marks mean."""
    keys = list(marks)
    if any(not run.converged for run in study.runs):
        keys.append(Line2D([], [], label="end of a run that did not converge", **cross()))
    curves, _ = axes.get_legend_handles_labels()
    made = axes.legend(
        handles=[*curves, *keys],
        loc="center left",
        bbox_to_anchor=(1.0, 0.5),
        borderaxespad=EDGE / 20,
        fontsize=points(20),
        frameon=False,
        handlelength=3.6,
        labelspacing=0.9,
    )
    for text in made.get_texts():
        text.set(color=INK, parse_math=False)
    for text, run in zip(made.get_texts(), study.runs, strict=False):
        if not run.converged:
            text.set_color(ALARM)
    return made
