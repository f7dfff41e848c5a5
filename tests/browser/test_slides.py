"""A lesson on a wall: does every slide fit, and does it go on without a network?"""

import shutil

import pytest

from tests.browser.driver import elsewhere
from tests.conftest import IN_CI
from tools import slides

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.full]


@pytest.fixture(scope="module")
def deck(page):
    """Lesson 02 in a page of its own, and what it asked of other machines."""
    if shutil.which("npm") is None:
        (pytest.fail if IN_CI else pytest.skip)("no npm to fetch reveal.js: apt-get install npm")
    path = slides.write_deck(slides.NOTEBOOKS / "02_split_and_merge.ipynb")
    context = page.context.browser.new_context(viewport={"width": 1366, "height": 768})
    strangers = []
    context.on(
        "request",
        lambda request: strangers.extend(
            elsewhere(request.url) if not request.url.startswith("file:") else []
        ),
    )
    wall = context.new_page()
    wall.goto(path.as_uri())
    wall.wait_for_function("window.Reveal && Reveal.isReady()")
    yield wall, strangers
    context.close()


def test_every_slide_fits(deck):
    wall, strangers = deck
    total = wall.evaluate("Reveal.getTotalSlides()")
    assert total > 20
    for number in range(total):
        wall.evaluate(
            f"Reveal.slide(...Object.values(Reveal.getIndices(Reveal.getSlides()[{number}])))"
        )
        low, high = wall.evaluate(
            """() => { const slide = Reveal.getCurrentSlide();
              return [slide.getBoundingClientRect().bottom, innerHeight]; }"""
        )
        assert low <= high, wall.evaluate("Reveal.getCurrentSlide().textContent")
        assert wall.evaluate("Reveal.getCurrentSlide().textContent.trim()")
    assert strangers == []


def test_a_key_reveals_what_was_asked_and_another_changes_the_light(deck):
    wall, _ = deck
    wall.evaluate("Reveal.slide(0, 0)")
    assert wall.locator(".fragment").count() > 0
    wall.keyboard.press("ArrowRight")
    assert wall.evaluate("Reveal.getSlidePastCount()") == 1
    paper = "getComputedStyle(document.querySelector('.reveal-viewport')).backgroundColor"
    light = wall.evaluate(paper)
    wall.keyboard.press("d")
    assert wall.evaluate(paper) != light
    wall.keyboard.press("d")
