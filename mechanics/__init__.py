"""What happens: an incremental potential, its minimiser, and the history that follows from it.

Knows no files, no pictures and no material by name: it gets a mesh, named regions and numbers, and gives back states.
"""

from mechanics.alternate import AlternateMinimiser, Outcome
from mechanics.crack import CRACK_MODELS, CrackModel
from mechanics.evolution import Record, evolve
from mechanics.loading import Charge
from mechanics.solid import Medium, Solid, Support
from mechanics.split import SPLITS, Split

__all__ = [
    "CRACK_MODELS",
    "SPLITS",
    "AlternateMinimiser",
    "Charge",
    "CrackModel",
    "Medium",
    "Outcome",
    "Record",
    "Solid",
    "Split",
    "Support",
    "evolve",
]
