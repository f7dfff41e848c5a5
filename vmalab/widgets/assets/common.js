// What every widget is built from. It stands before the widget's own module.

// An element: its properties (`on...` are listeners, `text` its text), then its children
function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "text") node.textContent = value;
    else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child));
  return node;
}

// Shapes for the buttons of a player, in a square of 16 units
const FIRST = "M2 2h2v12H2zM14 2v12L5 8z", LAST = "M12 2h2v12h-2zM2 2v12l9-6z";
const PREVIOUS = "M12 2v12L4 8z", NEXT = "M4 2v12l8-6z";
const ICONS = {
  first: FIRST, last: LAST, previous: PREVIOUS, next: NEXT,
  "previous event": PREVIOUS, "next event": NEXT,
  "previous operation": "M8 2v12L1 8zM15 2v12L8 8z",
  "next operation": "M8 2v12l7-6zM1 2v12l7-6z",
  play: "M3 1.5v13L14 8z",
  pause: "M3 2h4v12H3zM9 2h4v12H9z",
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "vma-icon");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

// Choices of a menu: [value, label]
function fill(select, choices, chosen) {
  select.replaceChildren(...choices.map(([value, label]) => h("option", { value, text: label })));
  select.value = chosen;
}

// Keys and what they do: [["←"], ["→"], "event"]
function keysLine(parts) {
  const line = h("span");
  for (const part of parts) {
    if (typeof part === "string") line.append(part);
    else { part.forEach((key, index) => line.append(index ? "+" : "", h("kbd", { text: key }))); line.append(" "); }
  }
  return line;
}

// One tab stop for many buttons: arrow keys go from one to the next.
function rove(box, step) {
  box.dataset.roves = "";
  const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -step, ArrowDown: step };
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const buttons = [...box.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    let to = event.key in moves ? at + moves[event.key] : event.key === "Home" ? 0 : event.key === "End" ? buttons.length - 1 : -1;
    if (at < 0 || !(event.key in moves || event.key === "Home" || event.key === "End")) return;
    event.preventDefault();
    event.stopPropagation();
    to = Math.max(0, Math.min(to, buttons.length - 1));
    focusOn(buttons, to);
    buttons[to].focus();
  });
}

function focusOn(buttons, at) {
  buttons.forEach((button, index) => { button.tabIndex = index === at ? 0 : -1; });
}

// Redraw a group of buttons without losing the focus; groups that rove keep one tab stop.
function keepFocus(box, redraw) {
  const before = [...box.querySelectorAll("button")];
  const focused = before.indexOf(document.activeElement);
  const stop = before.findIndex((button) => button.tabIndex === 0);
  redraw();
  const buttons = [...box.querySelectorAll("button")];
  if (!buttons.length) return;
  if ("roves" in box.dataset) {
    const current = buttons.findIndex((button) => button.hasAttribute("aria-current"));
    focusOn(buttons, Math.min(focused >= 0 ? focused : current >= 0 ? current : Math.max(stop, 0), buttons.length - 1));
  }
  if (focused >= 0) buttons[Math.min(focused, buttons.length - 1)].focus({ preventScroll: true });
}

// While the focus is in a card the notebook's own shortcuts rest, except those with Ctrl or Cmd.
function restShortcuts(card) {
  const rest = (event) => card.toggleAttribute("data-lm-suppress-shortcuts", !(event.ctrlKey || event.metaKey));
  window.addEventListener("keydown", rest, true);
  return () => window.removeEventListener("keydown", rest, true);
}

// Messages to Python, one at a time: `merge` says what becomes of those that wait when another comes.
function asker(model, merge = (waiting, message) => [...waiting, message]) {
  let waiting = [], busy = false;
  const flush = () => {
    const message = waiting.shift();
    busy = Boolean(message);
    if (busy) model.send(message);
  };
  model.on("change:answered", flush);
  return {
    ask(message) { waiting = merge(waiting, message); if (!busy) flush(); },
    end() { model.off("change:answered", flush); },
    waits: () => busy,
  };
}

// The editor of a program, below the button that opens it
function showEditor(model, edit, editor, source) {
  const open = model.get("editing");
  editor.hidden = !open;
  edit.textContent = open ? "Close the editor" : "Edit the program";
  edit.setAttribute("aria-expanded", String(open));
  if (source.value !== model.get("draft")) source.value = model.get("draft");
}

// What is wrong with a program: where, why and the cure, and its line with a mark below the place; false if nothing is
function showProgramError(model, error, source) {
  const wrong = model.get("error");
  error.hidden = !wrong.message;
  source.setAttribute("aria-invalid", String(!error.hidden));
  if (error.hidden) return false;
  const place = wrong.line ? `Line ${wrong.line}, column ${wrong.column}: ` : "";
  error.replaceChildren(h("div", {}, h("b", { text: place }), wrong.message + "."), h("div", { text: wrong.cure ? `Cure: ${wrong.cure}.` : "" }),
    wrong.shown ? h("pre", { text: `${wrong.shown}\n${" ".repeat(Math.max(0, wrong.column - 1))}^` }) : null);
  return true;
}

// Show each trait now, and again when it changes; returns how to stop.
function watch(model, shown) {
  for (const [name, show] of Object.entries(shown)) { model.on(`change:${name}`, show); show(); }
  return () => { for (const [name, show] of Object.entries(shown)) model.off(`change:${name}`, show); };
}

// A button that plays, or pauses what it plays
function offer(play, what) {
  play.replaceChildren(icon(what));
  play.title = what === "play" ? "Play" : "Pause";
  play.setAttribute("aria-label", play.title);
}

// Stepping through the moments of a view (at, last): the buttons, a clock that goes on by itself until the
// end, and the keys for both. `what` is what a moment is called; `beat` how long one is shown (milliseconds);
// `more` are keys that step too.
function player(model, ask, what, beat, more = {}) {
  const KEYS = { ArrowLeft: "previous", ArrowRight: "next", Home: "first", End: "last", ...more };
  const at_end = () => model.get("view").at === model.get("view").last;
  let timer = null;
  const step = (to) => ask({ do: "move", to });
  const move = (to) => { stop(); step(to); };
  const buttons = {};
  const button = (name, about) => (buttons[name] = h("button", { type: "button", "aria-label": about, title: about,
    onclick: () => { if (buttons[name].getAttribute("aria-disabled") !== "true") move(name); } }, icon(name)));
  const play = h("button", { type: "button", class: "vma-play", onclick: () => (timer ? stop() : start()) });
  const box = h("div", { class: "vma-buttons", role: "group", "aria-label": "Step" },
    button("first", "To the beginning"), button("previous", `Back one ${what}`), play,
    button("next", `Forward one ${what}`), button("last", "To the end"));
  function start() {
    step(at_end() ? "first" : "next");
    timer = setInterval(() => (at_end() ? stop() : step("next")), beat);
    showPlay();
  }
  function stop() {
    if (timer) clearInterval(timer);
    timer = null;
    showPlay();
  }
  const showPlay = () => offer(play, timer ? "pause" : "play");
  function show() {
    for (const name of ["first", "previous"]) buttons[name].setAttribute("aria-disabled", String(model.get("view").at === 0));
    for (const name of ["next", "last"]) buttons[name].setAttribute("aria-disabled", String(at_end()));
  }
  function listen(card) {
    card.addEventListener("keydown", (event) => {
      if (event.target.matches("select, input, summary") || event.ctrlKey || event.metaKey || event.altKey) return;
      const to = KEYS[event.key];
      if (to) { event.preventDefault(); event.stopPropagation(); move(to); }
      else if (event.key === "p" || event.key === "P") { event.preventDefault(); timer ? stop() : start(); }
    });
  }
  showPlay();
  return { box, buttons, listen, move, show, stop };
}
