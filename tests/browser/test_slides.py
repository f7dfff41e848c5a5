"""Lessons on a wall: does every slide fit, is it readable, and does it go on without a network?

a lesson's cells  -->  one HTML file  -->  slide after slide, all revealed  -->  measured
"""

import shutil

import pytest

from tests.browser.driver import elsewhere
from tests.conftest import IN_CI
from tools import slides

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.full]


SMALLEST = 11
"""Pixels: the smallest letter on a slide of a laptop; a wall is larger."""
LESSONS = sorted(path.stem for path in slides.NOTEBOOKS.glob("*.ipynb"))
MEASURED = """() => {
  const slide = Reveal.getCurrentSlide();
  const seen = [...slide.querySelectorAll(":scope > *")].filter((one) => one.offsetHeight);
  const low = Math.max(...seen.map((one) => one.getBoundingClientRect().bottom));
  const foot = document.querySelector(".reveal .where").getBoundingClientRect().top;
  const drawn = [...slide.querySelectorAll("svg text")].map((text) =>
    parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().d);
  const written = [...slide.querySelectorAll("p, li, td, pre")].map((block) => {
    const both = [block, block.closest(".slides section > *")];
    const zoom = Math.min(...both.map((one) => getComputedStyle(one).zoom));
    return parseFloat(getComputedStyle(block).fontSize) * zoom * Reveal.getScale();
  });
  return {
    text: slide.textContent.trim(),
    over: low - foot,
    scrolls: [slide, ...slide.querySelectorAll("pre")].some((one) =>
      one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1),
    smallest: Math.min(99, ...drawn, ...written),
  };
}"""


@pytest.fixture(scope="module")
def wall(page):
    """A page of a laptop's size, and what it asked of other machines."""
    if shutil.which("npm") is None:
        (pytest.fail if IN_CI else pytest.skip)("no npm to fetch reveal.js: apt-get install npm")
    context = page.context.browser.new_context(viewport={"width": 1366, "height": 768})
    strangers = []
    context.on(
        "request",
        lambda request: strangers.extend(
            elsewhere(request.url) if not request.url.startswith("file:") else []
        ),
    )
    yield context.new_page(), strangers
    context.close()


def show(page, lesson):
    path = slides.write_deck(slides.NOTEBOOKS / f"{lesson}.ipynb")
    page.goto(path.as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_slide_fits_and_can_be_read(wall, lesson):
    page, strangers = wall
    show(page, lesson)
    total = page.evaluate("Reveal.getTotalSlides()")
    assert total > 10
    for number in range(total):
        page.evaluate(
            f"Reveal.slide(...Object.values(Reveal.getIndices(Reveal.getSlides()[{number}])))"
        )
        found = page.evaluate(MEASURED)
        assert found["text"]
        assert found["over"] <= 0, found
        assert not found["scrolls"], found
        assert found["smallest"] >= SMALLEST, found
    assert strangers == []


def test_a_key_reveals_what_was_asked_and_another_changes_the_light(wall):
    page, _ = wall
    show(page, "02_split_and_merge")
    page.evaluate("Reveal.slide(0, 0)")
    assert page.locator(".fragment").count() > 0
    page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.getSlidePastCount()") == 1
    paper = "getComputedStyle(document.querySelector('.reveal-viewport')).backgroundColor"
    light = page.evaluate(paper)
    page.keyboard.press("d")
    assert page.evaluate(paper) != light
    page.keyboard.press("d")
