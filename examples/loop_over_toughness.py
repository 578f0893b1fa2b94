"""First detachment over the toughness of the interface, in one study.

containers/run python3 examples/loop_over_toughness.py
"""

from collections.abc import Sequence
from pathlib import Path

import intact

SMALL = ("materials.electrolyte=LZCO", "flow.yield_stress=none", "mesh.elements_per_length=2", "steps.largest=0.1")


def main(toughnesses: Sequence[float], output: str = "results/examples") -> dict[str, float | None]:
    """In J/m²; the state of charge at which detachment has begun, by the name of each run."""
    listed = ", ".join(f'"{one:g} J/m^2"' for one in toughnesses)
    case = Path(__file__).parents[1] / "cases" / "lzco-vs-lzaco.toml"
    study = intact.read(case, (*SMALL, f"fracture.interface_toughness=[{listed}]"))
    results = intact.run(study, output, overwrite=True)
    return {name: results[name].summary["first_detachment_soc"] for name in results}


if __name__ == "__main__":
    for name, soc in main((40, 80, 120)).items():
        print(name, soc)
