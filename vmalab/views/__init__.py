"""Drawings of records: one scene, shown as text, SVG or a matplotlib figure.

A view sees snapshots, steps and events, and can reach nothing else: a saved run is drawn where no
kernel is at hand, and a hand-written record tests a picture.
"""

from vmalab.views.compare import kernels_compared
from vmalab.views.drawing import Drawing, show
from vmalab.views.faults import Touch, fault_timeline
from vmalab.views.kinds import vma_kinds
from vmalab.views.library import LifeFrame, file_and_memory, library_life
from vmalab.views.maps import MapsLine, maps_changes, maps_table
from vmalab.views.memory import memory_and_swap, physical_memory, swap_map
from vmalab.views.nonlinear import nonlinear_area
from vmalab.views.plots import (
    plot_address_space,
    plot_compare,
    plot_page_table,
    plot_pte,
    plot_swap,
    plot_vma_count,
)
from vmalab.views.pte import EntryState, pte_compare, pte_strip
from vmalab.views.spaces import address_space
from vmalab.views.steps import before_after
from vmalab.views.trip import pte_trip, rights_grid
from vmalab.views.walk import page_table_walk

__all__ = [
    "Drawing",
    "EntryState",
    "LifeFrame",
    "MapsLine",
    "Touch",
    "address_space",
    "before_after",
    "fault_timeline",
    "file_and_memory",
    "kernels_compared",
    "library_life",
    "maps_changes",
    "maps_table",
    "memory_and_swap",
    "nonlinear_area",
    "page_table_walk",
    "physical_memory",
    "plot_address_space",
    "plot_compare",
    "plot_page_table",
    "plot_pte",
    "plot_swap",
    "plot_vma_count",
    "pte_compare",
    "pte_strip",
    "pte_trip",
    "rights_grid",
    "show",
    "swap_map",
    "vma_kinds",
]
