"""Chemical strain that is not in proportion to charge, as a field: measured curves, and crystals with an axis."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import ufl
from dolfinx import fem, mesh

from mechanics.laws.medium import Medium


class Swelling:
    """The 3×3 strain of each cell at the present charge, and what it works against."""

    def __init__(self, body: mesh.Mesh, regions: Mapping[str, np.ndarray], media: Mapping[str, Medium]) -> None:
        self._parts = [(regions[name], medium) for name, medium in media.items() if medium.uneven]
        self.strain = fem.Function(fem.functionspace(body, ("DG", 0, (3, 3))))
        self._tensors = self.strain.x.array.reshape(-1, 3, 3)

    def follow(self, energy: Any) -> None:
        """Compile what `stress` needs."""
        self._stress = fem.form(ufl.derivative(energy, self.strain))

    def at(self, charge: float) -> None:
        for cells, medium in self._parts:
            self._tensors[cells] = medium.swelling(charge)

    def stress(self) -> np.ndarray:
        """∂Π/∂ε* of each cell that this process owns, in the order of the strain; zero elsewhere."""
        return fem.assemble_vector(self._stress).array
