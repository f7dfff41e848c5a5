"""Is the kernel underneath the one that the model mirrors?"""

import platform

from vmalab.host import unavailable

MIRRORED = "6.18."


def not_live() -> str | None:
    """Why this machine's kernel cannot judge the model; None if it can."""
    release = platform.release()
    if unavailable() is None and not release.startswith(MIRRORED):
        return f"this machine runs Linux {release}; the model mirrors {MIRRORED}x"
    return unavailable()
