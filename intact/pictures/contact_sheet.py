"""Draws what contact loss means: over the charge the open share of the interface, and the resistance."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from intact.pictures.curve_sheet import (
    DASHES,
    LEFT,
    Look,
    area,
    beside,
    cross,
    frame,
    label,
    legend,
    legend_height,
    looks,
    over,
)
from intact.pictures.sheet import FAINT, INK, WIDTH, Sheet, points
from intact.results.finished import FinishedRun, FinishedStudy
from intact.results.touch import CUT_OFF

TOP, BETWEEN, BOTTOM, AXES = 84, 36, 96, 400  # pixels
THIN, PALE = 2.5, 0.55  # width, and how much of the colour is left
SAID = {
    False: "open: detached and not touching;\nresistance if broken faces never conduct",
    True: "detached;\nresistance if touching faces conduct",
}


def tells(study: FinishedStudy) -> bool:
    """Whether any of its runs says how much is open: those of earlier versions do not."""
    return any(step.opened is not None for run in study.runs for step in run.steps)


def draw(study: FinishedStudy, file: Path) -> None:
    height = TOP + max(2 * AXES + BETWEEN, legend_height(study, marks=4)) + BOTTOM
    sheet = Sheet(WIDTH, height)
    sheet.title(study.title)
    each = (height - TOP - BETWEEN - BOTTOM) / 2
    tops = (TOP, TOP + each + BETWEEN)
    shares, ratios = (sheet.figure.add_axes(sheet.area(LEFT, top, WIDTH / 2, each)) for top in tops)
    for runs, look in zip(study.lines, looks(study), strict=True):
        name, run = label(runs, study.compared), runs[0]
        if len(runs) > 1:
            area(shares, runs, look, lambda step: step.opened, name)
            area(ratios, runs, look, lambda step: step.resistance, name)
            continue
        _curves(shares, run, look, [step.opened for step in run.steps], [step.detached for step in run.steps], name)
        known = [step.resistance for step in run.steps], [step.resistance_touching for step in run.steps]
        _curves(ratios, run, look, *known, name)
    frame(shares, study, "share of the interface")
    frame(ratios, study, "ionic resistance, × intact", share=False)
    shares.tick_params(labelbottom=False)
    ratios.set_xlabel(over(study), fontsize=points(26), color=INK, labelpad=8)
    _scale(ratios, study)
    told = legend(shares, study, marks=_marks())
    width = beside(sheet, told)
    for axes, top in zip((shares, ratios), tops, strict=True):
        axes.set_position(sheet.area(LEFT, top, width, each))
    sheet.save(file)


def _curves(
    axes: Axes, run: FinishedRun, look: Look, heavy: list[float | None], light: list[float | None], name: str
) -> None:
    flowed = [step.flowed for step in run.steps]
    for numbers, width, strength in ((light, THIN, PALE), (heavy, look.width, 1.0)):
        there = [(at, number) for at, number in zip(flowed, numbers, strict=True) if number is not None]
        axes.plot(
            [at for at, _ in there],
            [number for _, number in there],
            color=look.colour,
            linestyle=DASHES[look.style],
            linewidth=points(width),
            alpha=strength,
            label=name if numbers is heavy else "_",
            zorder=3,
        )
        if numbers is heavy and there and not run.converged:
            axes.plot(*there[-1], zorder=5, **cross())


def _scale(axes: Axes, study: FinishedStudy) -> None:
    """Logarithmic, from that of the intact stack to the last one where there is a way left for ions."""
    known = [step.resistance for run in study.runs for step in run.steps if step.resistance is not None]
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda ratio, _: f"{ratio:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_ylim(0.95, 1.2 * max([5.0, *(ratio for ratio in known if ratio < CUT_OFF)]))
    if not known:
        axes.text(0.5, 0.5, "no conductivity is known", transform=axes.transAxes, color=FAINT, fontsize=points(22))
    elif max(known) > CUT_OFF:
        axes.text(
            0.01,
            0.92,
            "a line that leaves at the top: cut off",
            transform=axes.transAxes,
            color=FAINT,
            fontsize=points(20),
        )


def _marks() -> list[Line2D]:
    return [
        Line2D([], [], color=FAINT, linewidth=points(THIN if light else 6.0), label=said)
        for light, said in SAID.items()
    ]
