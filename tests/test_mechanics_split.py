"""Every split at a point: both parts with their first and second derivatives by UFL, compiled, against NumPy."""

from functools import cache

import numpy as np
import pytest
import ufl
from at_point import NUMBERS, PLACES, ROTATIONS, DerivativesAtPoint, listed, rotation, tensor, turn
from dolfinx import fem, mesh
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from mpi4py import MPI
from ufl.corealg.traversal import unique_pre_traversal

from mechanics.laws.kinematics import KINEMATICS
from mechanics.laws.split import SPLITS, principal_strains, star_convex

E, NU = 1000.0, 0.3
K, MU, LAME = E / 3 / (1 - 2 * NU), E / 2 / (1 + NU), E * NU / (1 + NU) / (1 - 2 * NU)
GAMMA = 2.0
SPLITS_HERE = {**SPLITS, "star-convex": star_convex(GAMMA)}
CONVEX = [name for name in SPLITS_HERE if name != "star-convex"]
STIFFNESS = LAME * np.einsum("ij,kl->ijkl", np.eye(3), np.eye(3)) + MU * (
    np.einsum("ik,jl->ijkl", np.eye(3), np.eye(3)) + np.einsum("il,jk->ijkl", np.eye(3), np.eye(3))
)
ROUNDED = 1e-8  # by so much are principal strains rounded off, relative to the strain

COMPILES = settings(deadline=None, max_examples=50)  # compiles on its first example
EVERY = pytest.mark.parametrize("name", SPLITS_HERE)
EVERYWHERE = pytest.mark.parametrize("size", PLACES, ids=["plane", "space"])


@cache
def compiled(name: str, size: int) -> DerivativesAtPoint:
    """ψ⁺ and ψ⁻."""
    return DerivativesAtPoint(lambda e, _: SPLITS_HERE[name].parts(e, ufl.as_ufl(K), ufl.as_ufl(MU)), size)


def parts(name: str, strain: np.ndarray) -> np.ndarray:
    return compiled(name, 6)(listed(strain, 6))[0]


def energy(strain: np.ndarray) -> float:
    return LAME / 2 * np.trace(strain) ** 2 + MU * np.sum(strain**2)


def round_off(strain: np.ndarray) -> float:
    """In an energy: some 1e-16 of strain times stress, and the rounding off of principal strains adds as much."""
    return 1e-14 * E * float(np.sum(np.square(strain))) + 1e-37


def whole_tangent(size: int) -> np.ndarray:
    """Second derivative of the elastic energy with respect to the components."""
    units = [tensor(unit) for unit in np.eye(size)]
    return np.array([[np.einsum("ij,ijkl,kl", a, STIFFNESS, b) for b in units] for a in units])


@st.composite
def strains(draw, size: int) -> np.ndarray:
    """Components of any strain, and as often of one with two or three principal strains that nearly meet."""
    if draw(st.booleans()):
        return draw(arrays(float, size, elements=NUMBERS))
    a, b = draw(NUMBERS), draw(NUMBERS)
    gap = draw(st.sampled_from([0.0, 1e-15, 1e-12, 1e-9, 1e-8, 1e-6, 1e-4]))
    third = draw(st.sampled_from([a - gap, b]))
    Q = draw(ROTATIONS) if size == 6 else turn(draw(st.floats(0, 3)))
    return listed(Q @ np.diag([a, a + gap, third]) @ Q.T, size)


def test_only_splits_that_open_with_all_of_the_shear_say_so():
    """The closed-form return of plastic flow degrades all of the deviatoric energy."""
    shear = np.array([[0, 0.05, 0], [0.05, 0, 0], [0, 0, 0]])
    for name, split in SPLITS_HERE.items():
        assert split.shear_opens == (parts(name, shear)[0] == pytest.approx(energy(shear), rel=1e-9))


@EVERY
@EVERYWHERE
@COMPILES
@given(data=st.data())
def test_the_parts_make_up_the_energy(name, size, data):
    strain = data.draw(strains(size))
    (opening, closing), _, _ = compiled(name, size)(strain)
    assert opening + closing == pytest.approx(energy(tensor(strain)), rel=1e-12, abs=round_off(strain))


@pytest.mark.parametrize("name", CONVEX)
@EVERYWHERE
@COMPILES
@given(data=st.data())
def test_both_parts_are_positive(name, size, data):
    strain = data.draw(strains(size))
    assert compiled(name, size)(strain)[0].min() >= -round_off(strain)


@COMPILES
@given(strain=strains(6), degradation=st.floats(0, 1))
def test_star_convex_energy_is_positive_and_convex_though_its_opening_part_is_not(strain, degradation):
    """ψ⁺ is negative under pressure by design; ψ⁻ and every g ψ⁺ + ψ⁻ with g ≤ 1, which is what is stored, are not."""
    (opening, closing), _, (bend, other) = compiled("star-convex", 6)(strain)
    assert closing >= 0
    assert degradation * opening + closing >= -1e-15 * E
    assert np.linalg.eigvalsh(degradation * bend + other).min() >= -1e-12 * E


def test_star_convexity_is_a_ratio_of_strengths():
    """γ* = 0 is volumetric-deviatoric and -1 no split; less would store negative energy, and is refused."""
    for strain in (-0.1 * np.eye(3), 0.1 * np.eye(3), np.diag([-0.1, 0.05, 0.0])):
        e = ufl.as_tensor(strain.tolist())
        for gamma, name in ((0.0, "volumetric-deviatoric"), (-1.0, "none")):
            computed = [float(part(())) for part in star_convex(gamma).parts(e, ufl.as_ufl(K), ufl.as_ufl(MU))]
            assert computed == pytest.approx(parts(name, strain), rel=1e-12, abs=1e-12)
    with pytest.raises(ValueError, match=r"star convexity is -1\.5"):
        star_convex(-1.5)


@EVERY
@EVERYWHERE
@COMPILES
@given(data=st.data())
def test_objectivity(name, size, data):
    """A rotated strain has the same parts: any rotation in space, in the plane those about its normal."""
    strain = tensor(data.draw(strains(size)))
    Q = data.draw(ROTATIONS) if size == 6 else turn(data.draw(st.floats(0, 6)))
    rotated = listed(Q @ strain @ Q.T, size)
    before, after = (compiled(name, size)(numbers)[0] for numbers in (listed(strain, size), rotated))
    assert after == pytest.approx(before, rel=1e-12, abs=round_off(strain))


@EVERY
@COMPILES
@given(strain=strains(4))
def test_the_plane_is_a_case_of_space(name, strain):
    plane, space = compiled(name, 4)(strain)[0], parts(name, tensor(strain))
    assert plane == pytest.approx(space, rel=1e-12, abs=round_off(strain))


@EVERY
@EVERYWHERE
@COMPILES
@given(data=st.data())
def test_stress_is_the_derivative_of_the_energy(name, size, data):
    strain = data.draw(strains(size))
    _, stress, _ = compiled(name, size)(strain)
    h = 1e-6
    for i, step in enumerate(h * np.eye(size)):
        ahead, behind = compiled(name, size)(strain + step)[0], compiled(name, size)(strain - step)[0]
        # The stress has kinks: over one the central difference is off by up to the stiffness times h. With γ* and shear
        # components (which count twice) that is below 8 E h; elsewhere the difference is exact but for round-off.
        assert (ahead - behind) / (2 * h) == pytest.approx(stress[:, i], rel=1e-7, abs=8 * E * h)


def check_tangent(name: str, size: int, strain: np.ndarray) -> None:
    """Of a strain away from the kinks."""
    _, _, tangent = compiled(name, size)(strain)
    h = 1e-6
    for i, step in enumerate(h * np.eye(size)):
        ahead, behind = compiled(name, size)(strain + step)[1], compiled(name, size)(strain - step)[1]
        # The central difference is off by h²/6 times the third derivative of a stress that turns over 4e-3 (E/4e-6):
        # 4e-8 E. Round-off in the tangent is some 1e-15/ROUNDED, 1e-7 E.
        assert (ahead - behind) / (2 * h) == pytest.approx(tangent[:, :, i], abs=1e-6 * E)


@pytest.mark.parametrize("name", ["spectral", "no-tension"])
def test_tangent_where_the_two_lower_principal_strains_meet(name):
    """However the body is turned. A discriminant that round-off makes negative, and that is cut off at 0, loses its
    curvature: one in two hundred tangents was then off by half."""
    random = np.random.default_rng(0)
    for _ in range(500):
        Q, _ = np.linalg.qr(random.normal(size=(3, 3)))
        check_tangent(name, 6, listed(Q @ np.diag([-0.2, -0.2, 0.197]) @ Q.T, 6))


def distance_to_a_kink(strain: np.ndarray) -> float:
    """How far, in strain, from where the stress of some split turns."""
    e3, e2, e1 = np.linalg.eigvalsh(tensor(strain))
    return min(abs(x) for x in (e1, e2, e3, e1 + e2 + e3, e2 + NU * e3, (1 - NU) * e1 + NU * (e2 + e3)))


def away_from_kinks(strain: np.ndarray) -> np.ndarray:
    """The same principal directions and distances, swollen until no kink is near."""
    swelling = listed(np.eye(3), len(strain))
    return next(near for near in (strain + 5e-3 * n * swelling for n in range(100)) if distance_to_a_kink(near) > 2e-3)


@EVERY
@EVERYWHERE
@COMPILES
@given(data=st.data())
def test_tangent_is_the_derivative_of_the_stress(name, size, data):
    """Away from the kinks, but however near two or three principal strains are to each other."""
    check_tangent(name, size, away_from_kinks(data.draw(strains(size))))


def principal_tangent(name: str, e: np.ndarray) -> np.ndarray:
    """ψ⁺ and ψ⁻ at diag(e), second derivative in shear e_ij: 2 (σ_i - σ_j)/(e_i - e_j), whatever the function."""
    _, stress, _ = compiled(name, 6)(listed(np.diag(e), 6))
    pairs = ((0, 1), (0, 2), (1, 2))
    return np.array([2 * (stress[:, i] - stress[:, j]) / (e[i] - e[j]) for i, j in pairs]).T


@pytest.mark.parametrize("name", ["spectral", "no-tension"])
@pytest.mark.parametrize("gap", [1e-3, 1e-5, 1e-6, 1e-7])
def test_tangent_where_a_kink_lies_between_two_strains_that_nearly_meet(name, gap):
    """The shear stiffness between them is a ratio of differences, with no limit where they meet: the hardest place."""
    for e in ([gap, -gap / 3, 0.05], [gap / 2, -gap, -0.05], [gap, -gap, 0.3 * gap]):
        _, _, tangent = compiled(name, 6)(listed(np.diag(e)))
        relative = gap / np.abs(e).max()
        # Rounding off changes the distance by half of (ROUNDED/gap)², and the tangent is round-off as above.
        expected = principal_tangent(name, np.array(e))
        assert tangent[:, [3, 4, 5], [3, 4, 5]] == pytest.approx(
            expected, abs=E * (8 * (ROUNDED / relative) ** 2 + 1e-6)
        )


@pytest.mark.parametrize("name", ["spectral", "no-tension"])
def test_tangent_is_bounded_where_two_strains_meet(name):
    """In any direction: there the discriminant is nothing but round-off, of either sign."""
    random = np.random.default_rng(3)
    for _ in range(1000):
        a, b = random.uniform(-0.1, 0.1, 2)
        Q = rotation(random.normal(size=4))
        stiffness = np.linalg.eigvalsh(compiled(name, 6)(listed(Q @ np.diag([a, a, b]) @ Q.T))[2])
        assert stiffness.min() >= -1e-6 * E
        assert stiffness.max() <= np.linalg.eigvalsh(whole_tangent(6)).max() + 1e-6 * E


@EVERY
@EVERYWHERE
@COMPILES
@given(data=st.data())
def test_stiffness_at_no_strain_is_that_of_the_bulk(name, size, data):
    """At zero strain, and as near to it as round-off may be: else the first elastic solve would be singular."""
    scale = data.draw(st.sampled_from([0.0, 1e-25, 1e-20, 1e-16, 1e-12, 1e-8]))
    strain = scale * data.draw(arrays(float, size, elements=st.floats(-1, 1)))
    _, _, tangents = compiled(name, size)(strain)
    assert np.isfinite(tangents).all()
    assert tangents.sum(axis=0) == pytest.approx(whole_tangent(size), abs=1e-7 * E)  # round-off, as above


@pytest.mark.parametrize("name", CONVEX)
@EVERYWHERE
@COMPILES
@given(data=st.data())
def test_both_parts_are_convex(name, size, data):
    """So that each of the two minimisations has one minimum; at zero strain too. Between that and 1e-12 it is not so:
    there the rounding of the discriminant is felt."""
    strain = data.draw(st.sampled_from([1.0, 1.0, 1e-3, 0.0])) * data.draw(strains(size))
    assume(not 0 < np.abs(strain).max() < 1e-12)
    for tangent in compiled(name, size)(strain)[2]:
        assert np.linalg.eigvalsh(tangent).min() >= -1e-6 * E  # round-off as in the tangents above


@COMPILES
@given(strain=strains(6))
def test_spectral_parts_are_those_of_LAPACKs_eigenvalues(strain):
    e = np.linalg.eigvalsh(tensor(strain))
    expected = [LAME / 2 * max(s * e.sum(), 0) ** 2 + MU * np.sum(np.maximum(s * e, 0) ** 2) for s in (1, -1)]
    assert compiled("spectral", 6)(strain)[0] == pytest.approx(expected, rel=1e-12, abs=round_off(strain))


@settings(COMPILES, max_examples=300)  # it has four cases, one of them narrow
@given(strain=strains(6))
def test_no_tension_bears_none(strain):
    """What makes the masonry-like material (Del Piero 1989): σ⁻ = ∂ψ⁻/∂e nowhere tensile; what it leaves of the strain,
    a = e - C⁻¹σ⁻, nowhere shortening; and no work between the two."""
    _, stress, _ = compiled("no-tension", 6)(strain)
    s = tensor(stress[1] / [1, 1, 1, 2, 2, 2])
    a = tensor(strain) - ((1 + NU) * s - NU * np.trace(s) * np.eye(3)) / E
    tiny = 10 * ROUNDED * np.abs(strain).max() + 1e-19  # principal strains are off by that
    assert np.linalg.eigvalsh(s).max() <= E * tiny
    assert np.linalg.eigvalsh(a).min() >= -tiny
    assert abs(np.sum(s * a)) <= E * tiny * (np.abs(strain).max() + 1e-19)


SMALL = 0.01
SHEAR = np.array([[0, SMALL / 2, 0], [SMALL / 2, 0, 0], [0, 0, 0]])
LONG, ACROSS = np.diag([SMALL, 0, 0]), np.diag([SMALL, -NU * SMALL, -NU * SMALL])  # uniaxial strain, uniaxial stress
CONSTRAINED = K + 4 * MU / 3
ONE, TWO, THREE = (SMALL * np.diag(e) for e in ([-1, 0.4, 0.5], [0.2, -1, 0.5], [-1, 0.7, -1]))  # by ν = 0.3
PLATE = E / (1 - NU**2) * (1 + 0.2**2 - 2 * NU * 0.2)
KNOWN = {  # ψ⁺ and ψ⁻ by hand, over ε² or γ²
    ("none", "stretched"): (LONG, CONSTRAINED / 2, 0),
    ("none", "shortened"): (-LONG, CONSTRAINED / 2, 0),
    ("none", "sheared"): (SHEAR, MU / 2, 0),
    ("volumetric-deviatoric", "stretched"): (LONG, CONSTRAINED / 2, 0),
    ("volumetric-deviatoric", "shortened"): (-LONG, 2 * MU / 3, K / 2),
    ("volumetric-deviatoric", "pulled"): (ACROSS, E / 2, 0),
    ("volumetric-deviatoric", "pushed"): (-ACROSS, MU * 2 / 3 * (1 + NU) ** 2, K / 2 * (1 - 2 * NU) ** 2),
    ("volumetric-deviatoric", "sheared"): (SHEAR, MU / 2, 0),
    ("star-convex", "stretched"): (LONG, CONSTRAINED / 2, 0),
    ("star-convex", "shortened"): (-LONG, 2 * MU / 3 - GAMMA * K / 2, (1 + GAMMA) * K / 2),
    ("star-convex", "sheared"): (SHEAR, MU / 2, 0),
    ("star-convex", "under pressure"): (-SMALL * np.eye(3), -GAMMA * 9 * K / 2, (1 + GAMMA) * 9 * K / 2),
    ("spectral", "stretched"): (LONG, CONSTRAINED / 2, 0),
    ("spectral", "shortened"): (-LONG, 0, CONSTRAINED / 2),
    ("spectral", "pulled"): (ACROSS, LAME / 2 * (1 - 2 * NU) ** 2 + MU, 2 * MU * NU**2),
    ("spectral", "pushed"): (-ACROSS, 2 * MU * NU**2, LAME / 2 * (1 - 2 * NU) ** 2 + MU),
    ("spectral", "sheared"): (SHEAR, MU / 4, MU / 4),
    ("no-tension", "stretched"): (LONG, CONSTRAINED / 2, 0),
    ("no-tension", "shortened"): (-LONG, 0, CONSTRAINED / 2),
    # Pulled, it has shortened sideways by ν ε, for which a body that bears no tension needs pressure.
    ("no-tension", "pulled"): (ACROSS, E / 2 - E * NU**2 / (1 - NU), E * NU**2 / (1 - NU)),
    ("no-tension", "pushed"): (-ACROSS, 0, E / 2),
    ("no-tension", "sheared"): (SHEAR, MU / 2 - MU / (4 * (1 - NU)), MU / (4 * (1 - NU))),
    # It bears pressure in as many directions as strain leaves no room for it to give way.
    ("no-tension", "pressed one way"): (ONE, energy(ONE) / SMALL**2 - E / 2, E / 2),
    ("no-tension", "pressed two ways"): (TWO, energy(TWO) / SMALL**2 - PLATE / 2, PLATE / 2),
    ("no-tension", "pressed three ways"): (THREE, 0, energy(THREE) / SMALL**2),
}


@EVERYWHERE
@pytest.mark.parametrize(("name", "loading"), KNOWN)
def test_known_values(name, loading, size):
    strain, opening, closing = KNOWN[name, loading]
    computed = compiled(name, size)(listed(strain, size))[0] / SMALL**2
    assert computed == pytest.approx([opening, closing], rel=1e-12, abs=E * 1e-12)  # round-off, and ROUNDED²/SMALL²


@pytest.mark.parametrize("name", KINEMATICS)
def test_the_closed_form_of_the_plane_is_taken_wherever_it_holds(name):
    """For the strain of every kinematics less a shrinkage; only in space the trigonometric one is needed."""
    kinematics = KINEMATICS[name]
    make = mesh.create_unit_cube if kinematics.dimension == 3 else mesh.create_unit_square
    body = make(MPI.COMM_SELF, *[1] * kinematics.dimension)
    u = fem.Function(fem.functionspace(body, kinematics.element(body.basix_cell())))
    shrinkage = ufl.variable(fem.Constant(body, 1.0)) * fem.Function(fem.functionspace(body, ("DG", 0)))
    trial = kinematics.strain_of(u, ufl.SpatialCoordinate(body)) - shrinkage * ufl.Identity(3)
    trigonometric = any(
        isinstance(node, ufl.classes.Cos) for e in principal_strains(trial) for node in unique_pre_traversal(e)
    )
    assert trigonometric == (kinematics.dimension == 3)
