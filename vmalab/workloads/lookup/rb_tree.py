r"""A red-black tree: binary, ordered by address, and never more than twice as deep as it must be.

              5b                    b black, r red
            /    \                  no red node has a red child
          2r      8b                every way down passes as many black nodes
         /  \       \
       1b    3b      9r

Insertion and removal put the colours right by rotating a node with its parent:

          p             n
         / \           / \
        n   c   ->    a   p
       / \               / \
      a   b             b   c

Mirrors: lib/rbtree.c, mm_struct.mm_rb (v2.6.18), in what it does; after Cormen, Leiserson and
Rivest, Introduction to Algorithms.
"""

from __future__ import annotations

from collections.abc import Iterator

from vmalab.workloads.lookup.area import Area, Found


class Node:
    """An area in the tree. The sentinel below every leaf is a node too, black and of no area."""

    __slots__ = ("area", "is_red", "left", "parent", "right")

    left: Node
    right: Node
    parent: Node

    def __init__(self, area: Area, nil: Node | None = None, *, is_red: bool = False) -> None:
        self.area = area
        self.is_red = is_red
        self.left = self.right = self.parent = nil or self


class RbTree:
    """Areas in a red-black tree.

    >>> areas = RbTree()
    >>> for page in range(1000):
    ...     areas.insert(Area(2 * page, 2 * page + 1))
    >>> areas.find(1500), areas.depth()
    (Found(area=Area(start=1500, end=1501), steps=11), 17)
    """

    def __init__(self) -> None:
        self.nil = Node(Area(0, 0))
        self.root = self.nil

    def find(self, addr: int) -> Found:
        """Go left where an area ends after the address, and remember it; go right where not."""
        node, best, steps = self.root, None, 0
        while node is not self.nil:
            steps += 1
            if node.area.end > addr:
                best = node.area
                if best.start <= addr:
                    break
                node = node.left
            else:
                node = node.right
        return Found(best, steps)

    def insert(self, area: Area) -> None:
        """A red leaf where the search ends; then no two reds may follow each other."""
        parent, node = self.nil, self.root
        while node is not self.nil:
            parent, node = node, node.left if area.start < node.area.start else node.right
        new = Node(area, self.nil, is_red=True)
        new.parent = parent
        if parent is self.nil:
            self.root = new
        elif area.start < parent.area.start:
            parent.left = new
        else:
            parent.right = new
        self._insert_color(new)

    def erase(self, area: Area) -> None:
        """Take a node out; one with two children gives its place to the next larger."""
        node = self.root
        while node.area.start != area.start:
            assert node is not self.nil, f"{area} is not in the tree"
            node = node.left if area.start < node.area.start else node.right
        gone_is_red, child = node.is_red, node.right
        if node.left is self.nil:
            self._transplant(node, node.right)
        elif node.right is self.nil:
            child = node.left
            self._transplant(node, node.left)
        else:
            heir = node.right
            while heir.left is not self.nil:
                heir = heir.left
            gone_is_red, child = heir.is_red, heir.right
            if heir.parent is node:
                child.parent = heir
            else:
                self._transplant(heir, heir.right)
                heir.right = node.right
                heir.right.parent = heir
            self._transplant(node, heir)
            heir.left = node.left
            heir.left.parent = heir
            heir.is_red = node.is_red
        if not gone_is_red:
            self._erase_color(child)

    def areas(self) -> Iterator[Area]:
        """In order: all that is left, the node, all that is right."""
        above, node = list[Node](), self.root
        while above or node is not self.nil:
            while node is not self.nil:
                above.append(node)
                node = node.left
            node = above.pop()
            yield node.area
            node = node.right

    def depth(self) -> int:
        """The most steps any look-up can take."""
        level, depth = [self.root], 0
        while level := [node for node in level if node is not self.nil]:
            depth += 1
            level = [child for node in level for child in (node.left, node.right)]
        return depth

    # Keeping it balanced

    def _rotate(self, node: Node) -> None:
        """Lift a node above its parent; see the picture at the top, which also reads backwards."""
        parent, above = node.parent, node.parent.parent
        if parent.left is node:
            middle, parent.left, node.right = node.right, node.right, parent
        else:
            middle, parent.right, node.left = node.left, node.left, parent
        if middle is not self.nil:
            middle.parent = parent
        parent.parent, node.parent = node, above
        if above is self.nil:
            self.root = node
        elif above.left is parent:
            above.left = node
        else:
            above.right = node

    def _insert_color(self, node: Node) -> None:
        """Two reds in a row: recolour if the uncle is red too, else rotate."""
        while node.parent.is_red:
            parent, grand = node.parent, node.parent.parent
            uncle = grand.right if grand.left is parent else grand.left
            if uncle.is_red:
                parent.is_red = uncle.is_red = False
                grand.is_red = True
                node = grand
                continue
            if (grand.left is parent) != (parent.left is node):  # a bend: straighten it
                self._rotate(node)
                parent = node
            parent.is_red, grand.is_red = False, True
            self._rotate(parent)
            break
        self.root.is_red = False

    def _transplant(self, old: Node, new: Node) -> None:
        """Put one subtree where another hangs."""
        if old.parent is self.nil:
            self.root = new
        elif old.parent.left is old:
            old.parent.left = new
        else:
            old.parent.right = new
        new.parent = old.parent

    def _erase_color(self, node: Node) -> None:
        """One black too few on the way to ``node``: take one from its sibling, or pass it up."""
        while node is not self.root and not node.is_red:
            parent = node.parent
            is_left = parent.left is node
            sibling = parent.right if is_left else parent.left
            if sibling.is_red:
                sibling.is_red, parent.is_red = False, True
                self._rotate(sibling)
                sibling = parent.right if is_left else parent.left
            near, far = sibling.left, sibling.right
            if not is_left:
                near, far = far, near
            if not near.is_red and not far.is_red:
                sibling.is_red = True
                node = parent
                continue
            if not far.is_red:
                near.is_red, sibling.is_red = False, True
                self._rotate(near)
                sibling, far = near, sibling
            sibling.is_red, parent.is_red, far.is_red = parent.is_red, False, False
            self._rotate(sibling)
            node = self.root
        node.is_red = False
