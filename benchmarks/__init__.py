"""What a VMA costs here: the model beside the system calls of this machine's own kernel.

``python -m benchmarks`` (or ``make bench``) prints the table. See :mod:`benchmarks.__main__`.
"""
