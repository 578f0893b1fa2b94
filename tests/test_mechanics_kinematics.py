"""Strain in each kinematics, and bodies of a few cells in which the exact strain is uniform.

What is linear is compared at 1e-9, which is round-off; flow and damage at what their rounding and their search leave.
"""

from math import pi

import numpy as np
import pytest
import ufl
from dolfinx import fem, mesh
from mpi4py import MPI

from mechanics import CRACK_MODELS, SPLITS, AlternateMinimiser, Kinematics, Medium, Solid, SolidError, Support
from mechanics.body.supports import held
from mechanics.laws.kinematics import AXISYMMETRIC, PLANE_STRAIN, PLANE_STRESS, SOLID_3D

TOUGH = 1e9
SIDES = ("left", "right", "bottom", "top", "back", "front")  # x = 0, x = 1, y = 0 …


def unit_body(dimension: int) -> mesh.Mesh:
    """Two triangles or six tetrahedra."""
    if dimension == 3:
        return mesh.create_unit_cube(MPI.COMM_SELF, 1, 1, 1)
    return mesh.create_unit_square(MPI.COMM_SELF, 1, 1)


def sides(body: mesh.Mesh) -> dict[str, np.ndarray]:
    dim = body.geometry.dim
    walls = [(axis, float(end)) for axis in range(dim) for end in (0, 1)]
    return {
        name: mesh.locate_entities_boundary(body, dim - 1, lambda x, axis=axis, end=end: np.isclose(x[axis], end))
        for name, (axis, end) in zip(SIDES, walls, strict=False)
    }


def unit_solid(kinematics: Kinematics, medium: Medium, supports: dict[str, Support], **changes) -> Solid:
    """Every cell of the same toughness, as it is typed in."""
    body = unit_body(changes.pop("dimension", kinematics.dimension))
    cells = np.arange(body.topology.index_map(body.topology.dim).size_local, dtype=np.int32)
    size = np.zeros(len(cells))
    settings = {"crack": CRACK_MODELS["AT1"], "split": SPLITS["volumetric-deviatoric"], "length": 1.0} | changes
    return Solid(
        body, {"all": cells}, sides(body), {"all": medium}, supports, cell_size=size, kinematics=kinematics, **settings
    )


def settle(solid: Solid, load: float, tolerance: float = 1e-4) -> float:
    """To equilibrium; the plastic work of the step."""
    solid.load(load)
    assert AlternateMinimiser(solid, tolerance=tolerance).minimise().converged
    return solid.accept()


def moved(component: int, distance: float) -> Support:
    def motion(load: float, x: np.ndarray) -> np.ndarray:
        u = np.zeros((3, x.shape[1]))
        u[component] = load * distance
        return u

    return Support((component,), motion=motion)


def pulled_along_y(strain: float, dimension: int) -> dict[str, Support]:
    """Symmetry on left, bottom and back; the top is moved and the other sides are free."""
    held_sides = {"left": Support((0,)), "bottom": Support((1,)), "top": moved(1, strain)}
    return held_sides | ({"back": Support((2,))} if dimension == 3 else {})


def at_points(solid: Solid, expression) -> np.ndarray:
    """Values at a point inside of each cell."""
    dim = solid.mesh.topology.dim
    cells = np.arange(solid.mesh.topology.index_map(dim).size_local, dtype=np.int32)
    values = fem.Expression(expression, np.full((1, dim), 0.2)).eval(solid.mesh, cells)
    return np.asarray(values).reshape(len(cells), -1)


# --- strain -----------------------------------------------------------------------------------------------------------

GRADIENT = np.array([[0.10, 0.03, 0.07], [0.05, -0.20, 0.01], [-0.04, 0.06, 0.30]])
STRAINS = {
    "plane strain": (PLANE_STRAIN, [[0.10, 0.04, 0], [0.04, -0.20, 0], [0, 0, 0]]),
    "plane stress": (PLANE_STRESS, [[0.10, 0.04, 0], [0.04, -0.20, 0], [0, 0, 0.7]]),
    "3d": (SOLID_3D, [[0.10, 0.04, 0.015], [0.04, -0.20, 0.035], [0.015, 0.035, 0.30]]),
}


@pytest.mark.parametrize("name", STRAINS)
def test_strain_of_a_linear_displacement(name):
    kinematics, expected = STRAINS[name]
    body = unit_body(kinematics.dimension)
    dim = kinematics.dimension
    unknowns = fem.Function(fem.functionspace(body, kinematics.element(body.basix_cell())))
    u = unknowns.sub(0) if kinematics.thin else unknowns
    u.interpolate(lambda x: GRADIENT[:dim, :dim] @ x[:dim])
    if kinematics.thin:
        unknowns.sub(1).interpolate(lambda x: np.full(x.shape[1], 0.7))
    strain = kinematics.strain_of(unknowns, ufl.SpatialCoordinate(body))
    points = fem.Expression(strain, np.full((1, dim), 0.2))
    values = np.asarray(points.eval(body, np.array([0, 1], dtype=np.int32))).reshape(2, 3, 3)
    assert values == pytest.approx(np.array([expected, expected]), abs=1e-12)


def test_axisymmetric_strain_and_volume():
    """u_r = 0.1 r + 0.2 r² + 0.4 r y, u_y = 0.3 y: the hoop strain is u_r/r. The unit square turns into a cylinder."""
    body = unit_body(2)
    u = fem.Function(fem.functionspace(body, AXISYMMETRIC.element(body.basix_cell())))
    u.interpolate(lambda x: np.vstack([0.1 * x[0] + 0.2 * x[0] ** 2 + 0.4 * x[0] * x[1], 0.3 * x[1]]))
    x = ufl.SpatialCoordinate(body)
    radial, hoop, shear = 0.1 + 0.4 * x[0] + 0.4 * x[1], 0.1 + 0.2 * x[0] + 0.4 * x[1], 0.2 * x[0]
    exact = ufl.as_tensor([[radial, shear, 0], [shear, 0.3, 0], [0, 0, hoop]])
    wrong = AXISYMMETRIC.strain_of(u, x) - exact
    assert fem.assemble_scalar(fem.form(ufl.inner(wrong, wrong) * ufl.dx)) < 1e-24
    assert fem.assemble_scalar(fem.form(AXISYMMETRIC.measure(x) * ufl.dx(body))) == pytest.approx(pi, rel=1e-12)


# --- uniform states against formulas ----------------------------------------------------------------------------------

UNIAXIAL = [(PLANE_STRESS, 1.0), (AXISYMMETRIC, pi), (SOLID_3D, 1.0)]  # free across, and the area of the top


def test_plane_strain_holds_the_shrinkage_across_the_plane():
    """Free in the plane, held across it: σ_zz = -E ε*, and nothing else. Without ε*_zz there would be no stress."""
    medium = Medium(1000.0, 0.3, TOUGH, shrinkage=-0.01)
    solid = unit_solid(PLANE_STRAIN, medium, {"left": Support((0,)), "bottom": Support((1,))})
    settle(solid, 1.0)
    assert solid.energies().elastic == pytest.approx(1000.0 / 2 * 0.01**2, rel=1e-9)
    settle(solid, 0.5)
    assert solid.energies().elastic == pytest.approx(1000.0 / 2 * 0.005**2, rel=1e-9)


@pytest.mark.parametrize(("kinematics", "area"), UNIAXIAL)
def test_shrinkage_of_a_body_that_is_free_across_adds_to_its_strain(kinematics, area):
    """½ E (ε - ε*)², as shrinkage across is free."""
    medium = Medium(1000.0, 0.3, TOUGH, shrinkage=-0.01)
    solid = unit_solid(kinematics, medium, pulled_along_y(0.02, kinematics.dimension))
    settle(solid, 1.0)
    assert solid.energies().elastic == pytest.approx(1000.0 / 2 * 0.03**2 * area, rel=1e-9)
    assert solid.reaction("top", 1) == pytest.approx(1000.0 * 0.03 * area, rel=1e-9)


def test_cylinder_that_is_widened_and_stretched():
    """u_r = a r, u_y = b y: σ_r = λ(2a + b) + 2μ a on the mantle 2πRH, σ_y = λ(2a + b) + 2μ b on the end πR²."""
    a, b = 0.02, -0.01
    medium = Medium(1000.0, 0.3, TOUGH)
    supports = {"left": Support((0,)), "bottom": Support((1,)), "right": moved(0, a), "top": moved(1, b)}
    solid = unit_solid(AXISYMMETRIC, medium, supports)
    settle(solid, 1.0)
    lame, mu = medium.bulk - 2 * medium.shear / 3, medium.shear
    radial, axial = lame * (2 * a + b) + 2 * mu * a, lame * (2 * a + b) + 2 * mu * b
    assert solid.reaction("right", 0) == pytest.approx(radial * 2 * pi, rel=1e-9)
    assert solid.reaction("top", 1) == pytest.approx(axial * pi, rel=1e-9)
    assert solid.reaction("bottom", 1) == pytest.approx(-axial * pi, rel=1e-9)
    assert solid.energies().elastic == pytest.approx((2 * radial * a + axial * b) / 2 * pi, rel=1e-9)


def test_cylinder_on_a_spring():
    """The energy of the spring is ∫ ½ k u² over the end πR²; bar and spring in series."""
    medium, k = Medium(1000.0, 0.3, TOUGH), 500.0
    supports = {"left": Support((0,)), "bottom": Support(spring=k), "top": moved(1, 0.01)}
    solid = unit_solid(AXISYMMETRIC, medium, supports)
    settle(solid, 1.0)
    stress = 0.01 / (1 / 1000.0 + 1 / k)
    assert solid.reaction("top", 1) == pytest.approx(stress * pi, rel=1e-9)
    assert solid.energies().spring == pytest.approx(stress**2 / (2 * k) * pi, rel=1e-9)


# --- the same body in several kinematics ------------------------------------------------------------------------------


@pytest.mark.parametrize(("kinematics", "area"), UNIAXIAL)
def test_uniaxial_flow(kinematics, area):
    """Stretched by ε, half of that back: σ = σy + H'p with ε = σ/E + p; then σ - E ε/2, still above reverse yielding.

    The way back sees the stored plastic strain alone: with its zz component missing the force would be another.
    """
    E, H, limit, strain = 1000.0, 50.0, 5.0, 0.01
    medium = Medium(E, 0.3, TOUGH, yield_stress=limit, hardening=H)
    solid = unit_solid(kinematics, medium, pulled_along_y(strain, kinematics.dimension))
    p = (E * strain - limit) / (E + H)
    stress = limit + H * p
    work = settle(solid, 1.0)
    rounded = {"rel": 1e-6}  # flow.ROUND, 1e-12 under the root of q
    assert solid.reaction("top", 1) == pytest.approx(stress * area, **rounded)
    assert work == pytest.approx((limit * p + H * p**2 / 2) * area, **rounded)
    back = 0.5 * stress / (E * strain)
    assert settle(solid, 1 - back) == 0.0
    assert solid.reaction("top", 1) == pytest.approx(stress * area / 2, **rounded)
    assert solid.energies().elastic == pytest.approx((stress / 2) ** 2 / (2 * E) * area, **rounded)


def test_plastic_strain_keeps_volume_and_grows_by_what_flows():
    """In plane strain εp_zz = -εp_xx - εp_yy is not zero, and the accumulated p is its length, sqrt(2/3 εp:εp)."""
    medium = Medium(1000.0, 0.3, TOUGH, yield_stress=5.0, hardening=50.0)
    supports = {"left": Support((0,)), "bottom": Support((1,)), "right": Support((0,)), "top": moved(1, 0.02)}
    solid = unit_solid(PLANE_STRAIN, medium, supports)
    settle(solid, 1.0)
    strain, p = (f.x.array for f in solid.state.plastic)
    strain = strain.reshape(-1, 3, 3)
    assert np.trace(strain, axis1=1, axis2=2) == pytest.approx(np.zeros(len(strain)), abs=1e-15)
    assert strain[:, 2, 2] == pytest.approx(-strain[:, 1, 1] / 2, rel=1e-9)  # held both in x and in z
    assert strain[:, 2, 2].max() < -1e-3
    assert p == pytest.approx(np.sqrt(2 / 3 * np.sum(strain**2, axis=(1, 2))), rel=1e-9)
    once = p.copy()
    settle(solid, 0.0)  # flows back
    assert p.min() > once.max()


def test_plane_strain_is_a_slab_held_across():
    """Forth and back with flow, in two and in three dimensions."""
    medium = Medium(1000.0, 0.3, TOUGH, yield_stress=5.0, hardening=20.0)
    slab = {"back": Support((2,)), "front": Support((2,))}
    told = []
    for kinematics in (PLANE_STRAIN, SOLID_3D):
        supports = pulled_along_y(0.02, 2) | (slab if kinematics is SOLID_3D else {})
        solid = unit_solid(kinematics, medium, supports)
        steps = [(settle(solid, load), solid.reaction("top", 1), solid.energies().elastic) for load in (0.5, 1.0, 0.0)]
        told.append(np.array(steps))
    assert told[0] == pytest.approx(told[1], rel=1e-7)
    assert np.abs(told[0][:, 0]).min() > 0.01  # each of the steps flows


@pytest.mark.parametrize(("kinematics", "area"), UNIAXIAL)
def test_uniaxial_damage(kinematics, area):
    """AT2 below its peak: d = 2Y/(2Y + Gc/ℓ) with Y = ½ E ε², σ = g E ε. Thin bodies thin out as if intact."""
    E, strain = 1000.0, 0.02
    supports = pulled_along_y(strain, kinematics.dimension)
    solid = unit_solid(kinematics, Medium(E, 0.3, 4.0), supports, crack=CRACK_MODELS["AT2"])
    settle(solid, 1.0, tolerance=1e-9)
    d = E * strain**2 / (E * strain**2 + 4.0)
    residual = 1e-5  # the residual stiffness, 1e-6, and what it does to d
    assert solid.state.d.x.array == pytest.approx(d, rel=residual)
    assert solid.reaction("top", 1) == pytest.approx((1 - d) ** 2 * E * strain * area, rel=residual)
    assert solid.energies().fracture == pytest.approx(4.0 / 2 * d**2 * area, rel=residual)


def test_flow_and_damage_at_once_in_plane_stress_and_in_space():
    """And over two steps, so that the history counts."""
    medium = Medium(1000.0, 0.3, 1.0, yield_stress=7.0, hardening=200.0)
    told = []
    for kinematics in (PLANE_STRESS, SOLID_3D):
        supports = pulled_along_y(0.025, kinematics.dimension)
        solid = unit_solid(kinematics, medium, supports, crack=CRACK_MODELS["AT2"])
        work = [settle(solid, load, tolerance=1e-9) for load in (0.8, 1.0)]
        told.append([*work, solid.reaction("top", 1), solid.state.d.x.array.max(), solid.energies().elastic])
    assert told[0] == pytest.approx(told[1], rel=1e-6)
    assert min(told[0][:2]) > 1e-4  # both flow
    assert told[0][3] > 0.05


def test_displacement_of_a_thin_body_can_be_had_by_itself():
    """For pictures: linear, without the strain across; u_x = -ν ε x, u_y = ε y."""
    solid = unit_solid(PLANE_STRESS, Medium(1000.0, 0.3, TOUGH), pulled_along_y(0.01, 2))
    settle(solid, 1.0)
    linear = fem.Function(fem.functionspace(solid.mesh, ("Lagrange", 1, (2,))))
    linear.interpolate(solid.deformation)
    x, y, _ = linear.function_space.tabulate_dof_coordinates().T
    assert linear.x.array.reshape(-1, 2) == pytest.approx(np.stack([-0.003 * x, 0.01 * y], axis=1), abs=1e-12)
    across = at_points(solid, ufl.split(solid.state.u)[1])
    assert across == pytest.approx(np.full_like(across, -0.003), abs=1e-12)


WIDE, THIN = Medium(1000.0, 0.3, TOUGH).constrained, 1000.0 / (1 - 0.3**2)  # λ + 2μ, E/(1-ν²)


def test_a_thin_plate_bends_with_no_stress_across_it_anywhere():
    """ε_xx = κ y, ε_yy = ε_zz = -ν κ y: the strain across differs from point to point; the energy is ½ E κ² ∫ y²."""
    bend, nu = 0.02, 0.3

    def motion(load: float, x: np.ndarray) -> np.ndarray:
        return load * bend * np.stack([x[0] * x[1], -(x[0] ** 2 + nu * x[1] ** 2) / 2])

    everywhere = dict.fromkeys(SIDES[:4], Support((0, 1), motion=motion))
    solid = unit_solid(PLANE_STRESS, Medium(1000.0, nu, TOUGH), everywhere, split=SPLITS["none"])
    settle(solid, 1.0)
    assert solid.energies().elastic == pytest.approx(1000.0 / 2 * bend**2 / 3, rel=1e-9)


# --- supports ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kinematics", "modulus"), [(PLANE_STRAIN, WIDE), (PLANE_STRESS, THIN), (SOLID_3D, WIDE)])
def test_turning_a_body_that_is_stretched_adds_nothing(kinematics, modulus):
    """Motions differ from place to place: small turns and a shift, which cost nothing, and a strain along x."""
    dim = kinematics.dimension
    gradient = np.array([[0.02, -0.1, 0.05], [0.1, 0, -0.2], [-0.05, 0.2, 0]])[:dim, :dim]
    everywhere = Support(tuple(range(dim)), motion=lambda load, x: load * (gradient @ x[:dim] + 0.02))
    solid = unit_solid(kinematics, Medium(1000.0, 0.3, TOUGH), dict.fromkeys(SIDES[: 2 * dim], everywhere))
    settle(solid, 0.5)
    assert solid.energies().elastic == pytest.approx(modulus / 2 * 0.01**2, rel=1e-9)
    middle = at_points(solid, kinematics.displacement(solid.state.u))
    places = at_points(solid, ufl.SpatialCoordinate(solid.mesh))
    assert middle == pytest.approx(0.5 * (places @ gradient.T + 0.02), abs=1e-9)


@pytest.mark.parametrize("kinematics", [PLANE_STRAIN, PLANE_STRESS])
def test_a_corner_that_two_supports_hold_is_held_once(kinematics):
    """Left: x and y, bottom: y. The five nodes of each side, three apart from the corner, which they have in common."""
    supports = {"left": Support((0, 1)), "bottom": moved(1, 0.0), "top": moved(1, 0.01)}
    solid = unit_solid(kinematics, Medium(1000.0, 0.3, TOUGH), supports)
    solid.load(1.0)
    found = held(solid.state.u.function_space, supports, solid.boundaries)
    assert [(one.boundary, one.component, len(one.unknowns)) for one in found] == [
        ("left", 0, 3),
        ("left", 1, 3),
        ("bottom", 1, 3),
        ("top", 1, 3),
    ]
    assert len(solid.fixed) == len(np.unique(solid.fixed)) == 3 + 3 + 2 + 2
    assert np.count_nonzero(solid.prescribed) == 3  # of the corner on the top left, the support that comes later holds
    assert np.isclose(found[1].places[0], 0).all()
    assert np.isclose(found[2].places[1], 0).all()


def test_reactions_are_in_equilibrium():
    """A bar in space: top and bottom pull with E ε, and the sides that only guide it with nothing."""
    solid = unit_solid(SOLID_3D, Medium(1000.0, 0.3, TOUGH), pulled_along_y(0.01, 3))
    settle(solid, 1.0)
    assert solid.reaction("top", 1) == pytest.approx(10.0, rel=1e-9)
    assert solid.reaction("bottom", 1) == pytest.approx(-10.0, rel=1e-9)
    assert [solid.reaction(name, axis) for name, axis in (("left", 0), ("back", 2))] == pytest.approx([0, 0], abs=1e-9)


def test_a_component_that_the_body_does_not_have_is_refused():
    """It would be an unknown of the next node."""
    with pytest.raises(ValueError, match="'left' holds component 2, and this body has components 0 to 1"):
        unit_solid(PLANE_STRAIN, Medium(1000.0, 0.3, TOUGH), {"left": Support((0, 2))})


# --- what does not go together ----------------------------------------------------------------------------------------


def test_what_makes_no_sense_is_refused():
    elastic = Medium(1000.0, 0.3, 1.0)
    flows = Medium(1000.0, 0.3, 1.0, yield_stress=5.0)
    with pytest.raises(SolidError, match="mesh has 2 dimensions, and the kinematics 3"):
        unit_solid(SOLID_3D, elastic, {}, dimension=2)
    with pytest.raises(SolidError, match="mesh has 3 dimensions, and the kinematics 2"):
        unit_solid(PLANE_STRESS, elastic, {}, dimension=3)
    for split in ("spectral", "no-tension"):
        with pytest.raises(SolidError, match="flow rule"):
            unit_solid(PLANE_STRAIN, flows, {}, split=SPLITS[split])
    with pytest.raises(SolidError, match="strength for every region"):
        unit_solid(PLANE_STRAIN, elastic, {}, crack=CRACK_MODELS["PF-CZM linear"])
