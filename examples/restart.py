"""A run that is stopped half-way and goes on as if it had not been.

containers/run python3 examples/restart.py
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from threading import Timer

import intact

SETTINGS = ("materials.electrolyte=LZCO", "flow.yield_stress=none", "mesh.elements_per_length=2")


def main(output: str = "results/examples", stop: Callable[[], None] | None = None) -> intact.Results:
    """`stop` is called at the start, and is to end the run somewhere on its way, as Ctrl-C does."""
    study = intact.read(Path(__file__).parents[1] / "cases" / "lzco-vs-lzaco.toml", SETTINGS)
    if stop is not None:
        stop()
    try:
        return intact.run(study, output, overwrite=True)
    except KeyboardInterrupt:
        return intact.run(study, output, resume=True)


if __name__ == "__main__":
    results = main(stop=Timer(10.0, lambda: os.kill(os.getpid(), signal.SIGINT)).start)
    print(f"{results.only.summary['steps']} steps, {results.only.summary['reason'] or 'to the end'}")
