"""The front door: reads a case file, has it meshed, solved and pictured, and says what came out.

    import intact
    results = intact.run(intact.read("cases/lzco-vs-lzaco.toml"))
    results["LZCO_tabor"].history["detached_fraction"]

Only what is asked for is loaded: a case is read without dolfinx, gmsh or PETSc.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from intact.api import Results, RunResult, open_results, run
    from intact.case.model import Case
    from intact.case.read import CaseProblems, Study, read

__version__ = "0.1.0"
__all__ = ["Case", "CaseProblems", "Results", "RunResult", "Study", "open_results", "read", "run"]

WHERE = {
    "Case": "intact.case.model",
    "CaseProblems": "intact.case.problems",
    "Results": "intact.api",
    "RunResult": "intact.api",
    "Study": "intact.case.read",
    "open_results": "intact.api",
    "read": "intact.case.read",
    "run": "intact.api",
}


def __getattr__(name: str) -> Any:
    if name not in WHERE:
        raise AttributeError(f"module 'intact' has no attribute {name!r}")
    return getattr(import_module(WHERE[name]), name)
