# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 07 · User-mode Linux
#
# The program that needed a VMA for every page, what that cost, and what a single VMA would have saved.
#
# | | |
# |---|---|
# | **You will** | follow one guest page down to its host · say why a guest costs a VMA a page · count what a process and a context switch cost, and hold that against a famous claim · run into `max_map_count` · redo two sums about VMAs on your own machine |
# | **You need** | [02 · Split and merge](02_split_and_merge.ipynb) and [05 · remap_file_pages](05_remap_file_pages.ipynb) |
# | **It takes** | 40 minutes: one page 8, a VMA a page 8, the bill 10, two sums 5, play 5, check yourself 4 |

# %% [markdown]
# ## A Linux in a process
#
# **User-mode Linux** (UML) is a Linux kernel that is an ordinary program. The *host* runs it as it runs an
# editor; the *guest* boots inside it, with processes, pipes and page tables of its own.
#
# - The guest's **RAM is one file** of the host. Guest frame 5 is page 5 of that file.
# - Each **guest process has an address space of the host**, so that its code runs on the processor itself.
# - A guest page is *there* if UML has mapped the right page of the file into that address space.
#
# So the guest's page tables, which a real processor would read, have to be acted out by system calls.

# %%
from vmalab.generations import generation
from vmalab.units import format_bytes
from vmalab.widgets import UmlMonitor, check, predict, reveal
from vmalab.widgets.guests import RECORDED, look_ups, price_of_a_process, price_of_turns, slab_line, touches, vmas_of
from vmalab.widgets.uml_monitor_view import picture
from vmalab.workloads.uml import Params
from vmalab.workloads.uml.film import film

V4 = "linux-2.6-manyprots-v4"

# %% [markdown] slideshow={"slide_type": "slide"}
# ## One page
#
# A guest program touches a page that is not there:
#
# 1. The host finds no VMA and sends SIGSEGV. UML, which traces the process, catches it.
# 2. UML handles *its* page fault: it finds a frame and writes an entry into its own table.
# 3. It tells the host: `mmap(page, MAP_SHARED|MAP_FIXED, the RAM file, the frame)`.
# 4. The program goes on, and touches the page again.

# %%
predict("07.fault")

# %%
print(touches("r0 w0 r0 w0"))
reveal("07.fault")

# %% [markdown]
# A page that was only read shows RAM page 0, the guest's page of zeroes. Its first write is a fault again, so UML
# learns that it was written. (An x is everywhere: UML's entries have no bit for *not executable*.)
#
# Remember who does what: the guest's one fault is a SIGSEGV, a stop of the process, and a system call on the host.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A VMA a page

# %%
predict("07.vmas")

# %%
print("scattered frames")
print(touches("w0 w1 w2 w3 w4"))
print("\nframes in order")
print(touches("w0 w1 w2 w3 w4", fragmentation=0.0))
reveal("07.vmas")

# %% [markdown]
# The host keeps one VMA for each *run* of pages that goes on in three things at once: the address,
# the right, and the page of the file. A guest that has just booted has long runs. As its memory is used and freed,
# they become short.
#
# There is another way to do it: "You start with a dark sky, then insert the stars one by one" (Hugh Dickins). One
# window over the whole guest process, with no rights at all, and for each page one `remap_file_pages` that brings
# the page *and its right*. That is what the patch of lesson 08 was for. Here it is called the policy `rfp`.
#
# The same guest with 512 pages to touch, under both policies, on a host of 2006 with that patch:

# %% slideshow={"slide_type": "slide"}
days = {policy: film(Params(pages=512, commands=1), policy, V4) for policy in ("mmap", "rfp")}
for policy in days:
    display(picture(days, policy, -1))

# %% [markdown]
# The lower row of boxes is what the program sees of its first sixteen pages, and it is the same in
# both. The upper row is what the host keeps for them. The lines below count the VMAs; at the right is what a
# look-up in them costs, which lesson 09 takes up. Beside the 512 pages there are those of the program's own code,
# and two VMAs, the *stubs*, belong to UML itself. Its mode is **skas0**: every guest process is a process of the
# host, which UML gets by `clone` from one that it has.
#
# ### Where it ends

# %%
predict("07.limit")

# %%
short = film(Params(pages=512), "mmap", V4, max_map_count=256)
last = short.moments[-1]
print(f"{last.vmas} VMAs, max_map_count {short.max_map_count}. Process {last.killed.pid} is dead. UML said:")
print(last.killed.message)
reveal("07.limit")

# %% [markdown]
# (The limit is 256 here instead of 65,536, so that you need not wait.) The hint was added in September 2004, for
# people with more than 256 MB. A guest with 16 GB, Ingo Molnar wrote, would mean four million VMAs *for each
# process*: without something better "the UML design is still somewhat of a toy" (2 May 2006).
#
# ## The bill
#
# In the same mail he reported what his patched host did for a guest of 128 MB: **context-switch times were cut in
# half or more, process creation became ten times as fast**. He gave no absolute times. Can we find the reasons by
# counting?

# %%
predict("07.half")

# %% slideshow={"slide_type": "slide"}
display(price_of_turns())
reveal("07.half")

# %% [markdown]
# The switches are as many, and no switch maps anything: under skas0 simply another host process goes on. What
# comes *after* a switch differs. Each page that is new to the program costs the host two faults instead of one,
# and a VMA instead of none. So one *half* is found.

# %%
predict("07.copies")

# %% slideshow={"slide_type": "slide"}
for pages in (128, 512):
    print(price_of_a_process(pages), end="\n\n")
reveal("07.copies")

# %% [markdown]
# The *calls* are equally many. Both policies take the right to write away from every page of the shell, one by one,
# and tell the child of every page, one by one. But under `mmap` each of these calls takes one VMA out of the tree and
# puts another in, and two clones copy all that there are. That is **four VMAs made for each page**, against eleven
# for all of them. This work grows with the shell under `mmap`, and stands still under `rfp`.
#
# Is that *ten times as fast*? Our count cannot say so: the calls stay as many, and each costs something. A UML that
# knew the patch better could leave most of them out, because fork copies the entries of a nonlinear area (lesson
# 05), so the child shows its pages already. Whether Molnar's did that, we do not know: we found no copy of it.
#
# With skas3, on a host patched for UML, an address space begins empty, and nothing is cloned:

# %%
price_of_a_process(512, "skas3")

# %% [markdown] slideshow={"slide_type": "slide"}
# > **A common misconception**: *"Many VMAs are slow because the kernel has to search them."* Each fault and each
# > call does look a VMA up. But a tree of 13,000 is not much deeper than one of 1,000. What costs is to make them,
# > copy them, free them, and keep them in memory.

# %%
look_ups(3, 1000, 13_000)

# %% [markdown]
# The numbers are nodes read by one look-up, on average: VMAs, or, in the maple tree of today, nodes of 256 bytes.
# (`mmap_cache` remembers one VMA, and here no two look-ups meet. Lesson 09 has more on it.)
#
# ## Two sums
#
# **The guest's.** How much memory are its VMAs?

# %%
predict("07.sum")

# %%
old = generation("linux-2.6", "i386")
for mb in (128, 256, 1024):
    vmas = mb * 256
    verdict = "too many" if vmas >= old.max_map_count else "allowed"
    print(f"{mb:5} MB of guest: {vmas:7,} VMAs, {format_bytes(vmas * old.sizeof_vma):>9} for each process: {verdict}")
reveal("07.sum")

# %% [markdown]
# The page table of the same 128 MB is 32,768 entries of 4 bytes: 128 KiB. The VMAs say little more than it does, and
# take twenty times as much.
#
# **The editor's.** LWN's article on the patch did a sum for its editor's own machine, an x86-64: 13,000 VMAs, 200 bytes
# each, 2.5 MB. Here it is again, beside a machine of twenty years later:

# %% slideshow={"slide_type": "slide"}
for year, (count, size) in {2006: (13_000, 200), 2026: vmas_of(RECORDED)}.items():
    print(f"{year}: {count:,} VMAs of {size} bytes: {format_bytes(count * size)}")

# %% [markdown]
# The second line is from `/proc/slabinfo` of a machine with a browser on it (Linux 6.18). Now yours. That file is
# root's; where you may not read it, the recorded line is shown again.

# %% tags=["nbval-ignore-output"]
line, whose = slab_line()
count, size = vmas_of(line)
print(f"{whose}: {count:,} VMAs of {size} bytes: {format_bytes(count * size)}")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Play
#
# Let the guest run, and look for these:
#
# - the moment of *fork*: which of the sixteen pages lose their right to write, and do they ever get it back?
# - `max_map_count` 256: where does the process die? Does it die under `rfp` as well?
# - *scattered in RAM* at 0 %: how many VMAs are left, and why not one?
# - the host *2.6.18 as it was*, and *6.18*: what is `rfp` worth there?

# %%
UmlMonitor()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Check yourself

# %%
check("07.hint")

# %%
check("07.merge")

# %%
check("07.window")

# %%
check("07.today")

# %% [markdown]
# ## Words
#
# | word | meaning |
# |---|---|
# | **flush** | UML tells its host what the guest's page tables say by now |
# | **guest, host** | the Linux inside, and the Linux that runs it as a program |
# | **max_map_count** | how many VMAs the host lets a process have |
# | **policy** | here, how UML shows a page: `mmap`, a mapping for each; `rfp`, `remap_file_pages` in one window |
# | **skas0, skas3** | *separate kernel address space*. skas0 needs no patch of the host: each guest process is a host process, made by `clone`. skas3 needs one: an address space is a file, `/proc/mm` |
# | **stubs** | two pages at the top of a skas0 process, through which UML makes it call the host |
#
# ## What to read next
#
# - [Exercises 07](../exercises/07_user_mode_linux.ipynb): a guest by hand, a window by hand, and UML's own flush to write.
# - [08 · The many-prots patch](08_the_many_prots_patch.ipynb): how a page-table entry came to keep a right.
# - `vmalab uml --pages 65536 --policy both`: a guest of 256 MB, with simulated times.
# - In the model: `vmalab/workloads/uml/guest.py` (the UML kernel), `flush.py` beside it (what the host is told).
#
# **Sources.** Linux 2.6.18 (20 September 2006): `arch/um/kernel/tlb.c`, `arch/um/kernel/trap.c`,
# `arch/um/kernel/skas/mmu.c`, `arch/um/kernel/skas/process.c`, `mm/fremap.c`. Mails to linux-kernel: Ingo Molnar
# (2 May 2006, Message-ID 20060502112409.GA28159@elte.hu); Paolo Giarrusso ("Blaisorblade"), cover of the third
# try (26 August 2005): UML "easily creates more than 64K vma's for a single process"; the hint, a patch of
# 22 September 2004. LWN's report on the patch, May 2006. `/proc/slabinfo` of Linux 6.18.44, read in November 2026. The host's VMAs of this lesson's guest are
# compared with those of Linux 6.18 itself, call by call (`tests/host`).
