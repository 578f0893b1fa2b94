"""Crack models: what their functions have to be, and what follows for strength, stability and toughness."""

from math import inf, pi, sqrt

import numpy as np
import pytest
import ufl
from dolfinx import fem, mesh
from mpi4py import MPI

from mechanics import CRACK_MODELS
from mechanics.laws.crack import RESIDUAL_STIFFNESS

COHESIVE = {name: model for name, model in CRACK_MODELS.items() if model.strength is None}
YOUNG, GC, STRENGTH = 1000.0, 2.0, 10.0
models = pytest.mark.parametrize("name", CRACK_MODELS)
cohesive = pytest.mark.parametrize("name", COHESIVE)


def brittleness(length: float) -> float:
    """a1 = 4 E Gc / (π ℓ ft²)."""
    return 4 * YOUNG * GC / (pi * length * STRENGTH**2)


def derivatives(name: str, a1: float, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """g' and g'' as UFL takes them and as they are compiled, at exactly these d in ascending order."""
    line = mesh.create_unit_interval(MPI.COMM_SELF, len(d) - 1)
    field = fem.Function(fem.functionspace(line, ("Lagrange", 1)))
    field.x.array[:] = d
    variable, given = ufl.variable(field), fem.Constant(line, a1)
    first = ufl.diff(CRACK_MODELS[name].g(variable, given), variable)
    both = ufl.as_vector([first, ufl.diff(first, variable)])
    quick = {"cffi_extra_compile_args": ["-O0"]}  # it runs for milliseconds
    expression = fem.Expression(both, np.array([[0.0], [1.0]]), jit_options=quick)
    values = expression.eval(line, np.arange(len(d) - 1, dtype=np.int32)).reshape(
        -1, 2, 2
    )  # cell, its ends, g' and g''
    values = np.vstack([values[:, 0], values[-1:, 1]])
    return values[:, 0], values[:, 1]


def slope(function, d: np.ndarray) -> np.ndarray:
    """By a complex step, exact to round-off."""
    return np.imag(function(d + 1e-30j)) / 1e-30


def strain_squared(name: str, length: float) -> tuple[np.ndarray, np.ndarray]:
    """d from 0 to nearly 1, and ε² of a uniform bar with this damage: E ε² g'/2 = -Gc w'/(c_w ℓ)."""
    crack, d, a1 = CRACK_MODELS[name], np.linspace(0, 0.999, 1000), brittleness(length)
    falling = slope(lambda x: crack.g(x, a1), d)
    return d, -2 * GC * slope(crack.w, d) / (crack.c_w * length * YOUNG * falling)


@models
def test_profile_costs_the_toughness(name):
    """c_w = 4 ∫ √w dd, or a crack would not cost Gc."""
    crack = CRACK_MODELS[name]
    angle = np.linspace(0, pi / 2, 20001)  # d = sin², which takes the root out of √w
    d = np.sin(angle) ** 2
    integral = np.trapezoid(np.sqrt(crack.w(d)) * 2 * np.sin(angle) * np.cos(angle), angle)
    assert crack.c_w == pytest.approx(4 * integral, rel=1e-8)  # trapezoids
    assert crack.w(0.0) == 0
    assert crack.w(1.0) == 1


@models
@pytest.mark.parametrize("a1", [2.0, 500.0])
def test_stiffness_falls_from_one_to_the_residual(name, a1):
    crack, d = CRACK_MODELS[name], np.linspace(0, 1, 1001)
    g = crack.g(d, a1)
    assert g[0] == 1
    assert g[-1] == pytest.approx(RESIDUAL_STIFFNESS, rel=1e-12)
    assert np.all(np.diff(g) < 0)


@models
@pytest.mark.parametrize("a1", [2.0, 500.0])
def test_derivatives_are_finite_and_true_from_intact_to_broken(name, a1):
    """At d = 1 the power 5/2 has a root left in its second derivative; d may exceed 1 by round-off at a point."""
    crack, d = CRACK_MODELS[name], np.linspace(0, 1, 101)
    first, second = derivatives(name, a1, d)
    assert np.all(np.isfinite(first))
    assert np.all(np.isfinite(second))
    assert first == pytest.approx(slope(lambda x: crack.g(x, a1), d), rel=1e-9, abs=1e-12)
    assert first[0] == pytest.approx(-(a1 if name in COHESIVE else 2), rel=1e-5)
    assert first[-1] == pytest.approx(0, abs=1e-9)
    assert np.isfinite(crack.g(1 + 1e-15, a1))


@models
def test_strength_is_the_peak_of_a_uniform_bar(name):
    """σ = g E ε over all damage. What is an input with PF-CZM is a result with AT1 and AT2."""
    crack = CRACK_MODELS[name]
    lengths = (0.3, 1.0) if name not in COHESIVE else (0.2, 0.5, 2.0)
    for length in lengths:
        d, squared = strain_squared(name, length)
        peak = np.max(crack.g(d, brittleness(length)) * YOUNG * np.sqrt(squared))
        expected = STRENGTH if crack.strength is None else crack.strength(YOUNG, GC, length)
        assert peak == pytest.approx(expected, rel=1e-5)  # sampled, and the residual stiffness


@cohesive
def test_length_beyond_which_a_uniform_bar_snaps_back(name):
    """Strain grows with damage up to the largest length, and beyond it falls somewhere."""
    crack = CRACK_MODELS[name]
    largest = crack.largest_length(YOUNG, GC, STRENGTH)
    assert np.all(np.diff(strain_squared(name, 0.99 * largest)[1]) > 0)
    assert np.any(np.diff(strain_squared(name, 1.01 * largest)[1]) < 0)


def test_largest_lengths():
    """In E Gc/ft²: 2/π for linear softening; g is convex up to 8/(3π), where damage already jumps."""
    irwin = YOUNG * GC / STRENGTH**2
    assert CRACK_MODELS["PF-CZM linear"].largest_length(YOUNG, GC, STRENGTH) == pytest.approx(2 / pi * irwin)
    assert CRACK_MODELS["PF-CZM exponential"].largest_length(YOUNG, GC, STRENGTH) < 0.41 * irwin
    assert CRACK_MODELS["AT1"].largest_length(YOUNG, GC, STRENGTH) == inf


def curvatures(name: str, a1: float) -> tuple[float, float]:
    """g'' of an intact and of a broken body."""
    bend = derivatives(f"PF-CZM {name}", a1, np.linspace(0, 1, 11))[1]
    return bend[0], bend[-1]


@pytest.mark.parametrize(("name", "steepness"), [("linear", 0.5), ("exponential", 1.0), ("Cornelissen", 1.3546)])
def test_stress_falls_at_first_as_the_law_it_is_named_after(name, steepness):
    """Wu 2017: by ft²/2Gc ((p + a2 + ½)/2)^(3/2) for each unit of opening; g''(0) = 2 a1 (a1 - a2 - p)."""
    a1 = 7.0
    found = a1 - curvatures(name, a1)[0] / (2 * a1) + 0.5
    assert (found / 2) ** 1.5 / 2 == pytest.approx(steepness, rel=1e-4)  # digits of a2


@pytest.mark.parametrize(("name", "last"), [("linear", 2.0), ("Cornelissen", 5.1361)])
def test_stress_is_gone_where_the_law_ends(name, last):
    """At 2 √(2P) Gc/ft, P = 1 + a2 + a2 a3; g = (1-d)²/(a1 P) near d = 1. An exponential has no end."""
    assert 2 * sqrt(2 * 2 / (7.0 * curvatures(name, 7.0)[1])) == pytest.approx(last, rel=1e-4)  # as above


def test_strengths_that_follow_from_the_length():
    assert CRACK_MODELS["AT1"].strength(YOUNG, GC, 0.5) == pytest.approx(sqrt(3 * YOUNG * GC / 4))
    assert CRACK_MODELS["AT2"].strength(YOUNG, GC, 0.5) == pytest.approx(9 / 16 * sqrt(2 * YOUNG * GC / 3))


@models
def test_toughness_to_enter_on_a_mesh(name):
    """A row of broken elements adds h/(c_w ℓ) to what is entered."""
    crack = CRACK_MODELS[name]
    entered = crack.numerical_toughness(5.0, np.array([0.0, 0.1]), 0.4)
    assert entered[0] == 5
    assert entered[1] * (1 + 0.1 / (crack.c_w * 0.4)) == pytest.approx(5)
