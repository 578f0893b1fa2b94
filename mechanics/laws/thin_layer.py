"""The toughness of a thin layer that makes a crack along it cost what was asked for.

A crack smeared over ℓ reaches out of a layer of comparable width b, and what it costs mixes the toughness Gi of the
layer with that of its neighbours, Gb (Hansen-Dörr et al. 2019). Behind the tip the profile d(y) is one-dimensional
and has a first integral on each side of the crack, where d = 1, with d_b the damage at the edge of the layer:

    outside   ℓ²d'² = w(d)
    inside    ℓ²d'² = w(d) + C,    C = w(d_b) ((Gb/Gi)² - 1),    since Gc d' is continuous at the edge
    d_b from  a/ℓ = ∫ dd / √(w + C)  over d_b … 1, with a the half-width in which the profile can fall
    cost      Gi/c_w ∫ [w/√(w + C) + √(w + C)] dd  over d_b … 1,  +  Gb/c_w ∫ 2√w dd  over 0 … d_b

On a mesh the crack itself is a row of broken elements of height h, which costs Gi h/(c_w ℓ) more and leaves a
half-width of (b - h)/2 on either side. With two different neighbours each side has its own d_b.

Every toughness here is one as a `Medium` takes it: `Solid` divides all of them by 1 + h/(c_w ℓ), the layer's too
(`CrackModel.numerical_toughness`), and the formulas count that. Nothing is left for the caller to correct.
"""

from functools import lru_cache

import numpy as np

from mechanics.bisection import bisect
from mechanics.laws.crack import CrackModel

LEAST_ROWS = 3  # elements across a layer: the broken row, and one on either side in which damage can fall

# Gauss points on (0, 1) in panels that halve towards 0: the integrands peak at d_b, and the more so the smaller it is.
_PANELS = np.concatenate([[0.0], 2.0 ** np.arange(-60, 1)])
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(8)
_AT = (_PANELS[:-1, None] + np.diff(_PANELS)[:, None] * (_POINTS + 1) / 2).ravel()
_BY = (np.diff(_PANELS)[:, None] * _WEIGHTS / 2).ravel()


class ThinLayerError(ValueError):
    """A layer with no room for the profile of a crack."""


@lru_cache  # the cases of a study mostly share their layer
def layer_toughness(
    typed: float, below: float, above: float, width: float, length: float, crack: CrackModel, size: float
) -> float:
    """The toughness to give to the `Medium` of the layer, so that a crack along its middle dissipates `typed`.

    `below` and `above` are the toughnesses of its neighbours as their `Medium` has them. `size` is what `Solid` gets as
    cell size in the layer; elements of that size have to go on for 2ℓ from its middle to either side.

    A layer that is weaker than both neighbours gets less than `typed`. With `typed` equal to both it gets just that,
    and so it does when it is wide: from 4ℓ + h for AT1 and πℓ + h for a cohesive model exactly, for AT2 within 4 % at
    4ℓ and 0.02 % at 10ℓ. Found by bisection: the cost grows with the layer's toughness, from nothing to any number.

    The crack is taken to be in the middle. Between unlike neighbours it costs least a little off it: 1 % less for
    AT2 at b = ℓ with neighbours 3 and 10 times as tough, and still less for the other models and wider layers.
    """
    low = high = typed
    while crack_cost(low, below, above, width, length, crack, size) > typed:
        low /= 2
    while crack_cost(high, below, above, width, length, crack, size) < typed:
        high *= 2
    return bisect(lambda layer: crack_cost(layer, below, above, width, length, crack, size) - typed, low, high)


def crack_cost(
    layer: float, below: float, above: float, width: float, length: float, crack: CrackModel, size: float
) -> float:
    """What a crack along the middle of a layer of this toughness dissipates: the inverse of `layer_toughness`."""
    if width < LEAST_ROWS * size * (1 - 1e-9):
        raise ThinLayerError(
            f"a layer {width:g} wide holds {width / size:.2g} elements of size {size:g} across, too few for the "
            f"profile of a crack along it; it takes a width of at least {LEAST_ROWS * size:g}, or elements no larger "
            f"than {width / LEAST_ROWS:.3g}"
        )
    entered, row, half = (crack.numerical_toughness(1.0, size, length), size / (crack.c_w * length), (width - size) / 2)
    sides = sum(_side(layer, neighbour, half / length, crack) for neighbour in (below, above))
    return float(entered * (sides + row * layer))


def _side(layer: float, neighbour: float, half: float, crack: CrackModel) -> float:
    """Cost of the profile on one side of the crack; `half` in units of ℓ."""
    contrast = (neighbour / layer) ** 2 - 1

    def inside(edge: float) -> tuple[np.ndarray, np.ndarray]:
        """w and √(w + C) from d_b = edge to 1."""
        w = crack.w(edge + (1 - edge) * _AT)
        return w, np.sqrt(w + contrast * crack.w(edge))

    def missing(edge: float) -> float:
        """Room that the profile takes inside, less what it has. Falls as d_b grows."""
        return float((1 - edge) * np.sum(_BY / inside(edge)[1])) - half

    edge = 0.0 if missing(0.0) <= 0 else bisect(missing, 0.0, 1.0)
    w, slope = inside(edge)
    within = (1 - edge) * np.sum(_BY * (w / slope + slope))
    beyond = edge * np.sum(_BY * 2 * np.sqrt(crack.w(edge * _AT)))
    return float((layer * within + neighbour * beyond) / crack.c_w)
