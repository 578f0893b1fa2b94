"""From cards to the numbers of each layer."""

import pytest
from tiny_case import tiny

from intact.bodies.media import Layers, layers, missing
from materials.hardness import expanding_cavity
from materials.mixture import Elastic, levin


def made(folder, *settings: str) -> Layers:
    [(_, case)] = tiny(folder, *settings).cases
    return layers(case)


@pytest.mark.parametrize(
    ("electrolyte", "fraction", "young"),
    # the sheet gives three digits of the fraction, for LZACO, and two of the moduli
    [("LZACO", 0.641, 6300), ("LZCO", 0.635, 30_600)],
)
def test_composite_by_the_lower_bound(tmp_path, electrolyte, fraction, young):
    found = made(tmp_path, f"materials.electrolyte={electrolyte}")
    assert found.active_volume_fraction == pytest.approx(fraction, abs=5e-4)
    assert found.media["cathode"].young == pytest.approx(young, rel=0.01)


def test_composite_of_lzco_at_the_fraction_of_the_sheet(tmp_path):
    """The sheet's 31.1 GPa belong to 64.1 vol%, the fraction with the density of LZACO."""
    found = made(tmp_path, 'given.LZCO.density="2.84 g/cm^3"')
    assert found.active_volume_fraction == pytest.approx(0.641, abs=5e-4)
    assert found.media["cathode"].young == pytest.approx(31_100, rel=0.005)  # three digits


@pytest.mark.parametrize("moduli", ["hashin-shtrikman lower", "reuss", "mori-tanaka", "self-consistent"])
def test_only_the_cathode_shrinks_and_by_levin(tmp_path, moduli):
    found = made(tmp_path, f"composite.moduli={moduli}")
    cathode = found.media["cathode"]
    mixed, fraction = Elastic(cathode.young, cathode.poisson), found.active_volume_fraction
    expected = levin(Elastic(7920, 0.3), Elastic(200_000, 0.25), mixed, -0.1, fraction)
    assert cathode.shrinkage == pytest.approx(expected, rel=1e-9)  # the same formula on the same numbers
    assert -0.1 < cathode.shrinkage <= -0.1 * fraction * (1 - 1e-9)  # stiff inclusions take the matrix along
    assert found.media["electrolyte"].shrinkage == found.media["interface"].shrinkage == 0


def test_volumetric_strain_is_the_cube_of_a_linear_one(tmp_path):
    linear = made(tmp_path, "shrinkage.active_strain=-0.1").media["cathode"].shrinkage
    volumetric = made(tmp_path, "shrinkage.active_strain=-0.271", "shrinkage.measure=volumetric").media["cathode"]
    assert volumetric.shrinkage == pytest.approx(linear, rel=1e-9)  # 1 - 0.271 = 0.9³; round-off


@pytest.mark.parametrize(
    ("electrolyte", "rule", "stress"),
    [("LZACO", "tabor", 220 / 3), ("LZCO", "tabor", 690), ("LZACO", "expanding cavity", 153), ("LZACO", "none", None)],
)
def test_yield_rules(tmp_path, electrolyte, rule, stress):
    found = made(tmp_path, f"materials.electrolyte={electrolyte}", f"flow.yield_stress={rule}")
    for medium in found.media.values():
        assert medium.yield_stress == (None if stress is None else pytest.approx(stress, rel=5e-3))  # three digits


def test_yield_stress_of_the_card_is_taken_as_it_is(tmp_path):
    found = made(tmp_path, "flow.yield_stress=card", 'given.LZCO.yield_stress="0.5 GPa"')
    assert found.media["cathode"].yield_stress == 500
    assert found.sources["LZCO.yield_stress"].startswith("0.5 GPa (assumed")
    assert "LZCO.hardness" not in found.sources


def test_hardening_is_a_share_of_the_layers_modulus(tmp_path):
    media = made(tmp_path, "flow.hardening=2 %").media
    assert media["interface"].hardening == pytest.approx(0.02 * 7920)
    assert media["cathode"].hardening == pytest.approx(0.02 * media["cathode"].young)


def test_given_numbers_come_before_the_cards(tmp_path):
    given = ('given.LZCO.young_modulus="5 GPa"', "given.LZCO.poisson_ratio=0.25", 'given.LZCO.hardness="0.6 GPa"')
    found = made(tmp_path, *given, "flow.yield_stress=expanding cavity")
    interface = found.media["interface"]
    assert (interface.young, interface.poisson) == (5000, 0.25)
    assert interface.yield_stress == pytest.approx(expanding_cavity(600, 5000, 0.25))
    assert "given in the case" in found.sources["LZCO.young_modulus"]


def test_toughness_and_where_it_comes_from(tmp_path):
    found = made(tmp_path)
    assert {name: medium.toughness for name, medium in found.media.items()} == {
        "electrolyte": 100,
        "interface": 10,
        "cathode": 100,
    }
    assert found.sources["interface toughness"] == "10 J/m^2 (calibrated: on nothing)"
    assert found.sources["bulk toughness"] == "100 J/m^2 (given in the case)"


COHESIVE = "fracture.model=PF-CZM linear"


def test_strength_of_a_cohesive_crack(tmp_path):
    """The bulk is as brittle as the interface, Gc/ft² the same, unless its strength is given."""
    found = made(tmp_path, COHESIVE, "fracture.interface_strength=50 MPa")
    assert found.media["interface"].strength == 50
    assert found.media["cathode"].strength == pytest.approx(50 * 10**0.5)  # 100 J/m² on 10 J/m²
    assert found.sources["bulk strength"].endswith("(as brittle as the interface)")
    given = made(tmp_path, COHESIVE, "fracture.interface_strength=50 MPa", "fracture.bulk_strength=0.3 GPa")
    assert given.media["electrolyte"].strength == 300


def test_strength_comes_from_the_card_where_the_case_has_none(tmp_path):
    [(_, case)] = tiny(tmp_path, COHESIVE).cases
    [(key, sentence)] = missing(case)
    assert key == "materials.electrolyte"
    assert "has no strength" in sentence
    assert made(tmp_path, COHESIVE, "given.LZCO.strength=40 MPa").media["interface"].strength == 40


def test_other_models_have_no_strength_of_their_own(tmp_path):
    assert all(medium.strength is None for medium in made(tmp_path).media.values())


def test_voce_hardening_reaches_every_layer(tmp_path):
    media = made(tmp_path, "flow.saturation_stress=30 MPa", "flow.saturation_strain=2 %").media
    assert {(medium.saturation, medium.saturation_strain) for medium in media.values()} == {(30.0, 0.02)}


def test_every_number_that_is_missing_has_its_sentence(tmp_path):
    [(_, case)] = tiny(tmp_path, "materials.electrolyte=Li2In1/3Sc1/3Cl4").cases
    keys, sentences = zip(*missing(case), strict=True)
    assert set(keys) == {"materials.electrolyte"}
    for name in ("young_modulus", "poisson_ratio", "hardness"):
        assert any(f"has no {name}" in sentence and f"\n{name} = " in sentence for sentence in sentences)
    assert '[given."Li2In1/3Sc1/3Cl4"]' in sentences[0]


def test_a_hardness_that_is_not_needed_may_be_missing(tmp_path):
    moduli = ('given."Li2In1/3Sc1/3Cl4".young_modulus="2 GPa"', 'given."Li2In1/3Sc1/3Cl4".poisson_ratio=0.3')
    [(_, case)] = tiny(tmp_path, "materials.electrolyte=Li2In1/3Sc1/3Cl4", "flow.yield_stress=none", *moduli).cases
    assert missing(case) == []
    assert layers(case).media["interface"].yield_stress is None


@pytest.mark.parametrize(
    ("electrolyte", "rule", "word"),
    [
        ("LZCO", "tabor", "in effect elastic"),
        ("LZCO", "expanding cavity", "do not belong together"),
        ("LZACO", "tabor", "underrates"),
        ("LZACO", "expanding cavity", None),  # that rule is what the warning asks for
        ("LZCO", "none", None),
    ],
)
def test_warnings_of_hardness(tmp_path, electrolyte, rule, word):
    warnings = made(tmp_path, f"materials.electrolyte={electrolyte}", f"flow.yield_stress={rule}").warnings
    assert [word in text for text in warnings] == ([] if word is None else [True])
