"""Files that are whole or not there at all, whatever happens while they are written."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

UNFINISHED = ".unfinished-"  # begins the name of a file while it is written; a kill leaves it, the next run removes it


class ResultsError(ValueError):
    """The folder cannot be written, or is not one that intact run has left."""


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Gives a temporary path beside this one, and what is then written there takes the place of the file at once.

    Until then an earlier file stays as it is; so it does when the disk is full, which is told in a sentence.
    """
    unfinished = path.with_name(UNFINISHED + path.name)
    try:
        yield unfinished
        _to_disk(unfinished)
        unfinished.replace(path)
        _to_disk(path.parent)  # its name, too
    except OSError as error:
        raise ResultsError(unwritten(path, error)) from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def write_whole(path: Path, content: str) -> None:
    """The text in UTF-8, with line ends as they are."""
    with written_whole(path) as unfinished:
        unfinished.write_bytes(content.encode())


def write_row(file: TextIO, row: Sequence[object]) -> None:
    """A row of a table that grows, seen at once."""
    try:
        csv.writer(file).writerow(row)
        file.flush()
    except OSError as error:
        raise ResultsError(unwritten(Path(file.name), error)) from error


def unwritten(path: Path, error: OSError) -> str:
    """The sentence that names the file and the reason."""
    return f"{path} cannot be written ({error.strerror or error}): what was written before is kept"


def _to_disk(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
