"""From displacement to strain. The only place that knows it; the strain is 3×3 in every kinematics."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import basix
import basix.ufl
import ufl


@dataclass(frozen=True)
class Kinematics:
    """How a mesh stands for a body, and what the unknowns of its deformation are."""

    dimension: int  # of the mesh
    strain: Callable[[Any, Any, Any], Any]  # (displacement, strain across the plane, x) -> ε
    measure: Callable[[Any], Any] = lambda x: 1  # volume of the body for each unit of the mesh at x
    thin: bool = False  # plane stress: the strain across the plane is an unknown, too
    degree: int = 2  # of the displacement: linear triangles lock in plastic flow, which keeps volume

    def element(self, cell: basix.CellType) -> Any:
        """Element of the unknowns. The strain across a thin body has as many of them in a cell as there are points at
        which the energy is integrated, three in a triangle: so minimising the potential relieves the stress across at
        each of them."""
        vector = basix.ufl.element("Lagrange", cell.name, self.degree, shape=(self.dimension,))
        if not self.thin:
            return vector
        return basix.ufl.mixed_element([vector, basix.ufl.element("DG", cell.name, self.degree - 1)])

    def displacement(self, unknowns: Any) -> Any:
        return ufl.split(unknowns)[0] if self.thin else unknowns

    def strain_of(self, unknowns: Any, x: Any) -> Any:
        return self.strain(self.displacement(unknowns), ufl.split(unknowns)[1] if self.thin else None, x)


def _in_plane(u: Any, across: Any) -> Any:
    e = ufl.sym(ufl.grad(u))
    return ufl.as_tensor([[e[0, 0], e[0, 1], 0], [e[1, 0], e[1, 1], 0], [0, 0, across]])


PLANE_STRAIN = Kinematics(2, lambda u, across, x: _in_plane(u, 0))
PLANE_STRESS = Kinematics(2, lambda u, across, x: _in_plane(u, across), thin=True)
AXISYMMETRIC = Kinematics(2, lambda u, across, x: _in_plane(u, u[0] / x[0]), measure=lambda x: 2 * ufl.pi * x[0])
SOLID_3D = Kinematics(3, lambda u, across, x: ufl.sym(ufl.grad(u)))

KINEMATICS = {
    "plane strain": PLANE_STRAIN,
    "plane stress": PLANE_STRESS,
    "axisymmetric": AXISYMMETRIC,  # x ≥ 0 is the radius, y runs along the axis, on which a support has to hold x
    "3d": SOLID_3D,
}
