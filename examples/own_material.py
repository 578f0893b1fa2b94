"""A case that is made here: a material and a geometry of one's own, and the stress in it.

containers/run python3 examples/own_material.py
"""

import numpy as np

import intact

SOFT = {"young_modulus": "3 GPa", "poisson_ratio": 0.35, "hardness": "0.4 GPa", "density": "2.2 g/cm^3"}


def main(output: str = "results/examples") -> intact.Results:
    """Numbers given for a card take the place of its own."""
    case = intact.Case.model_validate(
        {
            "title": "my soft electrolyte",
            "materials": {"electrolyte": "LZACO", "active": "NCM811"},
            "given": {"LZACO": SOFT},
            "stack": {"width": "8 um", "electrolyte": "2.5 um", "interface": "2 um", "cathode": "2.5 um"},
            "mesh": {"elements_per_length": 2, "coarse": "1 um"},
            "fracture": {
                "length": "0.5 um",
                "interface_toughness": "20 J/m^2",
                "interface_toughness_confidence": "assumed",
            },
            "shrinkage": {"active_strain": "-4.5 %", "measure": "volumetric"},
            "steps": {"largest": 0.25},
            "output": {"soc": [0.5, 1.0]},
        }
    )
    return intact.run(case, output, overwrite=True)


if __name__ == "__main__":
    stress = main().only.field("stress (MPa)", soc=1.0)
    print(f"largest stress across the layers: {np.max(stress.values[:, 4]):.1f} MPa")
