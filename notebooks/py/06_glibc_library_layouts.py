# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 06 · How a library becomes VMAs
#
# From an ELF file to lines of `maps`, call by call; and what one VMA with many protections would have saved.
#
# | | |
# |---|---|
# | **You will** | follow ld.so as it lays a library out · say which call made which VMA · do Ulrich Drepper's arithmetic of 2006 · say why the patch of 2006 could not deliver it, and see a kernel that could · measure your own machine |
# | **You need** | [02 · Split and merge](02_split_and_merge.ipynb) and [05 · remap_file_pages](05_remap_file_pages.ipynb) |
# | **It takes** | 45 minutes: one library 12, Drepper's two steps 10, the conclusion 8, today 10, check yourself 5 |

# %% [markdown]
# ## One library
#
# A shared library is a file of which some pages are code, some are data to be read, and some are data to be
# written. Each such part is a **segment** of the file. The dynamic linker, `ld.so`, is an ordinary program in your
# process, and it puts these pages into memory by ordinary system calls. So every rule of the lessons before
# applies. Then it fills in the addresses that depend on where they came to lie: it *relocates* them.

# %%
from vmalab.loader.writer import drepper
from vmalab.widgets import Stepper, check, predict, reveal
from vmalab.widgets.libraries import (
    ask_ld_so, beside, carried_out, counted, every_page_agrees, fedora_core_5, libc_of_2006, life,
    own_process, recorded_kinds, recorded_libc, separate_code, start_of_cat, vmas_of,
)
from vmalab.widgets.library_explorer import LibraryExplorer

predict("06.five")

# %%
print(recorded_libc())
reveal("06.five")

# %% [markdown] slideshow={"slide_type": "slide"}
# These are the five lines of libc in the `maps` of a real process: `/bin/mount` on Fedora Core 5, which crashed
# on Andrew Morton's machine in December 2006. (In those days the fifth line, memory of no file, showed its own
# address where the offset stands.)
#
# 1. **text**, `r-x`: the code.
# 2. **a hole**, `---`: it belongs to the library, and nobody may touch it.
# 3. **relro**, `r--`: data that held addresses to be filled in, and is never written again.
# 4. **data**, `rw-`.
# 5. **bss**, `rw-`: variables that begin as zeroes. The file does not store zeroes, so this is anonymous memory.
#
# How do they come about? In five steps.

# %%
life(libc_of_2006(), era="2.4", on="linux-2.6")

# %% [markdown] slideshow={"slide_type": "slide"}
# ### Each step, and why
#
# | step | call | why so |
# |---|---|---|
# | **reserve** | `mmap` of the whole span, in one piece, with the rights of the text | the parts must keep their distances, and only one call finds room for all; it may reach far past the end of the file |
# | **seal** | `mprotect(PROT_NONE)` from the text to the last segment | what no segment covers must not be mistaken for code |
# | **segment** | `mmap(MAP_FIXED)` over the reservation | other pages of the file, other rights |
# | **bss** | zeroes up to the end of the page by hand, then `mmap(MAP_ANONYMOUS)` | zeroes are not in the file |
# | **relro** | `mprotect(PROT_READ)` of its whole pages (a part of a page stays as it is), after the addresses are filled in | an attacker likes nothing better than a writable table of functions |
#
# In the file, text and data lie side by side. In memory there is a gap. So the data's place in the file is *not*
# the one that would be next:

# %%
beside(drepper(text=4, gap=252, relro=2, data=3, bss=16), era="2.4", on="linux-2.6")

# %%
predict("06.hole")

# %% [markdown]
# The kernel maps executables itself, in `execve`, and its way is another: it unmaps what lies between the
# segments. Look into your own `maps`: an executable may have a hole, and `ld.so`, which the kernel maps too, had
# one in 2006 without any line for it.

# %%
reveal("06.hole")

# %% [markdown]
# Now the model loads a file of that shape. Compare with the recorded lines: the same pages, VMA by VMA.

# %%
vmas_of(libc_of_2006(), era="2.4", on="linux-2.6")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Drepper's two steps
#
# On 6 May 2006 Ulrich Drepper, who maintained glibc, read about a patch for User-mode Linux that gave each page
# of a mapping its own protection, and saw something else in it. Every library costs up to five VMAs, every
# process has dozens of libraries; Firefox had about 560 VMAs. He proposed two steps:
#
# 1. **mprotect does not split.** It would write the rights into the page table.
# 2. **remap_file_pages places the data.** With its own rights and its own pages of the file, in the same VMA.

# %%
predict("06.steps")

# %%
print(fedora_core_5())
reveal("06.steps")

# %% [markdown]
# *S1* is the first step. *S3* is both. *S2* lies between: any mix of rights in one VMA, but pages of the file in
# their natural order only.
#
# Only libc has all five. A library without relro has three or four, and the mean is 3.5. So the hope was 25 VMAs
# of this process's 48 (the last table of *Your own machine* counts them all).
#
# > **A common misconception**: *"remap_file_pages with protections would have turned a library's four file VMAs
# > into one."* It was hoped, and LWN wrote it so. The patch did not do it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The conclusion, carried out
#
# Here is the plan as a program might have had it. Reserve the whole span with no rights at all; then let
# `remap_file_pages(MAP_CHGPROT)` put each segment in its place, with its rights. No overlay, and no call for the
# hole. Which kernel lets it through?

# %%
predict("06.private")

# %%
print(carried_out(libc_of_2006()))
reveal("06.private")

# %% [markdown]
# Three obstacles, all in the mails of that spring:
#
# - `remap_file_pages` works on `VM_SHARED` mappings, and a library is `MAP_PRIVATE`: relocated pages are the
#   process's own. The last posting, in March 2007, still refuses.
# - Data and text can only be one VMA if it is nonlinear *and* has many protections, and on such a VMA the patch
#   refused `mprotect` with `EACCES`.
# - Paolo Giarrusso, who had the patch in his care, said that he had left the joining out: nonlinear areas are
#   slow to swap.
#
# `linux-2.6-manyprots-private` is a kernel that **never existed**. It is what the two steps ask for, added to the
# model. There the plan ends with one VMA of the file and one of zeroes. Is every page what it should be?

# %%
every_page_agrees(libc_of_2006())

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Today
#
# Much has changed since. Has it become better?

# %%
predict("06.irony")

# %%
display(life(separate_code()))
reveal("06.irony")

# %% [markdown]
# The holes have gone: x86-64 linkers align to 4 KiB again. But since binutils 2.31 (2018) code has pages of its
# own, `-z separate-code`, so that no header or constant can be executed by mistake. There are two more mappings in
# front of the data, and `mprotect` makes only one of the six. The first of Drepper's steps would save less today:

# %%
counted()

# %% [markdown] slideshow={"slide_type": "slide"}
# *file+bss* are VMAs of ELF files and of their zeroes; *S1*, *S2*
# and *S3* are what would be left of the file's. The last columns are what *S3* saves, of all VMAs, and in KiB at
# 192 bytes a VMA. *file+bss* by *ELF* is what a library has: over five, everywhere. It was counted with `vmalab
# whatif` on Debian 12 (2023) under Linux 6.18.
#
# Every figure is **counterfactual**: it supposes private nonlinear areas of many protections, which nobody ever
# wrote. Note *S2*: most of it could be had without the nonlinear part, which was the expensive one.
#
# And what is it worth? Nick Piggin answered the next day: memory, yes, but a lookup costs the logarithm. A
# hundred thousand VMAs, he wrote, take three times as long to search as forty.
#
# ### Your own machine
#
# This is the process that runs this notebook. Elsewhere than on Linux it is the recorded one.

# %% tags=["nbval-ignore-output"]
own_process()

# %% [markdown]
# Fedora Core 5, for comparison:

# %%
recorded_kinds()

# %% [markdown] slideshow={"slide_type": "slide"}
# Why should you believe any of this? Because your own ld.so can be asked. Each of these libraries is loaded in a
# fresh child, and its `smaps` compared with what the model says, line by line. `make loader-full` does it with all
# that there are.
#
# The explorer below shows any one, step by step. The first in its menu are those of this very process, the last were
# recorded. Choose an older ld.so, another kernel, or, at the end of the list of loaders, the plan of 2006.

# %% tags=["nbval-ignore-output"]
ask_ld_so()

# %% tags=["nbval-ignore-output"]
LibraryExplorer()

# %% [markdown] slideshow={"slide_type": "slide"}
# ### A whole start
#
# `vmalab trace -- cat FILE` ran `cat` under strace and made a program of what it did: `f0` is cat itself, `f1` is
# ld.so, `f3` is libc. The heap comes first, and wide gaps are narrow. Step through it, and try another kernel. On
# all that ever existed, of 2006 and of today, the same calls leave the same 19 VMAs; on the one that never did there
# are three fewer, because there `mprotect` cuts nothing.

# %%
Stepper(start_of_cat())

# %% [markdown]
# ## Check yourself

# %%
check("06.relro-end")

# %%
check("06.saved")

# %% [markdown]
# ## Words
#
# | word | meaning |
# |---|---|
# | **bss** | variables that begin as zeros and are not stored in the file |
# | **ELF** | the format of programs and libraries; its segments say what is to be mapped where |
# | **ld.so** | the dynamic linker: the program that maps libraries into your process |
# | **relocated** | of data: filled in with addresses, now that it is known where the library lies |
# | **relro** | data that is filled in at the start and then made read-only |
# | **segment** | a part of an ELF file that is mapped with rights of its own |
#
# ## What to read next
#
# - [07 · User-mode Linux](07_user_mode_linux.ipynb): a Linux in a process, and a VMA for every page of it.
# - [Exercises 06](../exercises/06_glibc_library_layouts.ipynb): ld.so by hand, five VMAs into two, and a loader of your own.
# - `vmalab/loader/library.py`: ld.so, each step with its reason; `vmalab/loader/program.py`: execve.
# - `vmalab whatif --pid PID`, on the largest process that you have.
# - `vmalab trace -- python3 -c pass`: a larger start as a program, for any kernel of this course.
#
# **Sources.** glibc 2.3.3 (2003), 2.3.4 (December 2004), 2.4 (March 2006), 2.36 (August 2022): `elf/dl-load.c`,
# `elf/dl-map-segments.h`, `elf/dl-reloc.c`. Linux 2.6.18 (20 September 2006) and 6.18 (30 November 2025):
# `fs/binfmt_elf.c`. Ulrich Drepper, 6 May 2006, Message-ID 445CC949.7050900@redhat.com; Nick Piggin, 7 May 2006,
# 445D75EB.5030909@yahoo.com.au; Paolo Giarrusso, 3 May 2006, 200605030245.01457.blaisorblade@yahoo.it; Andrew
# Morton, 14 December 2006, 20061214203044.915cedfc.akpm@osdl.org. LWN's report on the patch, May 2006. GNU
# binutils 2.31 (July 2018): `ld/NEWS` on `-z separate-code`.
