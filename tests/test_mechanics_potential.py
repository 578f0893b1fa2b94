"""The potential against formulas written down by hand; UFL evaluates it at a point."""

import numpy as np
import pytest
import ufl
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mechanics import CRACK_MODELS, SPLITS
from mechanics.potential import Coefficients, Flow, driving_energy, stored

K, MU, SIGMA_Y, HARDENING = 1200.0, 450.0, 30.0, 60.0
STRAINS = arrays(float, (3, 3), elements=st.floats(-0.2, 0.2).map(lambda x: round(x, 6))).map(lambda a: (a + a.T) / 2)
SPLIT = pytest.mark.parametrize("split", SPLITS.values(), ids=SPLITS)
COEFFICIENTS = Coefficients(*map(ufl.as_ufl, (K, MU, 1.0, 0.0, SIGMA_Y, HARDENING)))


def at_point(expression) -> float:
    return float(expression(()))


def flow(p: float = 0.0) -> Flow:
    return Flow(plastic_strain=ufl.zero(3, 3), p=ufl.as_ufl(p))


def tensor(strain: np.ndarray):
    return ufl.as_tensor(strain.tolist())


def numpy_mises(strain: np.ndarray) -> float:
    deviator = strain - np.trace(strain) / 3 * np.eye(3)
    return float(MU * np.sqrt(6 * np.sum(deviator**2)))


@SPLIT
@given(strain=STRAINS)
def test_both_parts_of_a_split_are_positive_and_make_up_the_energy(split, strain):
    opening, closing = (at_point(part) for part in split(tensor(strain), ufl.as_ufl(K), ufl.as_ufl(MU)))
    deviator = strain - np.trace(strain) / 3 * np.eye(3)
    energy = K / 2 * np.trace(strain) ** 2 + MU * np.sum(deviator**2)
    assert opening >= 0
    assert closing >= 0
    assert opening + closing == pytest.approx(energy, rel=1e-12, abs=1e-12)  # round-off


def test_compression_does_not_open_a_crack_under_the_volumetric_split():
    opening, closing = SPLITS["volumetric-deviatoric"](tensor(-0.1 * np.eye(3)), ufl.as_ufl(K), ufl.as_ufl(MU))
    assert at_point(opening) == 0
    assert at_point(closing) == pytest.approx(K / 2 * 0.09)


@given(strain=STRAINS, damage=st.floats(0, 0.95), p=st.floats(0, 0.5))
def test_plastic_increment_minimises_the_step(strain, damage, p):
    """W against a minimum over Δp found by search: elastic energy of the returned state plus dissipation."""
    crack = CRACK_MODELS["AT1"]
    g = crack.g(damage)
    W = at_point(stored(tensor(strain), ufl.as_ufl(g), COEFFICIENTS, SPLITS["none"], flow(p)))
    q = numpy_mises(strain)
    grid = np.linspace(0, q / (3 * MU), 20001)
    steps = (
        g * (K / 2 * np.trace(strain) ** 2 + (q - 3 * MU * grid) ** 2 / (6 * MU))
        + (SIGMA_Y + HARDENING * (p + grid / 2)) * grid
    )
    # A parabola sampled so finely misses its minimum by at most (3μg + H')Δ²/8.
    missed = (3 * MU * g + HARDENING) * (grid[1] - grid[0]) ** 2 / 8 + 1e-9
    assert steps.min() - missed <= W <= steps.min() + 1e-9


@given(strain=STRAINS, damage=st.floats(0, 0.95))
def test_yielding_is_decided_by_the_degraded_stress(strain, damage):
    """True stress g(q - 3μΔp) never above σy + H'(p + Δp), and on it where there is flow."""
    g = CRACK_MODELS["AT1"].g(damage)
    dp = at_point(flow().increment(tensor(strain), ufl.as_ufl(g), COEFFICIENTS))
    stress, limit = g * (numpy_mises(strain) - 3 * MU * dp), SIGMA_Y + HARDENING * dp
    assert stress <= limit * (1 + 1e-9)
    assert dp == 0 or stress == pytest.approx(limit, rel=1e-9)


@given(strain=STRAINS, damage=st.floats(0, 0.95))
def test_damage_is_driven_by_the_elastic_energy_after_the_return(strain, damage):
    d = ufl.as_ufl(damage)
    crack, split = CRACK_MODELS["AT1"], SPLITS["volumetric-deviatoric"]
    Y = at_point(driving_energy(tensor(strain), d, COEFFICIENTS, crack, split, flow()))
    dp = at_point(flow().increment(tensor(strain), crack.g(d), COEFFICIENTS))
    expected = K / 2 * max(np.trace(strain), 0) ** 2 + (numpy_mises(strain) - 3 * MU * dp) ** 2 / (6 * MU)
    assert pytest.approx(expected, rel=1e-9, abs=1e-9) == Y


def test_plastic_shear_follows_its_line():
    """V8 in shear: τ = μγ up to σy/√3, then the slope μH'/(3μ + H'); from W by central differences."""

    def W(gamma: float) -> float:
        strain = np.zeros((3, 3))
        strain[0, 1] = strain[1, 0] = gamma / 2
        return at_point(stored(tensor(strain), ufl.as_ufl(1.0), COEFFICIENTS, SPLITS["none"], flow()))

    first_yield = SIGMA_Y / np.sqrt(3) / MU
    slope = MU * HARDENING / (3 * MU + HARDENING)
    for gamma in (0.5 * first_yield, 0.9 * first_yield, 1.5 * first_yield, 10 * first_yield):
        tau = (W(gamma + 1e-6) - W(gamma - 1e-6)) / 2e-6
        elastic = min(gamma, first_yield)
        assert tau == pytest.approx(MU * elastic + slope * (gamma - elastic), rel=1e-6)


@pytest.mark.parametrize("name", CRACK_MODELS)
def test_crack_model_normalisation(name):
    """c_w = 4 ∫ √w dd, or a crack would not cost Gc; g falls from 1 to (nearly) 0 with g'(1) = 0."""
    crack = CRACK_MODELS[name]
    d = np.linspace(0, 1, 200001)
    assert crack.c_w == pytest.approx(4 * np.trapezoid(np.sqrt(crack.w(d)), d), rel=1e-6)
    assert crack.g(0.0) == 1
    assert 0 < crack.g(1.0) < 1e-5
