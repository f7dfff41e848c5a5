// The face of vmalab.widgets.WalkExplorer. Everything shown here was computed in Python and arrives in
// the traits `view` and `error`; everything asked for leaves as one small message.

let count = 0;
const BITS = 32; // in a row

function render({ model, el }) {
  const id = `vma-walk-${++count}`;
  let film;
  const send = (message) => film.ask(message);
  const button = (text, about, message) =>
    h("button", { type: "button", text, title: about, "aria-label": about, ...does(send, () => message) });

  // --- the parts, top to bottom
  const addr = h("input", { type: "text", id: `${id}-addr`, spellcheck: "false", autocomplete: "off", "aria-describedby": `${id}-error` });
  const look = () => send({ do: "go", addr: addr.value });
  const form = h("form", { onsubmit: (event) => { event.preventDefault(); look(); } },
    h("label", { for: `${id}-addr`, text: "Address" }), addr, h("button", { type: "submit", class: "vma-primary", text: "Look up" }));
  const back = button("Put it back", "Put it back: undo every flipped bit", { do: "put back" });
  const tools = h("div", { class: "vma-row vma-tools" }, form,
    h("div", { class: "vma-group", role: "group", "aria-label": "Touch the address" },
      button("Load", "Load a byte at the address", { do: "touch", access: "read" }),
      button("Store", "Store a byte at the address", { do: "touch", access: "write" }),
      button("Fetch", "Fetch an instruction at the address", { do: "touch", access: "exec" })),
    h("div", { class: "vma-group", role: "group", "aria-label": "Experiment" },
      button("Flush TLB", "Flush TLB: make it forget everything", { do: "flush" }), back));
  const error = h("div", { class: "vma-error", role: "alert", id: `${id}-error`, hidden: true });
  const space = h("div", { class: "vma-space", role: "group", "aria-label": "Pages of the address space; arrow keys move, Enter looks up" });
  const key = h("p", { class: "vma-note" });
  const sentence = h("p", { class: "vma-sentence" });
  const tlb = h("p", { class: "vma-tlb" });
  const said = h("div", { class: "vma-said", "aria-live": "polite", "aria-atomic": "true" }, sentence, tlb);
  const stage = h("div", { class: "vma-stage", tabindex: "0", role: "group", "aria-label": "Picture of the walk" });
  const levels = h("div", { class: "vma-group vma-levels", role: "group", "aria-label": "Entry to look at" });
  const entry = h("h3");
  const strips = h("div", { class: "vma-strips", role: "group", "aria-label": "Bits of the entry; arrow keys move, Enter flips" });
  const rows = h("tbody");
  const meanings = h("details", {}, h("summary", { text: "What each bit means in this entry" }),
    h("table", { class: "vma-fields" },
      h("thead", {}, h("tr", {}, ...["bits", "name", "value", "what it means now"].map((text) => h("th", { scope: "col", text })))), rows));
  const card = h("div", { class: "vma-card vma-walk", role: "group", "aria-label": "Walk explorer" },
    tools, error, space, key, said, stage,
    h("section", { class: "vma-entry", "aria-label": "The entry, bit by bit" }, h("div", { class: "vma-row" }, levels, entry),
      strips, meanings));
  el.classList.add("vma");
  el.replaceChildren(card);

  const unrest = restShortcuts(card);
  addr.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); look(); }
  });
  rove(space, 8);
  rove(strips, 32);

  // --- from traits to the page
  function showError() {
    const wrong = model.get("error").message;
    error.hidden = !wrong;
    error.textContent = wrong || "";
    addr.setAttribute("aria-invalid", String(Boolean(wrong)));
  }
  function showView(view) {
    if (document.activeElement !== addr || !model.get("error").message) addr.value = view.addr;
    say(sentence, view.sentence);
    say(tlb, view.tlb);
    tlb.classList.toggle("vma-stale", view.stale);
    said.classList.toggle("vma-refused", view.failed);
    back.setAttribute("aria-disabled", String(!view.broken));
    say(key, view.legend);
    draw(stage, view);
    say(entry, view.entry);
    keepFocus(space, () => patch(space, view.vmas, area));
    keepFocus(levels, () => patch(levels, view.levels, (one) => h("button", { type: "button", text: one.name,
      "aria-pressed": String(one.shown), ...does(send, () => ({ do: "level", depth: one.depth })) })));
    keepFocus(strips, () => change(strips, view.strips, newStrip, showStrip));
    rows.replaceChildren(...view.fields.map((row) => h("tr", { class: row[2] === "0" || row[2] === "0x0" ? "vma-off" : "" },
      ...row.map((text) => h("td", { text })))));
  }
  function area(vma) {
    return h("div", { class: "vma-area" }, h("p", {}, h("b", { text: vma.perms }), ` ${vma.backing} ${vma.name}`),
      h("div", { class: "vma-pages" }, ...vma.pages.map((page) => h("button", { type: "button", class: `vma-${page.kind}`, text: page.letter,
        "aria-label": page.words, title: page.words, "aria-current": page.current ? "location" : undefined,
        ...does(send, () => ({ do: "go", addr: page.addr })) })),
        vma.more ? h("span", { text: `and ${vma.more} more` }) : null));
  }
  function newStrip() {
    return h("div", { class: "vma-strip" }, ...Array.from({ length: BITS }, () => {
      const bit = h("button", { type: "button", ...does(send, () => ({ do: "flip", bit: bit.shown.bit })) }, h("small"), h("span"));
      return bit;
    }));
  }
  function showStrip(strip, { bits, pieces }) {
    bits.forEach((one, place) => showBit(strip.children[place], one));
    if (JSON.stringify(pieces) === strip.pieces) return;
    strip.pieces = JSON.stringify(pieces);
    while (strip.children.length > BITS) strip.lastElementChild.remove();
    strip.append(...pieces.map((piece) => h("span", { text: piece.name, title: piece.name, "aria-hidden": "true",
      class: `vma-piece ${piece.wide ? "" : "vma-upright"} ${piece.on ? "vma-on" : ""}`,
      style: `grid-row: 2; grid-column: ${piece.from} / span ${piece.width}` })));
  }
  function showBit(button, bit) {
    button.shown = bit;
    set(button, { "aria-pressed": bit.on, "aria-label": `Flip ${bit.name}`, title: bit.name,
      class: `${bit.named ? "" : "vma-unused"} ${bit.flipped ? "vma-flipped" : ""}` });
    say(button.firstElementChild, String(bit.bit));
    say(button.lastElementChild, bit.on ? "1" : "0");
  }

  film = reel(model, showView, [], card);
  const unwatch = watch(model, { error: showError });
  return () => { unwatch(); film.end(); unrest(); };
}

export default { render };
