"""vmalab: a Linux memory manager that you can read in an afternoon.

Run it as several kernels of history, check it against a real one, and take a course on it::

    from vmalab.kernel import Kernel

    task = Kernel("linux-6").spawn()
    addr = task.mmap(None, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS)
    task.mprotect(addr + 4096, 4096, PROT_READ)
    print(task.maps())

Start reading at :mod:`vmalab.kernel`; docs/decisions/ says why the house is built as it is.
"""

__version__ = "0.1.0"
