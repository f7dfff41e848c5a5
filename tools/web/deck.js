// Cut a lesson into slides that fit, then show it. A lesson is written for a page that scrolls; a wall
// does not scroll. So the blocks of each part are measured, and of all ways to cut between them the one
// is taken whose slides are few, large to read, and part nothing that belongs together.
const WIDTH = 1280, HEIGHT = 720, FULL = 676;
const TEXT = [1, 0.95, 0.9, 0.85, 0.8, 0.76], SMALLEST = 0.6, LARGEST = 1.5, LONG = 18;
const COLUMN = 600, LETTER = 0.603, LEGIBLE = 14;
const HEADING = /^H[1-6]$/;

const isHeading = (block) => HEADING.test(block.tagName);
const isPicture = (block) => block.matches("figure") && block.querySelector("svg");
const textOf = (block) => block.matches("pre.out, pre.twin") ? block : block.querySelector("pre.twin");
const isCode = (block) => block.matches(".hl");
const isOutput = (block) => isPicture(block) || block.matches("pre.out, .todo") || block.querySelector(".twin");
// What may be drawn smaller than the text beside it: a picture, or a long listing.
const bends = (block) => isPicture(block) || (textOf(block)?.textContent.split("\n").length > LONG);

const topOf = (block) => block.getBoundingClientRect().top;
const heightOf = (page) => page.lastElementChild.getBoundingClientRect().bottom - topOf(page);

function newPage(stack, heading) {
  const page = document.createElement("section");
  if (heading) {
    const again = document.createElement("h2");
    again.className = "again";
    again.textContent = heading + " …";
    page.append(again);
  }
  stack.append(page);
  return page;
}

// Text that may not be wrapped is drawn smaller, and wrapped when that is not enough; a long list of
// short lines stands in two columns.
function narrow(block) {
  const pre = block.tagName === "PRE" ? block : block.querySelector("pre");
  if (!pre) return;
  const lines = pre.textContent.split("\n"), longest = Math.max(...lines.map((line) => line.length));
  const size = Math.min(20, Math.floor(COLUMN / (longest * LETTER)));
  if (lines.length > LONG && size >= LEGIBLE) {
    pre.classList.add("columns");
    pre.style.fontSize = `${size}px`;
    return;
  }
  for (let size = 19; pre.scrollWidth > pre.clientWidth && size >= 16; size--) pre.style.fontSize = `${size}px`;
  if (pre.scrollWidth > pre.clientWidth) wrap(pre, lines);
}

// What is left of a line stands under its words, not at the margin. (Source text has colours to keep.)
function wrap(pre, lines) {
  pre.style.whiteSpace = "pre-wrap";
  if (pre.children.length) return;
  pre.replaceChildren(...lines.map((line) => {
    const row = document.createElement("span"), hang = line.match(/^\s*(\d+\s+)?/)[0].length + 2;
    row.style.cssText = `display: block; padding-left: ${hang}ch; text-indent: -${hang}ch`;
    row.textContent = line + "\n";
    return row;
  }));
}

// A picture is as wide as the slide, unless its words would be larger than the text's.
function widthOf(picture) {
  const own = picture.querySelector("svg").viewBox.baseVal.width;
  return Math.min(WIDTH, own * LARGEST);
}

// How high each block is, with the gap that follows it.
function measure(stack, blocks) {
  const page = newPage(stack, "");
  page.append(...blocks);
  for (const block of blocks)
    if (isPicture(block)) block.querySelector("svg").style.width = `${widthOf(block)}px`;
    else narrow(block);
  const tops = blocks.map(topOf);
  const end = topOf(page) + heightOf(page);
  page.remove();
  return tops.map((top, i) => (tops[i + 1] ?? end) - top);
}

// What it costs to end a slide between two blocks.
function parting(before, after) {
  if (isHeading(before)) return 50;
  if (isCode(before) && isOutput(after)) return 1;
  if (before.textContent.trim().endsWith(":")) return 1.5;
  if (after.matches(".fragment") || isOutput(before)) return 0.3;
  return isHeading(after) ? 0 : 0.15;
}

// The best look of some blocks on one slide: how large its text, and how large what bends.
function look(blocks, heights, above) {
  const bent = blocks.filter(bends);
  const soft = blocks.reduce((sum, block, i) => sum + (bends(block) ? heights[i] : 0), 0);
  const firm = above + heights.reduce((sum, height) => sum + height, 0) - soft;
  let best = { cost: Infinity };
  for (const text of TEXT) {
    const room = FULL - text * firm, other = soft ? Math.min(1, room / soft) : 1;
    if (room < 0 || (soft && other < SMALLEST)) continue;
    const small = bent.map((block) => {
      const scale = isPicture(block) ? (other * widthOf(block)) / block.querySelector("svg").viewBox.baseVal.width : other;
      return 8 * Math.max(0, 1 - scale) + 100 * Math.max(0, 0.93 - scale) + (1 - other);
    });
    const empty = 1 - Math.min(1, (text * firm + other * soft) / FULL);
    const bare = blocks.every(isCode) && firm < 200 ? 1.2 : 0;
    const cost = 1 + bare + 5 * (1 - text) + Math.max(0, ...small) + empty ** 2;
    if (cost < best.cost) best = { cost, text, other };
  }
  if (blocks.length === 1 && best.cost === Infinity) return { cost: 20, text: 1, other: SMALLEST };
  return best;
}

// Whether a slide says again what it is about. A line of code and its picture need all the room.
const repeats = (blocks) =>
  !isHeading(blocks[0]) && !(blocks.length === 2 && isCode(blocks[0]) && isPicture(blocks[1]));

// Of all ways to cut blocks into slides the cheapest: where each ends, and how it looks.
function cuts(blocks, heights, heading) {
  const best = [{ cost: 0, from: 0 }];
  for (let to = 1; to <= blocks.length; to++) {
    best[to] = { cost: Infinity };
    for (let from = 0; from < to; from++) {
      const above = (from || heading) && repeats(blocks.slice(from, to)) ? 42 : 0;
      const found = look(blocks.slice(from, to), heights.slice(from, to), above);
      const cost = best[from].cost + found.cost + (from ? parting(blocks[from - 1], blocks[from]) : 0);
      if (cost < best[to].cost) best[to] = { ...found, cost, from };
    }
  }
  const pages = [];
  for (let to = blocks.length; to > 0; to = best[to].from) pages.unshift({ ...best[to], to });
  return pages;
}

function dress(page, text, other) {
  for (const block of page.children) {
    const zoom = bends(block) ? other : text;
    if (isPicture(block)) block.querySelector("svg").style.width = `${widthOf(block) * zoom}px`;
    else block.style.zoom = zoom;
  }
}

// What stands below an answer would give it away, so it waits for the same key; but nobody waits before
// an empty slide.
function wait(page) {
  const children = [...page.children].filter((one) => !one.matches(".again"));
  if (children[0]?.matches(".fragment")) children[0].classList.remove("fragment");
  const first = children.findIndex((one) => one.matches(".fragment"));
  if (first < 0) return;
  for (const one of children.slice(first)) {
    one.classList.add("fragment");
    one.dataset.fragmentIndex = 0;
  }
}

// Slides of blocks between which no slide has to end.
function fill(stack, blocks, before) {
  let heading = before;
  for (const { from, to, text, other } of cuts(blocks, measure(stack, blocks), before)) {
    const page = newPage(stack, repeats(blocks.slice(from, to)) ? heading : "");
    page.append(...blocks.slice(from, to));
    // Smaller words need fewer lines, so a slide may have room for larger ones than was reckoned.
    const size = TEXT.find((one) => (dress(page, one, other), heightOf(page) <= FULL)) ?? text;
    let smaller = 1;
    while (heightOf(page) > FULL && (smaller -= 0.02) > SMALLEST) dress(page, size * smaller, other * smaller);
    wait(page);
    // What no slide can hold is scrolled.
    if (heightOf(page) > FULL) {
      page.style.cssText = `height: ${FULL}px; overflow: auto`;
      page.tabIndex = 0;
    }
    for (const block of blocks.slice(from, to)) if (isHeading(block)) heading = block.textContent;
  }
  return heading;
}

// A part's heading begins a slide, and a question ends one.
function runs(blocks) {
  const found = [[]];
  for (const block of blocks) {
    if (/^H[12]$/.test(block.tagName)) found.push([]);
    found.at(-1).push(block);
    if (block.dataset.cut === "after") found.push([]);
  }
  return found.filter((run) => run.length);
}

const slides = document.querySelector(".reveal .slides");
slides.style.width = `${WIDTH}px`;
slides.classList.add("cutting");
const parts = [...slides.querySelectorAll(":scope > article")];
let heading = "", stack;
const shown = (block) => block.offsetHeight || block.getClientRects().length;
for (const run of runs(parts.flatMap((part) => [...part.children].filter(shown)))) {
  if (!stack || isHeading(run[0])) slides.append((stack = document.createElement("section")));
  heading = fill(stack, run, heading);
}
for (const part of parts) part.remove();
slides.classList.remove("cutting");

function theme(light) {
  document.body.dataset.jpThemeLight = String(light);
}
const asked = new URLSearchParams(location.search).get("theme");
theme(asked ? asked === "light" : true);
Reveal.initialize({
  width: WIDTH, height: HEIGHT, margin: 0.05, center: false, hash: true, transition: "none",
  navigationMode: "linear", slideNumber: "c/t", controlsTutorial: false,
  keyboard: { 68: () => theme(document.body.dataset.jpThemeLight !== "true") },
});
