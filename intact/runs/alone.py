"""One case of a study in a process of its own; the program that `intact.runs.side_by_side` starts."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading

INTERRUPTED = 130  # exit code, when there was nothing yet to leave


def main() -> int:
    pipe = int(sys.argv[1])
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, _interrupt)
    threading.Thread(target=_follow, args=(pipe,), daemon=True).start()
    try:  # late, since it takes long, and one may be told to stop meanwhile
        from intact.results.whole import ResultsError
        from intact.runs.one_case import run_case
    except KeyboardInterrupt:
        return INTERRUPTED
    try:
        body, warned, folder = pickle.load(sys.stdin.buffer)
        run_case(body, warned, folder, body.domain.mesh.comm)
    except KeyboardInterrupt:
        return INTERRUPTED
    except ResultsError as error:  # a sentence, which the program that waits for this one passes on
        print(error)
        return 2
    return 0


def _interrupt(*_: object) -> None:
    """Once, though one may be told in several ways."""
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)
    raise KeyboardInterrupt


def _follow(pipe: int) -> None:
    """Nothing is ever written into the pipe: it ends when the program that holds it does, or lets go."""
    os.read(pipe, 1)
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
