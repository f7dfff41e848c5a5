"""What can be clicked in a notebook: state and a drawing, no logic.

from vmalab.widgets import Stepper
Stepper("first-steps")
"""

from vmalab.widgets.stepper import Stepper

__all__ = ["Stepper"]
