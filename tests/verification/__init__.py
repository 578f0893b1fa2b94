"""The verification list, executed: one module for each case. See docs/verification."""

from importlib import import_module
from pathlib import Path

CASES = {
    f"V{int(file.stem[1:3])}": import_module(f".{file.stem}", __package__)
    for file in sorted(Path(__file__).parent.glob("v[0-9][0-9]_*.py"))
}
