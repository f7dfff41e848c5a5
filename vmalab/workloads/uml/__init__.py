"""User-mode Linux as its host saw it: a generator of VMAs, one for nearly every page.

    guest program  touches a page        SIGSEGV on the host
    UML kernel     its own page fault    a guest frame, an entry in its own tables
                   flush                 mmap(page, MAP_SHARED|MAP_FIXED, RAM file, frame)
    host kernel    one more VMA

Guest RAM is one file, and a guest frame is a page of it. Start at :func:`run`; :mod:`~.guest` is
the UML kernel, :mod:`~.policies` how it asks the host for pages, :mod:`~.hosts` the host.
"""

from vmalab.workloads.uml.guest import Killed
from vmalab.workloads.uml.hosts import ModelHost
from vmalab.workloads.uml.policies import POLICIES
from vmalab.workloads.uml.workload import Params, Report, Sample, run

__all__ = ["POLICIES", "Killed", "ModelHost", "Params", "Report", "Sample", "run"]
