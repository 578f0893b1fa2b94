"""The surfaces through which lithium gets in and out, and how much of them is in touch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import ufl
from dolfinx import fem, mesh
from mpi4py import MPI

from mechanics.body.functional import assembled

LOST = 0.01  # share of a surface in touch below which it gets no current; Detachment calls 0.99 complete
SURFACE = 1  # number of the integrals over a surface


class SurfaceError(ValueError):
    """Facets that bound no active material."""


@dataclass(frozen=True)
class SurfaceContact:
    """What of the surfaces is in touch."""

    shares: Mapping[str, float]  # of each surface, 1 where all of it is in touch
    contents: Mapping[str, float]  # of each that current reaches, the mean over what of it is in touch
    share: float  # of all surfaces together
    area: float  # in touch
    content: float  # mean over what is in touch; not a number where nothing is
    inlet: np.ndarray  # by node: where a current of 1 goes; zero where nothing is in touch

    @property
    def lost(self) -> list[str]:
        """Surfaces that no current reaches."""
        return [name for name, share in self.shares.items() if share < LOST]

    def furthest(self, current: float) -> float:
        """Content of the surface that this current, positive where it brings lithium, has moved most."""
        return (max if current > 0 else min)(self.contents.values(), default=np.nan)


class Surfaces:
    """Facets by name, in touch as far as they are not damaged: current spreads evenly over 1 - d of each of them, and
    between them by the volume for each area behind them."""

    def __init__(
        self,
        content: fem.Function,
        cells: np.ndarray,
        surfaces: Mapping[str, np.ndarray],
        d: fem.Function,
        weight: Any,
        volumes: Mapping[str, float] | None = None,
    ) -> None:
        """`weight` is the measure of the body, `cells` are the active ones. `volumes` are those behind each surface:
        so particles of any size that are in touch are charged alike. Without them current goes by area alone."""
        self._space = content.function_space
        body = self._space.mesh
        self._comm = body.comm
        v, ds = ufl.TestFunction(self._space), ufl.ds(SURFACE, domain=body)
        touch = ufl.max_value(1 - d, 0) * weight
        facets = {name: _sides(body, cells, name, marked) for name, marked in surfaces.items()}

        def on_each(form: Any) -> dict[str, fem.Form]:
            compiled = fem.compile_form(body.comm, form)
            spaces = [argument.ufl_function_space() for argument in form.arguments()]
            told = {one: one for one in form.coefficients()}
            numbers = {one: one for one in form.constants()}
            return {
                name: fem.create_form(
                    compiled, spaces, body, {fem.IntegralType.exterior_facet: [(SURFACE, sides)]}, told, numbers
                )
                for name, sides in facets.items()
            }

        one = fem.Constant(body, np.float64(1.0))
        self._areas, self._touching = on_each(one * weight * ds), on_each(touch * ds)
        self._contents, self._inlets = on_each(touch * content * ds), on_each(touch * v * ds)
        areas = {name: self._scalar(form) for name, form in self._areas.items()}
        self._depths = {name: 1.0 if volumes is None else volumes[name] / area for name, area in areas.items()}

    def contact(self) -> SurfaceContact:
        """At the present damage and content. A surface that has let go gets nothing, the others more."""
        areas, touching, contents = (
            {name: self._scalar(form) for name, form in forms.items()}
            for forms in (self._areas, self._touching, self._contents)
        )
        shares = {name: touching[name] / areas[name] for name in areas}
        reached = [name for name in areas if shares[name] >= LOST]
        area = sum(touching[name] for name in reached)
        fed = sum(self._depths[name] * touching[name] for name in reached)
        inlet = fem.Function(self._space).x.array
        for name in reached:
            inlet += assembled([self._inlets[name]], fem.Function(self._space)).x.array * (self._depths[name] / fed)
        return SurfaceContact(
            shares=shares,
            contents={name: contents[name] / touching[name] for name in reached},
            share=sum(touching.values()) / (sum(areas.values()) or np.inf),
            area=area,
            content=sum(contents[name] for name in reached) / area if reached else np.nan,
            inlet=inlet,
        )

    def _scalar(self, form: fem.Form) -> float:
        return float(self._comm.allreduce(fem.assemble_scalar(form), op=MPI.SUM))


def _sides(body: mesh.Mesh, cells: np.ndarray, name: str, facets: np.ndarray) -> np.ndarray:
    """Facets of a surface as seen from the active cells that this process owns: cell, number of the facet in it, …"""
    dim = body.topology.dim
    body.topology.create_connectivity(dim, dim - 1)
    here, faces = body.topology.index_map(dim), body.topology.index_map(dim - 1)
    of_cells = body.topology.connectivity(dim, dim - 1).array.reshape(-1, dim + 1)  # simplices: one more than dim
    of_active, count = of_cells[cells], faces.size_local + faces.num_ghosts
    marked: np.ndarray = np.zeros(count, dtype=bool)
    marked[facets] = True
    within = np.bincount(of_active.ravel(), minlength=count)[marked] > 1
    if body.comm.allreduce(bool(within.any()), op=MPI.LOR):
        raise SurfaceError(f"surface '{name}' has active material on both of its sides")
    place, number = np.nonzero(marked[of_active] & (cells < here.size_local)[:, None])
    if body.comm.allreduce(len(place), op=MPI.SUM) == 0:
        raise SurfaceError(f"surface '{name}' touches no active material")
    return np.stack([cells[place], number], axis=1).ravel().astype(np.int32)
