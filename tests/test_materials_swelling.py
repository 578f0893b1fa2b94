"""Measured swelling: the curves that come with the program, strain over a charge, and what is refused."""

import re
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from materials import card, curve
from materials.curve import CURVES, UnknownCurve, load, names, of_material, read_curve
from materials.swelling import (
    Change,
    CrystalStrain,
    LinearStrain,
    LithiumWindow,
    SwellingError,
    disagreement,
    theoretical_capacity,
)
from materials.value import CardError

ALIASES = {"LCO": "LiCoO2", "NMC111": "NCM111", "NMC622": "NCM622", "NMC811": "NCM811", "NCA": "NCA80"}
ROUND_OFF = 1e-12


def test_every_curve_has_its_name_and_its_source():
    assert {alias: load(alias).name for alias in ALIASES} == ALIASES
    assert set(names()) == set(ALIASES.values()) == {path.stem for path in CURVES.glob("*.toml")}
    for name in names():
        origin = load(name).origin
        assert origin.method
        assert (origin.source or "").startswith("Koerver")
        assert origin.doi == "10.1039/c8ee00907d"
        assert origin.confidence == "secondary"  # read in a table that quotes it


@pytest.mark.parametrize(
    ("name", "points", "first", "last"),
    [
        ("LiCoO2", 26, (1.0, 0.0), (0.42964, -1.05408)),
        ("NCM111", 14, (1.0, 0.0), (0.24269, -2.02051)),
        ("NCM622", 25, (0.911, -0.025), (0.186, -4.818)),
        ("NCM811", 26, (1.0, 0.0), (0.15092, -6.53446)),
        ("NCA80", 25, (0.88783, -0.03606), (0.16859, -5.72004)),
    ],
)
def test_tables_are_whole_and_met_at_their_points(name, points, first, last):
    volume = load(name).volume
    assert len(volume.lithium) == len(volume.change) == points
    for lithium, percent in (first, last):
        assert volume.at(lithium) == pytest.approx(percent / 100, rel=ROUND_OFF)
    for lithium, change in zip(volume.lithium, volume.change, strict=True):
        assert volume.at(lithium) == pytest.approx(change, abs=ROUND_OFF)
    for sooner, later in pairwise(volume.lithium):  # a straight line between
        middle = (volume.at(sooner) + volume.at(later)) / 2
        assert volume.at((sooner + later) / 2) == pytest.approx(middle, abs=ROUND_OFF)


@pytest.mark.parametrize(
    ("name", "lithium", "percent"),
    # the sheet's volume at an end of charge of 4.26 to 4.3 V, to its two digits, and the x that belongs to it
    [("NCM622", 0.257, -3.6), ("NCM811", 0.223, -4.5), ("NCA", 0.249, -3.6), ("LCO", 0.430, -1.05)],
)
def test_volume_at_the_end_of_a_usual_charge(name, lithium, percent):
    assert 100 * load(name).volume.at(lithium) == pytest.approx(percent, abs=0.051)


def test_cards_and_curves_have_the_same_volume_at_the_end_of_charge():
    for name, lithium in (("NCM622", 0.257), ("NCM811", 0.223), ("NCA", 0.249), ("LCO", 0.43)):
        on_card = card.load(name)["shrinkage_at_full_charge"].number
        assert load(name).volume.at(lithium) == pytest.approx(on_card, abs=5.1e-4)  # two digits on the cards


def test_lithium_cobalt_oxide_swells_first_and_shrinks_then():
    strain = LinearStrain(load("LCO"), LithiumWindow(1.0, 0.43))
    volumes = [strain.volume(step / 100) for step in range(101)]
    highest = volumes.index(max(volumes))  # two equal points follow each other there, less than 4 of these steps apart
    assert max(volumes) == pytest.approx(0.0219, abs=1e-4)  # three digits of the sheet
    assert 1 - 0.57 * highest / 100 == pytest.approx(0.6, abs=0.02)  # where two equal points of the table are
    assert all(later >= sooner - ROUND_OFF for sooner, later in pairwise(volumes[: highest + 1]))
    assert all(later < sooner for sooner, later in pairwise(volumes[highest + 4 :]))
    assert volumes[-1] < 0 < volumes[60]


@pytest.mark.parametrize("name", ["NCM622", "NCM811", "NCA"])
def test_most_of_the_shrinkage_comes_late(name):
    """More than half of it below 0.35 lithium, so that a straight line gives too much in the middle of the charge."""
    volume = load(name).volume
    assert volume.since(0.35, volume.lithium[-1]) < 0.5 * volume.since(volume.lithium[0], volume.lithium[-1])


def test_the_charge_counts_from_its_own_start():
    volume = load("NCM811").volume
    start, middle, end = 0.88783, 0.45955, 0.24473
    assert volume.since(start, start) == 0
    assert volume.since(1.0, end) == pytest.approx(-0.0392153, rel=ROUND_OFF)
    by_hand = (1 - 0.0392153) / (1 - 0.0001909) - 1
    assert volume.since(start, end) == pytest.approx(by_hand, rel=ROUND_OFF)
    both = (1 + volume.since(start, middle)) * (1 + volume.since(middle, end)) - 1
    assert volume.since(start, end) == pytest.approx(both, rel=ROUND_OFF)


def test_the_reference_of_a_table_does_not_matter():
    """V(x)/V(start) is the same whatever volume the table counts from."""
    volume = load("LCO").volume
    other = Change("it", volume.lithium, tuple((1 + change) * 1.3 - 1 for change in volume.change))
    assert other.since(0.9, 0.5) == pytest.approx(volume.since(0.9, 0.5), rel=1e-10)  # round-off of 1.3


def test_linear_strain_is_a_cube_root():
    strain = LinearStrain(load("NCM811"), LithiumWindow(0.88783, 0.24473))
    volume = (1 - 0.0392153) / (1 - 0.0001909) - 1
    assert (1 + strain(1.0)) ** 3 == pytest.approx(1 + volume, rel=ROUND_OFF)
    assert strain(0.0) == 0
    assert strain(1.0) == pytest.approx(volume / 3, rel=0.015)  # the next term of the root is |volume|/3 of it
    assert strain(0.5) == pytest.approx(strain.volume(0.5) / 3, rel=0.005)


def test_a_charge_outside_the_curve_is_refused_with_its_range():
    sentence = "the volume of NCM811 is known from 1 to 0.15092 lithium, and 0.11 was asked for"
    with pytest.raises(SwellingError, match=f"^{re.escape(sentence)}$"):
        LinearStrain(load("NCM811"), LithiumWindow(1.0, 0.11))
    with pytest.raises(SwellingError, match=re.escape("known from 0.88783 to 0.16859 lithium, and 1 was asked for")):
        LinearStrain(load("NCA"), LithiumWindow(1.0, 0.3))
    ends = load("NCM811").volume.lithium[-1], load("NCM811").volume.lithium[0]
    assert load("NCM811").volume.at(ends[0] - 1e-10) == load("NCM811").volume.at(ends[0])  # round-off is no mistake
    for place in (ends[0] - 1e-6, ends[1] + 1e-6):
        with pytest.raises(SwellingError):
            load("NCM811").volume.at(place)


def test_lithium_falls_evenly_over_the_charge():
    window = LithiumWindow(0.95, 0.3)
    assert [window.lithium(soc) for soc in (0.0, 1.0)] == [0.95, 0.3]
    assert window.lithium(0.2) == pytest.approx(0.82, rel=ROUND_OFF)
    for full, charged in ((0.3, 0.95), (0.3, 0.3), (1.1, 0.5), (0.9, -0.1)):
        with pytest.raises(SwellingError, match="takes one that falls"):
            LithiumWindow(full, charged)


@pytest.mark.parametrize(("capacity", "swing"), [(176.0, 0.64), (179.0, 0.65), (209.6, 0.76)])
def test_lithium_by_capacity_is_that_of_the_paper(capacity, swing):
    """The sheet: Δx = Q/274.7 for the cathode of the LZACO paper, to two digits."""
    window = LithiumWindow.of_first_charge(capacity, card.load("scNCM92")["molar_mass"].number)
    assert window.full == 1.0
    assert window.full - window.charged == pytest.approx(capacity / 274.7, rel=1e-4)  # four digits
    assert window.full - window.charged == pytest.approx(swing, abs=0.0051)


@pytest.mark.parametrize("name", [name for name in card.names() if card.load(name).kind == "active"])
def test_theoretical_capacity_is_that_of_the_card(name):
    material = card.load(name)
    found = theoretical_capacity(material["molar_mass"].number)
    assert found == pytest.approx(material["capacity"].number, rel=3e-4)  # four digits


# The lattice


def test_lattice_of_ncm811():
    """c swells while a shrinks, then c collapses; a² c against the volumes that the sheet gives beside them."""
    crystal = load("NCM811")
    lattice = crystal.lattice
    for lithium, volume in ((0.45, 0.990), (0.25, 0.966), (0.20, 0.952), (0.15, 0.938), (0.11, 0.930)):
        assert 1 + lattice.volume(lithium) == pytest.approx(volume, abs=5.1e-4)  # three digits
    strain = CrystalStrain(crystal, LithiumWindow(1.0, 0.11))
    assert strain(0.0) == (0.0, 0.0)
    assert strain(1.0) == pytest.approx((-0.018, -0.0355), rel=ROUND_OFF)
    assert strain(0.55 / 0.89) == pytest.approx((-0.0152, 0.0207), rel=1e-9)  # at 0.45 lithium
    assert max(strain(soc / 100)[1] for soc in range(101)) == pytest.approx(0.0207, rel=0.02)  # near a point


def test_lattice_and_volume_agree_within_the_stated_bound():
    """Half a percent: 0.02 of lithium, which two measurements may well differ by, where the volume falls steepest."""
    crystal = load("NCM811")
    volume, lattice = crystal.volume, crystal.lattice
    points = list(zip(volume.lithium, volume.change, strict=True))
    steepest = max((a[1] - b[1]) / (a[0] - b[0]) for a, b in pairwise(points))
    assert lattice.agrees_within == pytest.approx(0.02 * steepest, rel=0.15)
    apart, where = disagreement(volume, lattice)
    assert apart <= lattice.agrees_within
    assert 0.15092 <= where < 1
    assert apart == pytest.approx(abs(lattice.volume(where) - volume.at(where)), rel=ROUND_OFF)
    fine = [0.15092 + step * 1e-3 for step in range(849)]
    assert max(abs(lattice.volume(x) - volume.at(x)) for x in fine) <= 1.01 * apart  # the points see the worst of it


def test_crystal_strain_counts_from_the_start():
    strain = CrystalStrain(load("NCM811"), LithiumWindow(0.45, 0.11))
    assert strain(1.0) == pytest.approx((0.982 / 0.9848 - 1, 0.9645 / 1.0207 - 1), rel=1e-9)


def test_no_lattice_no_crystal_strain():
    with pytest.raises(SwellingError, match=r"the curve of LiCoO2 has no \[lattice\]"):
        CrystalStrain(load("LCO"), LithiumWindow(1.0, 0.5))
    with pytest.raises(SwellingError, match=r"a of NCM811 is known from 1 to 0.11 lithium, and 0.1 was asked for"):
        CrystalStrain(load("NCM811"), LithiumWindow(1.0, 0.1))


# Names and files


def test_unknown_names_and_known_ones():
    with pytest.raises(UnknownCurve, match="there is no curve for NCM81; did you mean NCM811"):
        load("NCM81")
    assert of_material("NMC811") is load("NCM811")
    assert of_material("scNCM92", "NCM92") is None
    assert load("NCM811").goes_by("X", "NMC811")
    assert not load("NCM811").goes_by("scNCM92")


def test_a_name_belongs_to_one_curve(tmp_path, monkeypatch):
    for name in ("NCM811", "NCA80"):
        shutil.copy(CURVES / f"{name}.toml", tmp_path / f"{name}.toml")
    shutil.copy(CURVES / "NCM811.toml", tmp_path / "twice.toml")
    monkeypatch.setattr(curve, "CURVES", tmp_path)
    curve._shelf.cache_clear()
    try:
        with pytest.raises(CardError, match=r"twice\.toml: NCM811 already names the curve NCM811"):
            load("NCA80")
    finally:
        curve._shelf.cache_clear()


MINE = """
name = "Mine"
about = "Made up for a test."
reference = 1.0
[volume]
method = "dilatometry"
source = "Someone 2026"
confidence = "measured"
points_in_percent = [[1.0, 0.0], [0.5, -1.0], [0.2, -3]]
"""
LATTICE = """
[lattice]
method = "diffraction"
source = "Someone 2026"
confidence = "measured"
agrees_within = "0.1 %"
points_in_percent = [[1.0, 0.0, 0.0], [0.5, -1.0, 1.0]]
"""


@pytest.fixture
def written(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def faults_of(path: Path) -> list[str]:
    with pytest.raises(CardError) as error:
        read_curve(path)
    assert all(fault.startswith(f"{path}: ") for fault in error.value.problems)
    return [fault.removeprefix(f"{path}: ") for fault in error.value.problems]


def test_a_curve_of_ones_own(written):
    mine = load(str(written(MINE + LATTICE)))
    assert mine.volume.at(0.35) == pytest.approx(-0.02, rel=ROUND_OFF)
    assert (mine.origin.method, mine.origin.confidence, mine.aliases) == ("dilatometry", "measured", ())
    assert mine.lattice.volume(0.5) == pytest.approx(0.99**2 * 1.01 - 1, rel=ROUND_OFF)
    assert read_curve(CURVES / "NCM811.toml") == load("NCM811")


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ('name = "Mine"', "", "name: got 'nothing', takes a text"),
        ('name = "Mine"', 'name = "Mine"\naliases = "M"', "aliases: got 'M', takes a list of texts"),
        ('name = "Mine"', 'name = "Mine"\nfull = 1', "full: is not a key of a curve"),
        ("reference = 1.0", "", "reference: got None, takes the lithium content"),
        ("reference = 1.0", "reference = 1.5", "reference: got 1.5, takes the lithium content"),
        ("reference = 1.0", "reference = 0.5", "volume: points_in_percent: got -1 % for the change of volume at the"),
        ("[volume]", "[volum]", "volum: is not a key of a curve; did you mean volume?"),
        ('method = "dilatometry"', "", "volume: method is missing"),
        ('source = "Someone 2026"', "", "volume: source is missing"),
        ('"measured"', '"mesured"', "volume: confidence: got mesured, takes one of"),
        ('"dilatometry"', '"dilatometry"\nsigma = 1', "volume: sigma is not a word that [volume] takes"),
        ('"dilatometry"', '"dilatometry"\ndoi = "http"', "volume: doi: got 'http', takes the bare DOI"),
        ("[0.5, -1.0], [0.2, -3]", "", "got 1 points, takes two or more rows [lithium content, change of volume in %]"),
        ("[0.5, -1.0]", "[1.0, -1.0]", "got 1 after 1, takes lithium contents that fall, as in a charge"),
        ("[0.5, -1.0]", "[0.1, -1.0]", "got 0.2 after 0.1, takes lithium contents that fall"),
        ("[0.5, -1.0]", "[0.5, nan]", "got [0.5, nan], takes [lithium content, change of volume in %], all finite"),
        ("[0.5, -1.0]", "[0.5, true]", "got [0.5, True], takes"),
        ("[0.5, -1.0]", "[0.5]", "got [0.5], takes"),
        ("[0.2, -3]", "[-0.2, -3]", "got [-0.2, -3], takes a lithium content from 0 to 1"),
        ("[0.2, -3]", "[0.2, -300]", "got [0.2, -300], takes a lithium content from 0 to 1 and changes of at most 50"),
        ("[1.0, 0.0]", "[1.0, 0.1]", "got 0.1 % for the change of volume at the reference, 1 lithium, takes 0 there"),
    ],
)
def test_names_the_fault(written, old, new, part):
    assert old in MINE
    assert any(part in fault for fault in faults_of(written(MINE.replace(old, new, 1))))


def test_a_table_that_begins_below_its_reference_has_nothing_to_be_zero_at(written):
    assert read_curve(written(MINE.replace("[1.0, 0.0], ", ""))).volume.lithium == (0.5, 0.2)


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ('"0.1 %"', '"0.001 %"', "lattice: a² c is 0.01% of the volume off [volume] at 0.5 lithium, takes at most"),
        ('agrees_within = "0.1 %"', "", "lattice: agrees_within: got 'nothing'"),
        ('"0.1 %"', "0", "lattice: agrees_within: got 0, takes a share between 0 and 1"),
        ("[1.0, 0.0, 0.0]", "[1.0, 0.0, 0.2]", "lattice: points_in_percent: got 0.2 % for the change of c at the"),
        ("[1.0, 0.0, 0.0]", "[1.0, 0.0]", "takes [lithium content, change of a in %, change of c in %], all finite"),
        ("[0.5, -1.0, 1.0]", "[0.5, -2.0, 1.0]", "lattice: a² c is 2.00% of the volume off [volume] at 0.5 lithium"),
    ],
)
def test_a_lattice_has_to_agree_with_the_volume(written, old, new, part):
    """0.99² 1.01 is 0.989901, which is 0.0099 % off the -1 % of the volume."""
    assert old in LATTICE
    assert any(part in fault for fault in faults_of(written(MINE + LATTICE.replace(old, new))))


def test_the_note_on_lithium_cobalt_oxide_says_true():
    """Its published a and c are left out as they make another volume than the table: 2.9 % off at 0.43 lithium."""
    volume = 0.9964**2 * 1.026 - 1
    assert volume == pytest.approx(0.019, abs=5e-4)
    assert volume - load("LCO").volume.at(0.43) > 5 * load("NCM811").lattice.agrees_within
    assert "No lattice" in load("LCO").origin.note
    assert load("LCO").lattice is None
