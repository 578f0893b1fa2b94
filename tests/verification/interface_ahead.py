"""A crack that comes up to an interface at a right angle: as a sharp crack, and in a phase field.

Upper half, y ≥ 0; the interface is x = 0, and the crack comes along y = 0 from the left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import gmsh
import numpy as np
from dolfinx.mesh import Mesh, compute_midpoints
from mpi4py import MPI
from scipy.optimize import brentq

import meshes
from mechanics import CRACK_MODELS, SPLITS, AlternateMinimiser, Medium, Solid, Support

YOUNG, POISSON = 1e4, 0.3  # MPa, of the side that is cracked; ν on both sides
TOUGHNESS = 1.0  # J/m², Gb of both sides
LENGTH = 1.0  # µm: ℓ
LAYER = 4.4  # µm: the interface. A crack of AT1 is 4ℓ + h wide: so one in this layer costs Gi and no more
FAR = 5.0  # µm: elements at the rim


@dataclass(frozen=True)
class CrackField:
    """What surrounds a crack that ends at the interface: u ~ r^λ, with λ = ½ for equal moduli (Zak & Williams 1963).

    By Muskhelishvili's potentials φ = A z^λ and ψ' = B z^λ on each side, with 2μ(u + iv) = κφ - z φ̄' - ψ̄' and the
    resultant force φ + z φ̄' + ψ̄': one complex A and B for each side, and eight conditions that they have to meet.
    """

    ratio: float  # of Young's moduli, ahead to behind
    power: float  # λ
    potentials: np.ndarray  # A and B behind, A and B ahead

    @classmethod
    def of(cls, ratio: float) -> CrackField:
        power = brentq(lambda power: np.linalg.det(_conditions(ratio, power)), 0.05, 0.95, xtol=1e-14)
        least = np.linalg.svd(_conditions(ratio, power))[2][-1]
        found = cls(ratio, power, least[::2] + 1j * least[1::2])
        opening = found.displacement(1.0, np.array([[-1.0], [0.0]]))[1]
        return replace(found, potentials=found.potentials * np.sign(opening))

    def displacement(self, amplitude: float, x: np.ndarray) -> np.ndarray:
        """A `Motion`."""
        z = np.hypot(x[0], x[1]) * np.exp(1j * np.arctan2(x[1], x[0]))
        behind, ahead = (_displacement(*self.potentials[side], self.power, z) for side in (slice(0, 2), slice(2, 4)))
        u = amplitude * np.where(x[0] < 0, behind, ahead / self.ratio)
        return np.array([u.real, u.imag])

    def support(self, amplitude: float = 1.0) -> Support:
        return Support((0, 1), motion=lambda t, x: self.displacement(amplitude * t, x))


def _displacement(A: complex, B: complex, power: float, z: np.ndarray) -> np.ndarray:
    """Times the 2μ of that side."""
    return (3 - 4 * POISSON) * A * z**power - z * np.conj(power * A * z ** (power - 1)) - np.conj(B * z**power)


def _force(A: complex, B: complex, power: float, z: np.ndarray) -> np.ndarray:
    return A * z**power + z * np.conj(power * A * z ** (power - 1)) + np.conj(B * z**power)


def _conditions(ratio: float, power: float) -> np.ndarray:
    """How much each part of the potentials contributes to what has to vanish: the jumps of displacement and of force
    at the interface, the force on the face of the crack, and v and the shear ahead on the line of symmetry."""
    up, face, ahead = np.exp(0.5j * np.pi), np.exp(1j * np.pi), 1.0 + 0j
    columns = []
    for part in np.eye(8):
        A1, B1, A2, B2 = part[::2] + 1j * part[1::2]
        jump = _displacement(A1, B1, power, up) - _displacement(A2, B2, power, up) / ratio
        pull = _force(A1, B1, power, up) - _force(A2, B2, power, up)
        free = _force(A1, B1, power, face)
        symmetric = [_displacement(A2, B2, power, ahead).imag, _force(A2, B2, power, ahead).imag]
        columns.append([jump.real, jump.imag, pull.real, pull.imag, free.real, free.imag, *symmetric])
    return np.array(columns).T


@dataclass(frozen=True)
class SharpCrack:
    """Its tip is at the interface, or has gone on from there by `advance`."""

    way: str  # "stopped", "penetrated", "deflected"
    advance: float = 1.0
    radius: float = 1000.0
    # At all places where there may be a tip. With 0.02 Gd/Gp is 0.1 % higher for equal moduli, and 2 % with a fourth of
    # the modulus ahead, where the field is more singular.
    fine: float = 0.002

    def draw(self) -> None:
        geo, R, a = gmsh.model.geo, self.radius, self.advance
        left, right, upper_right, upper_left = (geo.addPoint(x, y, 0.0) for x, y in ((-R, 0), (R, 0), (R, R), (-R, R)))
        corner, ahead, up, top = (geo.addPoint(x, y, 0.0) for x, y in ((0, 0), (a, 0), (0, a), (0, R)))
        other = geo.addPoint(0.0, 0.0, 0.0) if self.way == "deflected" else corner
        face, near, far = geo.addLine(left, corner), geo.addLine(other, ahead), geo.addLine(ahead, right)
        branch, joint = geo.addLine(corner, up), geo.addLine(up, top)
        branch_ahead = geo.addLine(other, up) if self.way == "deflected" else branch
        side, roof = geo.addLine(right, upper_right), geo.addLine(upper_right, top)
        roof_behind, side_behind = geo.addLine(top, upper_left), geo.addLine(upper_left, left)
        behind = geo.addCurveLoop([face, branch, joint, roof_behind, side_behind])
        front = geo.addCurveLoop([near, far, side, roof, -joint, -branch_ahead])
        surfaces = [geo.addPlaneSurface([loop]) for loop in (behind, front)]
        geo.synchronize()
        for name, surface in zip(("behind", "ahead"), surfaces, strict=True):
            gmsh.model.addPhysicalGroup(2, [surface], name=name)
        gmsh.model.addPhysicalGroup(1, [far] if self.way == "penetrated" else [near, far], name="symmetry")
        gmsh.model.addPhysicalGroup(1, [side, roof, roof_behind, side_behind], name="rim")
        field = gmsh.model.mesh.field
        sizes = []
        for place in (corner, ahead, up):
            distance, size = field.add("Distance"), field.add("MathEval")
            field.setNumbers(distance, "PointsList", [place])
            field.setString(size, "F", f"{self.fine * a} + 0.2 * F{distance}")
            sizes.append(size)
        least = field.add("Min")
        field.setNumbers(least, "FieldsList", sizes)
        field.setAsBackgroundMesh(least)

    def energy(self, ratio: float) -> float:
        """MPa·µm², elastic, of the half; the modulus ahead is `ratio` times that behind."""
        domain = meshes.build(self, MPI.COMM_SELF)
        media = {"behind": Medium(YOUNG, POISSON, 1e12), "ahead": Medium(ratio * YOUNG, POISSON, 1e12)}
        supports = {"symmetry": Support((1,)), "rim": CrackField.of(ratio).support()}
        body = _solid(domain, media, supports, 1.0, meshes.element_size(domain.mesh))
        body.load(1.0)
        assert AlternateMinimiser(body).minimise().converged
        return body.energies().elastic


def release(ratio: float) -> tuple[float, float]:
    """Gd and Gp, averaged over the first µm of each way.

    Both fall or rise with the same power of the advance a (He & Hutchinson 1989), and so do the energies that they set
    free on the way: Gd/Gp is a ratio of two of these. The half model has all of one branch, and half of the crack
    straight on.
    """
    stopped, penetrated, deflected = (SharpCrack(way).energy(ratio) for way in ("stopped", "penetrated", "deflected"))
    return stopped - deflected, 2 * (stopped - penetrated)


@dataclass(frozen=True)
class Block:
    """With an interface layer for the phase field."""

    fine: float
    enough: float  # fine elements as far as this from the layer and along it
    tip: float = 5.0  # where the crack ends at first, before the middle of the layer
    radius: float = 40.0

    def draw(self) -> None:
        geo, R, b = gmsh.model.geo, self.radius, LAYER / 2
        edges = (-R, -b, 0.0, b, R)
        lower, upper = ([geo.addPoint(x, y, 0.0) for x in edges] for y in (0.0, R))
        tip = geo.addPoint(-self.tip, 0.0, 0.0)
        notch, toward = geo.addLine(lower[0], tip), geo.addLine(tip, lower[1])
        floors = [[notch, toward], *([geo.addLine(lower[i], lower[i + 1])] for i in (1, 2, 3))]
        roofs = [geo.addLine(upper[i], upper[i + 1]) for i in range(4)]
        walls = [geo.addLine(low, up) for low, up in zip(lower, upper, strict=True)]
        for i, name in enumerate(("behind", "layer behind", "layer ahead", "ahead")):
            outline = geo.addCurveLoop([*floors[i], walls[i + 1], -roofs[i], -walls[i]])
            geo.addPhysicalGroup(2, [geo.addPlaneSurface([outline])], name=name)
        geo.addPhysicalGroup(1, [notch], name="notch")
        geo.addPhysicalGroup(1, [toward, *(line for floor in floors[1:] for line in floor)], name="symmetry")
        geo.addPhysicalGroup(1, [walls[0], walls[-1], *roofs], name="rim")
        geo.synchronize()
        self._draw_sizes()

    def _draw_sizes(self) -> None:
        field, b, beyond = gmsh.model.mesh.field, LAYER / 2, 3 * LENGTH
        straight = {"XMin": -self.tip - 2 * LENGTH, "XMax": b + self.enough + beyond, "YMax": 2.5 * LENGTH}
        along = {"XMin": -b - LENGTH, "XMax": b + LENGTH, "YMax": self.enough + beyond}
        boxes = []
        for sides in (straight, along):
            box = field.add("Box")
            sizes = {"YMin": -1.0, "VIn": self.fine, "VOut": FAR, "Thickness": (FAR - self.fine) / 0.3}
            for name, number in (sides | sizes).items():
                field.setNumber(box, name, number)
            boxes.append(box)
        least = field.add("Min")
        field.setNumbers(least, "FieldsList", boxes)
        field.setAsBackgroundMesh(least)

    def solid(self, interface: float, ratio: float) -> Solid:
        """`interface` is Gi/Gb; the modulus changes in the middle of the layer. At load 1 a sharp crack would go on
        straight by ℓ: the energy that it sets free grows with the square of the load."""
        amplitude = np.sqrt(TOUGHNESS / release(ratio)[1])
        domain = meshes.build(self, MPI.COMM_SELF)
        bulk = Medium(YOUNG, POISSON, TOUGHNESS)
        weak = replace(bulk, toughness=interface * TOUGHNESS)
        stiff = {"young": ratio * YOUNG}
        media = {
            "behind": bulk,
            "layer behind": weak,
            "layer ahead": replace(weak, **stiff),
            "ahead": replace(bulk, **stiff),
        }
        supports = {"symmetry": Support((1,)), "rim": CrackField.of(ratio).support(amplitude)}
        body = _solid(domain, media, supports, LENGTH, self._row(domain.mesh))
        body.break_open("notch")
        return body

    def _row(self, body: Mesh) -> np.ndarray:
        """Size of the row of elements that a crack breaks, for which its toughness is corrected. On the line of
        symmetry that row is all in this half, and stands for two. Elements farther out are coarse; correcting those
        for their size would only weaken them against stress, until they break before the crack is there."""
        size = np.minimum(meshes.element_size(body), self.fine)
        x, y, _ = compute_midpoints(body, 2, np.arange(len(size), dtype=np.int32)).T
        return np.where((y < 2 * LENGTH) & (np.abs(x) > LAYER / 2), 2 * size, size)


def _solid(
    domain: meshes.Domain, media: Mapping[str, Medium], supports: Mapping[str, Support], length: float, size: np.ndarray
) -> Solid:
    regions, boundaries = domain.regions, domain.boundaries
    crack, split = CRACK_MODELS["AT1"], SPLITS["none"]
    return Solid(domain.mesh, regions, boundaries, media, supports, crack, split, length, size)
