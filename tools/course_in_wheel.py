"""Put the course into the wheel, below vmalab/course, where `vmalab start` looks for it.

hatchling runs this when it builds a wheel. An editable install gets nothing: its package lies in
the checkout, beside the course.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDERS = ("notebooks", "exercises")


class CourseHook(BuildHookInterface[Any]):
    """The notebooks as learners get them; their sources and what Jupyter left there stay out."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files to add, before the wheel is written."""
        if version == "editable":
            return
        root = Path(self.root)
        found = (path for folder in FOLDERS for path in sorted((root / folder).glob("*.ipynb")))
        build_data["force_include"] |= {
            str(path): f"vmalab/course/{path.relative_to(root).as_posix()}" for path in found
        }
