"""J2 flow: uniaxial and shear curves with load and unload; the derivatives of the potential."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import pi, sqrt

import numpy as np
import ufl
from dolfinx import fem, mesh
from matplotlib.figure import Figure
from mpi4py import MPI
from scipy.special import lambertw

import meshes
from mechanics import CRACK_MODELS, KINEMATICS, SPLITS, AlternateMinimiser, Medium, Solid, Split, Support
from mechanics.body.functional import Functional
from mechanics.laws.coefficients import Coefficients
from mechanics.laws.flow import ROUND, Flow
from mechanics.laws.split import star_convex

from .page import Check, Page

TITLE = "Plastic flow: curves with load and unload, and the derivatives of the potential"
SLOW = False

LINEAR = Medium(1400.0, 0.3, 1e9, yield_stress=70.0, hardening=60.0)  # so tough that nothing breaks
VOCE = replace(LINEAR, saturation=50.0, saturation_strain=0.02)
HARDENINGS = {"linear": LINEAR, "Voce": VOCE}
TURNS = 0.15, -0.05, 0.25  # strains: loaded, unloaded and pressed, loaded again
FINITE = 1e-5  # step of the finite differences, relative to the strains

Motion = Callable[[float, np.ndarray], np.ndarray]


def flow_stress(p: np.ndarray, medium: Medium) -> np.ndarray:
    saturating = medium.saturation * -np.expm1(-p / medium.saturation_strain)
    return medium.yield_stress + medium.hardening * p + saturating


def plastic_work(p: float, medium: Medium) -> float:
    """∫ σ dp."""
    S, p_s = medium.saturation, medium.saturation_strain
    return medium.yield_stress * p + medium.hardening / 2 * p**2 + S * (p + p_s * np.expm1(-p / p_s))


@dataclass(frozen=True)
class Curve:
    strain: np.ndarray
    stress: np.ndarray
    p: np.ndarray  # accumulated plastic strain
    work: float = 0.0  # plastic, over the whole path


def closed_form(modulus: float, medium: Medium, samples: int) -> Curve:
    """One dimension, σ = M (ε - εp), |σ| ≤ σ(p). On a way without a turn Δp = y p_s, where β y + 1 - e^-y = α is
    solved by Lambert's W (β = (M + H') p_s/S', α the overstress over S' = S exp(-p/p_s)); or Δp = f/(M + H')."""
    strains, stresses, lengths = [np.zeros(1)], [np.zeros(1)], [np.zeros(1)]
    for turn in TURNS:
        start, stress, p = strains[-1][-1], stresses[-1][-1], lengths[-1][-1]
        strain = np.linspace(start, turn, samples + 1)[1:]
        trial = stress + modulus * (strain - start)
        over = np.maximum(np.abs(trial) - flow_stress(p, medium), 0)
        slope, rest = modulus + medium.hardening, medium.saturation * np.exp(-p / medium.saturation_strain)
        if rest > 0:
            beta, alpha = slope * medium.saturation_strain / rest, over / rest
            y = (alpha - 1) / beta + lambertw(np.exp((1 - alpha) / beta) / beta).real
            flown = medium.saturation_strain * np.where(over > 0, y, 0)
        else:
            flown = over / slope
        strains.append(strain)
        stresses.append(np.sign(trial) * (np.abs(trial) - modulus * flown))
        lengths.append(p + flown)
    p = np.concatenate(lengths)
    return Curve(np.concatenate(strains), np.concatenate(stresses), p, plastic_work(p[-1], medium))


@dataclass(frozen=True)
class Trial:
    """A body of one uniform strain, and how its boundaries make it so."""

    kinematics: str
    boundaries: dict[str, Callable[[np.ndarray], np.ndarray]]
    supports: dict[str, Support]
    modulus: float  # of the curve, with the stress that does work on the strain
    scale: float  # √3 in shear: the stress times that, and the strain over it, are those of the closed form


def face(axis: int, place: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: np.isclose(x[axis], place)


def along(axis: int, by: int) -> Motion:
    """u_axis = load · x_by."""

    def motion(load: float, x: np.ndarray) -> np.ndarray:
        u = np.zeros_like(x)
        u[axis] = load * x[by]
        return u

    return motion


def uniaxial(kinematics: str) -> Trial:
    """Pulled along the last axis between smooth platens, free at its other sides."""
    last = KINEMATICS[kinematics].dimension - 1
    boundaries = {"bottom": face(last, 0), "top": face(last, 1)} | {f"side {i}": face(i, 0) for i in range(last)}
    supports = {"bottom": Support((last,)), "top": Support((last,), motion=along(last, last))}
    supports |= {f"side {i}": Support((i,)) for i in range(last)}
    return Trial(kinematics, boundaries, supports, LINEAR.young, 1.0)


def sheared(kinematics: str) -> Trial:
    """Simple shear, u_x = γ y, given all around."""
    everything = tuple(range(KINEMATICS[kinematics].dimension))
    supports = {"all around": Support(everything, motion=along(0, 1))}
    return Trial(kinematics, {"all around": lambda x: np.full(x.shape[1], True)}, supports, 3 * LINEAR.shear, sqrt(3))


TRIALS = {
    "pulled, plane stress": uniaxial("plane stress"),
    "pulled, axisymmetric": uniaxial("axisymmetric"),
    "pulled, 3D": uniaxial("3d"),
    "sheared, plane strain": sheared("plane strain"),
    "sheared, 3D": sheared("3d"),
}


def solid_of(
    kinematics: str,
    medium: Medium,
    boundaries: dict[str, Callable[[np.ndarray], np.ndarray]],
    supports: dict[str, Support],
    split: Split = SPLITS["volumetric-deviatoric"],
) -> Solid:
    """A square of two triangles or a cube of six tetrahedra."""
    if KINEMATICS[kinematics].dimension == 3:
        body = mesh.create_unit_cube(MPI.COMM_SELF, 1, 1, 1)
    else:
        body = mesh.create_unit_square(MPI.COMM_SELF, 1, 1)
    dim = body.topology.dim
    cells = np.arange(body.topology.index_map(dim).size_local, dtype=np.int32)
    facets = {name: mesh.locate_entities_boundary(body, dim - 1, where) for name, where in boundaries.items()}
    crack, size = CRACK_MODELS["AT1"], meshes.element_size(body)
    return Solid(
        body, {"all": cells}, facets, {"all": medium}, supports, crack, split, 1.0, size, KINEMATICS[kinematics]
    )


def computed(trial: Trial, medium: Medium, samples: int) -> Curve:
    solid = solid_of(trial.kinematics, medium, trial.boundaries, trial.supports)
    solid.load(1.0)
    unit = solid.prescribed.copy()  # forces · unit is the stress times the volume
    volume = pi if trial.kinematics == "axisymmetric" else 1.0
    minimiser, work = AlternateMinimiser(solid), 0.0
    strains, stresses, lengths = [0.0], [0.0], [0.0]
    for turn in TURNS:
        for strain in np.linspace(strains[-1], turn, samples + 1)[1:]:
            solid.load(strain * trial.scale)
            outcome = minimiser.minimise()
            assert outcome.converged, outcome
            work += solid.accept() / volume
            strains.append(strain)
            stresses.append(float(solid.holding_forces() @ unit) / volume * trial.scale)
            lengths.append(float(solid.state.plastic[1].x.array.mean()))
    return Curve(np.array(strains), np.array(stresses), np.array(lengths), work)


def curve_checks(name: str, found: Curve, exact: Curve) -> list[Check]:
    why = "Backward steps are exact where the direction of flow stays; what is left is how sharply equilibrium is found"
    off = np.abs(found.stress - exact.stress).max() / np.abs(exact.stress).max()
    return [
        Check(f"{name}: largest error of the stress, of the largest stress", off, 0.0, 1e-6, why, absolute=True),
        Check(f"{name}: stress at the end", found.stress[-1], exact.stress[-1], 1e-6, why),
        Check(f"{name}: accumulated plastic strain", found.p[-1], exact.p[-1], 1e-6, why),
        Check(f"{name}: plastic work", found.work, exact.work, 1e-6, why),
    ]


def disturbed(kinematics: str, medium: Medium, split: Split) -> Solid:
    """Any displacement, damage up to 0.9, any plastic history: strains of some 10 % without any symmetry."""
    solid = solid_of(kinematics, medium, {}, {}, split)
    random = np.random.default_rng(8)
    u, d, plastic = solid.state.u.x.array, solid.state.d.x.array, solid.state.plastic
    u[:] = random.uniform(-0.05, 0.05, len(u))
    d[:] = random.uniform(0, 0.9, len(d))
    if plastic:
        strain = random.uniform(-0.05, 0.05, (len(plastic[1].x.array), 3, 3))
        strain += np.swapaxes(strain, 1, 2)
        strain -= np.trace(strain, axis1=1, axis2=2)[:, None, None] / 3 * np.eye(3)
        plastic[0].x.array[:] = strain.ravel()
        plastic[1].x.array[:] = random.uniform(0, 0.1, len(plastic[1].x.array))
    return solid


def either_side(x: np.ndarray, way: np.ndarray, value: Callable[[], np.ndarray | float]) -> np.ndarray | float:
    """Central difference of `value` along `way`."""
    start, found = x.copy(), []
    for sign in (1, -1):
        x[:] = start + sign * FINITE * way
        found.append(value())
    x[:] = start
    return (found[0] - found[1]) / (2 * FINITE)


def gradient_of(functional: Functional) -> np.ndarray:
    return functional.gradient(fem.Function(functional.x.function_space)).x.array.copy()


def hessian_times(functional: Functional, way: np.ndarray) -> np.ndarray:
    ahead, out = (fem.Function(functional.x.function_space) for _ in range(2))
    ahead.x.array[:] = way
    functional.hessian(np.empty(0, dtype=np.int32)).mult(ahead.x.petsc_vec, out.x.petsc_vec)
    return out.x.array.copy()


def derivative_checks(name: str, kinematics: str, medium: Medium, split: Split) -> Iterator[Check]:
    """Along a random way each; the second derivatives as whole vectors."""
    solid = disturbed(kinematics, replace(medium, toughness=10.0), split)
    random, why = np.random.default_rng(88), "central differences, 1e-5 of the strain: 1e-10 and round-off"
    u, d, energy = solid.state.u.x.array, solid.state.d.x.array, solid.displacement
    way = random.uniform(-0.05, 0.05, len(u))
    slope = either_side(u, way, energy.value)
    yield Check(f"{name}: ∂Π/∂u", float(gradient_of(energy) @ way), float(slope), 1e-6, why)
    bend = either_side(u, way, lambda: gradient_of(energy))
    off = np.linalg.norm(hessian_times(energy, way) - bend) / np.linalg.norm(bend)
    yield Check(f"{name}: ∂²Π/∂u², relative", float(off), 0.0, 1e-6, why, absolute=True)
    solid.hold_flow()
    way = random.uniform(-1, 1, len(d))
    slope = either_side(d, way, lambda: energy.value() + solid.energies().fracture)
    yield Check(f"{name}: ∂Π/∂d", float(gradient_of(solid.damage) @ way), float(slope), 1e-6, why)


def derivatives(thorough: bool) -> list[Check]:
    """Every split and hardening in every kinematics, or the three that take most formulas, in the plane."""
    elastic = replace(LINEAR, yield_stress=None)
    cases = {f"{split}, elastic": (elastic, SPLITS[split]) for split in SPLITS}
    cases |= {
        f"volumetric-deviatoric, {name}": (HARDENINGS[name], SPLITS["volumetric-deviatoric"]) for name in HARDENINGS
    }
    cases["star-convex, Voce"] = VOCE, star_convex(2.0)
    if not thorough:
        few = "spectral, elastic", "no-tension, elastic", "volumetric-deviatoric, Voce"
        cases = {name: cases[name] for name in few}
    found: list[Check] = []
    for kinematics in KINEMATICS if thorough else ("plane strain",):
        for name, (medium, split) in cases.items():
            found += derivative_checks(f"{kinematics}, {name}", kinematics, medium, split)
    return found


LOADS = np.geomspace(0.01, 100, 121)  # overstress, in units of the saturation stress that is left
BETAS = np.geomspace(1e-3, 10, 41)


def increment_errors() -> np.ndarray:
    """Of Δp in one step, for every β = (3 μ g + H') p_s / S' (rows) and load (columns), against 100 Newton steps."""
    beta, load = np.meshgrid(BETAS, LOADS, indexing="ij")
    body = mesh.create_interval(MPI.COMM_SELF, beta.size, [0, 1])
    cells = fem.functionspace(body, ("DG", 0))
    order = np.argsort(cells.tabulate_dof_coordinates()[:, 0])

    def field(numbers: np.ndarray) -> fem.Function:
        f = fem.Function(cells)
        f.x.array[order] = numbers.ravel()
        return f

    p_s, slope = VOCE.saturation_strain, 3 * VOCE.shear + VOCE.hardening
    S = slope * p_s / beta
    q = (VOCE.yield_stress + load * S) / VOCE.shear
    shear = field(np.sqrt((q**2 - ROUND) / 12))
    zero, number = ufl.as_ufl(0.0), {"bulk": VOCE.bulk, "shear": VOCE.shear, "yield_stress": VOCE.yield_stress}
    number |= {"toughness": 1.0, "shrinkage": 0.0, "hardening": VOCE.hardening, "saturation_strain": p_s}
    c = Coefficients(saturation=field(S), **{name: ufl.as_ufl(value) for name, value in number.items()})
    e = ufl.as_tensor([[zero, shear, zero], [shear, zero, zero], [zero, zero, zero]])
    dp = Flow(ufl.zero(3, 3), zero, saturates=True).increment(e, ufl.as_ufl(1.0), c)
    found = fem.Function(cells)
    found.interpolate(fem.Expression(dp, np.array([[0.5]])))
    y = np.maximum(load / (1 + beta), (load - 1) / beta)  # below the root, from where Newton climbs without a miss
    for _ in range(100):
        y -= (beta * y - np.expm1(-y) - load) / (beta + np.exp(-y))
    return np.abs(found.x.array[order].reshape(beta.shape) / (y * p_s) - 1)


def verify(thorough: bool) -> Page:
    samples = 25 if thorough else 3
    curves: dict[tuple[str, str], Curve] = {}
    checks: list[Check] = []
    for name, trial in TRIALS.items():
        for hardening, medium in HARDENINGS.items():
            if thorough or trial.kinematics.startswith("plane"):
                found = curves[name, hardening] = computed(trial, medium, samples)
                checks += curve_checks(f"{name}, {hardening}", found, closed_form(trial.modulus, medium, samples))
    errors = increment_errors()
    ductile = float(errors[BETAS >= 0.01].max())
    why = "Four Halley steps; the energy is off by the square of it"
    checks.append(Check("error of Δp with Voce, β ≥ 0.01, any load", ductile, 0.0, 1e-8, why, absolute=True))
    checks += derivatives(thorough)

    def draw(figure: Figure) -> None:
        pulled, turned, steps = figure.subplots(1, 3)
        for axes, kind in ((pulled, "pulled"), (turned, "sheared")):
            for colour, (hardening, medium) in zip(("tab:blue", "tab:red"), HARDENINGS.items(), strict=True):
                shown = {name: trial for name, trial in TRIALS.items() if name.startswith(kind)}
                scale, modulus = next((trial.scale, trial.modulus) for trial in shown.values())
                exact = closed_form(modulus, medium, 400)
                axes.plot(exact.strain * scale, exact.stress / scale, color=colour, label=f"{hardening}, exact")
                for name, mark in zip(shown, "o+x", strict=False):
                    if (name, hardening) in curves:
                        found, label = curves[name, hardening], name.split(", ")[1] if medium is LINEAR else None
                        x, y = found.strain * scale, found.stress / scale
                        axes.plot(x, y, mark, color="black", markersize=4, markerfacecolor="none", label=label)
            axes.legend(fontsize=7)
        pulled.set(xlabel="ε", ylabel="σ in MPa", title="pulled, pressed, pulled")
        turned.set(xlabel="γ", ylabel="τ in MPa", title="simple shear")
        steps.loglog(BETAS, np.maximum(errors, 1e-16).max(axis=1), color="black")
        steps.set(xlabel="β = (3 μ g + H') $p_s$ / S", ylabel="largest relative error of Δp", title="four Halley steps")

    return Page(TEXT, checks, draw)


TEXT = """
A body of two triangles or six tetrahedra is pulled to 15 %, pressed back to -5 % and pulled to 25 %, free at its
sides, in plane stress, around an axis and in space; and sheared as far. The yield stress grows as
σ(p) = σy + H' p, and after Voce as σ(p) = σy + H' p + S (1 - exp(-p/p_s)), with E 1400 MPa, ν 0.3, σy 70 MPa,
H' 60 MPa, S 50 MPa, p_s 0.02.

**Closed form.** In one dimension σ = M (ε - εp), |σ| ≤ σ(p), with M = E when pulled; √3 τ and γ/√3 obey the same with
M = 3μ. From one turn to the next the plastic strain that has been added is Δp = f/(M + H') for linear hardening, where
f is the overstress of an elastic step, and p_s ((α - 1)/β + W(exp((1 - α)/β)/β)) for Voce, with Lambert's W,
α = f/S', β = (M + H') p_s/S', S' = S exp(-p/p_s). The plastic work is ∫ σ(p) dp.

Computed steps are exact whatever their size as long as the direction of flow does not turn, so that only equilibrium
and, with Voce, the four Halley steps to Δp are at stake. The right picture shows the error of the latter, the largest
for overstresses from 0.01 S' to 100 S': round-off where β > 0.01, and 2e-5 at 0.001. An intact body of the kind above
has β = 0.7, which falls with the degradation g. The energy is stationary in Δp, and off by the square of that.

**Derivatives.** Gradient and Hessian of Π with respect to the displacement, and its gradient with respect to damage, in
a random state (strains of 10 %, damage up to 0.9, a random plastic history) and along random ways, against central
differences, for every split, hardening and kinematics.

What it does not say: whether hardening is isotropic in a given material (here it is, so there is no Bauschinger
effect), and nothing about large strain: the 25 % are there to show the curve, and the strain measure is linear.
"""
