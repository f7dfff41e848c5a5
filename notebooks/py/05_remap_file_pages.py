# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 05 · remap_file_pages
#
# How a database looked at a large file through a small window, and how the page table came to know what no VMA
# knows.
#
# | | |
# |---|---|
# | **You will** | rearrange the pages of a file without making VMAs · say what an entry remembers of a page that is not in memory · follow such a page out and in again, through truncation and through fork · compare with the kernel you have |
# | **You need** | [02 · Split and merge](02_split_and_merge.ipynb) and [04 · Faults and swap](04_faults_and_swap.ipynb) |
# | **It takes** | 40 minutes: the window 10, the note 8, out and in again 10, today 6, check yourself 6 |

# %% [markdown]
# ## A small window on a large file
#
# In 2002 a large server had 32-bit processors and more memory than a process can see, for that is three
# gigabytes. A database keeps its cache in one huge file in memory, and looks at it through a window: now at
# these pages, now at those.
#
# With `mmap` each look is a VMA of its own. For Linux 2.5.46 (November 2002) Ingo Molnar wrote a call that makes
# none: `remap_file_pages(start, size, prot, pgoff, flags)`. *Let these pages of the window show the file from page
# `pgoff` on.* The mapping must be a shared one. Of `flags` you will meet one; `prot` had to be 0 when the call had
# grown up, and has a story.

# %%
from vmalab.arch.formats import pte_format
from vmalab.generations import generation
from vmalab.trace.capture import run_program
from vmalab.trace.swap_trip import swap_trip
from vmalab.views import pte_strip, pte_trip
from vmalab.widgets import RemapBoard, Stepper, ask_both, check, draw, predict, reveal, shown_pages, side_by_side
from vmalab.widgets.pictures import to_program

predict("05.vmas")

# %%
mapped = "\n".join(f"mmap {page} 1 rw shared,fixed f0 {7 - page}" for page in range(8))
remapped = "mmap 0 8 rw shared,fixed f0 0\n" + "\n".join(f"remap {page} 1 none {7 - page}" for page in range(8))
for name, program in ("mmap", mapped), ("remap_file_pages", remapped):
    run = run_program(to_program(program + "\ncontents"), "linux-2.6")
    print(f"{name:16} VMAs: {run.steps[-1].after.map_count}, showing {run.steps[-1].result}")
reveal("05.vmas")

# %% [markdown] slideshow={"slide_type": "slide"}
# Both windows show the same. The second is *one* VMA, and its pages are joined to the file's like this:

# %%
shown_pages(remapped)

# %% [markdown]
# `/proc/PID/maps` prints one line for it, and in that line the offset means nothing any more. The flag `nl`
# (`VM_NONLINEAR`) says so to the kernel. From now on only the **page table** knows which page is where.
#
# What did it save? One VMA for each page of the window, in the worst case:

# %%
old = generation("linux-2.6", "i386")
for mib in (64, 512, 1024):
    pages = mib << 20 >> 12
    kib = pages * old.sizeof_vma // 1024
    verdict = "more than it may have" if pages > old.max_map_count else "allowed"
    print(f"{mib:5} MiB window: {pages:7} VMAs of {old.sizeof_vma} bytes, {kib:6} KiB: {verdict}")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The note
#
# At first the call simply put pages into the page table. If the kernel took one back, all was forgotten. In
# March 2003 Molnar mended that: where the page is not in memory, the entry becomes a *note* that says which page
# of the file belongs here. `MAP_NONBLOCK` makes use of it too. It says: *do not wait for the disk.*

# %%
predict("05.nonblock")

# %%
cold = """
mmap 0 8 rw shared,fixed f0 0
remap 0 1 none 40
evict
remap 2 2 none 17 nonblock
remap 5 1 none 63
"""
display(shown_pages(cold, arch="i386"))
reveal("05.nonblock")

# %% [markdown] slideshow={"slide_type": "slide"}
# Here is such a note itself, of page 42 (`0x2a`), on i386. PRESENT is clear, so the processor looks no further, and
# the kernel writes what it likes into the other bits. Bit 6 says *file, not swap*. Bit 7 must stay clear: it
# would mean a page that nobody may touch. The number goes around them, in two pieces.

# %%
out = swap_trip("linux-2.6", "i386", "rw").out
pte_strip(out.entry, out.bits, kind=out.kind, entry_bits=32)

# %% [markdown]
# How many bits are left for the number decides how large a file may be that is mapped so. On x86-64 the header
# promised 46 bits, but of those its decoder keeps 34. User-mode Linux (UML, lesson 07) had the fewest.

# %%
for arch in ("i386", "i386-pae", "x86_64", "uml"):
    fmt = pte_format(arch)
    bits = fmt.file_pgoff.survive or fmt.file_max_bits
    print(f"{arch:9} {bits} bits of page number: files up to {2 ** bits * 4 >> 30:6} TiB")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Out and in again

# %%
predict("05.swapout")

# %%
looked = """
mmap 0 8 rw shared,fixed f0 0
read 1
remap 4 1 none 40
write 4 7
evict
"""
display(draw(looked, on="linux-2.6"))
reveal("05.swapout")

# %% [markdown]
# Page 1 left nothing behind: the VMA can compute its place in the file. Page 4 left a note (`n`). What was
# written to it is safe, for it is the *file's* page, and the file keeps it (a file in memory: in swap). The note
# of the next picture travels the whole way on i386.

# %% slideshow={"slide_type": "slide"}
pte_trip(swap_trip("linux-2.6", "i386", "rw"))

# %% [markdown]
# The frame is another one, of course. DIRTY went to the page itself. And the **rights**? The note has no bit for
# them. When the page comes back, they are taken from the VMA. That is no loss, because in 2.6.18 all pages of a
# VMA have the same rights. Keep it in mind for lesson 08.
#
# > **A common misconception**: *"`remap_file_pages` ignored its argument `prot`."* From March 2003 on a `prot`
# > other than 0 was refused with `EINVAL`. In the first version, of November 2002, it was even obeyed.
#
# ## What it cost the kernel
#
# - To take a page back, the kernel must find the entries that show it. In a linear VMA it *computes* the address.
#   In a nonlinear one it has to **search**: 32 pages of the window at a time, and whatever it finds there that was not used lately goes.
# - A fault on a note always counts as **major**, even if the page is in memory.
# - A page cannot be asked whether it was used: such areas are left out when the pages are aged.
# - Every path that empties entries must ask: *would the VMA find this page again?*
#
# The last question is asked by truncation too.

# %%
predict("05.truncate")

# %%
shrink = """
mmap 0 8 rw shared,fixed f0 0
remap 0 1 none 40
write 0 5
truncate f0 10
read 0
truncate f0 64
read 0
"""
side_by_side(shrink, "linux-2.6", "linux-6")

# %%
reveal("05.truncate")

# %% [markdown]
# And by fork. Linux need not copy the entries of a shared file mapping: the child's faults would
# bring the same pages. Here they would not, so the entries are copied, notes and all (`F40` is a note of page 40,
# `P` a page that is present).

# %%
family = cold + "fork\ncontents"
run = run_program(to_program(family), "linux-2.6", arch="i386", entries=True)
print("the child's entries:", run.steps[-2].entries)
print("what it sees:       ", run.steps[-1].result)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Play
#
# Drag a page of the file into the window, or pick it up with Space and put it down with Space, or type the two
# numbers. Under the window stands what *every* kernel made of the same calls; those called `2.6 +` have the
# patch of lesson 08. Evict, and look at the entries. What brings a page back? What makes a kernel of today need the
# most VMAs?
#
# Below the board you can step through the database's day. Under the VMA stand the present pages (`f` shown, `n` a
# note) and which page of the file each one shows. Then choose `linux-6` in the menu, and step again. Watch the number
# of VMAs.

# %%
RemapBoard()

# %%
Stepper("database-window", "linux-2.6")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Today
#
# Processors became 64 bits wide, and the window as large as the file. In 2014 Kirill Shutemov looked for users
# of the call in the sources of Debian and ALT Linux, and found none. Linux 3.16 called it deprecated, and since 4.0
# (April 2015) it is **emulated** by `mmap`. Notes of a file's page are gone from the page tables, and so is the
# bit of every entry that told them from swap.
#
# The price, from his commit message: a file of 4 GiB, remapped page by page in reverse, took 23.3 seconds before
# and 43.9 seconds after. That is 1.88 times as long, and a million VMAs.

# %%
order = (5, 2, 7, 0, 6, 3, 1, 4)
remaps = [f"remap {page} 1 none {pgoff}" for page, pgoff in enumerate(order)]
scattered = "\n".join(["mmap 0 8 rw shared,fixed f0 0", *remaps])
for kernel in ("linux-2.6", "linux-6"):
    run = run_program(to_program(scattered), kernel)
    print(f"{kernel:10} VMAs after each call:", *[step.after.map_count for step in run.steps])

# %%
shown_pages(scattered, on="linux-6")

# %% [markdown]
# Your own kernel, if it is a Linux of these years:

# %% tags=["nbval-ignore-output"]
ask_both(scattered + "\ncontents")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Check yourself

# %%
check("05.limit")

# %%
check("05.maps")

# %%
check("05.rights")

# %%
check("05.today")

# %% [markdown]
# ## Words
#
# | word | meaning |
# |---|---|
# | **linear** | a VMA whose pages show the file in order: from the address follows the page |
# | **nonlinear** | a VMA (`nl`) whose pages show the file in any order; only the entries know which |
# | **note** | in this course: an entry that is not present and says which page of the file belongs there (the kernel's word is file pte) |
# | **remap_file_pages** | the call that lets pages of a window show other pages of the file |
#
# ## What to read next
#
# - [Exercises 05](../exercises/05_remap_file_pages.ipynb): read a note, survive a swap-out, write the encoder.
# - [06 · How a library becomes VMAs](06_glibc_library_layouts.ipynb): the same calls, made by ld.so, for every program.
# - [08 · The many-prots patch](08_the_many_prots_patch.ipynb): what if each page could have its own rights as well?
# - In the model: `vmalab/mm/fremap.py` (the call and its notes), `vmalab/arch/i386.py` (their bits).
#
# **Sources.** Linux 2.6.18 (20 September 2006): `mm/fremap.c`, `mm/memory.c` (`do_file_page`), `mm/rmap.c`
# (`try_to_unmap_cluster`), `include/asm-i386/pgtable-2level.h`, `include/asm-x86_64/pgtable.h`; that kernel was booted, and the model is compared
# with what it did, operation by operation. Mails to linux-kernel: Ingo Molnar, *remap-file-pages-2.5.63-A0*
# (3 March 2003); Andrew Morton on porting it (21 March 2003). Manual page remap_file_pages(2). Commits
# 33041a0d76d3 (deprecated, 3.16) and c8d78c1823f4 (emulated, 4.0), Kirill A. Shutemov, with his measurement.
