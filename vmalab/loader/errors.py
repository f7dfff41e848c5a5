"""What can be wrong with a file that somebody wants loaded."""


class ElfError(ValueError):
    """A file that cannot be loaded: what is wrong with it, in one line."""
