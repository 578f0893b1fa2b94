"""Makes the pages of docs/verification: python3 -m tests.verification [V1 V4 ...]"""

import sys
from time import perf_counter

from . import CASES
from .page import write, write_table


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in CASES]
    if unknown:
        print(f"got {', '.join(unknown)}, takes names out of {', '.join(CASES)}", file=sys.stderr)
        return 2
    outside = 0
    for name in names or CASES:
        print(f"{name} · {CASES[name].TITLE}", flush=True)
        start = perf_counter()
        page = CASES[name].verify(thorough=True)
        write(name, CASES[name].TITLE, page, perf_counter() - start)
        write_table()
        for check in page.checks:
            outside += not check.passed
            mark = " " if check.passed else "!"
            print(f"{mark} {check.what}: {check.computed:.6g} against {check.exact:.6g}, error {check.error:.2g}")
    return 1 if outside else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
