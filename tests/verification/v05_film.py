"""V5: a crack between a shrinking film and its substrate."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from matplotlib.figure import Figure

import meshes
from mechanics import CRACK_MODELS, Medium, Support
from mechanics.closed_forms import beam_energy, film_on_thick_substrate, shrinking_film

from .cracked_layers import CrackedLayers, release_rate
from .page import Check, Page
from .running import BULK, Climb, Cracking

TITLE = "Shrinking film on a substrate"
SLOW = True

SUBSTRATE = Medium(2000.0, 0.3, 1.0)
FREE = {"right": Support((0, 1))}  # of bending; held where the crack does not come
GLUED = {"right": Support((0,)), "bottom": Support((0, 1))}

TEXT = """
A film on a substrate shrinks. A crack comes along between the two from the edge, where both are free. Plane strain,
elastic.

**Closed form.** Far ahead of the tip and far behind it everything is a beam. So once the crack is long, its energy
release rate is the difference of the energies of these beams, whatever the tip looks like:

    G = U(film and substrate) - U(film) - U(substrate)
    U = ½ min Σ ∫ Ē (ε₀ + κ y - e)² dy  over ε₀ and κ;   Ē = E/(1-ν²),  e = (1+ν) ε*

This holds for any thickness and mismatch (`mechanics.closed_forms.shrinking_film`). A substrate that neither stretches
nor bends leaves

    G = (1-ν²) σf² h/(2E),   σf = -E ε*/(1-ν).

That limit is reached late. With equal moduli G is {ten:.0f} % below it where the substrate is ten times as thick as the
film, and still {hundred:.1f} % where it is a hundred times as thick. If the base of the substrate is glued to something
rigid, it holds at any thickness. How G is made of opening and shear (Suo & Hutchinson 1990, Int. J. Fracture 43, 1)
is not looked at: these crack models charge the same for both.

**Sharp crack.** The faces are free and there is no damage: this tests energies and supports, and no crack model. G is
the difference of the energies that Intact finds at two lengths of the crack, on one mesh but for the doubled nodes, for
{pairs} pairs of modulus and thickness that bend freely, and for {glued} moduli on a glued substrate. The error that is
left comes from the length of the bonded part: the film hands its force to the substrate over about √(h H Ef/μs).

**Phase field: the charge at which a long crack runs.** A notched layer 2ℓ thick under a film of 8ℓ, AT1, h = ℓ/4, equal
moduli, {bulk:.0f} times as tough around the layer; toughness corrected for the mesh and the layer
(`mechanics.laws.thin_layer`). The charge rises by 1 % at a time; computed is half-way between the last one that held
and the first at which the crack grew by 2ℓ.

Behind the crack half of the broken layer goes with the film and resists its shrinking. The exact value counts it as a
part of the beam: shear modulus times g(d), with the profile that `mechanics.laws.thin_layer` is made from (half of the
row of broken elements is off), bulk modulus whole since it is pressed. Without it the critical charge would be lower by
{band}. This is no error of the program, but what an ℓ of an eighth of the film does, and a user whose layers
are that thin will see it.
"""


def verify(thorough: bool) -> Page:
    moduli = (0.1, 1 / 3, 1.0, 3.0, 10.0) if thorough else (0.1, 10.0)
    heights = (1.0, 2.0, 4.0, 8.0) if thorough else (1.0, 8.0)
    sharp = [sharp_and_free(ratio, height) for ratio in moduli for height in heights]
    glued = [sharp_and_glued(ratio) for ratio in moduli]
    runs = [Run("glued substrate", GLUED, height=0.4, behind=2.4, ahead=8.0, bends=False)]
    if thorough:
        runs.append(Run("free substrate, twice the film", FREE, 3.2, behind=4.0, ahead=8.0, bends=True))
    climbs = [run.climb() for run in runs]
    checks = [
        worst("sharp crack, free bending", sharp, 1e-3, "a mesh error that drops out; 4 film lengths of bonded part"),
        worst("sharp crack, glued substrate", glued, 1e-3, "the same"),
        *(
            Check(
                f"phase field, {run.name}: charge over exact",
                climb.critical,
                1.0,
                0.03,
                "the search ½ %; ℓ/h = 4 about 1 %; what is left of the band behind the crack",
            )
            for run, climb in zip(runs, climbs, strict=True)
        ),
    ]
    thin = [1 - limit(height) for height in (10.0, 100.0)]
    band = " and ".join(f"{100 * (1 - sqrt(run.release(True) / run.release(False))):.1f} %" for run in runs)
    text = TEXT.format(
        ten=100 * thin[0], hundred=100 * thin[1], pairs=len(sharp), glued=len(glued), band=band, bulk=BULK
    )
    return Page(text, checks, lambda figure: draw(figure, sharp, runs, climbs))


@dataclass(frozen=True)
class Sharp:
    """G of a sharp crack, computed and exact."""

    modulus: float  # of the film over that of the substrate
    height: float  # of the substrate over that of the film
    computed: float
    exact: float
    whole: float  # on a substrate that does not give


def film_of(ratio: float) -> Medium:
    return Medium(ratio * SUBSTRATE.young, 0.25, 1.0, shrinkage=-0.05)


def sharp_and_free(ratio: float, height: float) -> Sharp:
    film, ahead = film_of(ratio), 4 + 2 * sqrt(ratio * height)
    exact = shrinking_film([(height, SUBSTRATE), (1.0, film)], 1)
    return sharp(ratio, height, FREE, (height + 3, ahead + height), exact)


def sharp_and_glued(ratio: float) -> Sharp:
    return sharp(ratio, 1.0, GLUED, (6.0, 6 + 8 * sqrt(ratio)), film_on_thick_substrate(1.0, film_of(ratio)))


def sharp(ratio: float, height: float, supports: dict[str, Support], parts: tuple[float, float], exact: float) -> Sharp:
    """`parts`: how far the crack has come and has to go."""
    columns, crack = 4 * round(sum(parts)), 4 * round(parts[0])
    layers = CrackedLayers(columns / 4, columns, (height, 1.0), (max(3, round(1.5 * height)), 4), below=1)
    computed = release_rate(layers, (SUBSTRATE, film_of(ratio)), supports, (crack - 2, crack + 2))
    return Sharp(ratio, height, computed, exact, film_on_thick_substrate(1.0, film_of(ratio)))


def limit(height: float) -> float:
    """G over that on a substrate that does not give, with equal moduli."""
    film = replace(SUBSTRATE, shrinkage=-0.05)
    return shrinking_film([(height, SUBSTRATE), (1.0, film)], 1) / film_on_thick_substrate(1.0, film)


def worst(what: str, cases: Sequence[Sharp], tolerance: float, why: str) -> Check:
    case = max(cases, key=lambda case: abs(case.computed / case.exact - 1))
    place = f"Ef/Es {case.modulus:.2g}, H/h {case.height:.2g}"
    return Check(f"{what}: G, worst of {len(cases)} ({place})", case.computed, case.exact, tolerance, why)


@dataclass(frozen=True)
class Run:
    """Film, layer and substrate with equal moduli. Toughness such that the film lets go at SoC 0.6."""

    name: str
    supports: dict[str, Support]
    height: float  # of the substrate
    behind: float  # how far the crack has come, and has to go, so that it is long
    ahead: float
    bends: bool

    length, layer, thickness = 0.2, 0.4, 1.6  # ℓ, of the layer, of the film
    film = replace(SUBSTRATE, shrinkage=-0.05)
    critical = 0.6
    fine = length / 4  # elements in the layer

    def release(self, band: bool) -> float:
        """On full charge, with or without the part of the crack band that stays with the film."""
        film, layer = [(self.thickness, self.film)], [(self.layer, SUBSTRATE)]
        remnant = crack_band((self.layer - self.fine) / 2, self.length) if band else []
        below = [(self.height, SUBSTRATE), *layer]
        bonded = beam_energy([*below, *film]) if self.bends else film_on_thick_substrate(self.thickness, self.film)
        return bonded - beam_energy([*remnant, *film])

    def climb(self) -> Climb:
        stack = meshes.Stack(
            width=self.behind + self.ahead,
            electrolyte=self.height,
            interface=self.layer,
            cathode=self.thickness,
            fine=self.fine,
            coarse=0.3,
            notch=meshes.Notch(self.behind, self.fine),
            halo=2 * self.length - self.layer / 2,
        )
        media = {"electrolyte": SUBSTRATE, "interface": SUBSTRATE, "cathode": self.film}
        cracking = Cracking(stack, media, self.supports, self.critical**2 * self.release(band=True), self.length)
        return cracking.climb(self.critical, 0.96, 1.06)


def crack_band(half: float, length: float, slices: int = 40) -> list[tuple[float, Medium]]:
    """Half of a broken AT1 layer, from the row of broken elements up: shear modulus by g(d), and the bulk modulus whole
    because the film presses it. With C = d_b (BULK² - 1) as in `mechanics.laws.thin_layer`, √(d + C) falls by y/2ℓ."""
    low, high = 0.0, 1.0  # d_b at the edge of the layer
    while low < (edge := (low + high) / 2) < high:
        root = sqrt(1 + edge * (BULK**2 - 1)) - half / (2 * length)
        low, high = (edge, high) if root > edge**0.5 * BULK else (low, edge)
    excess = edge * (BULK**2 - 1)
    band = []
    for y in (np.arange(slices) + 0.5) * half / slices:
        d = (sqrt(1 + excess) - y / (2 * length)) ** 2 - excess
        K, mu = SUBSTRATE.bulk, CRACK_MODELS["AT1"].g(d, 0) * SUBSTRATE.shear
        band.append((half / slices, Medium(9 * K * mu / (3 * K + mu), (3 * K - 2 * mu) / (6 * K + 2 * mu), 1.0)))
    return band


def draw(figure: Figure, sharp: Sequence[Sharp], runs: Sequence[Run], climbs: Sequence[Climb]) -> None:
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    heights = np.geomspace(0.5, 100, 60)
    for i, ratio in enumerate(sorted({case.modulus for case in sharp})):
        film = film_of(ratio)
        whole = film_on_thick_substrate(1.0, film)
        exact = [shrinking_film([(height, SUBSTRATE), (1.0, film)], 1) / whole for height in heights]
        left.semilogx(heights, exact, color=f"C{i}", label=f"Ef/Es = {ratio:.2g}")
        points = [(case.height, case.computed / case.whole) for case in sharp if case.modulus == ratio]
        left.plot(*zip(*points, strict=True), "o", color=f"C{i}")
    left.axhline(1, color="grey", linewidth=0.8, linestyle="--")
    left.set_xlabel("thickness of the substrate over that of the film")
    left.set_ylabel("G over (1-ν²) σf² h/(2E)")
    left.set_title("Bending freely: beams (lines), sharp crack (points)", fontsize=10)
    left.legend(fontsize=8)
    right.axvspan(0.97, 1.03, color="0.92")
    right.axvline(1, color="grey")
    for row, climb in enumerate(climbs):
        climb.draw(right, row)
    right.set_yticks(range(len(runs)), [run.name.replace(" substrate", "\nsubstrate") for run in runs])
    right.set_ylim(-0.7, len(runs) - 0.3)
    right.set_xlabel("charge over the exact critical one")
    right.set_title("Phase field: held (o), ran (x)", fontsize=10)
