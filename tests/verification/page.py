"""What a verification case says: text, numbers held against exact ones, a picture; and its page."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from matplotlib.figure import Figure

DOCS = Path(__file__).parents[2] / "docs" / "verification"


@dataclass(frozen=True)
class Check:
    """A number against an exact one. The tolerance is relative, or absolute where it says so."""

    what: str
    computed: float
    exact: float
    tolerance: float
    why: str  # this tolerance
    absolute: bool = False

    @property
    def error(self) -> float:
        difference = self.computed - self.exact
        return difference if self.absolute else difference / abs(self.exact)

    @property
    def passed(self) -> bool:
        return bool(abs(self.error) <= self.tolerance)  # not so where either is not a number


@dataclass(frozen=True)
class Page:
    text: str  # markdown: the case, its closed form, what it says
    checks: Sequence[Check]
    draw: Callable[[Figure], None]


def write(name: str, title: str, page: Page, seconds: float) -> None:
    """docs/verification/v04.md with its picture, and its numbers for the table of all."""
    stem = name.lower() if len(name) > 2 else f"v0{name[1:]}"
    figure = Figure(figsize=(9.0, 4.2), dpi=110, layout="constrained")
    page.draw(figure)
    DOCS.mkdir(parents=True, exist_ok=True)
    figure.savefig(DOCS / f"{stem}.png")
    checks = [asdict(check) | {"error": check.error, "passed": check.passed} for check in page.checks]
    record = {"name": name, "title": title, "checks": checks, "seconds": round(seconds)}
    (DOCS / f"{stem}.json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = [
        f"# {name} · {title}",
        "",
        page.text.strip(),
        "",
        f"![computed against exact]({stem}.png)",
        "",
        "| | computed | exact | error | tolerance | why this tolerance |",
        "|---|---|---|---|---|---|",
        *map(_row, page.checks),
        "",
        f"Made by `containers/run python3 -m tests.verification {name}` in {seconds:.0f} s. [All cases](README.md)",
        "",
    ]
    (DOCS / f"{stem}.md").write_text("\n".join(lines), encoding="utf-8")


def write_table() -> None:
    """The table of all cases, from the numbers that their pages have left."""
    records = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(DOCS.glob("v*.json"))]
    lines = [
        "# Verification",
        "",
        "Each page is a case with a known answer: what was computed, the closed form or independent result, the error,",
        "and why the tolerance is what it is. `containers/run python3 -m tests.verification` makes all of them anew;",
        "the tests run the same cases, the longer ones in a smaller size.",
        "",
        "| | case | aim | reached (worst) | checks |",
        "|---|---|---|---|---|",
    ]
    for record in records:
        checks = record["checks"]
        worst = max(checks, key=lambda check: abs(check["error"]) / check["tolerance"])
        failed = sum(not check["passed"] for check in checks)
        verdict = f"{len(checks)} within" if not failed else f"**{failed} of {len(checks)} outside**"
        page = f"[{record['name']}](v{int(record['name'][1:]):02d}.md)"
        aim, reached = _percent(worst, "tolerance"), f"{_percent(worst, 'error')}: {worst['what']}"
        lines.append(f"| {page} | {record['title']} | {aim} | {reached} | {verdict} |")
    lines += [
        "",
        "Aim and reached are those of the check that is nearest to its limit.",
    ]
    (DOCS / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _row(check: Check) -> str:
    told = asdict(check) | {"error": check.error}
    flag = "" if check.passed else " **outside**"
    return (
        f"| {check.what} | {check.computed:.6g} | {check.exact:.6g} | {_percent(told, 'error')}{flag} "
        f"| {_percent(told, 'tolerance')} | {check.why} |"
    )


def _percent(check: dict, key: str) -> str:
    number = check[key]
    if check["absolute"]:
        return f"{number:.2g}"
    return f"{100 * number:.2g} %" if abs(number) >= 1e-5 else f"{number:.1e}"
