"""From an ELF file to VMAs: what ld.so and execve make of it, as plans of system calls.

    elf      an ELF file's program headers, as a record: all that a loader reads
    eras     what ld.so of a release, and the kernel of a year, do differently: data
    plan     a library's (ld.so) or an executable's (execve) life as steps, each with its reason
    replay   the steps made on the model, whatever its generation: the VMAs that come out

Start at :func:`vmalab.loader.replay.load_library`.
"""
