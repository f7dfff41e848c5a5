# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 00 · Start here
#
# A Linux memory manager small enough to read in an afternoon, and what you can do with it.
#
# | | |
# |---|---|
# | **You will** | map your first memory · read a line of `/proc/PID/maps` · drive the Stepper · tell three kinds of error apart |
# | **You need** | a little Python, and a rough idea of what an address is |
# | **It takes** | 25 minutes: the first mapping 8, the Stepper 8, errors 5, check yourself 4 |

# %% [markdown]
# ## How a lesson goes
#
# Every lesson has the same five beats. **Predict**: a question comes before the answer, and a guess costs
# nothing. **Run**: execute the next cell with <kbd>Shift</kbd>+<kbd>Enter</kbd>. **Explain**: a few lines on
# why the kernel did that. **Play**: change something and watch. **Check yourself**: questions that
# answer at once, with a reason.
#
# You may skip a prediction; the lesson then says that you did, and goes on. But people who guess first remember more,
# even when they guess wrong (Richland, Kornell and Kao, 2009).

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What you are about to boot
#
# `Kernel("linux-6")` is a *model*: a few thousand lines of Python that keep a process's memory in order the way
# Linux 6.18 does, function by function and under the same names. It has no disks, no network and no scheduler. What
# it does have gives the answers that the real kernel gives: the same results, the same error numbers and
# the same lines of `maps`. Random programs run on both, by the hundred thousand, to keep it so.
#
# The model can do something that the real kernel cannot: it says *why*.

# %%
from vmalab.kernel import Kernel
from vmalab.uapi.errors import KernelError, SegmentationFault
from vmalab.uapi.mman import MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE
from vmalab.widgets import Stepper, ask_both, check, predict, predictions, reveal

kernel = Kernel("linux-6")
task = kernel.spawn()
task.maps()

# %% [markdown]
# An empty string: the new process has an empty address space. It has 2<sup>47</sup> addresses, and not one
# of them may be touched.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Your first mapping
#
# A process gets memory by asking for it, and the call that asks is `mmap`. Memory comes in *pages* of 4096
# bytes. Before you run anything, make a guess.

# %%
predict("00.first-mmap")

# %%
PAGE = 4096
addr = task.mmap(None, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS)
print(f"mmap answered {addr:#x}")
print(task.maps())

# %%
reveal("00.first-mmap")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Read the line
#
# ```
# 7ffff7ffb000-7ffff7fff000 rw-p 00000000 anon
# ```
#
# `/proc/PID/maps` has a line for each **VMA**, which is short for *virtual memory area*: a run of pages
# that are all alike.
#
# - **`7ffff7ffb000-7ffff7fff000`** is where it lies. The end does not belong to it, so its size is the
#   difference: `0x4000` bytes, four pages. (Above it, up to the top, Linux leaves 128 MiB for the stack.)
# - **`rw-p`** is what may be done: read, write, not execute. The `p` means *private*: nobody else sees what
#   you write there.
# - **`00000000`** is where it begins in its file. This one has no file.
# - **`anon`** is the backing: *anonymous* memory, filled with zeros on demand. The real file leaves this
#   column empty, and prints a device and an inode before it, which the model leaves out.
#
# Here is the same address space as a picture. Its last column shows *flags* that `maps` does not print;
# lesson 01 reads them. Every figure in this course has its text beside it, for
# screen readers, for terminals, and for comparing.

# %%
from vmalab.views import address_space

address_space(task.snapshot())

# %% [markdown]
# ## Pages come later
#
# `mmap` promised four pages and delivered none. Only when a page is touched does the processor *fault* and
# the kernel supply it. So the line `present` under the pictures to come is empty at first.

# %%
before = task.snapshot()
task.store(addr + PAGE)
after = task.snapshot()
print("pages present before the store:", len(before.present), "and after it:", len(after.present))
print("VMAs before:", before.map_count, "and after:", after.map_count)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A program is data
#
# From here on we write system calls as short lines of text, in a small *window* of pages counted from 0, so
# that nobody has to read twelve hexadecimal digits:
#
# ```
# mmap 2 4 rw private,anon,fixed      map 4 pages at page 2
# write 3 7                           store the number 7 in page 3
# mprotect 3 1 r                      make page 3 read-only
# ```
#
# `fixed` says *exactly there*, instead of wherever the kernel likes. The very same lines run on the model, on your
# machine's own kernel, and from a shell with `vmalab run`. `docs/program-format.md` lists every word.

# %%
predict("00.vmas")

# %% [markdown]
# ## Play: the Stepper
#
# The Stepper runs a program and lets you walk through it in both directions: from call to call, and into
# each call, event by event. Click into it and use <kbd>→</kbd> and <kbd>←</kbd> for events, <kbd>↓</kbd> and
# <kbd>↑</kbd> for operations. The picture shows the address space before and after; below are the program
# and the lines of `maps`, with what changed marked `+` and `−`.
#
# Step through the first three operations. Where did the third VMA come from?

# %%
Stepper("first-steps")

# %%
reveal("00.vmas")

# %% [markdown]
# Two more things to try:
#
# - Choose **Edit the program**, write `mprotect 2 2 r` somewhere, and run it. Misspell a word on purpose: the
#   editor says which line, which column, and what would have been right.
# - Choose **A dozen ways to be refused** in the menu, and read the reasons.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Three kinds of error
#
# **A refusal.** You asked the kernel for something and it said no. Real Linux answers with a number, such as
# 22 for `EINVAL`, and leaves the rest to you. The model adds *because* and the place in the kernel's source
# that made the check.

# %%
try:
    task.munmap(addr + 1, PAGE)
except KernelError as error:
    print(error)

# %% [markdown]
# **A signal.** You asked for nothing. You just touched memory that you may not touch, and the processor
# noticed.

# %%
try:
    task.store(0)
except SegmentationFault as fault:
    print(fault)

# %% [markdown]
# **A `KernelBug`.** The model has broken one of its own laws, for instance two VMAs overlap. You should never
# see one. If you do, it is our mistake, and the message holds what we need to mend it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Ask the real one
#
# If you are on Linux, the same program can be run by your machine's own kernel, in a child process, and read
# back from its `/proc/self/maps`. You see what *your* kernel answered, and whether the model agrees. On another
# system, or with a very different kernel, the cell says so and the lesson goes on.

# %% tags=["nbval-ignore-output"]
ask_both("first-steps")

# %% [markdown]
# What else your machine can do, and the cure for what it cannot, is told by `vmalab doctor`:

# %% tags=["nbval-ignore-output"]
from vmalab.widgets.own_kernel import tell_doctor

tell_doctor()

# %% [markdown]
# > **A common misconception**: *"malloc gives me memory, so what is mmap for?"* `malloc` is a library
# > function that cuts pieces from larger blocks. The blocks come from the kernel, by `mmap` or `brk`. The
# > kernel knows about the blocks only: it sees VMAs and pages, never your objects.

# %% [markdown]
# And how did your predictions go? This cell works in every lesson, after
# `from vmalab.widgets import predictions`. It is for you alone; nobody collects it.

# %%
predictions()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Check yourself

# %%
check("00.errors")

# %%
check("00.kinds")

# %% [markdown]
# ## Words
#
# | word | meaning |
# |---|---|
# | **anonymous memory** | memory with no file behind it: zeros on demand |
# | **fault** | the processor stops at an access and asks the kernel; most faults end well |
# | **page** | 4096 bytes, the unit of all this |
# | **private** | what you write there nobody else sees (`p` in `maps`); the opposite is shared (`s`) |
# | **refusal** | a system call's answer that is an error number; the model adds *because* |
# | **signal** | how the kernel tells a program of something that it did not ask about, such as `SIGSEGV` |
# | **VMA** | virtual memory area: a run of pages that are all alike, and a line of `maps` |
# | **window** | in this course: a range of pages counted from 0, so that nobody has to read long addresses |
#
# ## What to read next
#
# - [01 · Address spaces and VMAs](01_address_spaces_and_vmas.ipynb): what a VMA is made of, and the four calls
#   that shape an address space.
# - `vmalab/kernel.py`: the model's front door, and the best place to begin reading it.
#
# **Sources.** Linux 6.18 (30 November 2025): `mm/mmap.c`, `mm/vma.c`, `fs/proc/task_mmu.c`, `arch/x86/mm/mmap.c`
# (`SIZE_128M`, the least gap for the stack). Manual pages
# mmap(2), munmap(2), mprotect(2), proc_pid_maps(5) of the Linux man-pages project. L. E. Richland, N. Kornell and
# L. S. Kao, *The pretesting effect* (Journal of Experimental Psychology: Applied 15, 2009).
