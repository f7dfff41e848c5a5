# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 04 · Faults and swap
#
# How a page comes to be in memory, how it leaves, and how it is found again.
#
# | | |
# |---|---|
# | **You will** | answer the three questions of a page fault · tell minor from major · follow copy on write through a fork · watch a page-table entry change its kind · run a small machine out of memory |
# | **You need** | [01 · Address spaces and VMAs](01_address_spaces_and_vmas.ipynb) and [03 · Page tables](03_page_tables.ipynb) |
# | **It takes** | 45 minutes: faults 18, reclaim and swap 20, check yourself 7 |

# %% [markdown]
# ## Three questions
#
# The processor found no usable entry in the page table, and asks the kernel. The kernel asks three
# questions, in this order:
#
# 1. **Where?** Which VMA holds the address? None: `SIGSEGV`, with the code `SEGV_MAPERR`.
# 2. **May it?** Does the VMA allow this access? No: `SIGSEGV`, `SEGV_ACCERR`.
# 3. **What is missing?** That depends on what is in the entry, what is behind the VMA, and whether this is a
#    read or a write. The page is supplied, and the instruction starts again as if nothing had happened.
#
# A fault that is answered from memory is **minor**. If a device has to be read for it, it is **major**, and
# the program sleeps until that is done.

# %%
from vmalab.kernel import Kernel
from vmalab.mm.filemap import Filemap
from vmalab.records.resolve import Window
from vmalab.uapi.errors import BusError, OutOfMemory, SegmentationFault
from vmalab.uapi.mman import MADV_GUARD_INSTALL, MADV_PAGEOUT, MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE
from vmalab.views.faults import fault_timeline
from vmalab.views.pte import EntryState, pte_compare
from vmalab.widgets import SwapLab, ask_both, check, predict, reveal

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The first touch
#
# New private memory reads as zeros. There is one frame of zeros for everybody, and a page that was only
# read shows that one.

# %%
predict("04.zero")

# %%
PAGE, WINDOW, heard = 4096, Window(0x10000000, 8), []
kernel = Kernel(ram_pages=32, swap_pages=8, listener=heard.append)
task = kernel.spawn()
base = task.mmap(WINDOW.start, 4 * PAGE, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)  # 3: read, write
task.load(base)
task.store(base, b"a")
task.store(base, b"b")
task.store(base + PAGE, b"c")
fault_timeline(heard, WINDOW)

# %%
reveal("04.zero")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Copy on write
#
# `fork` copies the page table and not the pages. Both processes show the same frames, and both entries are
# made read-only, though both VMAs say `rw-p`. So the next write asks the kernel, and the kernel sees that the
# VMA allows it: this is no crime, only a debt.

# %%
predict("04.cow")

# %%
child = task.fork()
heard.clear()
child.store(base, b"d")
task.store(base, b"e")
print(task.load(base), child.load(base))
fault_timeline(heard, WINDOW)

# %%
reveal("04.cow")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Pages of a file
#
# A page of a file is read from its device once, into the **page cache**, and stays there for whoever
# maps it next. The first touch is major, the others are minor. Beyond the end of the file there is nothing to
# supply: the VMA holds the address and allows the access, so it is not `SIGSEGV` but `SIGBUS`.

# %%
book = Filemap("book", 2 * PAGE, source=lambda index: b"page %d" % index)
text = task.mmap(WINDOW.start + 4 * PAGE, 3 * PAGE, 3, MAP_PRIVATE | MAP_FIXED, task.open(book))
heard.clear()
print(task.load(text, 6))
task.store(text + PAGE, b"P")
try:
    task.load(text + 2 * PAGE)
except BusError as signal:
    print(signal)
fault_timeline(heard, WINDOW)

# %% [markdown]
# The write to the second page of the file made two things: the file's page was read into the page cache (that
# made the fault major), and a private copy of it was made. The file itself will never hear of it.
#
# Your own Python counts its faults too, in `/proc/self/stat`.

# %% tags=["nbval-ignore-output"]
from vmalab.widgets.own_kernel import tell_faults

tell_faults(pages=1000)

# %% [markdown]
# About a thousand faults for a thousand pages. Fewer, and your kernel filled in several pages at a time.
#
# > **A common misconception**: *"A page fault is an error."* It is how nearly every page gets into memory. Only
# > those faults that end in a signal are errors, and they are few.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Reclaim: who has to go?
#
# When fewer frames are free than the **low watermark** says, the kernel takes some back until the **high**
# one is reached. A *clock hand* goes round all frames. Was the page used since the hand last came by? The
# processor knows: it set ACCESSED in the entry. Then the bit is cleared and the page has a **second
# chance**. If not, the page goes:
#
# | page | goes |
# |---|---|
# | of a file, clean | nowhere: the file has it, the entry becomes empty |
# | of a file, dirty | back to the file first |
# | private, or shared memory | to a slot of the swap device, and the entry remembers which |
#
# Today's Linux keeps lists of active and inactive pages instead of one clock, and asks the same question.

# %%
predict("04.second")

# %% [markdown]
# A machine of ten frames; five of them hold the zero page and page tables. The lab runs a *string* of
# references: `2w` writes page 2, `1` reads page 1. Step through it with the
# arrow keys and watch page 1. Then pull the RAM slider: the whole string runs anew at once.
#
# The first turn of the hand finds that *every* page was used. It clears all the bits and takes the page where it
# began, like a plain queue. What if that is page 1? Write `1w` before `2w` and see.

# %%
SwapLab("A favourite page")

# %%
reveal("04.second")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The entry changes its kind
#
# While PRESENT is set, the entry belongs to the processor. When it is clear, the processor reads nothing else,
# and the kernel keeps a note of its own in the other bits. Here is one entry before and after its page was
# put out.

# %%
predict("04.survives")

# %%
def entry_of(task, addr):
    last = task.mm.pgtable.walk(addr).steps[-1]
    return EntryState(last.entry, last.bits, last.kind)


shown = entry_of(task, base)
task.madvise(base, PAGE, MADV_PAGEOUT)
pte_compare(shown, entry_of(task, base))

# %%
reveal("04.survives")

# %% [markdown]
# The slot's number is stored with every bit turned over. Should a processor look ahead and take the note for a
# frame number (the *L1 terminal fault* of August 2018), it points to memory that no machine has.
#
# ## The swap cache
#
# Reading a page back costs a major fault. After that the page is in a frame **and** still in its slot. As long
# as nobody writes to it, it can go again for nothing. That is what the swap cache knows. In the next string
# page 1 is put out three times (`1!`). Watch *pages written to swap*: it goes up twice. Which of the three was free,
# and why?

# %%
SwapLab("Read back and not written", at=5)

# %% [markdown] slideshow={"slide_type": "slide"}
# The second: since page 1 was read back, nobody had written to it.
#
# ## Out of memory
#
# No free frame, no free slot, and no page of a file to drop: then a process must go. Let the lab run to its
# end and read the verdict. Then give it a little more RAM, or a little more swap, until it survives.

# %%
SwapLab("More than RAM and swap", swap=4)

# %%
small = Kernel(ram_pages=8, swap_pages=0).spawn()
start = small.mmap(None, 2 * PAGE, 3, MAP_PRIVATE | MAP_ANONYMOUS)
try:
    for page in range(4):
        small.store(small.mmap(None, PAGE, 3, MAP_PRIVATE | MAP_ANONYMOUS), b"x")
except OutOfMemory as verdict:
    print(verdict)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A note that says: keep out
#
# Since Linux 6.13 (January 2025) the kernel keeps one more kind of note: a **guard marker**. A touch of such a page
# is `SIGSEGV`, though the VMA allows it, with the code `SEGV_MAPERR`, as if there were none. Stacks and allocators
# used to spend a whole VMA on each guard page; a marker costs one entry and splits nothing.

# %%
task.madvise(base + 2 * PAGE, PAGE, MADV_GUARD_INSTALL)
try:
    task.load(base + 2 * PAGE)
except SegmentationFault as signal:
    print(signal)
print(task.maps().splitlines()[0], "|", entry_of(task, base + 2 * PAGE).kind)

# %% [markdown]
# ## The kernel beneath you
#
# The same with your own kernel: `mincore` tells which pages are in memory, and `MADV_PAGEOUT` asks that they
# be put out. On a machine without swap they have nowhere to go, and stay. That is no error, for advice is
# only advice.

# %% tags=["nbval-ignore-output"]
ask_both("""
mmap 0 4 rw private,anon,fixed
write 0 1
read 1
mincore 0 4
madvise 0 2 pageout
mincore 0 4
read 0
""")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Check yourself

# %%
check("04.minor")

# %%
check("04.sigbus")

# %%
check("04.cache")

# %%
check("04.oom")

# %% [markdown]
# ## Words
#
# | word | meaning |
# |---|---|
# | **copy on write** | two processes show one page read-only, and the first to write gets a copy |
# | **guard marker** | an entry that says *no access*, for one page; no VMA is split for it |
# | **major, minor** | a fault for which a device must be read, or need not be |
# | **page cache** | pages of files in memory, for whoever maps or reads them next |
# | **reclaim** | taking frames back when few are free |
# | **second chance** | a page that was used since the clock hand last passed stays for another turn |
# | **slot** | the place of one page on a swap device |
# | **swap cache** | pages that are in a frame and still in their slot |
# | **watermark** | so few free frames start reclaim (low), so many end it (high) |
# | **zero page** | the one frame of zeros that is shown to all who only read new memory |
#
# ## What to read next
#
# - [Exercises 04](../exercises/04_faults_and_swap.ipynb): which touches survive, and a clock and a fault handler to write.
# - [05 · remap_file_pages](05_remap_file_pages.ipynb): pages of a file in an order of your own, with no VMA for it.
# - In the model: `vmalab/mm/memory.py` (the faults), `vmalab/mm/wp_page.py` (copy on write),
#   `vmalab/mm/vmscan.py` (the clock), `vmalab/mm/swap_in.py` and `vmalab/mm/swapfile.py`.
# - In the lab, choose *More RAM, more faults*, and compare 8 frames with 9. Belady, Nelson and Shedler found this
#   in 1969; a reclaimer that always took the page unused for longest could not be caught like that.
#
# **Sources.** Linux 6.18 (30 November 2025): `mm/memory.c` (`handle_mm_fault`, `do_wp_page`, `do_swap_page`),
# `mm/vmscan.c`, `mm/swapfile.c`, `mm/swap_state.c`, `mm/madvise.c`, `arch/x86/mm/fault.c`. Linux 2.6.18
# (20 September 2006) for the same rooms in their first form. Manual pages fork(2), madvise(2), mincore(2),
# proc_pid_stat(5). L1 terminal fault: `Documentation/admin-guide/hw-vuln/l1tf.rst` (August 2018).
