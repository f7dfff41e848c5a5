# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 03 · Page tables
#
# Five items, 12 points. You need [lesson 03](../notebooks/03_page_tables.ipynb).
#
# Write each answer into its own cell and run the cell below it: `check` says at once what it thinks, and gives
# one hint more each time. An item may have probes that `check` does not know; they are judged when you hand in.
# Only these answer cells are handed in, so keep everything that an answer needs in its cell.
# Predictions and programs are handed in as plain text: they are read, not run.

# %%
from vmalab.grading import check, question

me = ""  # the name or number that your instructor knows you by; it chooses your variants

# %% [markdown]
# ## 1 · Cut an address
#
# Cut this address as a processor does. Write six numbers, in decimal: the indexes into the four tables of x86-64, top
# table first; the byte in the page; and the index into the *top* table of i386 (two levels) of its lowest 32 bits.

# %%
question("ex3.q1", me)

# %%
# SOLUTION ex3.q1 predict: Cut an address
# BEGIN SOLUTION
indexes = "0 0 128 1 291 64"
# END SOLUTION
# STUB indexes = ""

# %%
# HINTS ex3.q1
# Write the address in binary. The lowest twelve bits are the byte in the page.
# On x86-64 four pieces of nine bits stand above them; on i386 two pieces of ten.
# Python helps: (addr >> 12) % 512 is the lowest index of x86-64, addr >> 22 the top one of i386.

# %%
# VARIANTS ex3.q1
variants = [{"shown": f"{addr:#x}"} for addr in (0x10001123, 0x7FFFF7E01008, 0x40201FFF, 0x5555BFFFF123, 0x8000402ABC, 0x7F0000200010)]

# %%
# REFERENCE ex3.q1
addr = int(given["shown"], 16)
parts = [addr >> shift & 511 for shift in (39, 30, 21, 12)]
indexes = " ".join(map(str, [*parts, addr & 4095, (addr & 0xFFFFFFFF) >> 22]))

# %%
# PROBE ex3.q1 closed 1: the four indexes and the byte of x86-64
# HINT Nine bits an index, twelve bits the byte, all in decimal: each index is from 0 to 511.
tell(numbers=read_words(indexes)[:5])

# %%
# PROBE ex3.q1 closed 1: the top index of i386
# HINT On i386 an index has ten bits, and the top one is made of the highest ten of 32.
tell(count=len(read_words(indexes)), numbers=read_words(indexes))

# %% [markdown] tags=["explanation"]
# An entry of 8 bytes leaves room for 512 in a table of 4096 bytes, so nine bits choose one; entries of 4 bytes leave room for
# 1024, and ten bits choose.

# %% [markdown]
# ## 2 · Read the entries
#
# Four entries of the lowest level of x86-64, in hexadecimal. For each, write two words with a `/` between them. First what it
# *is*: `present`, `none` (nothing was ever here), or `kept` (not present, but the kernel has written a note). Then what a
# store by the program does: `ok` or `fault`. The bits: 0 PRESENT, 1 RW, 2 USER, 5 ACCESSED, 6 DIRTY.

# %%
question("ex3.q2", me)

# %%
# SOLUTION ex3.q2 predict: Read the entries
# BEGIN SOLUTION
entries = "present/ok present/fault none/fault kept/fault"
# END SOLUTION
# STUB entries = ""

# %%
# HINTS ex3.q2
# Look at the last hexadecimal digit first: its bits are PRESENT (1), RW (2) and USER (4).
# A store needs PRESENT, RW and USER. If PRESENT is clear, the processor reads nothing else.
# 7 is present, writable, for the user; 5 is present and read-only; an even digit is not present.

# %%
# VARIANTS ex3.q2
def entry(*bits, pfn=0x1234):
    return pfn << 12 | sum(1 << bit for bit in bits)


kinds = {
    "dirty": entry(0, 1, 2, 5, 6), "fresh": entry(0, 1, 2), "shared": entry(0, 2, 5), "kernel": entry(0, 1, 5, 6, pfn=0x77),
    "nothing": 0, "swapped": 0x3FFFFFFFFF9A2, "guard": 0x7C00000000000002, "old": entry(0, 2, 5, 6, pfn=9),
}
orders = ["dirty shared nothing swapped", "kernel swapped fresh nothing", "guard dirty old nothing", "old fresh kernel swapped", "nothing kernel dirty guard", "fresh shared swapped kernel"]
variants = [{"shown": "\n".join(f"{kinds[name]:#018x}" for name in order.split())} for order in orders]

# %%
# REFERENCE ex3.q2
def read_entry(pte):
    kind = "present" if pte & 1 else "kept" if pte else "none"
    return f"{kind}/{'ok' if pte & 7 == 7 else 'fault'}"


entries = " ".join(read_entry(int(line, 16)) for line in given["shown"].split())

# %%
# PROBE ex3.q2 closed 1: what each entry is
# HINT Bit 0 says whether it is present. If it is clear, zero is nothing, and anything else a note of the kernel's.
tell(kinds=[word.split("/")[0] for word in read_words(entries)])

# %%
# PROBE ex3.q2 closed 1: what a store does
# HINT A store needs three bits: PRESENT, RW and USER. DIRTY and ACCESSED allow nothing.
tell(entries=read_words(entries))

# %% [markdown] tags=["explanation"]
# DIRTY and ACCESSED are notes of the processor for the kernel; they permit nothing. Without PRESENT, the rest of the entry
# belongs to the kernel, which keeps a swap slot there, or a marker.

# %% [markdown]
# ## 3 · Far apart
#
# Write a program that writes to **three pages** and ends with **six page tables**, all levels counted. The window begins at
# a multiple of 1 GiB and has 4096 pages; your program has **at most four lines**.

# %%
# SOLUTION ex3.q3 program: Far apart
# BEGIN SOLUTION
far = """
mmap 0 2048 rw private,anon,fixed
write 0 1
write 600 2
write 1100 3
"""
# END SOLUTION
# STUB far = """
# STUB """

# %%
# HINTS ex3.q3
# One page needs four tables, one of each level. What does a second page need?
# A table of the lowest level serves 512 pages in a row: 0 to 511, 512 to 1023, and so on.
# Write to one page below 512, to one from 512 to 1023, and to one above that.

# %%
# PROBE ex3.q3 open 1: six page tables
# HINT A mapping alone makes no table; each page that is written to needs one of the lowest level for its 512 pages.
tell(tables=tables_of("seq 1 4096 hole\n" + far))

# %%
# PROBE ex3.q3 hidden 1: three writes, in at most four lines
# HINT One mmap can span all that you need; then three writes.
results = results_of("seq 1 4096 hole\n" + far)
tell(tables=tables_of("seq 1 4096 hole\n" + far), few=len(results) <= 4, written=results.count("ok"))

# %% [markdown] tags=["explanation"]
# Three pages in three different stretches of 2 MiB: three tables of the lowest level, and one each of the three above. The same
# three pages side by side would have needed four tables.

# %% [markdown]
# ## 4 · Be the decoder
#
# `decode(pte)` reads an entry of the lowest level of i386 (2006): 32 bits.
#
# | bits | if PRESENT (bit 0) is set | if it is clear and the entry is not 0 |
# |---|---|---|
# | 12-31 | frame number | part of the slot |
# | 8-11 | | the slot begins at bit 8 |
# | 6 | DIRTY | |
# | 1 | RW | bits 1-5 are the number of the swap device |
#
# Return `None` for 0; for a present entry `("present", frame number, writable, dirty)` with `True` or `False` for the last two; and for any
# other `("swap", device, slot)`.

# %%
# SOLUTION ex3.q4 implement: Be the decoder
def decode(pte):
    """What an entry of i386 says."""
    # BEGIN SOLUTION
    if pte == 0:
        return None
    if pte & 1:
        return "present", pte >> 12, bool(pte & 2), bool(pte & 0x40)
    return "swap", pte >> 1 & 0x1F, pte >> 8
    # END SOLUTION
    # STUB raise NotImplementedError("write this one")

# %%
# HINTS ex3.q4
# Ask in this order: is it 0? Is bit 0 set? Else it is a swap entry.
# A field of n bits that begins at bit b is pte >> b & (2**n - 1).
# The device is pte >> 1 & 31, and the slot pte >> 8; bool(...) makes True or False of a bit.

# %%
# PROBE ex3.q4 open 1: one of each kind
# HINT Compare the fields one by one: frame, writable, dirty; device, slot.
tell(answers=attempts(decode, [(0,), (0x12345067,), (0x00007005,), (0x00000504,)]))

# %%
# PROBE ex3.q4 hidden 1: every field at its ends
# HINT The largest frame has twenty bits, the largest device five, the largest slot twenty-four; other bits must not get in the way.
tell(answers=attempts(decode, [(0xFFFFFFFF,), (0x00000001,), (0xFFFFFFFE,), (0x0000003E,), (0x00000100,), (0xFFFFFFBD,), (0x00000FC3,), (0x00000042,)]))

# %%
# PROBE ex3.q4 hidden 1: what the model's own encoder has written
# HINT The entries come from the model: swap entries of all devices, and present ones of several frames.
entries = [I386.swp_entry_to_pte(device, slot) for device in (0, 1, 30) for slot in (1, 77, 0xABCDE)]
entries += [I386.mk_pte(pfn, prot) for pfn in (1, 0x7FFFF) for prot in I386.protection_map[1:4]]
tell(answers=attempts(decode, [(one,) for one in entries]))

# %% [markdown] tags=["explanation"]
# One word, two readings: bit 0 decides. What the kernel writes into an entry that is not present is its own affair, as long as that
# bit stays clear.

# %% [markdown]
# ## 5 · Be the processor
#
# `walk(read, top, addr)` translates an address on x86-64, four levels. `read(pfn, index)` gives you entry number `index` of the table in
# frame `pfn`; `top` is the frame of the top table. Return the **physical address**, or `None` if an entry on the way is not present
# (bit 0). The frame number stands in bits 12 to 51 of an entry.

# %%
# SOLUTION ex3.q5 implement: Be the processor
def walk(read, top, addr):
    """The physical address of `addr`, or None."""
    # BEGIN SOLUTION
    pfn = top
    for shift in (39, 30, 21, 12):
        entry = read(pfn, addr >> shift & 511)
        if not entry & 1:
            return None
        pfn = entry >> 12 & (1 << 40) - 1
    return pfn << 12 | addr & 4095
    # END SOLUTION
    # STUB raise NotImplementedError("write this one")

# %%
# HINTS ex3.q5
# Begin with the frame `top`; each entry gives the frame of the next table.
# The four indexes are made of bits 39-47, 30-38, 21-29 and 12-20 of the address.
# The last entry's frame number, shifted by twelve, and the byte in the page make the physical address. Mask the flags off.

# %%
# PROBE ex3.q5 open 1: in tables made for it
# HINT Each level's index is nine bits of the address, the top level's the highest.
tables = {(9, 1): 0x5067, (5, 2): 0x6067, (6, 3): 0x7067, (7, 4): 0x8000000000123865, (7, 5): 0x123864}
at = 1 << 39 | 2 << 30 | 3 << 21 | 4 << 12
cases = [at, at + 0xFFF, at + 0x1000, at + (1 << 39)]
tell(found=[attempt(walk, lambda pfn, index: tables.get((pfn, index), 0), 9, addr) for addr in cases])

# %%
# PROBE ex3.q5 hidden 2: in the page tables of a process
# HINT Bit 63 (no execute) is not part of the frame number; an entry in swap is not present; and the byte in the page counts.
tell(found=walks_of(walk, [0x400000, 0x402123, 0x403FFF, 0x10000000, 0x10001008, 0x10002000, 0x10003000, 0x10004000, 0x10005FFF, 0x10008000, 0x7FFFF7E01010, 0]))

# %% [markdown] tags=["explanation"]
# Four reads of memory, and a page is found. Now think of a program that does it for every load and store, and you know why there
# is a TLB.
