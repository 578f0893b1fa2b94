"""A wheel of the repository, installed into an empty environment and imported from there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("intact", "materials", "mechanics", "meshes")
PROGRAM = """
import importlib, pkgutil
from pathlib import Path
for name in ("intact", "materials", "mechanics", "meshes"):
    package = importlib.import_module(name)
    assert "site-packages" in package.__path__[0], package.__path__
    for one in pkgutil.walk_packages(package.__path__, name + "."):
        if not one.name.endswith("__main__"):
            importlib.import_module(one.name)
from materials.card import load
from materials.curve import load as curve
print(load("LZACO").name, curve("NCM811").name)
"""


@pytest.mark.slow
@pytest.mark.skipif("INTACT_IMAGE" not in os.environ, reason="what builds a wheel is there in Intact's image")
def test_a_wheel_has_every_package_and_its_data(tmp_path: Path) -> None:
    """Built from a copy, without network, and with dolfinx and the like of the system."""
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in (*PACKAGES, "pyproject.toml", "README.md", "tests"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    quiet = {"capture_output": True, "text": True, "check": False}
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-index", "--no-build-isolation", "-w"]
    done = subprocess.run([*build, str(tmp_path / "wheels"), str(copy)], **quiet)
    assert done.returncode == 0, done.stderr
    [wheel] = (tmp_path / "wheels").glob("*.whl")
    target = tmp_path / "venv" / "site-packages"
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--target", str(target), str(wheel)]
    done = subprocess.run(install, **quiet)
    assert done.returncode == 0, done.stderr
    assert {one.name for one in target.iterdir() if one.is_dir() and not one.name.endswith(".dist-info")} == {
        *PACKAGES,
        "bin",
    }
    alone = {name: of for name, of in os.environ.items() if name != "PYTHONPATH"} | {"PYTHONPATH": str(target)}
    done = subprocess.run([sys.executable, "-P", "-c", PROGRAM], cwd=tmp_path, env=alone, **quiet)
    assert (done.returncode, done.stdout.strip()) == (0, "LZACO NCM811"), done.stderr
