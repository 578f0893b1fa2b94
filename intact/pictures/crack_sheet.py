"""Lays out the crack field: a row for each run, a column for each state of charge or end of a half cycle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from matplotlib.colors import Colormap

from intact.case import cycles
from intact.pictures import panels
from intact.pictures.sheet import ALARM, EDGE, FAINT, WIDTH, Sheet, percent, plain, points
from intact.results.finished import ELECTROLYTE, END, RULE, SAME_SOC, FinishedRun, UnreadableError

NARROWEST, WIDEST = 200, 420  # of a panel, pixels; many columns make the sheet wider, few narrower
GAP, HEAD, FOOT = 14, 106, 78
LEGEND = 40  # of the foot, for a second scale of colours
MARGIN = 0.02  # white around the shapes, of their width
REGION_NAMES = 118  # pixels
WIDEST_HEADING = 240
READABLE = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.7}  # over a crack
AXIS = 4  # width of the line that shows the c axis of a crystal, pixels
LINE = 1.3  # from line to line, of the size of type

Heading = list[tuple[str, float, str]]  # text, size, weight

read = cache(panels.read)


@cache  # a panel is in the joint sheet and in that of its run
def rendered(file: Path, window: panels.View, width: int, lithium: panels.Range) -> panels.Image:
    return panels.render(read(file), window, width, lithium)


@dataclass(frozen=True)
class Layout:
    """Where things are on the sheet, pixels."""

    window: panels.View
    columns: tuple[float, ...]  # charge that has flowed
    left: int  # of the first panel
    panel: int  # its width
    lithium: panels.Range | None  # light and dark; none where it is not followed

    @property
    def scale(self) -> float:
        return self.panel / self.window.width

    @property
    def panel_height(self) -> int:
        return round(self.scale * self.window.height)

    def place(self, row: int, column: int, x: float, y: float) -> tuple[float, float]:
        """Where a point of the body lies on the sheet."""
        return (
            self.x(column) + self.scale * (x - self.window.left),
            self.y(row) + self.scale * (self.window.top - y),
        )

    def x(self, column: int) -> int:
        return self.left + column * (self.panel + GAP)

    def y(self, row: int) -> int:
        return HEAD + row * (self.panel_height + GAP)

    def size(self, rows: int) -> tuple[int, int]:
        return self.x(len(self.columns)) - GAP + EDGE, self.y(rows) - GAP + self.foot

    @property
    def foot(self) -> int:
        return FOOT if self.lithium is None else FOOT + LEGEND

    def picture(self, file: Path) -> panels.Image:
        return rendered(file, self.window, self.panel, self.lithium or panels.WHOLE)


def window(runs: Sequence[FinishedRun]) -> panels.View:
    """One frame for all panels of a sheet, so that they can be compared."""
    shapes = [read(file) for run in runs for file in run.fields.values()]
    if not shapes:
        raise UnreadableError("no run has kept any fields")
    return panels.around(shapes, MARGIN)


def columns(runs: Sequence[FinishedRun]) -> tuple[float, ...]:
    """What is pictured: that which is asked for, also where a run ended before."""
    asked = {at for run in runs for at in run.asked}
    shown = [run for run in runs if run.converged or not asked]
    kept = {at for run in shown for at in run.fields if not run.lithium or at < run.last - SAME_SOC}
    wanted = sorted(asked | kept | {END for run in runs if run.lithium and not run.cycles.count})
    return tuple(at for at, last in zip(wanted, [-1.0, *wanted], strict=False) if at - last > SAME_SOC)


def draw(title: str, runs: Sequence[FinishedRun], view: panels.View, file: Path) -> None:
    """The crack field of these runs, one in each row."""
    headings = [_heading(run) for run in runs]
    left = int(EDGE + max(map(_width, headings)) + REGION_NAMES)
    shown = columns(runs)
    panel = (WIDTH - left - EDGE + GAP) // len(shown) - GAP
    layout = Layout(view, shown, left, min(max(panel, NARROWEST), WIDEST), _contents(runs))
    sheet = Sheet(*layout.size(len(runs)))
    sheet.title(title)
    _column_headings(sheet, layout, runs)
    for row, (run, heading) in enumerate(zip(runs, headings, strict=True)):
        _row_heading(sheet, layout, row, heading)
        _region_names(sheet, layout, row, run)
        for column in range(len(shown)):
            _panel(sheet, layout, row, column, run)
    _foot(sheet, layout, any(run.axes for run in runs))
    sheet.save(file)


def _heading(run: FinishedRun) -> Heading:
    """The material, and what else makes this run its own; the rule is told also where it is not compared."""
    others = [key for key in run.labels if key not in (ELECTROLYTE, RULE)]
    heading: Heading = [(run.labels[ELECTROLYTE], 30.0, "bold")]
    for key in (RULE, *others):
        heading += [(f"{plain(key)}:", 18.0, "normal"), (run.labels[key], 18.0, "normal")]
    return heading


def _width(heading: Heading) -> float:
    trial = Sheet(WIDTH, 100)
    return max(trial.text(0, 0, line, size, WIDEST_HEADING, weight=weight) for line, size, weight in heading)


def _column_headings(sheet: Sheet, layout: Layout, runs: Sequence[FinishedRun]) -> None:
    y = HEAD - 20
    later = any(run.cycles.count for run in runs)
    sheet.text(layout.left - 8, y, "SoC, then after" if later else "state of charge", 20, ha="right")
    for column, at in enumerate(layout.columns):
        words = _column_heading(at, runs)
        sheet.text(layout.x(column) + layout.panel / 2, y, words, 24, layout.panel, ha="center", weight="bold")


def _column_heading(at: float, runs: Sequence[FinishedRun]) -> str:
    """A state of charge, or the half cycle that ends there."""
    if at == END:
        return "end of charge"
    half = max((run.cycles.half_cycle(at) for run in runs if run.cycles.keeps(at)), default=1)
    if half > 1:
        return cycles.name(half)
    return f"{at:.1f}" if abs(at - round(at, 1)) < SAME_SOC else f"{at:.3g}"


def _row_heading(sheet: Sheet, layout: Layout, row: int, heading: Heading) -> None:
    y = layout.y(row) + (layout.panel_height - LINE * sum(size for _, size, _ in heading)) / 2
    for line, size, weight in heading:
        sheet.text(EDGE, y + LINE * size / 2, line, size, WIDEST_HEADING, weight=weight)
        y += LINE * size


def _region_names(sheet: Sheet, layout: Layout, row: int, run: FinishedRun) -> None:
    """Beside the first panel, from below, moved up where a layer is thinner than its name is high."""
    if not run.fields:
        return
    place = np.inf
    heights = read(next(iter(run.fields.values()))).middle_heights()
    for name, height in sorted(heights.items(), key=lambda one: one[1]):
        place = min(place - 22, layout.place(row, 0, 0, height)[1])
        sheet.text(layout.left - 8, place, name, 18, ha="right", color=FAINT)


def _panel(sheet: Sheet, layout: Layout, row: int, column: int, run: FinishedRun) -> None:
    at, x, y = layout.columns[column], layout.x(column), layout.y(row)
    file = run.fields_at(at)
    if file is not None:
        sheet.image(x, y, layout.picture(file))
        for ends in run.axes:
            start, end = (layout.place(row, column, *place) for place in ends)
            sheet.line(start, end, AXIS)
        detached = run.detached_at(at)
        told = f"SoC {run.last:.2f}, " if at == END else ""
        right, top = layout.place(row, column, *read(file).upper_right())
        weight = "bold" if detached > 0 else "normal"
        said = f"{told}{percent(detached)} detached"
        sheet.text(right - 8, top + 17, said, 18, layout.panel - 16, ha="right", weight=weight, bbox=READABLE)
    elif not run.converged:
        _not_converged(sheet, layout, row, column, run)
    else:
        middle = (x + layout.panel / 2, y + layout.panel_height / 2)
        why = "not reached" if at > run.last else "not kept"
        sheet.text(*middle, why, 18, ha="center", color=FAINT)


def _not_converged(sheet: Sheet, layout: Layout, row: int, column: int, run: FinishedRun) -> None:
    """The last equilibrium, pale, in the first column that the run did not reach; nothing after that."""
    x, y, high = layout.x(column), layout.y(row), layout.panel_height
    lines, middle = ["NOT CONVERGED"], 0.5
    reached = sum(at <= run.last + SAME_SOC for at in layout.columns)
    last = run.fields_at(run.last)
    if column == reached:
        lines.append(f"after {run.when(run.last)}")
        if last is not None:
            image = layout.picture(last)
            sheet.image(x, y, (255 - 0.45 * (255.0 - image)).astype(np.uint8))
            middle = 0.76  # the interface stays visible
    for number, line in enumerate(lines):
        place = (x + layout.panel / 2, y + middle * high + 26 * (number - (len(lines) - 1) / 2))
        sheet.text(*place, line, 22, layout.panel - 8, ha="center", weight="bold", color=ALARM)
    sheet.box(x, y, layout.panel, high, fill=False, edgecolor=ALARM, linewidth=points(2))


def _contents(runs: Sequence[FinishedRun]) -> panels.Range | None:
    """The least and the most lithium in all panels."""
    found = [read(file).contents() for run in runs for file in run.fields.values()]
    known = [contents for contents in found if contents is not None]
    return (min(low for low, _ in known), max(high for _, high in known)) if known else None


def _foot(sheet: Sheet, layout: Layout, axes: bool) -> None:
    y = sheet.height - layout.foot + FOOT / 2 + 4
    length = round_length(layout.window.width / 3)
    start, long = layout.left + layout.panel * MARGIN / (1 + 2 * MARGIN), length * layout.scale
    sheet.box(start, y - 3, long, 6, color="black")
    sheet.text(start + long + 10, y, f"{length:g} µm", 20)
    end = _ramp(sheet, layout, y, panels.DAMAGE, ("intact", "detached"))
    if layout.lithium is not None:
        low, high = layout.lithium
        _ramp(sheet, layout, y + LEGEND, panels.LITHIUM, (f"lithium {low:.2f}", f"{high:.2f}"))
    left = sheet.width - EDGE - end - 20
    said = "deformed shape, displacement × 1" + "; lines: c axes" * axes
    sheet.text(sheet.width - EDGE, y, said, 18, left, ha="right", color=FAINT)


def _ramp(sheet: Sheet, layout: Layout, y: float, colours: Colormap, ends: tuple[str, str]) -> float:
    """A scale of colours in the middle; where it ends."""
    wide, high = 260, 22
    x = (layout.left + sheet.width - EDGE - wide) / 2
    ramp = np.rint(255 * colours(np.linspace(0, 1, wide))[:, :3]).astype(np.uint8)
    sheet.image(round(x), round(y) - high // 2, np.broadcast_to(ramp, (high, wide, 3)))
    sheet.box(round(x), round(y) - high // 2, wide, high, fill=False, edgecolor=FAINT, linewidth=points(1))
    sheet.text(x - 10, y, ends[0], 20, ha="right")
    return x + wide + 10 + sheet.text(x + wide + 10, y, ends[1], 20)


def round_length(most: float) -> float:
    """The largest of 1, 2, 5, 10, 20, ... that is no longer."""
    decade = 10.0 ** np.floor(np.log10(most))
    return float(max(n * decade for n in (1, 2, 5) if n * decade <= most))
