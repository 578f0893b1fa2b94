"""Cases of a study side by side, each in a process of its own.

A process gets its case without the mesh, which it makes anew, and leaves a summary in the folder of the case. All of
them hold one end of a pipe: when the other is closed, because this program is told to stop or is no more, they end in
order.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from intact.bodies.body import Body
from intact.console import console
from intact.pictures.draw import environment
from intact.results import folder as results
from intact.results import tables
from intact.runs.alone import INTERRUPTED

SIGNALS = (signal.SIGINT, signal.SIGTERM)
Order = tuple[Body, Sequence[str], Path]  # a case, its warnings, its folder
Ended = tuple[str, tables.Summary | str]  # a case, and its summary or why there is none


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


def side_by_side(orders: Sequence[Order], jobs: int) -> Iterator[Ended]:
    """Each case as it ends. KeyboardInterrupt when told to stop, once those that run have ended in order."""
    with Processes(orders) as processes, ThreadPoolExecutor(jobs) as pool:
        try:
            for future in as_completed([pool.submit(processes.solve, number) for number in range(len(orders))]):
                ended = future.result()
                if ended is not None:
                    yield ended
        finally:
            processes.stop()
    if processes.interrupted:
        raise KeyboardInterrupt


class Processes:
    """Those that run, and what they say, with the name of the case in front. Ctrl-C and SIGTERM stop them in order, a
    second time they kill."""

    def __init__(self, orders: Sequence[Order]) -> None:
        self.interrupted = self._stopped = False
        self._orders = orders
        self._width = max(len(body.name) for body, _, _ in orders)
        self._running: set[subprocess.Popen] = set()

    def __enter__(self) -> Processes:
        self._end, self._held = os.pipe()
        self._before = [signal.signal(one, self._interrupt) for one in SIGNALS]
        return self

    def __exit__(self, *_: object) -> None:
        for one, handler in zip(SIGNALS, self._before, strict=True):
            signal.signal(one, handler)
        self.stop()
        os.close(self._end)

    def solve(self, number: int) -> Ended | None:
        """None when it was told to stop before there was anything."""
        if self._stopped:
            return None
        body, _, folder = self._orders[number]
        self._tell(body.name, f"({number + 1} of {len(self._orders)})")
        code, last = self._run(self._orders[number])
        if self._stopped and code in (INTERRUPTED, -signal.SIGKILL):
            return None
        if code != 0:
            why = _why(code, last)
            self._tell(body.name, why, "bold red")
            return body.name, why
        summary = json.loads((folder / results.SUMMARY).read_text(encoding="utf-8"))
        self._tell(body.name, tables.outcome(summary))
        return body.name, summary

    def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            os.close(self._held)

    def _interrupt(self, *_: Any) -> None:
        if self.interrupted:
            for child in tuple(self._running):
                child.kill()
        self.interrupted = True
        self.stop()

    def _run(self, order: Order) -> tuple[int, str]:
        """Exit code, and the last that was said."""
        last = ""
        with self._started(order) as child:
            assert child.stdout is not None
            self._running.add(child)
            for line in child.stdout:
                last = line.decode(errors="replace").rstrip()
                self._tell(order[0].name, last)
        self._running.discard(child)
        return child.returncode, last.strip()

    def _started(self, order: Order) -> subprocess.Popen:
        """It reads its order from a file: a pipe that breaks PETSc takes for the end of this program."""
        with TemporaryFile() as written:
            pickle.dump(order, written)
            written.seek(0)
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "intact.runs.alone", str(self._end)],
                stdin=written,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={"OMP_NUM_THREADS": "1"} | environment() | {"PYTHONUNBUFFERED": "1"},
                pass_fds=(self._end,),
            )

    def _tell(self, name: str, text: str, style: str | None = None) -> None:
        console.print(f"{name:{self._width}}  {text}", style=style, markup=False, soft_wrap=True)


def _why(code: int, last: str) -> str:
    if code == -signal.SIGKILL:
        return "killed, perhaps for want of memory (--jobs: how many at once)"
    how = f"signal {-code} ({signal.strsignal(-code)})" if code < 0 else f"exit code {code}"
    return f"broke off with {how}: {last or 'nothing was said'}"
