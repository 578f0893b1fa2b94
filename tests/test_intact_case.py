"""The case file: what is read, what is refused and in which words, what a comparison becomes."""

import json
import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intact.case import behaviour
from intact.case import model as sections
from intact.case.problems import known_keys
from intact.case.read import Case, CaseProblems, Study, read
from intact.case.schema import schema
from intact.cli import HELP
from mechanics import CRACK_MODELS, KINEMATICS, SPLITS

FOLDER = Path(__file__).parent.parent / "cases"
MODEL = FOLDER / "lzco-vs-lzaco.toml"
MINIMAL = """
[materials]
electrolyte = "LZACO"
active = "scNCM92"
[fracture]
interface_toughness = "90 J/m^2"
interface_toughness_confidence = "assumed"
[shrinkage]
active_strain = "-10 %"
measure = "linear"
"""
TABLE = {
    "materials": {"electrolyte": "LZACO", "active": "scNCM92"},
    "fracture": {"interface_toughness": "90 J/m^2", "interface_toughness_confidence": "assumed"},
    "shrinkage": {"active_strain": "-10 %", "measure": "linear"},
}


@pytest.fixture
def written(tmp_path):
    """Writes a case file and gives its path."""

    def write(text: str = MINIMAL) -> Path:
        path = tmp_path / "case.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def problems(path: Path, *changes: str) -> list[str]:
    with pytest.raises(CaseProblems) as caught:
        read(path, changes)
    return [str(problem) for problem in caught.value.problems]


def only_case(study: Study) -> Case:
    [(_, case)] = study.cases
    return case


# What is read


def test_quantities_become_floats_in_internal_units(written):
    case = only_case(read(written(), ["stack.width=0.02 mm", "fracture.bulk_toughness=0.5 kN/m"]))
    assert case.stack is not None
    assert case.stack.width == pytest.approx(20.0, rel=1e-12)  # round-off of one conversion
    assert case.fracture.bulk_toughness == pytest.approx(500.0, rel=1e-12)
    assert case.shrinkage.active_strain == pytest.approx(-0.1, rel=1e-12)
    assert isinstance(case.stack.width, float)


def test_minimal_case_has_the_defaults_of_the_model_file(written):
    case = only_case(read(written()))
    assert case.stack is not None
    assert (case.stack.width, case.stack.electrolyte, case.stack.interface, case.stack.cathode) == (
        20,
        5,
        0.8,
        5,
    )
    assert case.stack.notch is None
    assert (case.boundaries.bottom, case.boundaries.top) == ("clamped", "sliding")
    assert (case.boundaries.left, case.boundaries.right) == ("free", "sliding")
    assert case.flow.yield_stress == "tabor"
    assert case.fracture.bulk_toughness == 10 * case.fracture.interface_toughness
    assert case.output.soc == (0.2, 0.4, 0.6, 0.8, 1.0)


def test_pictured_states_follow_the_end_of_the_run(written):
    assert only_case(read(written(), ["steps.until=0.5"])).output.soc == (0.2, 0.4, 0.5)


def test_title_falls_back_on_the_file_name(written):
    assert read(written()).title == "case"
    assert read(written(), ["title=Holds"]).title == "Holds"


def test_the_case_shown_in_the_help_is_valid(written):
    block = HELP.split("\b\n")[1].replace("\\[", "[")
    assert only_case(read(written(block))).materials.electrolyte == "LZACO"


def test_model_case_is_valid():
    study = read(MODEL)
    assert {case.materials.electrolyte for _, case in study.cases} == {"LZCO", "LZACO"}


def test_own_numbers_reach_the_material_under_any_of_its_names(written):
    text = MINIMAL.replace('"LZACO"', '"LPSCl"') + '[given.Li6PS5Cl]\nhardness = "1.5 GPa"\n'
    electrolyte = only_case(read(written(text))).material("electrolyte")
    assert electrolyte["hardness"].number == pytest.approx(1500.0, rel=1e-12)
    assert electrolyte["hardness"].confidence == "assumed"


def test_mesh_file_replaces_the_stack_and_lies_beside_the_case(written, tmp_path):
    (tmp_path / "mine.msh").touch()
    case = only_case(read(written(MINIMAL + '[mesh]\nfile = "mine.msh"\n')))
    assert case.stack is None
    assert case.mesh.file == tmp_path / "mine.msh"


def test_every_model_of_mechanics_has_its_word_in_the_case_file():
    assert get_args(behaviour.CrackModelName) == tuple(CRACK_MODELS)
    assert set(get_args(behaviour.SplitName)) == {*SPLITS, "star-convex"}
    assert get_args(sections.Geometry) == tuple(KINEMATICS)


# What is refused, one kind of mistake each: the change, then the sentence

REFUSED = {
    "unknown key": (
        "fracture.lenght=0.2 um",
        "fracture.lenght: got an unknown key, [fracture] takes model, split, star_convexity, length, "
        "interface_toughness, interface_toughness_confidence, interface_toughness_note, bulk_toughness, "
        "interface_strength, bulk_strength; did you mean length?",
    ),
    "unknown section": (
        "fractur.model=AT1",
        "fractur: got an unknown key, a case takes title, about, geometry, materials, given, composite, stack, "
        "particles, particle, mesh, fracture, flow, fatigue, shrinkage, diffusion, contact, boundaries, steps, "
        "cycling, schedule, solver, output, compare, band; did you mean fracture?",
    ),
    "key in the wrong section": (
        "stack.coarse=1 um",
        "stack.coarse: got an unknown key, [stack] takes width, electrolyte, interface, cathode, depth, notch; "
        "did you mean mesh.coarse?",
    ),
    "a depth in the plane": (
        "stack.depth=5 um",
        'stack.depth: got 5 um with geometry = "plane strain", takes leaving it out, or geometry = "3d"',
    ),
    "no depth in 3d": (
        "geometry=3d",
        'stack.depth: got nothing with geometry = "3d", takes a length, such as "10 um"',
    ),
    "a penny in the plane": (
        "stack.notch.length=2 um\nstack.notch.shape=penny",
        'stack.notch.shape: got "penny", takes geometry = "3d"; an axisymmetric wedge is round, too',
    ),
    "a closed notch that is open": (
        "stack.notch={length='2 um', opening='0.1 um', shape='closed'}",
        'stack.notch.opening: has no effect with stack.notch.shape = "closed", takes leaving it out',
    ),
    "a closed notch in space": (
        "geometry=3d\nstack.depth=5 um\nstack.notch={length='2 um', shape='closed'}",
        'stack.notch.shape: got "closed" with geometry = "3d", takes "penny"',
    ),
    "a front in the plane": (
        "boundaries.front=free",
        'boundaries.front: has no effect with geometry = "plane strain", takes leaving it out',
    ),
    "nothing holds in depth": (
        "geometry=3d\nstack.depth=5 um\nboundaries.front=free\nboundaries.back=free\nboundaries.bottom=sliding",
        'boundaries.back: got "free" with boundaries.front = "free", so nothing holds the stack in depth',
    ),
    "a penny without symmetry": (
        "geometry=3d\nstack.depth=5 um\nstack.notch.length=2 um\nstack.notch.shape=penny",
        'boundaries.left: got "free" with stack.notch.shape = "penny", a quarter of which is modelled, takes "sliding"',
    ),
    "an axis that moves": (
        "geometry=axisymmetric",
        'boundaries.left: got "free" with geometry = "axisymmetric", whose left side is the axis, takes "sliding"',
    ),
    "star-convex without its number": (
        "fracture.split=star-convex",
        'fracture.star_convexity: got nothing with fracture.split = "star-convex", takes a number of at least -1',
    ),
    "star convexity of another split": (
        "fracture.star_convexity=5",
        'fracture.star_convexity: has no effect with fracture.split = "volumetric-deviatoric", takes leaving it out',
    ),
    "a strength that follows": (
        "fracture.interface_strength=100 MPa",
        'fracture.interface_strength: has no effect with fracture.model = "AT1", takes leaving it out',
    ),
    "flow with a split that it does not fit": (
        "fracture.split=spectral",
        'flow.yield_stress: got "tabor" with fracture.split = "spectral", which leaves shear energy in a closed crack',
    ),
    "half of Voce": (
        "flow.saturation_stress=30 MPa",
        "flow.saturation_strain: got nothing with flow.saturation_stress, takes both of them or neither",
    ),
    "wrong dimension": (
        "stack.width=5 GPa",
        "stack.width: got '5 GPa' (a stress), takes a length such as \"5 um\"",
    ),
    "no unit": ("stack.width=5", 'stack.width: got 5 (no unit), takes a length such as "5 um"'),
    "misspelled unit": (
        "fracture.interface_toughness=90 J/m2",
        "fracture.interface_toughness: got '90 J/m2' (J/m2 is not a unit known here",
    ),
    "no length at all": ("stack.width=0 um", "stack.width: got '0 um', takes a length above 0"),
    "negative length": ("stack.width=-5 um", "stack.width: got '-5 um', takes a length above 0"),
    "fraction above one": (
        "composite.active_weight_fraction=120 %",
        "composite.active_weight_fraction: got '120 %', takes a number above 0 and at most 1",
    ),
    "strain without its percent sign": (
        "shrinkage.active_strain=-10",
        "shrinkage.active_strain: got -10, takes a number above -0.5 and below 0.5",
    ),
    "half of a strain": (
        "shrinkage={active_strain='-10 %'}",
        'shrinkage.measure: got nothing with shrinkage.active_strain, takes "linear" or "volumetric"',
    ),
    "a strain and a curve": (
        "shrinkage.curve=NCM811",
        'shrinkage.curve: got "NCM811" with shrinkage.active_strain, takes leaving out one of them',
    ),
    "the measure of a curve": (
        "shrinkage={curve='NCM811', lithium=[0.95, 0.3], measure='linear'}",
        "shrinkage.measure: has no effect with shrinkage.curve, takes leaving it out",
    ),
    "unknown curve": (
        "shrinkage={curve='NCM81', lithium=[0.95, 0.3]}",
        "shrinkage.curve: got 'NCM81', takes the name of a curve (LiCoO2, NCA80, NCM111, NCM622, NCM811) or a curve "
        "file (.toml): there is no curve for NCM81; did you mean NCM811",
    ),
    "missing curve file": (
        "shrinkage={curve='mine.toml', lithium=[0.95, 0.3]}",
        "shrinkage.curve: got 'mine.toml', takes the name of a curve (LiCoO2, NCA80, NCM111, NCM622, NCM811) or a",
    ),
    "a curve without its range": (
        "shrinkage={curve='NCM811'}",
        "shrinkage.lithium: got nothing with shrinkage.curve, takes one of them: lithium = [0.95, 0.3], at SoC 0 and "
        '1, or capacity = "180 mAh/g"',
    ),
    "a curve with two ranges": (
        "shrinkage={curve='NCM811', lithium=[0.95, 0.3], capacity='180 mAh/g'}",
        "shrinkage.lithium: got it with shrinkage.capacity, takes one of them: ",
    ),
    "lithium without a curve": (
        "shrinkage.lithium=[0.95, 0.3]",
        "shrinkage.lithium: has no effect without shrinkage.curve, takes leaving it out, or shrinkage.curve",
    ),
    "capacity without a curve": (
        "shrinkage.capacity=180 mAh/g",
        "shrinkage.capacity: has no effect without shrinkage.curve",
    ),
    "lithium that rises": (
        "shrinkage={curve='NCM811', lithium=[0.3, 0.95]}",
        "shrinkage.lithium: got [0.3, 0.95], takes two falling numbers from 0 to 1, the lithium at SoC 0 and at SoC 1",
    ),
    "one lithium content": (
        "shrinkage={curve='NCM811', lithium=0.3}",
        "shrinkage.lithium: got 0.3, takes two falling numbers from 0 to 1",
    ),
    "more lithium than there is": (
        "shrinkage={curve='NCM811', lithium=[1.1, 0.3]}",
        "shrinkage.lithium: got 1.1, takes a number at least 0 and at most 1",
    ),
    "lithium beyond the curve": (
        "shrinkage={curve='NCM811', lithium=[0.95, 0.1]}",
        "shrinkage.lithium: got [0.95, 0.1], takes a charge that stays on the curve: the volume of NCM811 is known "
        "from 1 to 0.15092 lithium, and 0.1 was asked for",
    ),
    "a first charge that the curve does not begin with": (
        "shrinkage={curve='NCM622', capacity='180 mAh/g'}",
        "shrinkage.capacity: got 180 mAh/g, takes a charge that stays on the curve: the volume of NCM622 is known "
        "from 0.911 to 0.186 lithium, and 1 was asked for (a first charge starts at 1; for another give "
        "shrinkage.lithium)",
    ),
    "more charge than there is lithium": (
        "shrinkage={curve='NCM811', capacity='300 mAh/g'}",
        "shrinkage.capacity: got 300 mAh/g, takes a charge that stays on the curve: got a charge from 1 to -0.09214 "
        "lithium, takes one that falls",
    ),
    "truth value": ("mesh.coarse=true", 'mesh.coarse: got True, takes a length such as "5 um"'),
    "not a number": ("steps.until=nan", "steps.until: got nan, which is not finite, takes a number"),
    "unknown choice": (
        "flow.yield_stress=tabr",
        'flow.yield_stress: got \'tabr\', takes "tabor" or "expanding cavity" or "card" or "none"; did you mean tabor?',
    ),
    "fractional count": (
        "solver.iterations=1.5",
        "solver.iterations: got 1.5, takes a whole number of at least 1, such as 3000",
    ),
    "count of zero": ("solver.iterations=0", "solver.iterations: got 0, takes a whole number of at least 1"),
    "unknown linear solver": (
        "solver.linear=multgrid",
        'solver.linear: got \'multgrid\', takes "automatic" or "direct" or "multigrid"; did you mean multigrid?',
    ),
    "number as a text": ("title=5", "title: got 5, takes a text"),
    "value for a section": ("flow=5", "flow: got 5, takes a table such as [flow]"),
    "empty list": ("output.soc=[]", "output.soc: got [], takes a list of numbers between 0 and 1"),
    "wrong entry of a list": (
        "output.soc=[0.5, 1.5]",
        "output.soc: got 1.5, takes a number above 0 and at most 1",
    ),
    "unknown material": (
        "materials.electrolyte=LZACCO",
        "materials.electrolyte: got 'LZACCO', takes the name of a card of kind electrolyte (intact "
        "materials lists "
        "them): there is no card for LZACCO; did you mean LZACO",
    ),
    "material of another kind": (
        "materials.electrolyte=scNCM92",
        "materials.electrolyte: got 'scNCM92', which is a card of kind active, takes the name of a "
        "card of kind "
        "electrolyte",
    ),
    "missing card file": (
        "materials.active=mine.toml",
        "materials.active: got 'mine.toml', takes the name of a card of kind active (intact materials lists them): ",
    ),
    "own number for an unknown material": (
        'given.LZACCO.hardness="1 GPa"',
        "given.LZACCO: got 'LZACCO', takes the name of a card (intact materials lists them): there "
        "is no card for "
        "LZACCO; did you mean LZACO",
    ),
    "own number for an unknown property": (
        'given.LZACO.hardnes="1 GPa"',
        "given.LZACO.hardnes: got an unknown property, takes young_modulus, ",
    ),
    "own number of the wrong dimension": (
        'given.LZACO.hardness="1 um"',
        "given.LZACO.hardness: got '1 um' (a length), takes a stress",
    ),
    "own number out of range": (
        "given.LZACO.poisson_ratio=0.7",
        "given.LZACO.poisson_ratio: got 0.7, takes a number above -1 and below 0.5",
    ),
    "own truth value": (
        "given.LZACO.hardness=true",
        "given.LZACO.hardness: got True, takes a number or a quantity",
    ),
    "missing mesh file": ("mesh.file=mine.msh", "mesh.file: got '"),
    "mesh size with a mesh file": (
        "mesh={file='case.toml', coarse='1 um'}",  # any file that is there
        "mesh.coarse: has no effect with mesh.file, takes leaving out one of them",
    ),
    "mesh coarser inside than outside": (
        "mesh.coarse=0.01 um",
        "mesh.coarse: got 0.01 um, takes at least the fine size, which is fracture.length / "
        "mesh.elements_per_length = 0.05 um",
    ),
    "spring without stiffness": (
        "boundaries.top=spring",
        'boundaries.top_stiffness: got nothing with boundaries.top = "spring", takes a stiffness per '
        "area, such as "
        '"20 MPa/um"',
    ),
    "stiffness without spring": (
        "boundaries.bottom_stiffness=20 MPa/um",
        'boundaries.bottom_stiffness: has no effect with boundaries.bottom = "clamped", takes '
        "boundaries.bottom = "
        '"spring" or leaving it out',
    ),
    "constant pressure of nothing": (
        "boundaries.top=pressure",
        'boundaries.pressure: got nothing with boundaries.top = "pressure", takes a stress, such as "5 MPa"',
    ),
    "pressure on a free top": (
        "boundaries={top='free', pressure='5 MPa'}",
        'boundaries.pressure: has no effect with boundaries.top = "free", takes "pressure", "sliding" or "spring" '
        "there",
    ),
    "nothing under the pressure": (
        "boundaries={bottom='free', top='pressure', pressure='5 MPa'}",
        'boundaries.bottom: got "free" with boundaries.top = "pressure", so nothing holds the stack vertically, takes ',
    ),
    "nothing holds it vertically": (
        "boundaries={bottom='free', top='free'}",
        'boundaries.bottom: got "free" with boundaries.top = "free", so nothing holds the stack vertically, takes ',
    ),
    "nothing holds it sideways": (
        "boundaries={bottom='sliding', right='free'}",
        'boundaries.right: got "free" with boundaries.left = "free", so nothing holds the stack sideways, takes ',
    ),
    "notch longer than the stack": (
        "stack.notch.length=20 um",
        "stack.notch.length: got 20 um, takes less than stack.width = 20 um",
    ),
    "notch wider than the interface": (
        "stack.notch={length='2 um', opening='1 um'}",
        "stack.notch.opening: got 1 um, takes less than stack.interface = 0.8 um",
    ),
    "smallest step above the others": (
        "steps.smallest=0.01",
        "steps.smallest: got 0.01, takes at most steps.onset = 0.005",
    ),
    "a default that does not fit": (
        "steps.largest=0.002",
        "steps.onset: got 0.005 (its default), takes at most steps.largest = 0.002",
    ),
    "picture beyond the end": (
        "steps={until=0.5}\noutput.soc=[0.2, 0.6]",
        "output.soc: got 0.6, takes at most steps.until = 0.5",
    ),
    "pictures out of order": ("output.soc=[0.4, 0.2]", "output.soc: got [0.4, 0.2], takes rising numbers"),
    "compared key without a list": (
        "compare=['fracture.model']",
        "fracture.model: got nothing, takes a list of values, because compare names it",
    ),
    "compared list without values": ("fracture.model=[]", "fracture.model: got [], takes a list of values"),
    "compared value twice": (
        "fracture.model=['AT1', 'AT1']",
        "fracture.model: got ['AT1', 'AT1'], takes each value once",
    ),
    "compared key unknown": (
        "compare=['fracture.modle']",
        "compare: got 'fracture.modle', takes keys that hold one value each, such as flow.yield_stress; "
        "did you mean fracture.model",
    ),
    "compared key that is a list anyway": (
        "compare=['output.soc']",
        "compare: got 'output.soc', takes keys that",
    ),
    "compare is no list": (
        "compare=flow.yield_stress",
        "compare: got 'flow.yield_stress', takes a list of keys",
    ),
    "compared and banded at once": (
        "flow.yield_stress=['tabor', 'none']\ncompare=['flow.yield_stress']\nband=['flow.yield_stress']",
        "band: got 'flow.yield_stress' and compare has it, too, takes it once",
    ),
    "keys together with lists of different lengths": (
        "compare=[['materials.active', 'shrinkage.active_strain']]\nmaterials.active=['scNCM92', 'NCM811']\n"
        "shrinkage.active_strain=['-10 %']",
        "compare: got ['materials.active', 'shrinkage.active_strain'], takes keys with lists of one length",
    ),
    "banded key without a list": (
        "band=['fracture.length']",
        "fracture.length: got nothing, takes a list of values, because band names it",
    ),
    "band is no list": ("band=flow.yield_stress", "band: got 'flow.yield_stress', takes a list of keys"),
    "band of a material that is not there": (
        "band=['given.LZCO.hardness']\ngiven.LZCO.hardness=['1 GPa', '2 GPa']",
        "given.LZCO.hardness: has no effect, since no case has this material, takes leaving it out of band",
    ),
    "setting without a value": ("fracture.length", "--set: got 'fracture.length', takes key=value, such as"),
    "setting below a value": (
        "shrinkage.measure.short=x",
        "--set: got 'shrinkage.measure.short=x', but the case has a value where",
    ),
}


@pytest.mark.parametrize(("change", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_mistake_is_named_with_what_it_got_and_what_it_takes(written, change, sentence):
    [found] = problems(written(), *change.split("\n"))
    assert found.startswith(sentence)


def test_required_keys_are_each_asked_for(written):
    assert problems(written("")) == [
        "materials.electrolyte: got nothing, takes the name of a card of kind electrolyte (intact "
        "materials lists "
        'them), such as "LZACO"',
        "materials.active: got nothing, takes the name of a card of kind active (intact materials "
        "lists them), such "
        'as "scNCM92"',
        'fracture.interface_toughness: got nothing, takes a toughness above 0, such as "90 J/m^2"',
        'fracture.interface_toughness_confidence: got nothing, takes "measured" or "secondary" or '
        '"derived" or '
        '"assumed" or "calibrated"',
        'shrinkage.active_strain: got nothing, takes a number above -0.5 and below 0.5, such as "-10 %", and '
        'shrinkage.measure; or shrinkage.curve in place of both, such as "NCM811"',
    ]


def test_a_list_outside_compare_is_refused_and_told_how(written):
    text = MINIMAL.replace('measure = "linear"', 'measure = ["linear", "volumetric"]')
    assert problems(written(text)) == [
        "shrinkage.measure: got ['linear', 'volumetric'], takes \"linear\" or \"volumetric\"; to run "
        "once for each, "
        'list "shrinkage.measure" in compare'
    ]


def test_stack_and_mesh_file_contradict_each_other(written, tmp_path):
    (tmp_path / "mine.msh").touch()
    text = MINIMAL + '[stack]\nwidth = "10 um"\n[mesh]\nfile = "mine.msh"\n'
    assert problems(written(text)) == ["mesh.file: contradicts [stack], takes leaving out one of them"]


def test_two_names_of_one_material_are_refused(written):
    text = MINIMAL + "[given.LPSCl]\npoisson_ratio = 0.3\n[given.Li6PS5Cl]\npoisson_ratio = 0.4\n"
    assert problems(written(text)) == [
        "given.Li6PS5Cl: got a second name of Li6PS5Cl, takes one table for each material"
    ]


def test_missing_case_file_names_the_nearest(written):
    path = written()
    [sentence] = problems(path.with_name("cse.toml"))
    assert sentence.startswith(f"{path.with_name('cse.toml')}: got a file that is not there, takes")
    assert sentence.endswith(f"did you mean {path}?")


def test_bad_toml_names_the_line(written):
    [sentence] = problems(written("[materials]\nelectrolyte = LZACO\n"))
    assert "got a line that is not TOML" in sentence
    assert "line 2" in sentence


def test_text_that_is_not_utf8_is_refused(tmp_path):
    path = tmp_path / "case.toml"
    path.write_bytes(b'title = "\xff"')
    [sentence] = problems(path)
    assert "got what cannot be read" in sentence


def test_all_problems_are_reported_together(written):
    text = """
compare = ["fracture.modle", "flow.yield_stress"]
[materials]
electrolyte = ["LZACO", "LZACCO"]
[fracture]
interface_toughness = "90 MPa"
interface_toughness_confidence = "assumed"
lenght = "0.2 um"
[flow]
yield_stress = ["tabor", "tabr"]
[shrinkage]
active_strain = "-10 %"
measure = "linear"
[boundaries]
top = "spring"
[given.LZACO]
poisson_ratio = 0.6
[steps]
smallest = 0.01
"""
    keys = [sentence.split(":")[0] for sentence in problems(written(text))]
    assert sorted(keys) == [
        "boundaries.top_stiffness",
        "compare",
        "flow.yield_stress",
        "fracture.interface_toughness",
        "fracture.lenght",
        "given.LZACO.poisson_ratio",
        "materials.active",
        "materials.electrolyte",
        "steps.smallest",
    ]


def test_contradictions_with_a_wrong_key_wait_until_it_is_right(written):
    found = problems(written(), "stack.width=2 GPa", "stack.notch.length=30 um", "stack.notch.opening=1 um")
    assert [sentence.split(":")[0] for sentence in found] == ["stack.width", "stack.notch.opening"]


# --set


@pytest.mark.parametrize(
    ("change", "key", "value"),
    [
        ("fracture.length=0.3 um", ("fracture", "length"), 0.3),
        ('fracture.length="0.3 um"', ("fracture", "length"), 0.3),
        ("materials.electrolyte=LZCO", ("materials", "electrolyte"), "LZCO"),
        ("steps.until=0.5", ("steps", "until"), 0.5),
        ("solver.iterations = 10", ("solver", "iterations"), 10),
        ("solver.linear=multigrid", ("solver", "linear"), "multigrid"),
        ("output.soc=[0.1, 0.3]", ("output", "soc"), (0.1, 0.3)),
        ("flow.hardening=0", ("flow", "hardening"), 0.0),
        ("fracture.interface_toughness_note=a = b", ("fracture", "interface_toughness_note"), "a = b"),
    ],
)
def test_set_changes_any_key(written, change, key, value):
    section, name = key
    assert getattr(getattr(only_case(read(written(), [change])), section), name) == value


def test_set_reaches_names_with_a_point_in_them(written):
    case = only_case(read(written(), ['given."Li2.73Ho1.09Cl6".poisson_ratio=0.3']))
    assert case.given == {"Li2.73Ho1.09Cl6": {"poisson_ratio": 0.3}}


def test_later_settings_win(written):
    assert only_case(read(written(), ["steps.until=0.5", "steps.until=0.7"])).steps.until == 0.7


def test_setting_one_value_ends_the_comparison(written):
    text = 'compare = ["materials.electrolyte", "flow.yield_stress"]\n' + MINIMAL.replace(
        '"LZACO"', '["LZCO", "LZACO"]'
    )
    study = read(written(text + '[flow]\nyield_stress = ["tabor", "none"]\n'), ["materials.electrolyte=LZACO"])
    assert [labels for labels, _ in study.cases] == [
        {"flow.yield_stress": "tabor"},
        {"flow.yield_stress": "none"},
    ]


def test_setting_a_list_is_a_comparison(written):
    study = read(written(), ['fracture.length=["0.2 um", "0.3 um"]'])
    assert [case.fracture.length for _, case in study.cases] == [0.2, 0.3]


# compare


def test_a_list_of_electrolytes_needs_no_compare(written):
    study = read(written(MINIMAL.replace('"LZACO"', '["LZCO", "LZACO"]')))
    assert [labels for labels, _ in study.cases] == [
        {"materials.electrolyte": "LZCO"},
        {"materials.electrolyte": "LZACO"},
    ]
    assert study.folders == ("LZCO", "LZACO")


def test_a_single_case_goes_by_its_electrolyte(written):
    assert read(written()).folders == ("LZACO",)


def test_every_combination_of_the_compared_keys_is_a_case(written):
    text = 'compare = ["materials.electrolyte", "flow.yield_stress"]\n' + MINIMAL.replace(
        '"LZACO"', '["LZCO", "LZACO"]'
    )
    study = read(written(text + '[flow]\nyield_stress = ["tabor", "expanding cavity"]\n'))
    assert study.folders == ("LZCO_tabor", "LZCO_expanding-cavity", "LZACO_tabor", "LZACO_expanding-cavity")
    assert [(case.materials.electrolyte, case.flow.yield_stress) for _, case in study.cases] == [
        ("LZCO", "tabor"),
        ("LZCO", "expanding cavity"),
        ("LZACO", "tabor"),
        ("LZACO", "expanding cavity"),
    ]


def test_folders_are_safe_and_different(written):
    study = read(written(), ['given.LZACO.hardness=["1 GPa", "1  GPa"]'])
    assert study.folders == ("1-GPa", "1-GPa~1")
    assert read(written(), ["materials.electrolyte=Li2In1/3Sc1/3Cl4"]).folders == ("Li2In1-3Sc1-3Cl4",)


def test_own_numbers_can_be_compared(written):
    study = read(written(), ["given.LZACO.poisson_ratio=[0.25, 0.35]"])
    assert [case.material("electrolyte")["poisson_ratio"].number for _, case in study.cases] == [0.25, 0.35]


BANDED = """
band = ["fracture.interface_toughness", "given.LZC.young_modulus"]
[materials]
electrolyte = ["Li2ZrCl6", "LZACO"]
active = "scNCM92"
[given.LZC]
young_modulus = ["7.92 GPa", "45.75 GPa"]
[fracture]
interface_toughness = ["60 J/m^2", "80 J/m^2"]
interface_toughness_confidence = "assumed"
[shrinkage]
active_strain = "-10 %"
measure = "linear"
"""


def test_banded_keys_multiply_where_they_matter(written):
    study = read(written(BANDED))
    assert study.compared == ("materials.electrolyte",)
    assert study.banded == ("fracture.interface_toughness", "given.LZC.young_modulus")
    assert study.folders == (
        "Li2ZrCl6_60-J-m-2_7.92-GPa",
        "Li2ZrCl6_60-J-m-2_45.75-GPa",
        "Li2ZrCl6_80-J-m-2_7.92-GPa",
        "Li2ZrCl6_80-J-m-2_45.75-GPa",
        "LZACO_60-J-m-2",
        "LZACO_80-J-m-2",
    )
    moduli = [case.material("electrolyte")["young_modulus"].number for _, case in study.cases]
    assert moduli == [7920, 45750, 7920, 45750, 1410, 1410]


def test_a_band_needs_nothing_that_is_compared(written):
    study = read(written(BANDED), ["materials.electrolyte=LZC", "given.LZC.young_modulus=20 GPa"])
    assert study.compared == ("materials.electrolyte",)
    assert study.banded == ("fracture.interface_toughness",)
    assert study.folders == ("LZC_60-J-m-2", "LZC_80-J-m-2")


TOGETHER = MINIMAL.replace('active = "scNCM92"', 'active = ["NCM622", "LiCoO2"]').replace(
    'active_strain = "-10 %"\nmeasure = "linear"', 'curve = ["NCM622", "LiCoO2"]\nlithium = [[0.9, 0.3], [1.0, 0.5]]'
)


def test_keys_in_a_list_of_their_own_go_together(written):
    groups = '["materials.active", "shrinkage.curve", "shrinkage.lithium"], "fracture.length"'
    study = read(written(f"compare = [{groups}]\n{TOGETHER}"), ['fracture.length=["0.2 um", "0.3 um"]'])
    assert study.compared == ("materials.active", "fracture.length")
    assert study.folders == ("NCM622_0.2-um", "NCM622_0.3-um", "LiCoO2_0.2-um", "LiCoO2_0.3-um")
    assert [case.shrinkage.lithium for _, case in study.cases] == [(0.9, 0.3)] * 2 + [(1.0, 0.5)] * 2
    assert [case.shrinkage.curve for _, case in study.cases] == ["NCM622"] * 2 + ["LiCoO2"] * 2
    assert against_schema(f"compare = [{groups}]\n{TOGETHER}") == []


def test_a_key_set_to_one_value_leaves_those_it_goes_with(written):
    text = f'compare = [["materials.active", "shrinkage.curve"]]\n{TOGETHER}'
    study = read(written(text), ["materials.active=NCM811", "shrinkage.curve=NCM811", "shrinkage.lithium=[0.9, 0.3]"])
    assert study.folders == ("LZACO",)


def test_setting_a_list_keeps_a_band(written):
    study = read(written(BANDED), ['fracture.interface_toughness=["50 J/m^2"]'])
    assert study.banded[0] == "fracture.interface_toughness"
    assert [case.fracture.interface_toughness for _, case in study.cases] == [50, 50, 50]


def test_a_band_may_be_set_after_its_list(written):
    settings = ['fracture.length=["0.2 um", "0.3 um"]', 'band=["fracture.length"]']
    for order in (settings, settings[::-1]):
        assert read(written(), order).banded == ("fracture.length",)


def test_resolved_cases_of_a_band_read_back_the_same(written, tmp_path):
    for _, case in read(written(BANDED)).cases:
        path = tmp_path / "resolved.toml"
        path.write_text(case.resolved(), encoding="utf-8")
        assert only_case(read(path)) == case


def test_a_key_that_one_combination_needs_is_left_out_of_the_others(written):
    study = read(written(), ['boundaries.top=["free", "spring"]', "boundaries.top_stiffness=20 MPa/um"])
    assert [case.boundaries.top_stiffness for _, case in study.cases] == [None, 20.0]


# The resolved case


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.toml")), ids=lambda file: file.stem)
def test_resolved_cases_read_back_the_same(file, tmp_path):
    for _, case in read(file).cases:
        path = tmp_path / "resolved.toml"
        path.write_text(case.resolved(), encoding="utf-8")
        assert only_case(read(path)) == case


def test_particles_by_weight_keep_their_weight_when_resolved(written):
    text = MINIMAL.replace("[fracture]", '[composite]\nactive_weight_fraction = "70 %"\n[particles]\n[fracture]')
    case = only_case(read(written(text)))
    assert only_case(read(written(case.resolved()))) == case
    assert case.composite.active_weight_fraction == 0.7


def test_resolved_case_keeps_what_was_written_and_spells_out_defaults(written):
    resolved = only_case(read(written(), ["fracture.length=300 nm"])).resolved()
    assert 'length = "300 nm"' in resolved
    assert 'bulk_toughness = "900.0 J/m^2"' in resolved
    assert 'yield_stress = "tabor"' in resolved


def test_resolved_mesh_file_reads_back_from_another_folder(written, tmp_path):
    (tmp_path / "mine.msh").touch()
    case = only_case(read(written(MINIMAL + '[mesh]\nfile = "mine.msh"\n')))
    (tmp_path / "elsewhere").mkdir()
    path = tmp_path / "elsewhere" / "case.toml"
    path.write_text(case.resolved(), encoding="utf-8")
    assert only_case(read(path)) == case


def quantities(unit: str, least: float, most: float) -> st.SearchStrategy[str]:
    return st.floats(least, most).map(lambda number: f"{number!r} {unit}")


CASES = st.fixed_dictionaries(
    {
        "title": st.text(),
        "about": st.text(),
        "fracture": quantities("nm", 1, 700).map(lambda length: {**TABLE["fracture"], "length": length}),
        "stack": st.fixed_dictionaries(
            {"width": quantities("mm", 0.01, 5)}, optional={"notch": st.just({"length": "1e-3 mm"})}
        ),
        "steps": st.fixed_dictionaries({"until": st.floats(0.1, 1) | quantities("%", 10, 100)}),
        "given": st.dictionaries(
            st.sampled_from(["LZCO", "LPSCl", "Li2.73Ho1.09Cl6"]),
            st.dictionaries(st.just("poisson_ratio"), st.floats(-0.9, 0.49)),
        ),
    }
)


@settings(max_examples=50, deadline=None, database=None)
@given(table=CASES)
def test_any_resolved_case_reads_back_the_same(table, tmp_path_factory):
    case = Case.model_validate({**TABLE, **table})
    path = tmp_path_factory.getbasetemp() / "resolved.toml"
    path.write_text(case.resolved(), encoding="utf-8")
    assert only_case(read(path)) == case


def test_a_case_cannot_be_changed(written):
    case = only_case(read(written()))
    with pytest.raises(ValueError, match="frozen"):
        case.fracture.length = 1.0  # type: ignore[misc]


# The schema


def faults(node, value, root, where="case"):
    """What JSON Schema finds wrong: just the words that the schema uses, so that no validator is needed."""
    if "$ref" in node:
        yield from faults(root["$defs"][node["$ref"].rpartition("/")[2]], value, root, where)
    if "anyOf" in node and all(list(faults(one, value, root, where)) for one in node["anyOf"]):
        yield f"{where}: {value!r} is none of the alternatives"
    if "oneOf" in node and [list(faults(one, value, root, where)) for one in node["oneOf"]].count([]) != 1:
        yield f"{where}: {value!r} is not exactly one of the alternatives"
    kinds = {"string": str, "number": int | float, "integer": int, "object": dict, "array": list}
    allowed = node.get("type", list(kinds))
    if not any(isinstance(value, kinds[kind]) for kind in ([allowed] if isinstance(allowed, str) else allowed)):
        yield f"{where}: {value!r} is no {allowed}"
    if "enum" in node and value not in node["enum"]:
        yield f"{where}: {value!r} is not in {node['enum']}"
    if isinstance(value, str) and not re.search(node.get("pattern", ""), value):
        yield f"{where}: {value!r} does not match {node['pattern']}"
    if isinstance(value, int | float):
        limits = (node.get("exclusiveMinimum", -9e9) < value < node.get("exclusiveMaximum", 9e9)) and (
            node.get("minimum", -9e9) <= value <= node.get("maximum", 9e9)
        )
        if not limits:
            yield f"{where}: {value!r} is out of range"
    if isinstance(value, list):
        if not node.get("minItems", 0) <= len(value) <= node.get("maxItems", len(value)):
            yield f"{where}: too short or too long"
        for entry in value:
            yield from faults(node.get("items", {}), entry, root, where)
    if isinstance(value, dict):
        yield from (f"{where}: {name} is missing" for name in node.get("required", ()) if name not in value)
        for name, entry in value.items():
            inner = node.get("properties", {}).get(name, node.get("additionalProperties", {}))
            if inner is False:
                yield f"{where}: {name} is unknown"
            else:
                yield from faults(inner, entry, root, f"{where}.{name}")


def against_schema(text: str) -> list[str]:
    described = schema()
    return list(faults(described, tomllib.loads(text), described))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_every_case_file_can_be_run_and_is_what_the_schema_says(path):
    study = read(path)
    assert len(set(study.folders)) == len(study.cases)
    assert against_schema(path.read_text(encoding="utf-8")) == []


def test_schema_accepts_the_model_case_and_the_minimal_one():
    assert against_schema(MODEL.read_text(encoding="utf-8")) == []
    assert against_schema(MINIMAL) == []
    assert against_schema(BANDED) == []
    strain = 'active_strain = "-10 %"\nmeasure = "linear"'
    assert strain in MINIMAL
    for curve in ("lithium = [0.95, 0.3]", 'capacity = "180 mAh/g"'):
        assert against_schema(MINIMAL.replace(strain, f'curve = "NCM811"\n{curve}')) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"90 J/m^2"', "90"),
        ('"90 J/m^2"', '"90"'),
        ('"-10 %"', "-10"),
        ('"linear"', '"lineer"'),
        ('measure = "linear"', ""),
        ('measure = "linear"', 'measure = "linear"\ncurve = "NCM811"\nlithium = [0.95, 0.3]'),
        ('active_strain = "-10 %"\nmeasure = "linear"', 'curve = "NCM811"'),
        ('active_strain = "-10 %"\nmeasure = "linear"', 'capacity = "180 mAh/g"'),
        ('active_strain = "-10 %"\nmeasure = "linear"', 'curve = "NCM811"\nlithium = [0.95, 0.5, 0.3]'),
        ('"scNCM92"', '"scNCM"'),
        ("[fracture]", '[fracture]\nlenght = "0.2 um"'),
        ("[fracture]", "[fracture]\nlength = []"),
        ("[fracture]", "[solver]\niterations = 1.5\n[fracture]"),
        ("[materials]", 'compare = ["fracture.modle"]\n[materials]'),
        ("[materials]", "[given.LZACO]\nhardnes = 3\n[materials]"),
    ],
)
def test_schema_refuses_what_the_program_refuses(old, new):
    assert old in MINIMAL
    assert against_schema(MINIMAL.replace(old, new)) != []


def test_schema_describes_every_key_with_an_example():
    described = schema()
    for key in known_keys():
        node = described
        for name in key.split("."):
            section = described["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node
            node = section["properties"][name]
        assert node["description"], key
        assert list(faults(node, node["examples"][0], described)) == [], key
    assert '"null"' not in json.dumps(described)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ("fracture.length=1e-30 m", "fracture.length"),
        ("stack.width=1e9 m", "stack.width"),
        ("mesh.coarse=0.001 nm", "mesh.coarse"),
        ("cycling.cycles=1000000000", "cycling.cycles"),
        ("contact.c_rate=1e300", "contact.c_rate"),
        ("diffusion.c_rate=1e300", "diffusion.c_rate"),
        ("boundaries.pressure=1e30 GPa", "boundaries.pressure"),
        ("given.LZACO.young_modulus=1e-30 GPa", "given.LZACO.young_modulus"),
        ('schedule=[{stage="charge", c_rate=1e300}]', "schedule.1.c_rate"),
    ],
)
def test_what_no_cell_can_have_is_a_slip(written, change, key):
    with pytest.raises(CaseProblems) as caught:
        read(written(), [change, "diffusion.drift=none"] if key.startswith("diffusion") else [change])
    assert any(one.key == key and "takes" in one.text for one in caught.value.problems), str(caught.value)


SCHEDULES = {
    '{stage="rest"}': "schedule.1.time: got nothing with stage",
    '{stage="discharge"}': 'schedule.1.stage: got "discharge" at SoC 0',
    '{stage="charge", until=0.5}, {stage="charge", until=0.4}': "schedule.2.until: got 0.4 in a charge from SoC 0.5",
    '{stage="press", pressure="5 MPa"}': 'got it with boundaries.top = "sliding"',
    '{stage="chrage"}': "schedule.1.stage: got 'chrage', takes",
    '{stage="charge", untill=0.5}': "did you mean until",
    "1": "takes stages, each a table",
}


@pytest.mark.parametrize("stages", SCHEDULES)
def test_a_schedule_that_cannot_be_is_told_by_its_stage(written, stages):
    with pytest.raises(CaseProblems) as caught:
        read(written(), [f"schedule=[{stages}]"])
    assert SCHEDULES[stages] in str(caught.value)


def test_a_schedule_takes_the_place_of_its_short_forms(written):
    stages = 'schedule=[{stage="charge", until=0.5}, {stage="rest", time="1 h"}, {stage="discharge"}]'
    with pytest.raises(CaseProblems, match=r"cycling: contradicts \[\[schedule\]\]"):
        read(written(), [stages, "cycling.cycles=1"])
    [(_, case)] = read(written(), [stages]).cases
    assert case.output.soc[-1] == 0.5
    [(_, same)] = read(written(case.resolved())).cases
    assert same == case
