"""Names of the outcomes a touch of memory can have, as transcripts spell them."""

from typing import Final

OK: Final = "ok"
SIGSEGV: Final = "SIGSEGV"
SIGBUS: Final = "SIGBUS"
LOOP: Final = "LOOP"
"""An endless fault loop: a bug of the posted 2006 patch, ended by a timer."""
