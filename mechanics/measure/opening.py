"""How far the faces of what is broken have parted: what tells a crack that is open from one whose faces touch."""

from typing import Any

import numpy as np
import ufl
from dolfinx import fem

from mechanics.body.functional import assembled
from mechanics.body.plastic_history import QUADRATURE_DEGREE
from mechanics.body.solid import Solid
from mechanics.potential import trial_strain

ACROSS_LAYERS = ufl.as_vector((0.0, 1.0, 0.0))  # the normal of an interface between layers
TOUCHING = 1e-4  # µm: faces that are less than an atom apart touch; equilibria leave less than a hundredth of it


class Opening:
    """The volume by which the faces of a smeared crack have parted, shared out to the nodes: ∫ (1 - g(d)) n·e·n v.

    e is the elastic strain and n the normal of the interface, so that across a crack the integral is the jump of the
    normal displacement: positive where the crack gapes, negative where it is pressed together. Not the change of
    volume, by which a split decides: what is broken has no stiffness in shear, and pressure makes it flow out at a free
    end, where it swells though its faces touch. Nodes in place of cells: the strain of a single broken cell says
    little, and one of the wrong sign would bridge a crack.
    """

    def __init__(self, solid: Solid, normal: Any) -> None:
        """`normal` in three components, by UFL."""
        self._solid = solid
        space = solid.state.d.function_space
        c, x = solid.coefficients, ufl.SpatialCoordinate(solid.mesh)
        dx = ufl.Measure("dx", solid.mesh, metadata={"quadrature_degree": QUADRATURE_DEGREE})
        v = ufl.TestFunction(space)
        e = trial_strain(solid.kinematics.strain_of(solid.state.u, x), c, None)
        if solid.state.plastic:
            e -= solid.state.plastic[0]
        apart = (1 - solid.crack.g(solid.state.d, c.brittleness)) * ufl.dot(normal, e * normal)
        self._form = fem.form(apart * v * dx)
        self._parted = fem.Function(space)
        self.volumes = assembled([fem.form(v * dx)], fem.Function(space)).x.array  # of the nodes

    def parted(self) -> np.ndarray:
        """µm² in a plane and around an axis, else µm³, at owned and ghost nodes."""
        return assembled([self._form], self._parted).x.array.copy()

    def touching(self) -> np.ndarray:
        """Nodes at which nothing has parted: the gap across the cells around is less than an atom."""
        size = self.volumes ** (1 / self._solid.mesh.topology.dim)
        return self.parted() / self.volumes * size <= TOUCHING
