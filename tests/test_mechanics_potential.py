"""The potential against formulas written down by hand; UFL evaluates it at a point. Splits and flow have their own."""

from functools import cache

import numpy as np
import pytest
import ufl
from at_point import NUMBERS, AtPoint, tensor
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mechanics import CRACK_MODELS, SPLITS
from mechanics.laws.coefficients import Coefficients
from mechanics.laws.flow import Flow
from mechanics.potential import driving_energy, stored, trial_strain

K, MU = 1200.0, 450.0
COEFFICIENTS = Coefficients(
    bulk=ufl.as_ufl(K),
    shear=ufl.as_ufl(MU),
    toughness=ufl.as_ufl(1.0),
    shrinkage=ufl.as_ufl(-0.02),
    yield_stress=ufl.as_ufl(30.0),
    hardening=ufl.as_ufl(60.0),
    saturation=ufl.as_ufl(25.0),
    saturation_strain=ufl.as_ufl(0.02),
)
STRAINS = arrays(float, 6, elements=NUMBERS)
COMPILES = settings(deadline=None, max_examples=50)  # compiles on its first example
CRACK = CRACK_MODELS["AT1"]


def mises(strain: np.ndarray) -> float:
    deviator = strain - np.trace(strain) / 3 * np.eye(3)
    return float(MU * np.sqrt(6 * np.sum(deviator**2)))


@cache
def without_flow(name: str) -> AtPoint:
    """ψ⁺, ψ⁻, W and Y."""

    def functions(e, parameters):
        d, split = parameters[0], SPLITS[name]
        W = stored(e, CRACK.g(d, 0.0), COEFFICIENTS, split, None)
        Y = driving_energy(e, d, COEFFICIENTS, CRACK, split, None)
        return [*split.parts(e, COEFFICIENTS.bulk, COEFFICIENTS.shear), W, Y]

    return AtPoint(functions)


@pytest.mark.parametrize("name", SPLITS)
@COMPILES
@given(numbers=STRAINS, damage=st.floats(0, 1))
def test_damage_takes_its_share_of_the_opening_part_and_is_driven_by_it(name, numbers, damage):
    """Without flow: W = g ψ⁺ + ψ⁻ and Y = ψ⁺."""
    opening, closing, W, Y = without_flow(name)(numbers, damage)
    assert pytest.approx(CRACK.g(damage, 0.0) * opening + closing, rel=1e-12, abs=1e-12) == W
    assert pytest.approx(opening, rel=1e-12, abs=1e-12) == Y


@cache
def with_flow(saturates: bool) -> AtPoint:
    """Δp and Y."""

    def functions(e, parameters):
        d, flow = parameters[0], Flow(plastic_strain=ufl.zero(3, 3), p=ufl.as_ufl(0.0), saturates=saturates)
        dp = flow.increment(e, CRACK.g(d, 0.0), COEFFICIENTS)
        return [dp, driving_energy(e, d, COEFFICIENTS, CRACK, SPLITS["volumetric-deviatoric"], flow)]

    return AtPoint(functions)


@pytest.mark.parametrize("saturates", [False, True], ids=["linear", "Voce"])
@COMPILES
@given(numbers=STRAINS, damage=st.floats(0, 0.9))
def test_damage_is_driven_by_the_elastic_energy_after_the_return(saturates, numbers, damage):
    dp, Y = with_flow(saturates)(numbers, damage)
    strain = tensor(numbers)
    expected = K / 2 * max(np.trace(strain), 0) ** 2 + (mises(strain) - 3 * MU * dp) ** 2 / (6 * MU)
    assert pytest.approx(expected, rel=1e-9, abs=1e-9) == Y


def test_trial_strain_is_what_is_neither_shrinkage_nor_flow():
    """e = ε - εp - ε*, in all three directions: zz too, where a plane strain has none."""
    total, plastic = (ufl.as_tensor(np.diag(strain).tolist()) for strain in ([0.1, 0.2, 0.0], [0.02, 0.01, -0.03]))
    e = trial_strain(total, COEFFICIENTS, Flow(plastic_strain=plastic, p=ufl.as_ufl(0.1)))
    assert [float(e[i, i](())) for i in range(3)] == pytest.approx([0.1, 0.21, 0.05])


@pytest.mark.parametrize("name", CRACK_MODELS)
def test_crack_model_normalisation(name):
    """c_w = 4 ∫ √w dd, or a crack would not cost Gc; g falls from 1 to (nearly) 0 with g'(1) = 0."""
    crack = CRACK_MODELS[name]
    d = np.linspace(0, 1, 200001)
    assert crack.c_w == pytest.approx(4 * np.trapezoid(np.sqrt(crack.w(d)), d), rel=1e-6)
    assert crack.g(0.0, 3.0) == 1
    assert 0 < crack.g(1.0, 3.0) < 1e-5
