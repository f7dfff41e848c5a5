"""How this CPython was built: for a benchmark another machine, as it were."""

from __future__ import annotations

import platform
import sysconfig


def is_profiled() -> bool:
    """Was this interpreter compiled with a profile of its own runs? It says how it was configured.

    >>> import sysconfig
    >>> is_profiled() == ("--enable-optimizations" in sysconfig.get_config_var("CONFIG_ARGS"))
    True
    """
    return "--enable-optimizations" in str(sysconfig.get_config_var("CONFIG_ARGS"))


def build_name() -> str:
    """The interpreter in a word, for the name of a folder.

    >>> import platform
    >>> build_name().startswith(platform.python_version() + "-")
    True
    """
    return f"{platform.python_version()}-{'profiled' if is_profiled() else 'plain'}"
