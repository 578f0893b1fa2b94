"""V10: manufactured solutions. At what order displacement and damage converge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import log, pi
from typing import Any
from unittest.mock import patch

import numpy as np
import ufl
from dolfinx import fem, mesh
from matplotlib.figure import Figure
from mpi4py import MPI

from mechanics import CRACK_MODELS, KINEMATICS, SPLITS, AlternateMinimiser, Kinematics, Medium, Solid, Support
from mechanics.laws.crack import RESIDUAL_STIFFNESS
from mechanics.laws.medium import coefficients

from .page import Check, Page

TITLE = "Manufactured solutions: orders of convergence"
SLOW = True

TEXT = """
No body force and no source is added to the potential. Both solutions are made by a field of shrinkage ε*(x), which a
solid has anyway, so that what is verified is `Solid` with its own functionals, kinematics, supports and
`AlternateMinimiser`. The one thing exchanged is the coefficient ε*: a solid has one number in each cell, which alone
would limit the order; here it is a smooth function.

**Displacement.** Any gradient u = ∇φ is in equilibrium with 3K ε* = (λ+2μ) ∇²φ (Goodier's potential; in plane stress
(1+ν) ε* = ∇²φ), since div(C:ε(u)) = (λ+2μ) ∇∇²φ. Everything on the boundary is moved to u. ν = 0.3.

- in a plane: φ ~ sin(2x+1) cos(3y/2 - 1/2), on the unit square
- around an axis: φ ~ cos(r²) cos(3y/2), on the unit square with the axis as one side
- 3D: φ ~ sin(2x+1) cos(3y/2 - 1/2) cos z, on the unit cube

Order 3 (quadratic) and 2 (linear displacement) in the mean square of u, 2 and 1 in that of its gradient. Quadratic
ones are what a run takes; the linear ones are had by `Kinematics.degree`.

**Damage.** With u = 0 everywhere the energy that drives damage is Y = ½ K (3ε*)², so that any Y(x) > 0 can be given.
Damage is linear: order 2 in d, 1 in its gradient.

- AT2: Y = Gc (d/ℓ - ℓ ∇²d) / (2(1-k)(1-d)), with d = 0.4 + 0.1 cos πx cos πy (cos πz), no slope at the sides; around
  an axis d = 0.4 + 0.1 cos πr² cos πy
- AT1: d = 0.4 (1 - r²/a²)² inside of a = 0.6 and 0 outside: the edge of the damaged zone is unknown, and d ≥ 0 holds
  it. d has a kink in its second derivative there, that is d is in H² and only just not smoother. For linear elements
  H² is enough for order 1 in the gradient (Brezzi, Hager, Raviart 1977). Order 2 in d itself is not a theorem for
  obstacle problems: from mesh to mesh it was found to go up and down a little, as the edge moves across cells.

Orders are those between the two finest of the meshes, which are regular (n × n squares, halved; n³ cubes in six).
Diffusion (c) comes with a later issue. Integration at points that are exact for degree 2 is part of what is measured.
"""

E, NU, SCALE = 1000.0, 0.3, 0.01
MEDIUM = Medium(E, NU, 1.0, shrinkage=1.0)
TOUGH = replace(MEDIUM, toughness=1e9)
LENGTH = 0.2  # ℓ

Field = Callable[[Any, Any], Any]  # (x, the module whose sin and cos to take: numpy or ufl) -> number or components


# --- exact ------------------------------------------------------------------------------------------------------------


def in_plane(x: Any, m: Any) -> list[Any]:
    a, b = 2 * x[0] + 1, 1.5 * x[1] - 0.5
    return [SCALE * 2 * m.cos(a) * m.cos(b), -SCALE * 1.5 * m.sin(a) * m.sin(b)]


def in_plane_volume(x: Any) -> Any:
    """∇²φ."""
    return -SCALE * (2**2 + 1.5**2) * ufl.sin(2 * x[0] + 1) * ufl.cos(1.5 * x[1] - 0.5)


def around_axis(x: Any, m: Any) -> list[Any]:
    s, b = x[0] ** 2, 1.5 * x[1]
    return [-SCALE * 2 * x[0] * m.sin(s) * m.cos(b), -SCALE * 1.5 * m.cos(s) * m.sin(b)]


def around_axis_volume(x: Any) -> Any:
    s, b = x[0] ** 2, 1.5 * x[1]
    return SCALE * ufl.cos(b) * (-4 * ufl.sin(s) - 4 * s * ufl.cos(s) - 1.5**2 * ufl.cos(s))


def in_space(x: Any, m: Any) -> list[Any]:
    a, b, c = 2 * x[0] + 1, 1.5 * x[1] - 0.5, x[2]
    across = -SCALE * m.sin(a) * m.cos(b) * m.sin(c)
    return [SCALE * 2 * m.cos(a) * m.cos(b) * m.cos(c), -SCALE * 1.5 * m.sin(a) * m.sin(b) * m.cos(c), across]


def in_space_volume(x: Any) -> Any:
    return in_plane_volume(x) * (2**2 + 1.5**2 + 1) / (2**2 + 1.5**2) * ufl.cos(x[2])


DISPLACEMENTS: dict[str, tuple[Field, Callable[[Any], Any]]] = {
    "plane strain": (in_plane, in_plane_volume),
    "plane stress": (in_plane, in_plane_volume),
    "axisymmetric": (around_axis, around_axis_volume),
    "3d": (in_space, in_space_volume),
}


def damage_in_plane(x: Any) -> tuple[Any, Any]:
    """d and ∇²d."""
    wave = 0.1 * ufl.cos(pi * x[0]) * ufl.cos(pi * x[1])
    return 0.4 + wave, -2 * pi**2 * wave


def damage_in_space(x: Any) -> tuple[Any, Any]:
    wave = 0.1 * ufl.cos(pi * x[0]) * ufl.cos(pi * x[1]) * ufl.cos(pi * x[2])
    return 0.4 + wave, -3 * pi**2 * wave


def damage_around_axis(x: Any) -> tuple[Any, Any]:
    s, along = pi * x[0] ** 2, 0.1 * ufl.cos(pi * x[1])
    return 0.4 + ufl.cos(s) * along, (-4 * pi * ufl.sin(s) - (4 * pi * s + pi**2) * ufl.cos(s)) * along


def damage_with_an_edge(x: Any) -> tuple[Any, Any]:
    """Beyond the edge the ∇²d of the edge, which leaves Y below the threshold and without a jump."""
    a = 0.6
    s2 = ufl.min_value((x[0] ** 2 + x[1] ** 2) / a**2, 1.0)
    return 0.4 * (1 - s2) ** 2, 0.4 * (16 * s2 - 8) / a**2


DAMAGES: dict[str, tuple[str, str, Callable[[Any], tuple[Any, Any]]]] = {
    "AT2, plane": ("AT2", "plane strain", damage_in_plane),
    "AT2, axisymmetric": ("AT2", "axisymmetric", damage_around_axis),
    "AT2, 3d": ("AT2", "3d", damage_in_space),
    "AT1, free edge": ("AT1", "plane strain", damage_with_an_edge),
}


def driving(crack: str, d: Any, laplacian: Any) -> Any:
    """Y from g' Y + Gc/c_w (w'/ℓ - 2ℓ ∇²d) = 0 with Gc = 1, by hand."""
    slope = d / LENGTH - LENGTH * laplacian if crack == "AT2" else 3 / 8 * (1 / LENGTH - 2 * LENGTH * laplacian)
    return slope / (2 * (1 - RESIDUAL_STIFFNESS) * (1 - d))


# --- computed ---------------------------------------------------------------------------------------------------------


def unit_solid(
    n: int, kinematics: Kinematics, medium: Medium, crack: str, support: Support, shrinkage: Callable[[Any], Any]
) -> Solid:
    """On n × n squares or n³ cubes, with this field of shrinkage; the support holds all that lies on "held" facets."""
    comm, dim = MPI.COMM_SELF, kinematics.dimension
    body = mesh.create_unit_cube(comm, n, n, n) if dim == 3 else mesh.create_unit_square(comm, n, n)
    cells = np.arange(body.topology.index_map(dim).size_local, dtype=np.int32)
    body.topology.create_connectivity(dim - 1, dim)
    inside = np.arange(body.topology.index_map(dim - 1).size_local, dtype=np.int32)
    held = mesh.exterior_facet_indices(body.topology) if support.motion else inside

    def smooth(*arguments: Any) -> Any:
        *_, charge = arguments
        return replace(coefficients(*arguments), shrinkage=charge * shrinkage(ufl.SpatialCoordinate(body)))

    size = np.zeros(len(cells))  # the toughness as typed in
    with patch("mechanics.body.solid.coefficients", smooth):
        return Solid(
            body,
            {"all": cells},
            {"held": held},
            {"all": medium},
            {"held": support},
            CRACK_MODELS[crack],
            SPLITS["volumetric-deviatoric"] if crack == "AT2" else SPLITS["none"],
            LENGTH,
            size,
            kinematics,
        )


def errors(solid: Solid, found: Any, exact: Any) -> tuple[float, float]:
    """Root mean squares over the body: of the difference and of its gradient."""
    measure = solid.kinematics.measure(ufl.SpatialCoordinate(solid.mesh))
    dx = ufl.dx(solid.mesh, metadata={"quadrature_degree": 6})
    wrong = found - exact
    parts = (ufl.inner(wrong, wrong), ufl.inner(ufl.grad(wrong), ufl.grad(wrong)))
    first, second = (float(np.sqrt(fem.assemble_scalar(fem.form(part * measure * dx)))) for part in parts)
    return first, second


def displacement_errors(name: str, n: int, degree: int = 2) -> tuple[float, float]:
    kinematics, (u, volume) = replace(KINEMATICS[name], degree=degree), DISPLACEMENTS[name]
    factor = 1 / (1 + NU) if kinematics.thin else MEDIUM.constrained / (3 * MEDIUM.bulk)
    everywhere = Support(tuple(range(kinematics.dimension)), motion=lambda load, x: load * np.array(u(x, np)))
    solid = unit_solid(n, kinematics, TOUGH, "AT1", everywhere, lambda x: factor * volume(x))
    solid.load(1.0)
    assert AlternateMinimiser(solid).minimise().converged
    exact = ufl.as_vector(u(ufl.SpatialCoordinate(solid.mesh), ufl))
    return errors(solid, kinematics.displacement(solid.state.u), exact)


def damage_errors(name: str, n: int) -> tuple[float, float]:
    crack, kinematics, field = DAMAGES[name]

    def shrinkage(x: Any) -> Any:
        return -ufl.sqrt(2 * driving(crack, *field(x)) / MEDIUM.bulk) / 3

    nowhere = Support(tuple(range(KINEMATICS[kinematics].dimension)))
    solid = unit_solid(n, KINEMATICS[kinematics], MEDIUM, crack, nowhere, shrinkage)
    solid.load(1.0)
    assert AlternateMinimiser(solid, tolerance=1e-9).minimise().converged
    return errors(solid, solid.state.d, field(ufl.SpatialCoordinate(solid.mesh))[0])


@dataclass(frozen=True)
class Study:
    name: str
    orders: tuple[float, float]  # expected: of the field and of its gradient
    sizes: Sequence[int]  # n
    found: np.ndarray  # errors, by n

    @classmethod
    def of(
        cls, name: str, orders: tuple[float, float], sizes: Sequence[int], run: Callable[[int], tuple[float, float]]
    ) -> Study:
        return cls(name, orders, sizes, np.array([run(n) for n in sizes]))

    def checks(self) -> list[Check]:
        ratio = log(self.sizes[-1] / self.sizes[-2])
        why = f"the aim; between n = {self.sizes[-2]} and {self.sizes[-1]}"
        return [
            Check(f"{self.name}: order of {what}", log(a / b) / ratio, order, 0.1, why, absolute=True)
            for what, order, a, b in zip(("error", "gradient"), self.orders, *self.found[-2:], strict=True)
        ]


def studies(thorough: bool) -> list[Study]:
    """Displacement in each kinematics, and damage."""
    if not thorough:
        plane = ("plane strain", "axisymmetric")
        sizes = dict.fromkeys(plane, (4, 8))
        coarse = {"AT2, plane": (16, 32), "AT1, free edge": (32, 64)}
        linear: dict[str, Sequence[int]] = {}
    else:
        sizes = dict.fromkeys(("plane strain", "plane stress", "axisymmetric"), (4, 8, 16, 32)) | {"3d": (2, 4, 6)}
        coarse = dict.fromkeys(DAMAGES, (8, 16, 32, 64)) | {"AT2, 3d": (4, 8, 16)}
        linear = dict.fromkeys(sizes, (8, 16, 32, 64)) | {"3d": (3, 6, 12)}
    told = [
        Study.of(f"u, quadratic, {name}", (3, 2), n, lambda n, name=name: displacement_errors(name, n))
        for name, n in sizes.items()
    ]
    told += [
        Study.of(f"u, linear, {name}", (2, 1), n, lambda n, name=name: displacement_errors(name, n, degree=1))
        for name, n in linear.items()
    ]
    return told + [
        Study.of(f"d, {name}", (2, 1), n, lambda n, name=name: damage_errors(name, n)) for name, n in coarse.items()
    ]


def verify(thorough: bool) -> Page:
    told = studies(thorough)

    def draw(figure: Figure) -> None:
        groups = ("u, quadratic", "u, linear", "d,")
        for axes, group in zip(figure.subplots(1, 3), groups, strict=True):
            for i, study in enumerate(one for one in told if one.name.startswith(group)):
                h = 1 / np.array(study.sizes)
                for part, style in enumerate(("o-", "s--")):
                    label = study.name.removeprefix(group).strip(", ") if part == 0 else None
                    axes.loglog(h, study.found[:, part], style, color=f"C{i}", markersize=4, label=label)
                    if i == 0:
                        order = study.orders[part]
                        slope = 0.4 * study.found[-1, part] * (h / h[-1]) ** order
                        axes.loglog(h, slope, color="0.6", linewidth=1)
                        axes.text(h[0], slope[0], f"{order}", color="0.4", fontsize=8)
            axes.set(title=group.strip(","), xlabel="h = 1/n")
            axes.legend(frameon=False, fontsize=7)
        figure.axes[0].set_ylabel("root mean square error (○ field, □ gradient)")

    return Page(TEXT, [check for study in told for check in study.checks()], draw)
