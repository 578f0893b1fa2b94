"""What holds a body: displacement components that are given on a boundary, and springs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import ufl
from dolfinx import fem, mesh

Motion = Callable[[float, np.ndarray], np.ndarray]  # (load, places (3, n)) -> displacement (dimension, n)


@dataclass(frozen=True)
class Support:
    """How a boundary is held: which displacement components are given, and a normal spring (MPa/µm) on the rest."""

    fixed: tuple[int, ...] = ()
    spring: float = 0.0
    motion: Motion | None = None  # of the held components; without it they are zero


@dataclass(frozen=True)
class Held:
    """The unknowns of one displacement component on one boundary, ghosts included."""

    boundary: str
    component: int
    unknowns: np.ndarray
    places: np.ndarray  # (3, n)
    motion: Motion | None

    def at(self, load: float) -> np.ndarray:
        return np.zeros(len(self.unknowns)) if self.motion is None else self.motion(load, self.places)[self.component]


def held(
    space: fem.FunctionSpace,
    supports: Mapping[str, Support],
    boundaries: Mapping[str, np.ndarray],
) -> list[Held]:
    """Every held component; `space` is that of the displacement, or a mixed one whose first part it is."""
    body = space.mesh
    dim, facet_dim = body.geometry.dim, body.topology.dim - 1
    body.topology.create_connectivity(facet_dim, body.topology.dim)
    mixed = space.dofmap.bs == 1
    vectors, numbers = space.sub(0).collapse() if mixed else (space, None)
    found = []
    for name, support in supports.items():
        for component in support.fixed:
            if not 0 <= component < dim:  # it would be an unknown of another node
                raise ValueError(f"'{name}' holds component {component}, and this body has components 0 to {dim - 1}")
        nodes = fem.locate_dofs_topological(vectors, facet_dim, boundaries[name])
        places = vectors.tabulate_dof_coordinates()[nodes].T
        for component in support.fixed:
            unknowns = nodes * dim + component
            unknowns = unknowns if numbers is None else np.ravel(numbers)[unknowns]
            found.append(Held(name, component, unknowns, places, support.motion))
    return found


def spring_energy(
    body: mesh.Mesh, u: Any, measure: Any, supports: Mapping[str, Support], boundaries: Mapping[str, np.ndarray]
) -> Any:
    """½ k (u·n)²: compliant platens that follow the face. None where there are none."""
    sprung = [(name, support.spring) for name, support in supports.items() if support.spring > 0]
    if not sprung:
        return None
    facets = np.concatenate([boundaries[name] for name, _ in sprung])
    marks = np.concatenate([np.full(len(boundaries[name]), i) for i, (name, _) in enumerate(sprung)])
    order = np.argsort(facets)
    tags = mesh.meshtags(body, body.topology.dim - 1, facets[order], marks[order].astype(np.int32))
    ds = ufl.Measure("ds", body, subdomain_data=tags)
    normal = ufl.FacetNormal(body)
    terms = [stiffness / 2 * ufl.dot(u, normal) ** 2 * measure * ds(i) for i, (_, stiffness) in enumerate(sprung)]
    return sum(terms[1:], terms[0])
