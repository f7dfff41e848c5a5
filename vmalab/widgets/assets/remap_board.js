// The face of vmalab.widgets.RemapBoard. A file page is dragged, or picked up and put down with keys, or typed;
// what comes of it is computed in Python and arrives in the traits `view` and `kernels`.

let count = 0;
const FILE_ROW = 16; // file pages in a row
const FAR = 5; // pixels that a pointer moves before it drags

function render({ model, el }) {
  const id = `vma-board-${++count}`;
  let film;
  const ask = (message) => film.ask(message);
  let picked = null; // the file page in hand
  let shown = ""; // the kernel whose picture is drawn

  // --- the parts, top to bottom
  const kernels = h("select", { onchange: () => ask({ do: "kernel", name: kernels.value }) });
  const areas = h("select", { onchange: () => { drop(); ask({ do: "restart", area: areas.value }); } });
  const button = (text, about, message) => h("button", { type: "button", text, title: about, "aria-label": about, ...does(ask, message) });
  const bar = h("div", { class: "vma-bar" },
    h("label", { class: "vma-field" }, h("span", { text: "Kernel" }), kernels),
    h("label", { class: "vma-field" }, h("span", { text: "Window mapped" }), areas),
    h("div", { class: "vma-tools-right" }, button("Undo", "Undo the last operation", () => ({ do: "undo" })),
      button("Start again", "Start again with an empty board", () => ({ do: "restart", area: areas.value }))));

  const file = h("div", { class: "vma-from", role: "group", "aria-label": "Pages of the file; arrow keys move, Space picks up" });
  const tiles = h("div", { class: "vma-onto", role: "group", "aria-label": "Pages of the window; arrow keys move, Space puts down" });
  const hand = h("p", { class: "vma-hand", "aria-live": "polite" });
  const board = h("div", { class: "vma-pads" }, h("h3", { text: "File f0" }), file, h("h3", { text: "Window" }), tiles, h("span"), hand);
  for (let page = 0; page < model.get("nr_file_pages"); page++)
    file.append(h("button", { type: "button", "data-file": page, "aria-label": `File page ${page}`, "aria-pressed": "false", text: page,
      onclick: () => pick(page, true) }));
  rove(file, FILE_ROW);
  focusOn([...file.children], 0);
  rove(tiles, FILE_ROW);

  const number = (name, label, max) => h("input", { type: "number", id: `${id}-${name}`, min: "0", max, step: "1", value: "0", "aria-label": label });
  const j = number("j", "File page", model.get("nr_file_pages") - 1), i = number("i", "Window page", 0);
  const rights = h("select", { "aria-label": "Rights" }, ...model.get("rights").map(([value, text]) => h("option", { value, text })));
  const put = (file_page, page) => ({ do: "put", file_page, page, rights: rights.value });
  const form = h("form", { class: "vma-form", onsubmit: (event) => { event.preventDefault(); ask(put(j.valueAsNumber, i.valueAsNumber)); } },
    "file page", j, "into window page", i, "rights", rights,
    h("button", { type: "submit", class: "vma-primary", text: "Put", asks: () => [put(j.valueAsNumber, i.valueAsNumber)] }),
    h("span", { class: "vma-group" },
      button("Read", "Read a word of the window page", () => ({ do: "read", page: i.valueAsNumber })),
      button("Write", "Write a word to the window page", () => ({ do: "write", page: i.valueAsNumber })),
      button("Evict all", "Evict all: put every page of the file out of memory", () => ({ do: "evict" }))));
  const error = h("div", { class: "vma-error", role: "alert", hidden: true });
  const keys = h("p", { class: "vma-keys" }, keysLine([["Space"], "pick up, put down"]), keysLine([["Esc"], "let go"]),
    keysLine([["R"], ["W"], "read, write"]), keysLine([["E"], "evict"]), keysLine([["U"], "undo"]), h("span", { text: "or drag with the mouse" }));

  const line = h("span", { class: "vma-line" }), rule = h("span", { class: "vma-where" }), sentence = h("p", { class: "vma-sentence" });
  const said = h("div", { class: "vma-said", "aria-live": "polite", "aria-atomic": "true" }, h("p", { class: "vma-head" }, line, rule), sentence);
  const table = (heads, body) => h("table", { class: "vma-maps" },
    h("thead", {}, h("tr", {}, ...heads.map((text) => h("th", { scope: "col", text })))), body);
  const all = h("tbody"), entries = h("tbody"), maps = h("tbody");
  const everywhere = h("section", { class: "vma-all", "aria-label": "The same program on every kernel" },
    h("h3", { text: "The same program on every kernel" }),
    h("div", { class: "vma-wide", tabindex: "0", role: "group", "aria-label": "Kernels" },
      table(["", "kernel", "last answer", "VMAs", "the window shows file pages"], all)));
  const stage = h("div", { class: "vma-stage", tabindex: "0", role: "group", "aria-label": "Picture" });
  const ops = h("ol", { class: "vma-lines" });
  const box = (label, inside, kind = "vma-scroll") => h("div", { class: kind, tabindex: "0", role: "group", "aria-label": label }, inside);
  const totals = h("span"), legend = h("p", { class: "vma-totals" });
  const panes = h("div", { class: "vma-panes" },
    h("section", { class: "vma-pane", "aria-label": "Page table" }, h("h3", { text: "Page-table entries of the window" }),
      box("Entries", table(["page", "entry", "", "file page", "rights"], entries))),
    h("section", { class: "vma-pane", "aria-label": "Program and maps" }, h("h3", { text: "The program so far" }), box("Operations", ops, "vma-scroll vma-few"),
      h("h3", {}, h("code", { text: "/proc/PID/maps" }), ", ", totals), box("Lines of maps", h("table", { class: "vma-maps" }, maps), "vma-scroll vma-few"), legend));
  const card = h("div", { class: "vma-card vma-board", role: "group", "aria-label": "Remap board" },
    bar, board, form, error, keys, said, everywhere, h("div", { class: "vma-body" }, stage, panes));
  el.classList.add("vma");
  el.replaceChildren(card);

  // --- a page in hand
  function pick(page, by_key) {
    if (picked === page) return drop();
    picked = page;
    j.value = page;
    showHand();
    if (by_key) (tiles.querySelector('[tabindex="0"]') || tiles.firstElementChild)?.focus();
  }
  function drop() { picked = null; showHand(); }
  function showHand() {
    for (const tile of file.children) tile.setAttribute("aria-pressed", String(Number(tile.dataset.file) === picked));
    tiles.classList.toggle("vma-waits", picked !== null);
    hand.textContent = picked === null ? "" : `File page ${picked} is in hand. Choose a window page: Space or a click puts it there, Escape lets go.`;
  }
  function choose(page) {
    i.value = page;
    if (picked === null) return;
    const message = put(picked, page);
    drop();
    ask(message);
  }

  // --- dragging, with a mouse, a pen or a finger; keys do the same through pick() and choose()
  let drag = null;
  file.addEventListener("pointerdown", (event) => {
    const tile = event.target.closest("[data-file]");
    if (tile && event.button === 0) drag = { page: Number(tile.dataset.file), tile, x: event.clientX, y: event.clientY, ghost: null };
  });
  const under = (event) => card.getRootNode().elementFromPoint(event.clientX, event.clientY)?.closest?.("[data-page]");
  const moved = (event) => {
    if (!drag) return;
    if (!drag.ghost) {
      if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < FAR) return;
      drag.ghost = h("div", { class: "vma-ghost", text: drag.page });
      card.append(drag.ghost);
      if (picked !== drag.page) { picked = drag.page; j.value = picked; showHand(); }
    }
    event.preventDefault();
    const frame = card.getBoundingClientRect();
    drag.ghost.style.transform = `translate(${event.clientX - frame.left}px, ${event.clientY - frame.top}px)`;
    const tile = under(event);
    for (const old of tiles.querySelectorAll(".vma-over")) if (old !== tile) old.classList.remove("vma-over");
    if (tile && tiles.contains(tile)) tile.classList.add("vma-over");
  };
  const ended = (event) => {
    if (!drag) return;
    const { ghost, page } = drag;
    drag = null;
    if (!ghost) return;
    ghost.remove();
    const tile = event.type === "pointerup" ? under(event) : null;
    for (const old of tiles.querySelectorAll(".vma-over")) old.classList.remove("vma-over");
    picked = page;
    if (tile && tiles.contains(tile)) { choose(Number(tile.dataset.page)); tile.focus({ preventScroll: true }); }
    else drop();
  };
  const heard = { pointermove: moved, pointerup: ended, pointercancel: ended };
  for (const [name, listener] of Object.entries(heard)) window.addEventListener(name, listener);

  // --- keys
  const wake = restShortcuts(card);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.tagName === "INPUT") { event.preventDefault(); event.stopPropagation(); form.requestSubmit(); }
  });
  const LETTERS = { r: () => ({ do: "read", page: i.valueAsNumber }), w: () => ({ do: "write", page: i.valueAsNumber }),
    e: () => ({ do: "evict" }), u: () => ({ do: "undo" }) };
  card.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && picked !== null) {
      const tile = file.querySelector(`[data-file="${picked}"]`);
      drop();
      focusOn([...file.children], Number(tile.dataset.file));
      tile.focus();
      event.stopPropagation();
      return;
    }
    if (event.target.matches("select, input, summary") || event.ctrlKey || event.metaKey || event.altKey) return;
    const message = LETTERS[event.key.toLowerCase()];
    if (message) { event.preventDefault(); event.stopPropagation(); ask(message()); }
  });
  tiles.addEventListener("focusin", (event) => { const tile = event.target.closest("[data-page]"); if (tile) i.value = tile.dataset.page; });

  // --- from traits to the page
  function showChoices() {
    fill(areas, model.get("areas").map((name) => [name, name === "none" ? "none (a dark sky)" : name]), model.get("area"));
  }
  function showError() {
    const wrong = model.get("error");
    error.hidden = !wrong.message;
    if (wrong.message) error.replaceChildren(h("b", { text: "Not done: " }), `${wrong.message}. Cure: ${wrong.cure}.`);
  }
  function showView(view) {
    if (shown !== view.kernel) {
      shown = view.kernel;
      fill(kernels, model.get("generations").map((name) => [name, name]), shown);
      showKernels();
    }
    set(i, { max: view.tiles.length - 1 });
    keepFocus(tiles, () => change(tiles, view.tiles, newTile, showTile));
    say(line, view.line);
    say(sentence, view.sentence);
    say(rule, view.rule);
    said.classList.toggle("vma-refused", view.refused);
    draw(stage, view);
    patch(entries, view.entries, (row) => h("tr", {}, ...row.map((text) => h("td", { text }))));
    patch(ops, view.program, (op) => h("li", {}, h("span", { class: "vma-text", text: op.line }), h("span", { class: op.bad ? "vma-bad" : "vma-result", text: `→ ${op.result}` })));
    requestAnimationFrame(() => { ops.parentElement.scrollTop = ops.parentElement.scrollHeight; });
    patch(maps, view.maps, mapsRow);
    say(totals, view.totals);
    say(legend, view.legend);
  }
  function newTile() {
    const tile = h("button", { type: "button", onclick: () => choose(tile.shown.page), asks: () => mayAsk(tile.shown.page) }, h("small"), h("b"), h("small"));
    return tile;
  }
  const mayAsk = (page) => (picked === null ? [{ do: "read", page }, { do: "evict" }, { do: "write", page }] : [put(picked, page)]);
  function showTile(tile, { page, kind, shows, rights, about }) {
    set(tile, { class: `vma-is-${kind}`, "data-page": page, "aria-label": about, title: about });
    [page, kind === "none" ? `(${shows})` : shows, rights].forEach((text, place) => say(tile.children[place], String(text)));
  }
  function showKernels() {
    all.replaceChildren(...model.get("kernels").map((row) => h("tr", { class: row.name === shown ? "vma-shown" : "" },
      h("td", {}, h("b", { text: row.letter })),
      h("td", {}, h("button", { type: "button", text: row.name, "aria-pressed": String(row.name === shown), ...does(ask, () => ({ do: "kernel", name: row.name })) })),
      h("td", { class: row.bad ? "vma-bad" : "", text: row.answer }), h("td", { text: row.vmas }), h("td", { text: row.shows }))));
  }

  const unwatch = watch(model, { areas: showChoices, area: showChoices, error: showError, kernels: () => keepFocus(all, showKernels) });
  film = reel(model, showView, [], card);
  return () => {
    unwatch(); film.end(); wake();
    for (const [name, listener] of Object.entries(heard)) window.removeEventListener(name, listener);
  };
}

export default { render };
