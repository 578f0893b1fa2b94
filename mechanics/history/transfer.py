"""From a mesh to a finer one whose cells each lie in one cell of it: displacement, damage, plastic history, fatigue."""

from collections.abc import Iterator
from typing import Any

import basix
import numpy as np
from dolfinx import fem

from mechanics.body.plastic_history import QUADRATURE_DEGREE
from mechanics.body.solid import Solid


def carry(old: Solid, new: Solid, parents: np.ndarray, places: np.ndarray) -> None:
    """Put `new` into the state of `old`. `parents`: the old cell in which each new one lies that this process owns,
    and `places` where in it its corners are, in barycentric coordinates: (cells, corners, corners).

    Displacement and damage are polynomials in each old cell, and stay the same ones. So do the strains, and plastic
    strain is taken for what it is on them, linear: as many points as a cell has corners fix it, and the energy of
    sound material, a square of linear fields, is then integrated exactly before and after. (The values of the nearest
    points would do neither.) The accumulated p, which may only grow from zero, is kept between the least and the most
    that the old cell has.
    """
    for before, after in zip(_fields(old), _fields(new), strict=True):
        _carry_field(before, after, parents, places)
    np.clip(new.state.d.x.array, 0, 1, out=new.state.d.x.array)  # of round-off
    for number, (before, after) in enumerate(zip(old.state.plastic, new.state.plastic, strict=True)):
        _carry_points(before, after, parents, places, bounded=number == 1)
    for before, after in zip(old.state.fatigue, new.state.fatigue, strict=True):
        _carry_points(before, after, parents, places, bounded=True)
    for before, after in zip(old.platens.fields().values(), new.platens.fields().values(), strict=True):
        everywhere = slice(None)
        ends = (before.function_space, before, everywhere), (after.function_space, after, everywhere)
        _carry_field(*ends, parents, places)
    for name, part in old.state.parts.items():
        new.state.parts.setdefault(name, part)  # a schedule and a history go on as they are
    new.state.take(old.state.numbers())


Field = tuple[fem.FunctionSpace, fem.Function, np.ndarray | slice]  # and where its unknowns are in the function


def _fields(solid: Solid) -> Iterator[Field]:
    u, d = solid.state.u, solid.state.d
    if solid.kinematics.thin:  # the displacement and the strain across
        for i in range(u.function_space.num_sub_spaces):
            space, unknowns = u.function_space.sub(i).collapse()
            yield space, u, np.ravel(unknowns)
    else:
        yield u.function_space, u, slice(None)
    yield d.function_space, d, slice(None)


def _carry_field(before: Field, after: Field, parents: np.ndarray, places: np.ndarray) -> None:
    (old_space, old, old_unknowns), (space, new, unknowns) = before, after
    element, size = space.ufl_element(), space.dofmap.bs
    scalar = element.sub_elements[0] if size > 1 else element
    nodes = np.asarray(scalar.basix_element.points)
    inside = _barycentric(nodes) @ places  # where the nodes of each cell are in its parent
    shapes = scalar.tabulate(0, inside[:, :, 1:].reshape(-1, nodes.shape[1]))[0].reshape(*inside.shape[:2], -1)
    values = old.x.array[old_unknowns].reshape(-1, size)[old_space.dofmap.list[parents]]
    carried = np.zeros((len(new.x.array[unknowns]) // size, size))
    carried[space.dofmap.list[: len(parents)]] = shapes @ values
    new.x.array[unknowns] = carried.ravel()
    new.x.scatter_forward()


def _carry_points(old: fem.Function, new: fem.Function, parents: np.ndarray, places: np.ndarray, bounded: bool) -> None:
    cell, size = old.function_space.mesh.basix_cell(), old.function_space.dofmap.bs
    points = _barycentric(np.asarray(basix.make_quadrature(cell, QUADRATURE_DEGREE)[0]))
    values = old.x.array.reshape(-1, size)[old.function_space.dofmap.list[parents]]
    carried = (points @ places) @ np.linalg.inv(points) @ values  # by way of the corners
    if bounded:
        carried = np.clip(carried, values.min(axis=1, keepdims=True), values.max(axis=1, keepdims=True))
    new.x.array.reshape(-1, size)[new.function_space.dofmap.list[: len(parents)]] = carried
    new.x.scatter_forward()


def _barycentric(points: np.ndarray) -> Any:
    return np.column_stack([1 - points.sum(axis=1), points])
