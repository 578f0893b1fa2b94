"""The command line. What takes long to import is imported by the command that needs it."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from intact.compare.tolerances import TOLERANCES, tolerances
from intact.console import console, errors

if TYPE_CHECKING:
    from intact.case.read import Study

TOLERANCE_LIST = "\n".join(f"    {name:16} {one.default:<5g} {one.meaning}" for name, one in TOLERANCES.items())

OUR_PACKAGES = ("intact", "materials", "meshes", "mechanics")

HELP = """Tells whether a solid electrolyte and a cathode stay in touch while the cathode shrinks.

A case file says what touches what; Intact says whether it stays in touch. The smallest one:

\b
    \\[materials]
    electrolyte = "LZACO"        # or a list: one run for each
    active = "scNCM92"
    \\[fracture]
    interface_toughness = "90 J/m^2"
    interface_toughness_confidence = "assumed"
    \\[shrinkage]
    active_strain = "-10 %"      # of the active material, charged
    measure = "linear"           # or "volumetric"

\b
Start with
    intact check cases/lzco-vs-lzaco.toml   what would be solved
    intact run cases/lzco-vs-lzaco.toml     a table, and pictures in results/
    intact schema --table                   every key, default and meaning
"""

CASE_FILE = """Quantities carry their unit ("1.41 GPa", "5 um", "70 J/m^2", "-10 %"). \
Everything that is wrong with a case is told at once, before anything is written."""

RUN = f"""Solve a case and leave tables, fields and pictures in a folder.

{CASE_FILE}
A key named in compare carries a list, and the case is run once for each combination:

\b
    compare = ["fracture.length"]
    \\[fracture]
    length = ["0.2 um", "0.3 um"]

\b
Examples
    intact run cases/lzco-vs-lzaco.toml
    intact run case.toml --set materials.electrolyte=LZACO --output trial
    intact run case.toml --set 'fracture.length=["0.2 um", "0.3 um"]' --jobs 2
    intact run case.toml --resume   goes on where it was stopped
    mpirun -n 2 intact run case.toml
"""

CHECK = f"""Say what would be solved: unknowns, mesh, yield and critical stress, memory, steps.

{CASE_FILE}

\b
Examples
    intact check cases/lzco-vs-lzaco.toml
    intact check case.toml --only-case
"""

SHOW = """Print the table of a results folder again, and where its pictures are.

\b
Example
    intact show results/lzco-vs-lzaco
"""

COMPARE = f"""Hold two crack fields against each other: damage, crack path, detached fraction, energies.

A and B are the results folder of a run, or a crack record (NAME.npz); their meshes may differ. \
Fields are compared at every load that both have. Exit code 0 when everything is within its tolerance, \
1 when something is outside, 2 when something cannot be read or compared.

\b
Tolerances: name, default, what is measured
{TOLERANCE_LIST}

\b
Examples
    intact compare results/case/LZCO results/finer/LZCO
    intact compare tests/references/lzco-elastic-independent.npz results/case/LZCO_none
    intact compare A.npz B.npz --tolerance path=0.5 --tolerance "energy=1 %" --output difference
"""

MATERIALS = """List the materials, or show everything known about one.

Every value has its method, source and confidence; what nobody has measured is absent \
or called assumed. Your own number goes into the case:

\b
    \\[given.LZACO]
    poisson_ratio = 0.28

\b
Examples
    intact materials
    intact materials LPSCl
"""

SCHEMA = """Print the JSON Schema of the case file for editors, or a table of its keys.

An editor that knows TOML schemas completes and checks keys as you type. First line of the case:

\b
    #:schema intact.case.schema.json

\b
Examples
    intact schema > intact.case.schema.json
    intact schema --table
"""

app = typer.Typer(
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

CaseFile = Annotated[Path, typer.Argument(metavar="CASE", help="case file (TOML)", show_default=False)]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="change a key of the case; may be repeated", show_default=False),
]


class CommandError(ValueError):
    """The command line asks for what cannot be done."""


@app.command(help=RUN)
def run(
    case: CaseFile,
    settings: Settings = None,
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="where results go")] = Path("results"),
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="cases at once, where there is no mpirun; 1: one after the other",
            show_default="one for each core",
        ),
    ] = None,
    profile: Annotated[bool, typer.Option("--profile", help="say of each case where its time went")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="go on with the run that was stopped or killed in this folder")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="begin anew where results are already")] = False,
) -> None:
    with in_a_sentence():
        if resume and overwrite:
            raise CommandError("--resume: contradicts --overwrite, takes leaving out one of them")
        study = _read(case, settings)
        from intact.results.folder import outlives
        from intact.runs.run import run

        outlives(output)

        beginning = "resume" if resume else "overwrite" if overwrite else None
        asked: dict[str, Any] = {"jobs": jobs, "with_profile": profile, "beginning": beginning}
        complete = run(study, output, **{name: value for name, value in asked.items() if value})
    if not complete:
        raise typer.Exit(1)  # what did converge is there, and says where it stops


@app.command(help=CHECK)
def check(
    case: CaseFile,
    settings: Settings = None,
    only_case: Annotated[
        bool, typer.Option("--only-case", help="look at the text alone, without meshes: answers at once")
    ] = False,
) -> None:
    with in_a_sentence():
        study = _read(case, settings)
        if only_case:
            console.print(f"{len(study.cases)} case{'s' * (len(study.cases) > 1)} can be read", markup=False)
            return
        from intact.runs.preflight import check

        check(study)


@app.command(help=SHOW)
def show(folder: Annotated[Path, typer.Argument(help="a folder that intact run has left")]) -> None:
    with in_a_sentence():
        if not folder.is_dir():
            raise CommandError(f"FOLDER: got {str(folder)!r}, takes a folder that intact run has left")
        from intact.results.folder import show

        show(folder)


@app.command(help=COMPARE)
def compare(
    a: Annotated[
        Path, typer.Argument(metavar="A", help="results folder of a run, or crack record", show_default=False)
    ],
    b: Annotated[Path, typer.Argument(metavar="B", help="the other one", show_default=False)],
    tolerance: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=NUMBER", help="change a tolerance; may be repeated", show_default=False),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="where compare.json and compare.png go", show_default=False)
    ] = None,
) -> None:
    with in_a_sentence():
        bounds = tolerances(tolerance or ())
        from intact.compare.comparison import compare
        from intact.results.folder import outlives

        if output is not None:
            outlives(output)
        from intact.compare.report import report

        comparison = compare(a, b, bounds)
        report(comparison, console, output)
    if not comparison.within:
        raise typer.Exit(1)


@app.command(help=MATERIALS)
def materials(
    name: Annotated[str | None, typer.Argument(help="name or alias of one material", show_default=False)] = None,
) -> None:
    with in_a_sentence():
        from intact.cards import print_card, print_list

        print_list() if name is None else print_card(name)


@app.command(help=SCHEMA)
def schema(
    table: Annotated[bool, typer.Option("--table", help="for people: key, default, meaning")] = False,
) -> None:
    with in_a_sentence():
        from intact.case import schema

        if table:
            console.print(schema.table())
        else:
            console.out(json.dumps(schema.schema(), indent=2, ensure_ascii=False))


def _read(case: Path, settings: list[str] | None) -> Study:
    from intact.case.read import read

    return read(case, settings or ())


@contextmanager
def in_a_sentence() -> Iterator[None]:
    """Errors that this program defines are written for its user, and end with exit code 2 and no traceback.

    Any other error is a bug, and keeps its traceback.
    """
    try:
        yield
    except Exception as error:
        if type(error).__module__.split(".")[0] not in OUR_PACKAGES:
            raise
        errors.print(str(error), markup=False, soft_wrap=True)
        raise typer.Exit(2) from None


def main() -> None:
    """The command line as a program. A process that fails does not leave the others of a run waiting."""
    try:
        app(prog_name="intact")
    except BaseException as error:
        code = error.code if isinstance(error, SystemExit) else 1
        mpi = sys.modules.get("mpi4py.MPI")
        if code and mpi is not None and mpi.COMM_WORLD.size > 1:
            if not isinstance(error, SystemExit):
                traceback.print_exc()
            sys.stdout.flush()
            sys.stderr.flush()
            mpi.COMM_WORLD.Abort(code)
        raise
