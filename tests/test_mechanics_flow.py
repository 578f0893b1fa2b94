"""Plastic flow at a point against minima found by search, roots found by bisection, and finite differences."""

from functools import cache

import numpy as np
import pytest
import ufl
from at_point import NUMBERS, AtPoint, DerivativesAtPoint, tensor
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import brentq
from ufl.corealg.traversal import unique_pre_traversal

from mechanics import CRACK_MODELS, SPLITS
from mechanics.laws.coefficients import Coefficients
from mechanics.laws.flow import ROUND, Flow
from mechanics.potential import stored

K, MU, SIGMA_Y, HARDENING = 1200.0, 450.0, 30.0, 60.0
SATURATION, SATURATION_STRAIN = 25.0, 0.02  # β = 1.1 in the intact body, above 0.01 up to d = 0.9
STRAINS = arrays(float, 6, elements=NUMBERS)
DAMAGE = st.floats(0, 0.9)
HARDENINGS = pytest.mark.parametrize("voce", [False, True], ids=["linear", "Voce"])
COMPILES = settings(deadline=None, max_examples=50)  # compiles on its first example


def coefficients(saturation, saturation_strain) -> Coefficients:
    return Coefficients(*map(ufl.as_ufl, (K, MU, 1.0, 0.0, SIGMA_Y, HARDENING)), saturation, saturation_strain)


@cache
def compiled(saturates: bool) -> AtPoint:
    """Δp, relief, W without split, dissipation and direction of a step, from strain, g, p_old, S and p_s."""

    def functions(e, parameters):
        g, p, *hardening = (parameters[i] for i in range(4))
        c, flow = coefficients(*hardening), Flow(ufl.zero(3, 3), p, saturates)
        dp, n = flow.increment(e, g, c), flow.direction(e, c)
        W = stored(e, g, c, SPLITS["none"], flow)
        return [dp, flow.relief(e, g, c), W, flow.dissipation(dp, c), *(n[i, j] for i in range(3) for j in range(3))]

    return AtPoint(functions, parameters=4)


def step(numbers: np.ndarray, g: float, p: float, voce: bool) -> np.ndarray:
    return compiled(voce)(numbers, g, p, SATURATION if voce else 0, SATURATION_STRAIN)


def mises(strain: np.ndarray) -> float:
    deviator = strain - np.trace(strain) / 3 * np.eye(3)
    return float(MU * np.sqrt(6 * np.sum(deviator**2)))


def yield_stress(p, voce: bool):
    return SIGMA_Y + HARDENING * p + (SATURATION * (1 - np.exp(-p / SATURATION_STRAIN)) if voce else 0)


def plastic_work(p, voce: bool):
    """∫ σ dp from 0."""
    saturating = SATURATION * (p - SATURATION_STRAIN * (1 - np.exp(-p / SATURATION_STRAIN)))
    return SIGMA_Y * p + HARDENING / 2 * p**2 + (saturating if voce else 0)


def degradation(damage: float) -> float:
    return CRACK_MODELS["AT1"].g(damage, 0.0)


@HARDENINGS
@COMPILES
@given(numbers=STRAINS, damage=DAMAGE, p=st.floats(0, 0.5))
def test_plastic_increment_minimises_the_step(voce, numbers, damage, p):
    """W against a minimum over Δp found by search: elastic energy of the returned state plus dissipation."""
    g, strain = degradation(damage), tensor(numbers)
    W = step(numbers, g, p, voce)[2]
    grid = np.linspace(0, mises(strain) / (3 * MU), 20001)
    elastic = K / 2 * np.trace(strain) ** 2 + (mises(strain) - 3 * MU * grid) ** 2 / (6 * MU)
    steps = g * elastic + plastic_work(p + grid, voce) - plastic_work(p, voce)
    # A parabola sampled so finely misses its minimum by at most a curvature times Δ²/8.
    curvature = 3 * MU * g + HARDENING + (SATURATION / SATURATION_STRAIN if voce else 0)
    missed = curvature * (grid[1] - grid[0]) ** 2 / 8 + 1e-9
    assert steps.min() - missed <= W <= steps.min() + 1e-9


@HARDENINGS
@COMPILES
@given(numbers=STRAINS, damage=DAMAGE, p=st.floats(0, 0.5))
def test_yielding_is_decided_by_the_degraded_stress(voce, numbers, damage, p):
    """True stress g(q - 3μΔp) never above σ(p + Δp), and on it where there is flow."""
    g = degradation(damage)
    dp = step(numbers, g, p, voce)[0]
    stress, limit = g * (mises(tensor(numbers)) - 3 * MU * dp), yield_stress(p + dp, voce)
    assert dp >= 0
    assert stress <= limit * (1 + 1e-9)
    assert dp == 0 or stress == pytest.approx(limit, rel=1e-9)


@HARDENINGS
@COMPILES
@given(numbers=STRAINS, damage=DAMAGE, p=st.floats(0, 0.5))
def test_energy_and_dissipation_of_a_step_go_together(voce, numbers, damage, p):
    """W = g ψ(after the return) + ∫ σ dp: what is lost is what the yield stress has taken."""
    g, strain = degradation(damage), tensor(numbers)
    dp, relief, W, dissipated = step(numbers, g, p, voce)[:4]
    exact = plastic_work(p + dp, voce) - plastic_work(p, voce)
    assert dissipated == pytest.approx(exact, rel=1e-9, abs=1e-12)  # round-off
    trial = K / 2 * np.trace(strain) ** 2 + mises(strain) ** 2 / (6 * MU)
    returned = K / 2 * np.trace(strain) ** 2 + (mises(strain) - 3 * MU * dp) ** 2 / (6 * MU)
    # The trial energy is not rounded off as q is: by 1e-12 of strain².
    assert pytest.approx(g * returned + exact, rel=1e-9, abs=1e-9) == W
    assert pytest.approx(g * trial - relief, rel=1e-9, abs=1e-9) == W


@HARDENINGS
@COMPILES
@given(numbers=STRAINS)
def test_flow_keeps_volume_and_counts_its_length(voce, numbers):
    """Δεp = Δp (3/2) s/q: no change of volume, Δp = sqrt(2/3 Δεp:Δεp), and it works against q."""
    strain = tensor(numbers)
    assume(mises(strain) > SIGMA_Y)
    n = step(numbers, 1.0, 0.0, voce)[4:].reshape(3, 3)
    assert np.trace(n) == pytest.approx(0, abs=1e-12)
    assert 2 / 3 * np.sum(n**2) == pytest.approx(1, rel=1e-8)  # q is rounded off by 1e-12/(6 s:s) of strain²
    assert 2 * MU * np.sum(n * strain) == pytest.approx(mises(strain), rel=1e-8)


@COMPILES
@given(numbers=STRAINS, damage=DAMAGE, p=st.floats(0, 0.5))
def test_saturation_of_nothing_is_linear_hardening(numbers, damage, p):
    """A region without Voce in a body that has it elsewhere."""
    linear, none_left = (compiled(voce)(numbers, degradation(damage), p, 0.0, 1.0) for voce in (False, True))
    assert none_left == pytest.approx(linear, rel=1e-12, abs=1e-12)


def test_linear_hardening_does_not_pay_for_exponentials():
    e, g = ufl.as_tensor((0.1 * np.eye(3)).tolist()), ufl.as_ufl(1.0)
    numbers = ufl.as_ufl(SATURATION), ufl.as_ufl(SATURATION_STRAIN)
    for voce in (False, True):
        flow = Flow(ufl.zero(3, 3), ufl.variable(ufl.as_ufl(0.1)), voce)
        W = stored(e, g, coefficients(*numbers), SPLITS["none"], flow)
        assert any(isinstance(node, ufl.classes.Exp) for node in unique_pre_traversal(W)) == voce


@pytest.mark.parametrize(
    ("beta", "tolerance"),
    [(10.0, 1e-9), (1.0, 1e-9), (0.1, 1e-9), (0.01, 1e-9), (0.003, 1e-6), (0.001, 5e-5)],
)
def test_four_steps_are_enough_for_saturating_hardening(beta, tolerance):
    """Δp against bisection, for loads from just above yield to far beyond saturation. β = (3 μ g + H') p_s / S."""
    slope = 3 * MU + HARDENING
    strength = slope * SATURATION_STRAIN / beta
    for load in (0.01, 0.1, 0.3, 0.6, 0.9, 0.99, 1.0, 1.01, 1.1, 2.0, 5.0, 100.0):  # overstress over saturation

        def left(dp: float, load: float = load) -> float:
            return load * strength - slope * dp + strength * np.expm1(-dp / SATURATION_STRAIN)

        exact = brentq(left, 0, 2 * load * strength / slope, xtol=1e-300, rtol=1e-14)
        shear = np.sqrt(((SIGMA_Y + load * strength) / MU) ** 2 - ROUND) / np.sqrt(12)
        dp = compiled(True)(np.array([0, 0, 0, shear, 0, 0]), 1.0, 0.0, strength, SATURATION_STRAIN)[0]
        assert dp == pytest.approx(exact, rel=tolerance)


@cache
def energy(voce: bool) -> DerivativesAtPoint:
    """W of strain, g and p_old."""

    def W(e, parameters):
        c, flow = (
            coefficients(SATURATION if voce else 0.0, SATURATION_STRAIN),
            Flow(ufl.zero(3, 3), parameters[1], voce),
        )
        return [stored(e, parameters[0], c, SPLITS["volumetric-deviatoric"], flow)]

    return DerivativesAtPoint(W, parameters=2)


@HARDENINGS
@COMPILES
@given(numbers=STRAINS, damage=DAMAGE, p=st.floats(0, 0.2))
def test_stress_and_tangent_are_derivatives_and_the_energy_is_convex(voce, numbers, damage, p):
    g, strain, h = degradation(damage), tensor(numbers), 1e-6
    # Not where the stress has a kink: at yield, and at no change of volume.
    assume(abs(g * mises(strain) - yield_stress(p, voce)) > 1e-2 and abs(np.trace(strain)) > 1e-5)
    _, (stress,), (tangent,) = energy(voce)(numbers, g, p)
    assert np.linalg.eigvalsh(tangent).min() >= -1e-9 * K
    for i, small in enumerate(h * np.eye(6)):
        (W_ahead,), (stress_ahead,), _ = energy(voce)(numbers + small, g, p)
        (W_behind,), (stress_behind,), _ = energy(voce)(numbers - small, g, p)
        # Energies of some 100 MPa carry 1e-14 of round-off, which the difference divides by h.
        assert (W_ahead - W_behind) / (2 * h) == pytest.approx(stress[i], rel=1e-7, abs=1e-6)
        # h² times the third derivative: directions that turn over the yield strain, hardening that saturates.
        assert (stress_ahead - stress_behind) / (2 * h) == pytest.approx(tangent[:, i], abs=1e-6 * K)
