"""What the house asks of the text itself."""

import subprocess
from pathlib import Path

import pytest

COMMANDS = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_style_and_types(command):
    told = subprocess.run(command, cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
