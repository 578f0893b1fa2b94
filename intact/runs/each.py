"""Contact of each interface by itself, where there are several: contact.csv, a line for each equilibrium."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from intact.results.whole import write_row
from mechanics import Record


class Each:
    """What is in touch of each: not detached, or detached with faces that touch."""

    def __init__(self, file: Path | None, names: Sequence[str]) -> None:
        self.all: list[Mapping[str, float]] = []  # one for each equilibrium
        self._file = None if file is None or len(names) < 2 else file.open("w", newline="", encoding="utf-8")
        self._write(["soc", "half_cycle", *(name.replace(" ", "_") for name in names)])

    def add(self, record: Record, contact: Mapping[str, float]) -> None:
        self.all.append(contact)
        shares = [f"{share:.6f}" for share in contact.values()]
        self._write([f"{record.soc:.6g}", f"{record.half_cycle}", *shares])

    def at_end(self) -> dict[str, Mapping[str, float]]:
        """What a summary tells, where there are several."""
        return {"contact_of_each_at_end": self.all[-1]} if self.all and len(self.all[-1]) > 1 else {}

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _write(self, row: Sequence[str]) -> None:
        if self._file is not None:
            write_row(self._file, row)
