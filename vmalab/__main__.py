"""``python -m vmalab``: the same as ``vmalab``."""

from vmalab.cli import main

if __name__ == "__main__":
    main()
