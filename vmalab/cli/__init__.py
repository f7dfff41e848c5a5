"""The command line: ``vmalab lab``, ``run``, ``fuzz``, ``maps``, ``doctor``.

One file a command; docs/cli.md is their manual page.
"""

from vmalab.cli.app import main

__all__ = ["main"]
