"""A card is read, or refused with every fault named by file, key and value."""

import shutil

import pytest

from materials.card import (
    CARDS,
    CardError,
    MaterialError,
    MissingProperty,
    UnknownMaterial,
    load,
    names,
    read_card,
)

HEADER = 'name = "Mine"\nformula = "LiX"\nkind = "electrolyte"\nabout = "Made up for a test."\n'
MODULUS = 'value = "2 GPa"\nmethod = "ultrasound"\nsource = "Someone 2026"\nconfidence = "measured"\n'


@pytest.fixture
def card(tmp_path):
    """Writes a card of the values given, each a property and the lines below it, and hands back its path."""

    def write(*values, header=HEADER):
        path = tmp_path / "mine.toml"
        path.write_text(header + "".join(f"\n[[{key}]]\n{lines}" for key, lines in values), encoding="utf-8")
        return path

    return write


def faults_of(path):
    with pytest.raises(CardError) as error:
        read_card(path)
    assert all(fault.startswith(f"{path}: ") for fault in error.value.problems)
    assert str(error.value) == "\n".join(error.value.problems)
    return [fault.removeprefix(f"{path}: ") for fault in error.value.problems]


def test_reads_by_path(card):
    material = load(str(card(("young_modulus", MODULUS + 'sigma = "50 MPa"\nbounds = ["1 GPa", "3 GPa"]\n'))))
    value = material["young_modulus"]
    assert (material.name, material.kind, material.aliases) == ("Mine", "electrolyte", ())
    assert (value.number, value.unit, value.text) == (2000.0, "MPa", "2 GPa")
    assert (value.sigma, value.bounds, value.spread) == (50.0, (1000.0, 3000.0), "± 50 MPa, 1 GPa to 3 GPa")
    assert (value.method, value.source, value.confidence) == ("ultrasound", "Someone 2026", "measured")
    assert material.has("young_modulus")
    assert not material.has("hardness")


def test_model_card_can_be_copied(tmp_path):
    assert load(shutil.copy(CARDS / "LZACO.toml", tmp_path / "copy.toml").as_posix()) == load("LZACO")


@pytest.mark.parametrize("confidence", ["measured", "secondary", "derived", "calibrated"])
def test_refuses_a_value_without_source(card, confidence):
    lines = f'value = "2 GPa"\nmethod = "ultrasound"\nconfidence = "{confidence}"\n'
    (fault,) = faults_of(card(("young_modulus", lines)))
    assert fault.startswith("young_modulus: value '2 GPa': source is missing")


def test_takes_a_value_without_source_that_says_assumed(card):
    lines = 'value = 0.3\nmethod = "usual for glasses"\nconfidence = "assumed"\n'
    assert read_card(card(("poisson_ratio", lines)))["poisson_ratio"].source is None


@pytest.mark.parametrize(
    ("key", "lines", "part"),
    [
        (
            "young_moduls",
            MODULUS,
            "young_moduls: is not a property that cards know; did you mean young_modulus?",
        ),
        ("density", MODULUS, "density: value '2 GPa': got '2 GPa' (a stress), takes a density such as"),
        ("hardness", MODULUS.replace("2 GPa", "-2 GPa"), "takes a stress above 0 MPa"),
        ("poisson_ratio", MODULUS.replace('"2 GPa"', "0.5"), "takes a number above -1 and below 0.5"),
        ("hardness", MODULUS.replace('"2 GPa"', "true"), "value True: got True, takes a stress"),
        ("hardness", MODULUS.replace('value = "2 GPa"\n', ""), "value is missing, takes a stress"),
        ("hardness", MODULUS.replace('method = "ultrasound"\n', ""), "method is missing"),
        ("hardness", MODULUS.replace("ultrasound", " "), "method: got ' ', takes a text"),
        ("hardness", MODULUS.replace("Someone 2026", ""), "source: got '', takes a text"),
        ("hardness", MODULUS.replace("measured", "mesured"), "got mesured, takes one of measured, secondary"),
        ("hardness", MODULUS.replace("measured", "mesured"), "did you mean measured?"),
        (
            "hardness",
            MODULUS.replace("method", "methd"),
            "methd is not a word that a value takes; did you mean method?",
        ),
        (
            "hardness",
            MODULUS + 'doi = "https://doi.org/10.1038/x"\n',
            "doi: got 'https://doi.org/10.1038/x', takes the bare",
        ),
        ("hardness", MODULUS + 'sigma = "3 um"\n', "sigma: got '3 um' (a length)"),
        ("hardness", MODULUS + 'sigma = "0 MPa"\n', "sigma: got '0 MPa', takes one above 0"),
        ("hardness", MODULUS + 'bounds = ["3 GPa", "1 GPa"]\n', "the value between them"),
        ("hardness", MODULUS + 'bounds = ["3 GPa", "4 GPa"]\n', "the value between them"),
        ("hardness", MODULUS + 'bounds = "1 GPa"\n', "bounds: got '1 GPa', takes two"),
        ("hardness", MODULUS + 'bounds = ["1 GPa", "nan GPa"]\n', "bounds: got 'nan GPa'"),
        ("hardness", MODULUS + 'preferred = "yes"\n', "preferred: got 'yes', takes true or false"),
        ("hardness", MODULUS + "preferred = false\n", "got none marked preferred"),
    ],
)
def test_names_the_fault(card, key, lines, part):
    assert any(part in fault for fault in faults_of(card((key, lines))))


def test_of_several_values_exactly_one_is_preferred_and_says_why(card):
    two, mark, why = ("hardness", MODULUS), "preferred = true\n", 'note = "Denser."\n'
    assert "got none marked preferred" in faults_of(card(two, two))[0]
    assert (
        "got 2 GPa and 2 GPa marked"
        in faults_of(card(("hardness", MODULUS + mark + why), ("hardness", MODULUS + mark + why)))[0]
    )
    assert "its note must say why" in faults_of(card(two, ("hardness", MODULUS + mark)))[0]
    material = read_card(card(two, ("hardness", MODULUS.replace("2 GPa", "3 GPa") + mark + why)))
    assert [value.number for value in material.values["hardness"]] == [2000.0, 3000.0]
    assert material["hardness"].number == 3000.0


def test_tells_all_faults_at_once(card):
    faults = faults_of(
        card(
            ("hardnes", MODULUS),
            ("density", MODULUS + "colour = 1\n"),
            header=HEADER.replace("electrolyte", "anod"),
        )
    )
    assert len(faults) == 4
    assert any(
        "kind: got 'anod', takes electrolyte or active or anode; did you mean anode?" in fault for fault in faults
    )


def test_names_what_the_header_lacks(card):
    faults = faults_of(card(("hardness", MODULUS), header='name = ""\naliases = "M"\n'))
    assert [fault.split(":")[0] for fault in faults] == ["name", "formula", "kind", "about", "aliases"]


def test_names_a_property_that_is_no_list(card):
    assert "takes one or more tables headed [[hardness]]" in faults_of(card(header=HEADER + 'hardness = "2 GPa"\n'))[0]
    assert (
        "takes one or more tables headed [[hardness]]" in faults_of(card(header=HEADER + f"[hardness]\n{MODULUS}"))[0]
    )


def test_names_the_file_that_cannot_be_read(tmp_path):
    (tmp_path / "broken.toml").write_text("name = \n", encoding="utf-8")
    (tmp_path / "latin.toml").write_bytes('about = "µ"'.encode("latin-1"))
    (tmp_path / "folder.toml").mkdir()
    for file, part in (
        ("absent.toml", "there is no such card file"),
        ("broken.toml", "cannot be read as TOML"),
        ("latin.toml", "cannot be read as TOML"),
        ("folder.toml", "cannot be read as TOML"),
    ):
        with pytest.raises(CardError, match=part) as error:
            load(str(tmp_path / file))
        assert file in str(error.value)


def test_unknown_material_gets_near_names():
    with pytest.raises(UnknownMaterial, match="there is no card for LZAC0; did you mean LZACO"):
        load("LZAC0")


def test_missing_property_says_how_to_give_it():
    with pytest.raises(MissingProperty) as error:
        load("LNC")["hardness"]
    assert "the card of Li9N2Cl3 has no hardness" in str(error.value)
    assert '[given.Li9N2Cl3]\nhardness = "1.3 GPa"' in str(error.value)
    with pytest.raises(MissingProperty, match=r'given\."Li2In1/3Sc1/3Cl4"'):
        load("LISC")["hardness"]
    with pytest.raises(MissingProperty, match=r"did you mean hardness\?"):
        load("LNC")["hardnes"]


def test_given_numbers_come_first():
    card, own = (
        load("LPSCl"),
        load("LPSCl").with_given({"hardness": "2 GPa", "strength": "90 MPa", "poisson_ratio": 0.3}),
    )
    assert (own["hardness"].number, own["strength"].number, own["poisson_ratio"].number) == (
        2000.0,
        90.0,
        0.3,
    )
    assert (own["hardness"].confidence, own["hardness"].source) == ("assumed", "given in the case")
    assert [value.number for value in own.values["hardness"]] == [
        2000.0,
        1340.0,
    ]  # the card's stays to be seen
    assert sum(value.preferred for value in own.values["poisson_ratio"]) == 1
    assert card["hardness"].number == 1340.0  # and the card itself is as it was


def test_given_numbers_are_checked_all_together():
    with pytest.raises(MaterialError) as error:
        load("LPSCl").with_given({"hardness": "2 um", "hardnes": "2 GPa", "poisson_ratio": 0.7})
    assert len(str(error.value).splitlines()) == 3
    assert "given.Li6PS5Cl.hardness: got '2 um' (a length), takes a stress" in str(error.value)


def test_names_are_sorted_and_load():
    assert names() == sorted(names(), key=str.lower)
    assert {load(name).name for name in names()} == set(names())
