"""What holds a body: displacement components that are given on a boundary, springs, and platens under pressure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from dolfinx import fem

Motion = Callable[[float, np.ndarray], np.ndarray]  # (load, places (3, n)) -> displacement (dimension, n)


@dataclass(frozen=True)
class Support:
    """How a boundary is held: which displacement components are given, and what acts on the rest of it."""

    fixed: tuple[int, ...] = ()
    spring: float = 0.0  # normal, MPa/µm; of a platen that presses: what it is held by once it is held
    motion: Motion | None = None  # of the held components; without it they are zero
    pressure: float | None = None  # MPa, at the start; None: it never presses
    level: bool = False  # it neither tilts nor bends: a platen

    @property
    def presses(self) -> bool:
        """Whether a pressure acts on it, or may."""
        return self.pressure is not None


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
