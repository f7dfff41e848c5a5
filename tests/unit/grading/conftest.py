"""The toy set, for tests that need no sandbox."""

from tests.toy_set import answered, toy

__all__ = ["answered", "toy"]
