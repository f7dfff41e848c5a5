"""Where words of a scene would cover each other, leave their box or leave the picture."""

from itertools import combinations

from vmalab.views.scene import Rect, fit, labels_of
from vmalab.views.svg import CELL_WIDTH, CHAR_WIDTH

GAP = 0.5
"""Cells that must stay free after a word, lest two words read as one."""


def collisions(scene):
    """Every pair of words that overlap, and every word that is cut off."""
    areas = [
        (label.left, label.y, label.right + GAP, label.y + 1, label.text)
        for label in labels_of(scene)
    ]
    boxes = [shape for shape in scene.shapes if isinstance(shape, Rect)]
    for box in boxes:
        for row, line in enumerate(box.lines):
            words = fit(line, (box.width * CELL_WIDTH - 3) / CHAR_WIDTH)
            half = len(words) * CHAR_WIDTH / CELL_WIDTH / 2
            middle, top = box.x + box.width / 2, box.y + (row + 1 if box.height > 1 else 0)
            if words:
                areas.append((middle - half, top, middle + half, top + 0.8, words))
            if words and row + 1 >= box.height > 1:
                areas.append((middle, scene.height + 9, middle, scene.height + 9, words))
    found = [f"{a[4]!r} covers {b[4]!r}" for a, b in combinations(areas, 2) if _meet(a, b)]
    found += [f"{a[4]!r} is cut off" for a in areas if a[0] < -1 or a[2] > scene.width + 1]
    found += [f"{a[4]!r} is below the picture" for a in areas if a[3] > scene.height]
    return found


def _meet(one, two):
    left, right = max(one[0], two[0]), min(one[2], two[2])
    top, bottom = max(one[1], two[1]), min(one[3], two[3])
    return right - left > 0.05 and bottom - top > 0.05
