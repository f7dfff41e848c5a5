# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 10 · Your own kernel
#
# Put questions to the kernel that you are sitting at, and learn when to believe the answer.
#
# | | |
# |---|---|
# | **You will** | ask a real kernel by real system calls, and survive it · know eight things that every Linux 6 does · find a difference between two kernels, and make it small · say what a thousand equal answers prove · time the calls of this course on your machine |
# | **You need** | [02 · Split and merge](02_split_and_merge.ipynb) and [05 · remap_file_pages](05_remap_file_pages.ipynb); [09 · Verdict and afterlife](09_verdict_and_afterlife.ipynb) is a help |
# | **It takes** | 40 minutes: how to ask 9, eight facts 7, your own question 8, a hunt 9, the clock 3, check yourself 4 |

# %% [markdown]
# ## How to ask a kernel
#
# All through this course small cells asked your kernel, and some said that it cannot be asked. This lesson is about
# those cells. They need Linux on an x86-64 processor. Where there is none, you see a *transcript*: what a Linux 6.18
# answered, line by line.

# %%
from vmalab.records.text import format_program
from vmalab.trace.capture import run_program
from vmalab.widgets import Stepper, check, predict, predictions, reveal
from vmalab.widgets.own_kernel import any_linux_6, ask_kernel, try_random, what_calls_take, which_kernel
from vmalab.workloads.differential import compare
from vmalab.workloads.random_programs import random_program
from vmalab.workloads.shrink import shrink

# %% tags=["nbval-ignore-output"]
which_kernel()

# %% [markdown] slideshow={"slide_type": "slide"}
# An experiment needs a clean table. Here it is a **child process** with a window of free addresses, far away from its
# own code, heap and stack. It makes your calls, one by one, through `syscall(2)`: no C library in between that could be
# clever. After each call it reads back its own VMAs, from `/proc/self/maps` or by an ioctl that is quicker.
#
# One thing is hard. The program says `write 3 7`, and page 3 may not be written to.

# %%
predict("10.touch")

# %% tags=["nbval-ignore-output"]
ask_kernel("first-steps")

# %%
reveal("10.touch")

# %% [markdown]
# Look at the fourth line: a SIGSEGV that killed nobody.
#
# There is one more trap. Python is in the same process, and Python allocates. A new arena of memory beside the window
# would be a neighbour, and neighbours merge. So the space around the window is filled up before the first call. To
# *ask* a system without disturbing it is half of every experiment.
#
# > **A common misconception**: *"`/proc/self/maps` shows the state of my program."* It shows the state at the time of
# > reading; and to read it, Python opens a file and makes a buffer, which may be an `mmap`. Read it twice, and look.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Eight facts of any Linux 6
#
# The model is Linux 6.18. Yours may be 6.1 or 6.12. What can be relied on?

# %%
predict("10.same")

# %%
any_linux_6()

# %%
reveal("10.same")

# %% [markdown]
# You know the reason for all but one of them:
#
# - *nothing*: `munmap` promises that nothing is mapped afterwards (lesson 01).
# - *hole*: `mprotect` goes VMA by VMA, and what it did stays done (01).
# - *noreplace*: the new one. Like `MAP_FIXED`, but it refuses where something is in the way (since 4.17, 2018).
# - *VM_ACCOUNT*: one of the keys that `maps` does not show (02).
# - *filler*: two `anon_vma`s, so it can join one side only (02).
# - *beyond the end*: the VMA is there, the file is not, so SIGBUS (04).
# - *rights*: refused since 2003, and the reason for a patch (05, 08).
# - *without*: three VMAs, for the emulation is `mmap` (05, 09).
#
# And two that are younger than 6.0. Which release do you have?

# %% tags=["nbval-ignore-output"]
display(ask_kernel("guards"))
ask_kernel("together")

# %% [markdown]
# If the model differs there, you have an older kernel, and the model says what you are missing: guard markers came
# with 6.13, and `mremap` of several VMAs with 6.17.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Play: your own question
#
# Write a program of your own in the Stepper, guess what your kernel will say, and put the same lines into the cell
# below it. Some questions that people have asked, to begin with:
#
# - Does a page that was only *read* keep two areas apart? (Lesson 02 says no.)
# - Can you make two VMAs, side by side, whose lines in `maps` differ in nothing but the addresses?
# - Does `mlock` over a hole lock anything?
# - How many calls do you need until `munmap` is refused?

# %%
Stepper("not-merged")

# %% tags=["nbval-ignore-output"]
ask_kernel("""
mmap 0 2 rw private,anon,fixed
mmap 4 2 rw private,anon,fixed
mlock 0 6
madvise 0 2 dontneed
madvise 4 2 dontneed
""")

# %% [markdown]
# (`DONTNEED` is refused where pages are locked. So what did the `mlock` do that failed? It went VMA
# by VMA, as `mprotect` does, and what lies below the hole is locked.)
#
# The last word is your kernel's. If it differs from the model on a 6.18, you have found a bug in this course: shrink it
# (the next section shows how), and tell us.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A hunt
#
# A person thinks of twenty experiments. A random generator thinks of a million, most of them silly, and some that no
# person would try. Run each on two kernels, and compare after every call. That is **differential testing**.
#
# First a hunt that must succeed: 2.6.18 against 6.18, both in the model.

# %%
def parting(program):
    new, old = (run_program(program, kernel, events=False) for kernel in ("linux-6", "linux-2.6"))
    return compare(new, old, flags=False)


programs = (random_program(2006, number, "mixed", 40) for number in range(100))
witness = next(program for program in programs if parting(program))
print(len(witness.ops), "operations;", parting(witness).told("6.18", "2.6.18"))

# %%
predict("10.shrink")

# %% [markdown]
# Nobody wants to read forty operations. So strike out half of them: do the kernels still part? If so, go on with the
# rest; if not, strike out another half, then quarters, then single ones; then make the numbers small. This is **delta
# debugging** (Andreas Zeller, 1999).

# %% slideshow={"slide_type": "slide"}
small = shrink(witness, lambda candidate: parting(candidate) is not None)
print(format_program(small))
print(parting(small).told("6.18", "2.6.18"))
reveal("10.shrink")

# %% [markdown]
# That is lesson 05 in two lines, and no human chose it. (The difference it began with was another one. A shrinker keeps
# *a* difference, the smallest it meets.)
#
# Now the hunt that this course lives by: the model against *your* kernel. On 6.18 it should find nothing. On another
# release it may find what changed since, and shows the smallest program for it.

# %% tags=["nbval-ignore-output"]
try_random(programs=100)

# %% [markdown]
# Change the number, the `seed`, or the `profile` (`"anon"`, `"file"`, `"ext"`, `"search"`), or run it from a shell with
# `vmalab fuzz --against host --programs 20000`.
#
# How good is such a hunt? Break the model on purpose and see who notices. When its rules were first tried, they were
# taken out one at a time. *"Anonymous neighbours merge whatever their `anon_vma`"* was noticed by 63 of 300 programs of the
# profile `anon`, and by **none** of 300 of `mixed`. A test is as good as the mistakes it has been seen to catch.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The clock

# %%
predict("10.faster")

# %% tags=["nbval-ignore-output"]
what_calls_take()

# %%
reveal("10.faster")

# %% [markdown]
# `floor` is what Python needs to make a call that does nothing; take it off in your head. Then run the cell again. The
# numbers move, on a busy machine by much, so only their order is worth remembering. The lessons never compare
# a time with a stored one.

# %% [markdown]
# Your predictions, of all the lessons if you opened them with `make lab` or `vmalab lab`. Which ones would you
# make otherwise today?

# %%
predictions()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Check yourself

# %%
check("10.oracle")

# %%
check("10.newer")

# %%
check("10.recorded")

# %% [markdown]
# ## Words
#
# | word | meaning |
# |---|---|
# | **delta debugging** | making an input smaller while it still shows what it showed |
# | **differential testing** | running the same programs on two implementations, and comparing every answer |
# | **oracle** | whoever is asked what the right answer is; here the kernel itself |
# | **profile** | in `vmalab fuzz`: which calls random programs make, and how often |
# | **seed** | the number from which a generator starts: the same seed, the same programs |
# | **transcript** | a program with what a kernel said to each line, kept as text |
#
# ## What to read next
#
# - You have read the course. What is left is the model: begin at `vmalab/kernel.py`; it takes an afternoon.
# - In the model: `vmalab/host` (how it asks), `vmalab/workloads/differential.py`, `vmalab/workloads/shrink.py`.
# - `vmalab whatif --all`, `vmalab ld`, `vmalab uml` and `vmalab trace`, on whatever runs on your machine.
#
# **Sources.** Linux 6.18 (30 November 2025): `mm/mmap.c`, `mm/mprotect.c`, `mm/mremap.c`, `mm/madvise.c`,
# `fs/proc/task_mmu.c` (PROCMAP_QUERY, since 6.11, 2024). Manual pages syscall(2), mremap(2), madvise(2),
# remap_file_pages(2). Andreas Zeller, *Yesterday, my program worked. Today, it does not. Why?* (ESEC/FSE 1999). E. W.
# Dijkstra, *Notes on Structured Programming* (1970). Times, and the rules taken out: measured on 6.18.44, 2026.
