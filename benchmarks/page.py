"""Tables on the terminal, and docs/benchmarks.md with its picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.table import Table

from benchmarks import processes
from benchmarks.answers import Check
from benchmarks.targets import TARGETS, Numbers, Results, elastic, seconds, sizes

DOCS = Path(__file__).parents[1] / "docs"
HEAD = (
    "problem",
    "code",
    "unknowns",
    "runs",
    "steps",
    "seconds",
    "times faster",
    "iterations",
    "factorisations",
    "solves",
    "MB",
    "peak",
    "dearest step",
    "others",
)
TEXT = """# How fast

Made by `containers/run python3 -m benchmarks --page`. Every run in a process of its own, code after code in turn;
medians where there are several *runs*. Seconds are processor time of the steps, so that what else the machine does
counts little, without imports, mesh and making of forms. *Dearest step* and *others* (median) are in solves of the
undamaged elastic problem on the same mesh: assembly, factor, solve, measured in the same process. *Solves* are those
with a factor. `own`: Intact's own steps; in tension also a mesh of its own, fine in a narrower strip and with elements
of ℓ/2 in place of ℓ/4 there, with the toughness that makes a crack cost in them what it costs in the others. *elastic*
is one such solve and the first step of the stack, in which nothing breaks. *stack* is charged until it has let go from
one end to the other, with ℓ = 0.2 µm on every mesh; in space only the meshes from 10⁵ unknowns on are fine enough for
that. On several processes (`stack --processes 2`) time and memory are added up, waiting included.

{machine}

{runs}

Before times are compared, answers are:

{checks}

phasefieldx keeps cracks from healing by a history field, and Intact by bounds on the damage. Up to the peak that is
the same; afterwards the history field thickens the crack, so that its energy is another one, and only peak and path
are compared.

## Processes

Seconds on the wall of a step in which nothing breaks, everything made before. What is bound by memory gains from a
second process what the memory gives to two at once (a triad of NumPy's); assembly and factors gain more.

{processes}

## Targets

{targets}

In shear the two codes' paths come out 0.65 ℓ apart, 1.3 elements, more than the 0.5 ℓ that was asked for before any
of this was measured, with peaks within 0.2 % and equal energy before; so no ratio is claimed, though the runs took a
hundred times less. There the path wanders by as much from one mesh of these elements to another. Its half hour of
phasefieldx was measured once, on another day than Intact, and so were elastic solves, both codes in tension-fine and
what two processes take. Stacks up to 3·10⁵ unknowns ran two at a time.

Why some are missed. A crack that grows takes some six iterations for each row of elements that it breaks, whatever
the steps of charge: that is the whole of the main case. In elastic solves it differs from hour to hour, as one of them
takes 0.13 s or 0.18 s and the rest does not follow: the same run as before windows were left by what they gain was 281
in one hour and 368 in another. All of its six runs share two cores, and the two longest of the three in which LZCO
cracks follow one another. In tension the crack runs through half the plate in one step, by less than half an element in
each iteration. What was tried against both, with figures, stands in [how a step is solved](minimiser.md). In 2D a
factor is taken below 10⁶ unknowns, and grows faster than they do. In 3D the matrices of damage, of both unknowns and of
the coarse levels are all kept, beside that of displacement, and so is the block of it that the multigrid of both is
made for.

Stacks grow with finer elements and not with a larger body, so that each has more rows of elements to break: a crack's
step takes 46, 78 and 88 iterations with 10⁵, 3·10⁵ and 10⁶ unknowns in space. In a plane the largest has 3·10⁵. That of
10⁶ ran on two processes, 51 minutes on the wall; together they take twice the memory that one would by the smaller
ones. It had let go from one end to the other after some 60 iterations, at a charge of 0.475, and its
[path was held](minimiser.md#when-a-step-has-settled) from the 80th on. That run still had a threshold of 10⁻³; its last
iterations before had gained some 10⁻⁴ each, so that the present 2·10⁻⁴ would have held it too.

![Seconds of each run, and their growth with the unknowns](benchmarks.png)
"""


def rows(results: Results) -> list[list[str]]:
    told = []
    for (problem, code), one in results.items():
        peer = results.get((problem, "phasefieldx"))
        run = one.first
        dearest, others = one.step_in_elastic_solves()
        told.append(
            [
                problem,
                code if run.processes == 1 else f"{code}, {run.processes} processes",
                f"{run.displacement_unknowns + run.damage_unknowns:,}",
                f"{len(one.runs)}",
                f"{len(run.steps)}",
                f"{one.seconds:.3g}",
                f"{peer.seconds / one.seconds:.1f}" if peer is not None else "",
                f"{run.total('iterations')} ({max(step.iterations for step in run.steps)})",
                f"{run.total('factorisations')}",
                f"{run.total('solves')}",
                f"{one.megabytes:.0f}",
                f"{run.peak:.4f}" if run.peak else "",
                f"{dearest:.0f}",
                f"{others:.1f}",
            ]
        )
    return told


def target_rows(results: Results, numbers: Numbers) -> list[list[str]]:
    told = []
    for target in TARGETS:
        value, verdict = target.verdict(results, numbers)
        figure = "" if value is None else f"{value:.3g}"
        told.append([target.what, target.aim, figure, verdict, f"python3 -m benchmarks {target.command}"])
    return told


TARGET_HEAD = ("target", "aim", "reached", "", "by which command")


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> Table:
    made = Table(*head)
    for line in lines:
        made.add_row(*line)
    return made


def markdown(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *lines))


def write(
    results: Results,
    numbers: Numbers,
    checks: Mapping[str, Sequence[Check]],
    shared: Sequence[Sequence[str]],
    machine: str,
    folder: Path = DOCS,
) -> None:
    said = [f"- {pair}: " + "; ".join(map(str, found)) for pair, found in checks.items()]
    text = TEXT.format(
        machine=machine,
        runs=markdown(HEAD, rows(results)),
        checks="\n".join(said) or "(nothing to compare)",
        processes=markdown(processes.HEAD, shared) if shared else "(not measured)",
        targets=markdown(TARGET_HEAD, target_rows(results, numbers)),
    )
    (folder / "benchmarks.md").write_text(text, encoding="utf-8")
    _draw(results).savefig(folder / "benchmarks.png", dpi=90)


def _draw(results: Results) -> Figure:
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    bars, growth = figure.subplots(1, 2)
    told = {key: one for key, one in results.items() if not key[0].startswith(("stack", "elastic"))}
    colours = {"phasefieldx": "0.6", "intact": "C0", "own": "C2"}
    for i, ((problem, code), one) in enumerate(reversed(told.items())):
        bars.barh(i, one.seconds, color=colours[code])
        bars.text(one.seconds, i, f" {problem}, {code}: {one.seconds:.3g} s", va="center", fontsize=7)
    bars.set(xscale="log", xlabel="seconds", yticks=[])
    bars.margins(x=0.9)
    for number, dimension in enumerate(("2d", "3d")):
        _growth(growth, results, dimension, f"C{number}")
    growth.set(xlabel="unknowns of displacement", ylabel="seconds", title="layered stack")
    if growth.lines:
        growth.set(xscale="log", yscale="log")
        growth.legend(frameon=False, fontsize=7)
    return figure


def _growth(axes: Axes, results: Results, dimension: str, colour: str) -> None:
    for kind, what, of, style in (
        ("stack", "whole crack", seconds, "o-"),
        ("elastic", "one elastic solve", elastic, "s--"),
    ):
        found = [(unknowns, of(one)) for unknowns, one in sizes(results, f"{kind}-{dimension}")]
        if found:
            axes.plot(*zip(*found, strict=True), style, color=colour, label=f"{dimension}, {what}")
