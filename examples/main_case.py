"""The published picture from Python: LZCO lets go, LZACO holds.

containers/run python3 examples/main_case.py
"""

from pathlib import Path

import intact


def main(settings: tuple[str, ...] = (), output: str = "results/examples") -> intact.Results:
    """`settings` change the case, as --set does."""
    case = Path(__file__).parents[1] / "cases" / "lzco-vs-lzaco.toml"
    study = intact.read(case, ("flow.yield_stress=tabor", *settings))
    return intact.run(study, output, overwrite=True)


if __name__ == "__main__":
    results = main()
    for name in results:
        print(name, results[name].summary["first_detachment_soc"])
    print(*results.plot(), sep="\n")
