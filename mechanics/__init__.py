"""What happens: an incremental potential, its minimiser, and the history that follows from it.

Knows no files, no pictures and no material by name: it gets a mesh, named regions and numbers, and gives back states.
"""

from mechanics.alternate import AlternateMinimiser, Outcome
from mechanics.crack import CRACK_MODELS, CrackModel
from mechanics.evolution import Record, evolve
from mechanics.kinematics import KINEMATICS, Kinematics
from mechanics.loading import Charge
from mechanics.medium import Cleavage, Medium
from mechanics.solid import Solid, SolidError
from mechanics.split import SPLITS, Split, star_convex
from mechanics.support import Support

__all__ = [
    "CRACK_MODELS",
    "KINEMATICS",
    "SPLITS",
    "AlternateMinimiser",
    "Charge",
    "Cleavage",
    "CrackModel",
    "Kinematics",
    "Medium",
    "Outcome",
    "Record",
    "Solid",
    "SolidError",
    "Split",
    "Support",
    "evolve",
    "star_convex",
]
