"""A results folder belongs to one run at a time."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from intact.results.whole import ResultsError

NAME = ".intact.lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """The folder for this run alone. The lock goes with the process that holds it, however that ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / NAME).open("w")
    except OSError as error:
        raise ResultsError(
            f"--output: got {str(folder)!r}, takes a folder that can be written ({error.strerror})"
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ResultsError(
                f"--output: got {str(folder)!r}, into which another run is writing, takes another folder, or waiting "
                "for that to end"
            ) from None
        yield
