"""What can be clicked in a notebook: state and a drawing, no logic.

from vmalab.widgets import Stepper
Stepper("first-steps")
"""

from vmalab.widgets.ask import Ask, check, predict, predictions, reveal
from vmalab.widgets.compare_kernels import CompareKernels
from vmalab.widgets.pictures import ask_both, draw, shown_pages, side_by_side, tell
from vmalab.widgets.remap_board import RemapBoard
from vmalab.widgets.stepper import Stepper
from vmalab.widgets.swap_lab import SwapLab
from vmalab.widgets.uml_monitor import UmlMonitor
from vmalab.widgets.walk_explorer import WalkExplorer

__all__ = [
    "Ask",
    "CompareKernels",
    "RemapBoard",
    "Stepper",
    "SwapLab",
    "UmlMonitor",
    "WalkExplorer",
    "ask_both",
    "check",
    "draw",
    "predict",
    "predictions",
    "reveal",
    "shown_pages",
    "side_by_side",
    "tell",
]
