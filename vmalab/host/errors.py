"""What can go wrong between vmalab and the machine's own kernel."""


class HostError(RuntimeError):
    """A program could not be run on the machine's own kernel; the text says why."""


class HostUnsupportedError(HostError):
    """This machine, or this user, cannot run the program; another one could."""
