"""What user space sees of the kernel: flag values, error numbers, signals, errors.

Mirrors: include/uapi/. Numbers and names only; no behaviour.
"""
