"""Where things are in a guest process, in pages from the bottom of its address space.

    0x8000        0x8048     0x10000              0x40000              0xbfffe  0xbffff
      |  window ... | text ... | data ...           | file ...        ...| code | data |
      `------------ one VMA under the policy rfp ------------------------'  the two stubs (skas0)

Mirrors: arch/um/include/skas_ptregs.h, include/asm-um/processor-generic.h (v2.6.18, i386).
"""

from __future__ import annotations

from typing import Final

WINDOW_VPN: Final = 0x8000
"""The first page that the guest may use; what is below belongs to nobody."""
TEXT_VPN: Final = 0x8048
DATA_VPN: Final = 0x1_0000
FILE_VPN: Final = 0x8_0000
STUB_CODE_VPN: Final = 0xB_FFFE
STUB_DATA_VPN: Final = 0xB_FFFF
WINDOW_PAGES: Final = STUB_CODE_VPN - WINDOW_VPN

TEXT_PAGES: Final = 64
"""The pages of the one program that all processes run."""
MAX_DATA_PAGES: Final = FILE_VPN - DATA_VPN
MAX_FILE_PAGES: Final = STUB_CODE_VPN - FILE_VPN
