// Cut a lesson into slides that fit, then show it. A lesson is written for a page that scrolls; a wall
// does not scroll. So each of its parts is filled into slides block by block: a heading stays with what
// follows it, a picture that is too tall is made smaller, and nothing is cut off.
const WIDTH = 1280, HEIGHT = 720, FULL = 660, READABLE = 0.76, SMALLEST = 0.6;
const HEADING = /^H[1-6]$/;

function heightOf(page) {
  return page.scrollHeight;
}

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

// Draw a block smaller until its page is full and no more; false if it would be too small to read.
function shrink(page, block, smallest) {
  for (let zoom = 1; zoom >= smallest; zoom -= 0.04) {
    block.style.zoom = zoom;
    if (heightOf(page) <= FULL) return true;
  }
  block.style.zoom = "";
  return false;
}

// What no slide can hold is scrolled; at its smallest, to scroll as little as may be.
function scroll(page, block) {
  block.style.zoom = SMALLEST;
  const over = heightOf(page) - FULL;
  block.style.maxHeight = `${(block.offsetHeight - over) / SMALLEST}px`;
  block.style.overflow = "auto";
  block.tabIndex = 0;
}

// Those at the end of a page that should not be parted from what comes next.
function leaders(page) {
  const found = [];
  for (let last = page.lastElementChild?.previousElementSibling; last; last = last.previousElementSibling) {
    if (last.classList.contains("again")) break;
    if (!HEADING.test(last.tagName) && !(last.matches(".hl") && !found.some((one) => one.matches(".hl")))) break;
    found.unshift(last);
  }
  return found;
}

// Text that may not be wrapped is drawn smaller, and wrapped when that is not enough.
function narrow(block) {
  const pre = block.tagName === "PRE" ? block : block.querySelector("pre");
  if (!pre) return;
  for (let size = 19; pre.scrollWidth > pre.clientWidth && size >= 16; size--) pre.style.fontSize = `${size}px`;
  if (pre.scrollWidth > pre.clientWidth) pre.style.whiteSpace = "pre-wrap";
}

// What stands below an answer would give it away, so it waits for the same key.
function wait(page) {
  const children = [...page.children], first = children.findIndex((one) => one.matches(".fragment"));
  if (first < 0) return;
  for (const one of children.slice(first)) {
    one.classList.add("fragment");
    one.dataset.fragmentIndex = 0;
  }
}

function fill(stack, blocks) {
  let heading = "", page = newPage(stack, "");
  for (const block of blocks) {
    if (HEADING.test(block.tagName)) heading = block.textContent;
    const cut = block.tagName === "H2" && page.querySelector(":scope > :not(.again)");
    if (block.tagName === "H2") page.querySelector(".again")?.remove();
    if (cut) page = newPage(stack, "");
    page.append(block);
    narrow(block);
    if (heightOf(page) > FULL && !shrink(page, block, block.matches("figure") ? READABLE : 0.9)) {
      const led = leaders(page), full = page;
      page = newPage(stack, led.some((one) => HEADING.test(one.tagName)) ? "" : heading);
      page.append(...led, block);
      if (!full.querySelector(":scope > :not(.again)")) full.remove();
      if (heightOf(page) > FULL && led.length && !shrink(page, block, READABLE)) {
        const headings = led.filter((one) => HEADING.test(one.tagName)).length === led.length ? led : [];
        if (!headings.length) {
          if (!full.isConnected) page.before(full);
          full.append(...led);
          page.remove();
          page = newPage(stack, heading);
        }
        page.append(...headings, block);
      }
      if (heightOf(page) > FULL && !shrink(page, block, SMALLEST)) scroll(page, block);
    }
    // Nobody waits before an empty slide.
    if (!page.querySelector(":scope > :not(.again, .fragment)")) block.classList.remove("fragment");
    if (block.dataset.cut === "after") page = newPage(stack, heading);
  }
  for (const one of stack.children) wait(one);
  for (const one of [...stack.children])
    if (![...one.children].some((child) => !child.classList.contains("again"))) one.remove();
}

const slides = document.querySelector(".reveal .slides");
slides.style.width = `${WIDTH}px`;
slides.classList.add("cutting");
for (const part of [...slides.querySelectorAll(":scope > article")]) {
  const stack = document.createElement("section");
  slides.insertBefore(stack, part);
  fill(stack, [...part.children]);
  part.remove();
}
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
