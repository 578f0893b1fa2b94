"""containers/run python3 -m benchmarks [tension tension-fine shear main elastic stack processes] [--page]"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from itertools import combinations, product
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any

from rich.console import Console

from benchmarks import measure, page, peers, processes
from benchmarks.answers import Check, agree
from benchmarks.problems import LENGTH, OWN, PLATES, SIZES, resolved
from benchmarks.targets import Results

PROBLEMS = (*PLATES, "main", "elastic", "stack", "processes")
NUMBERS, PROCESSES = "numbers.json", "processes.json"  # what is kept of whole commands, and of several processes
MAIN = measure.ROOT / "cases" / "lzco-vs-lzaco.toml"
console = Console(width=None if sys.stdout.isatty() else 150, highlight=False)


def main(words: list[str]) -> int:
    asked = _arguments(words)
    asked.results.mkdir(parents=True, exist_ok=True)
    with_peer = peers.wheel() is not None
    if not with_peer:
        console.print(peers.ABSENT)
    for name in asked.problems:
        console.rule(name, align="left")
        if name in PLATES:
            _plate(name, asked.results, asked.repeats, with_peer)
        elif name == "main":
            _main_case(asked.results, asked.repeats)
        elif name == "processes":
            _keep(asked.results / PROCESSES, processes.measured())
        else:
            for dimension, size in product(("2d", "3d"), asked.sizes):
                if name == "stack" and not resolved(size, dimension == "3d"):
                    continue
                problem = f"{name}-{dimension}-{size}"
                console.print(problem)
                codes = {"intact": ("intact", problem)}
                measure.in_turn(codes, _folder(asked.results, problem), 1, console.print, asked.processes)
    results, numbers = measure.read(asked.results), _kept(asked.results / NUMBERS)
    shared = processes.rows(_kept(asked.results / PROCESSES))
    checks = _checks(results)
    for pair, found in checks.items():
        console.print(f"{pair}: " + "; ".join(map(str, found)))
    console.print(page.table(page.HEAD, page.rows(results)))
    console.print(page.table(page.TARGET_HEAD, page.target_rows(results, numbers)))
    console.print(page.table(processes.HEAD, shared))
    if asked.page:
        page.write(results, numbers, checks, shared, _machine())
    return 0 if all(check.passed for found in checks.values() for check in found) else 1


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m benchmarks", description=__doc__)
    parser.add_argument("problems", nargs="*", metavar="PROBLEM", help=f"out of {', '.join(PROBLEMS)}; all, if none")
    parser.add_argument("--repeats", type=int, default=3, help="of which the median is told; of a stack there is one")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=SIZES, help="of the stacks, in unknowns")
    parser.add_argument("--processes", type=int, default=1, help="for each stack; time and memory are added up")
    parser.add_argument("--page", action="store_true", help="write docs/benchmarks.md from all results there are")
    parser.add_argument("--results", type=Path, default=measure.ROOT / "results" / "benchmarks", metavar="FOLDER")
    asked = parser.parse_args(words)
    unknown = [name for name in asked.problems if name not in PROBLEMS]
    if unknown:
        parser.error(f"got {', '.join(unknown)}, takes names out of {', '.join(PROBLEMS)}")
    if not asked.problems and not asked.page:
        asked.problems = PROBLEMS
    return asked


def _plate(name: str, results: Path, repeats: int, with_peer: bool) -> None:
    folder = _folder(results, name)
    codes = {"intact": ("intact", name)}
    PLATES[name].write(folder)
    if name in OWN:
        OWN[name].write(folder)
        codes["own"] = ("own", name)
    if with_peer:
        codes["phasefieldx"] = ("phasefieldx", name)
    measure.in_turn(codes, folder, repeats, console.print)


def _main_case(results: Path, repeats: int) -> None:
    """One of its runs step by step, and the command a user gives for all of them."""
    measure.in_turn({"intact": ("intact", "main")}, _folder(results, "main"), repeats, console.print)
    with TemporaryDirectory() as output:
        starts = [_until_first_step(Path(output) / f"start {number}") for number in range(repeats)]
        found = {"start": median(starts), "study": _study(Path(output))}
    _keep(results / NUMBERS, found)


def _study(output: Path) -> float:
    start = monotonic()
    command = [sys.executable, "-m", "intact", "run", str(MAIN), "--output", str(output)]
    subprocess.run(command, cwd=measure.ROOT, check=True, stdout=subprocess.DEVNULL)
    return monotonic() - start


def _until_first_step(output: Path) -> float:
    """From the start of the program to the file that takes a line for each step; forms are compiled by then."""
    words = ["--set", "materials.electrolyte=LZCO", "--set", "flow.yield_stress=tabor", "--output", str(output)]
    command = [sys.executable, "-m", "intact", "run", str(MAIN), *words]
    start = monotonic()
    program = subprocess.Popen(command, cwd=measure.ROOT, stdout=subprocess.DEVNULL)
    while not list(output.glob("*/*/history.csv")):
        if program.poll() is not None:
            raise RuntimeError(f"{' '.join(command)} ended with {program.returncode} before its first step")
        sleep(0.01)
    waited = monotonic() - start
    program.terminate()
    program.wait()
    return waited


def _checks(results: Results) -> dict[str, list[Check]]:
    """Every code with every other on the same problem, and each with itself."""
    found = {}
    for problem in PLATES:
        codes = {code: one for (name, code), one in results.items() if name == problem}
        for a, b in combinations(sorted(codes), 2):
            one_kind = "phasefieldx" not in (a, b)
            found[f"{problem}, {a} and {b}"] = agree(codes[a].first, codes[b].first, LENGTH, one_kind)
    return found


def _keep(file: Path, found: Mapping[str, Any]) -> None:
    file.write_text(json.dumps(found) + "\n", encoding="utf-8")


def _kept(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def _machine() -> str:
    model = [line.partition(":")[2].strip() for line in _cpu() if line.startswith("model name")]
    cores = len(os.sched_getaffinity(0))
    processor = model[0] if model else platform.machine()
    return f"{processor}, {cores} cores; dolfinx {version('fenics-dolfinx')}; one process each unless said."


def _cpu() -> list[str]:
    file = Path("/proc/cpuinfo")
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def _folder(results: Path, name: str) -> Path:
    folder = results / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
