"""Draws every picture of a study; the program that `intact.pictures.draw` starts as a child."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from intact.pictures import contact_sheet, crack_sheet, curve_sheet
from intact.results.finished import UnreadableError, read
from intact.results.folder import CONTACT, CRACK_FIELD, DETACHED_FRACTION


def draw(folder: Path) -> list[Path]:
    """The joint pictures of a results folder, then the one of each run."""
    study = read(folder)
    curves = folder / DETACHED_FRACTION
    curve_sheet.draw(study, curves)
    contact = [folder / CONTACT] if contact_sheet.tells(study) else []
    for file in contact:
        contact_sheet.draw(study, file)
    sheets = {folder / CRACK_FIELD: study.rows}
    sheets |= {run.folder / CRACK_FIELD: (run,) for run in study.runs}
    for file, runs in sheets.items():
        view = crack_sheet.window([run for run in runs if run.fields] or study.runs)
        crack_sheet.draw(study.title, runs, view, file)
    return [*sheets, curves, *contact]


def main() -> int:
    """Tells the parent, in one line of JSON, what was drawn or why not."""
    try:
        told = {"pictures": [str(file) for file in draw(Path(sys.argv[1]))]}
    except (UnreadableError, OSError) as error:
        told = {"problem": [str(error)]}
    print(json.dumps(told))
    return 0 if "pictures" in told else 2


if __name__ == "__main__":
    sys.exit(main())
