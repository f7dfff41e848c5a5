// What every widget is built from. It stands before the widget's own module.

// An element: its properties (`on...` are listeners, `text` its text, `asks` see reel), then its children
function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "text") node.textContent = value;
    else if (name === "asks") node.asks = value;
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
  for (const [index, button] of buttons.entries()) if (button.tabIndex !== (index === at ? 0 : -1)) button.tabIndex = index === at ? 0 : -1;
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
  const next = buttons[Math.min(focused, buttons.length - 1)];
  if (focused >= 0 && next !== document.activeElement) next.focus({ preventScroll: true });
}

// While the focus is in a card the notebook's own shortcuts rest, except those with Ctrl or Cmd.
function restShortcuts(card) {
  const rest = (event) => card.toggleAttribute("data-lm-suppress-shortcuts", !(event.ctrlKey || event.metaKey));
  window.addEventListener("keydown", rest, true);
  return () => window.removeEventListener("keydown", rest, true);
}

// What Python told is new of something, put to what is known of it; the rest stays the same object.
function made(old, told) {
  if ("now" in told) return told.now;
  if ("runs" in told) return told.runs.flatMap((run) => (Array.isArray(run) ? old.slice(run[0], run[0] + run[1]) : [run.put]));
  const now = { ...old };
  for (const name of told.gone) delete now[name];
  for (const [name, part] of Object.entries(told.parts)) now[name] = made(old[name], part);
  return now;
}

// What was run to show it: the first part of a view's key
const runOf = (view) => String(view.key).split(":")[0];

// The view that a page shows, and those that it may be asked for next. `show(view)` puts one on the page.
//
// Messages to Python go one at a time; those that wait are joined: moves are made together, and of the
// settings named in `latest` the last counts. If a message leads to a view that is here already, it is shown
// at once, and Python hears of the message as ever: its answer to the last message has the last word.
//
// What a control of the card asks for when it is used, it says as `asks`, a function: messages, the likeliest
// first. Where the focus or the pointer stays for a moment, Python hears of them, and tells what they lead to.
const STAY = 30; // milliseconds
const does = (ask, message) => ({ onclick: () => ask(message()), asks: () => [message()] }); // a control that asks for one thing
const isMove = (message) => message?.do === "move";
const named = (message) => ({ ...message, as: JSON.stringify(message) });

function reel(model, show, latest = [], card = null) {
  const id = Math.random().toString(36).slice(2);
  let view = model.get("view"), views = new Map([[view.key, view]]);
  let asked = 0, answered = 0, ahead = 0, unsure = 0, waiting = [], busy = false, pause = null, wondering = false, again = false;
  const under = { focusin: null, pointerover: null }; // the controls that they came to

  function put(next) {
    if (runOf(next) !== runOf(view)) views = new Map([[view.key, view], [next.key, next]]);
    view = next;
    show(view);
  }
  function destination(message) {
    if (!isMove(message)) return views.get(`${Number(runOf(view)) + 1}:${message.as}`);
    let at = view;
    for (const to of message.to) at = at && views.get(typeof to === "number" ? `${runOf(at)}:${to}` : at.ways[to]);
    return at;
  }
  const likely = () => Object.values(under).flatMap((control) => (control?.isConnected ? control.asks().map(named) : []));
  function look(event) {
    let control = event.target;
    while (control && control !== card && !control.asks) control = control.parentElement;
    control = control?.asks ? control : null;
    if (under[event.type] === control) return;
    under[event.type] = control;
    clearTimeout(pause);
    if (control) pause = setTimeout(wonder, STAY);
  }
  function wonder() { // one at a time: the kernel may be at work, and these are soon out of date
    again = wondering;
    if (!wondering) model.send({ do: "likely", likely: likely() });
    wondering = true;
  }
  function send() {
    const message = waiting.shift();
    busy = Boolean(message);
    if (busy) model.send({ ...message, likely: likely() });
  }
  function ask(wanted) {
    asked += 1;
    const message = isMove(wanted) ? wanted : named(wanted);
    const next = answered >= unsure && destination(message);
    if (next) { ahead = asked; if (next !== view) put(next); }
    else unsure = asked;
    const last = waiting.at(-1);
    const joined = isMove(message) && isMove(last);
    if (joined) waiting.pop();
    const to = joined ? [...last.to, ...message.to] : message.to;
    if (latest.includes(message.do)) waiting = waiting.filter((one) => one.do !== message.do);
    waiting.push({ ...message, to, ask: [id, asked] });
    if (!busy) send();
  }
  function told(message) {
    if (!("views" in message)) return;
    const base = views.get(message.base);
    if (base) for (const [key, change] of message.views) views.set(key, made(base, change));
    const mine = message.ask?.[0] === id;
    if (mine) answered = message.ask[1];
    const now = views.get(message.show);
    if (answered >= ahead) {
      if (!now) model.send({ do: "open", has: "" });
      else if (now.key !== view.key) put(now);
    }
    if (mine) send();
    if (!message.likely) return;
    wondering = false;
    if (again) wonder();
  }
  function told_all() {
    const whole = model.get("view");
    views.set(whole.key, whole);
    if (answered >= ahead) put(whole);
  }
  for (const name of Object.keys(under)) card?.addEventListener(name, look);
  model.on("msg:custom", told);
  model.on("change:view", told_all);
  show(view);
  model.send({ do: "open", has: view.key });
  return {
    ask,
    move: (...to) => ask({ do: "move", to }),
    end() { clearTimeout(pause); model.off("msg:custom", told); model.off("change:view", told_all); },
    waits: () => busy,
    get view() { return view; },
  };
}

// Make the children of a box those of a list of items. What was there stays as it is: the same node for the same item.
function patch(box, items, make) {
  if (box.shown === items) return;
  const nodes = new Map();
  for (const [place, item] of (box.shown || []).entries()) nodes.set(item, [...(nodes.get(item) || []), box.children[place]]);
  const now = items.map((item) => nodes.get(item)?.shift() || make(item));
  for (const left of nodes.values()) for (const node of left) node.remove();
  let next = box.firstElementChild;
  for (const node of now) if (node === next) next = next.nextElementSibling; else box.insertBefore(node, next);
  box.shown = items;
}

// The same for items that stay at their places: a node is made once (by `make`) and changed by `show`, so that the
// focus stays on it; it knows its item as `shown`.
function change(box, items, make, show) {
  items.forEach((item, place) => {
    const node = box.children[place] || box.appendChild(make());
    if (node.shown !== item) { node.shown = item; show(node, item); }
  });
  while (box.children.length > items.length) box.lastElementChild.remove();
}

// Set what is not so already.
function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}
function say(node, text) { if (node.textContent !== text) node.textContent = text; }

const SVG = "http://www.w3.org/2000/svg";
function marked_up(text) {
  const group = document.createElementNS(SVG, "g");
  group.innerHTML = text;
  return group.firstElementChild;
}

const SLIM = 710; // pixels of a picture that something may stand beside

// A picture (vmalab/views/live.py) in its place; of the one before, every shape that stays is kept. The place
// only grows while one run is shown, so that nothing jumps under the pointer.
function draw(stage, view, picture = view.picture) {
  const { name, width, height, margin } = picture;
  if (stage.run !== runOf(view)) { stage.style.minHeight = ""; stage.classList.add("vma-slim"); }
  stage.run = runOf(view);
  if (width > SLIM) stage.classList.remove("vma-slim");
  if (stage.firstElementChild?.id !== name) {
    stage.innerHTML = `<svg xmlns="${SVG}" class="vma-drawing" role="img"><title></title><desc></desc><defs></defs><rect class="paper"/><g></g></svg>`;
    const svg = stage.firstElementChild, [title, desc] = svg.children;
    svg.id = name;
    title.id = `${name}-t`;
    desc.id = `${name}-d`;
    svg.setAttribute("aria-labelledby", `${title.id} ${desc.id}`);
    new ResizeObserver(() => keepHeight(stage)).observe(svg);
  }
  const svg = stage.firstElementChild, [title, desc, defs, paper, shapes] = svg.children;
  set(svg, { width, height, viewBox: `0 0 ${width} ${height}` });
  set(paper, { width, height });
  set(shapes, { transform: `translate(${margin} ${margin})` });
  say(title, picture.title);
  say(desc, picture.about);
  patch(defs, picture.patterns, marked_up);
  patch(shapes, picture.shapes, marked_up);
  let shape = shapes.firstElementChild;
  for (const [top, count] of picture.tops)
    for (let left = count; left; left -= 1, shape = shape.nextElementSibling) set(shape, { transform: `translate(0 ${top})` });
}

function keepHeight(stage) {
  const tallest = Math.max(parseFloat(stage.style.minHeight) || 0, stage.firstElementChild.getBoundingClientRect().height);
  stage.style.minHeight = `${Math.ceil(tallest)}px`;
}

// A line of maps
function mapsRow(row) {
  return h("tr", { class: `vma-${row.mark}` },
    h("td", {}, h("span", { "aria-hidden": "true", text: row.sign }), h("span", { class: "vma-sr", text: row.about })),
    h("td", { class: "vma-entry", text: row.line }), h("td", { class: "vma-hidden", text: row.hidden }));
}

// Scroll a box so that one of the things in it is seen; after the page has been laid out, not before.
function keepInSight(box, find, room = 60) {
  requestAnimationFrame(() => {
    const here = find();
    if (!here) return;
    const top = here.offsetTop - box.firstElementChild.offsetTop;
    if (top < box.scrollTop || top + room > box.scrollTop + box.clientHeight) box.scrollTop = Math.max(0, top - 30);
  });
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

// The ways of a player through things of one kind
const waysOf = (what) => ({ first: "To the beginning", previous: `Back one ${what}`, play: "", next: `Forward one ${what}`, last: "To the end" });
const ARROWS = { ArrowLeft: "previous", ArrowRight: "next" };

// A button that plays, or pauses what it plays
function offer(play, what) {
  play.replaceChildren(icon(what));
  play.title = what === "play" ? "Play" : "Pause";
  play.setAttribute("aria-label", play.title);
}

// Stepping through the places of a reel: the buttons, a clock that goes on by itself until the end, and the
// keys for both. `ways` are the buttons' moves and what they are called, in their order; playing is the last
// but one, `beat` how long a place is shown (milliseconds); `keys` are keys and their moves.
function player(film, ways, beat, keys = {}) {
  const KEYS = { Home: "first", End: "last", ...keys };
  const names = Object.keys(ways), forward = names[names.indexOf("play") + 1];
  const at_end = () => film().view.at === film().view.last;
  const at_start = () => film().view.ways.first === film().view.key;
  let timer = null;
  const move = (to) => { stop(); film().move(to); };
  const buttons = {};
  const button = (name) => (buttons[name] = h("button", { type: "button", "aria-label": ways[name], title: ways[name],
    onclick: () => { if (buttons[name].getAttribute("aria-disabled") !== "true") move(name); } }, icon(name)));
  const play = h("button", { type: "button", class: "vma-play", onclick: () => (timer ? stop() : start()) });
  const box = h("div", { class: "vma-buttons", role: "group", "aria-label": "Step" },
    ...names.map((name) => (name === "play" ? play : button(name))));
  function start() {
    film().move(at_end() ? "first" : forward);
    timer = setInterval(() => (at_end() ? stop() : film().move(forward)), beat);
    showPlay();
  }
  function stop() {
    if (timer) clearInterval(timer);
    timer = null;
    showPlay();
  }
  const showPlay = () => offer(play, timer ? "pause" : "play");
  function show(view) {
    names.forEach((name, place) => {
      if (name !== "play") set(buttons[name], { "aria-disabled": place < names.indexOf("play") ? view.key === view.ways.first : view.at === view.last });
    });
  }
  function listen(card) {
    card.addEventListener("keydown", (event) => {
      if (event.target.matches("select, input, summary, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
      const to = KEYS[event.key];
      if (to) { event.preventDefault(); event.stopPropagation(); move(to); }
      else if (event.key === "p" || event.key === "P") { event.preventDefault(); timer ? stop() : start(); }
    });
  }
  showPlay();
  return { box, buttons, listen, move, show, stop };
}

// The bar of a player: its buttons, a slider over the places, and in words where it is; `showPlace` keeps all of them
function transportOf({ box, move, show }, label) {
  const scrub = h("input", { type: "range", class: "vma-scrub", min: "0", step: "1", "aria-label": label, oninput: () => move(Number(scrub.value)) });
  const where = h("span", { class: "vma-where" });
  function showPlace(view) {
    show(view);
    set(scrub, { max: view.last, "aria-valuetext": view.where });
    scrub.value = view.at;
    say(where, view.where);
  }
  return { transport: h("div", { class: "vma-transport" }, box, scrub, where), scrub, showPlace };
}

// A slider for a setting, with its value in words. What is being dragged stays while Python has yet to answer.
function sliderOf(label, unit, [min, max, step], ask, waits) {
  const input = h("input", { type: "range", min, max, step, "aria-label": `${label}, in ${unit}`,
    oninput: () => { tell(); ask(Number(input.value)); } });
  const output = h("output");
  const tell = () => { output.textContent = `${input.value} ${unit}`; input.setAttribute("aria-valuetext", output.textContent); };
  const field = h("label", { class: "vma-field" }, h("span", { text: label }), input, output);
  return { field, show: (value) => { if (document.activeElement !== input || !waits()) input.value = value; tell(); } };
}
