// The face of vmalab.widgets.SwapLab. Everything shown here was computed in Python and arrives in the
// views; everything asked for leaves as one small message. No rule of the kernel is in this file.

const BEAT = 1400; // milliseconds a reference is shown while playing

function render({ model, el }) {
  let film;
  const { box, buttons, listen, move, show, stop } = player(() => film, waysOf("reference"), BEAT, ARROWS);
  const ask = (message) => { stop(); film.ask(message); };

  const text = h("input", { type: "text", class: "vma-string", spellcheck: "false", autocapitalize: "off", "aria-label": "Reference string",
    onkeydown: (event) => { if (event.key === "Enter") { event.preventDefault(); event.stopPropagation(); run(); } } });
  const run = () => ask({ do: "run", text: text.value });
  const ready = h("select", { "aria-label": "Ready-made strings", onchange: () => ask({ do: "run", text: ready.value }) });
  const error = h("div", { class: "vma-error", role: "alert", hidden: true });
  const slider = (what, label, unit) =>
    sliderOf(label, unit, [...model.get("limits")[what], 1], (pages) => ask({ do: what, pages }), () => film?.waits());
  const ram = slider("ram", "RAM", "frames"), swap = slider("swap", "Swap", "slots");
  const bar = h("div", { class: "vma-bar" },
    h("div", { class: "vma-field vma-grow" }, h("span", { text: "References" }), text,
      h("button", { type: "button", class: "vma-primary", text: "Run", onclick: run }), ready),
    ram.field, swap.field,
    h("p", { class: "vma-hint" }, h("code", { text: "3" }), " reads page 3 · ", h("code", { text: "3w" }), " writes it · ",
      h("code", { text: "3!" }), " puts it out · ", h("code", { text: "f0" }), " reads page 0 of a file"), error);

  const strip = h("ol", { class: "vma-strip", "aria-label": "Reference string, step by step" });
  const where = h("span", { class: "vma-where" });
  const transport = h("div", { class: "vma-transport" }, box, strip);

  const line = h("span", { class: "vma-line" }), sentence = h("p", { class: "vma-sentence" });
  const said = h("div", { class: "vma-said", "aria-live": "polite", "aria-atomic": "true" },
    h("p", { class: "vma-head" }, line, where), sentence);
  const counts = h("ul", { class: "vma-counts", "aria-label": "Counts" });
  const stage = h("div", { class: "vma-stage", tabindex: "0", role: "group", "aria-label": "Picture; arrow keys step" });
  const rows = h("tbody");
  const events = h("ol", { class: "vma-inside" });
  const killed = h("p", { class: "vma-killed", hidden: true });
  const panes = h("div", { class: "vma-panes" },
    h("section", { class: "vma-pane", "aria-label": "Pages" }, h("h3", { text: "Pages of the process, and their entries" }),
      h("div", { class: "vma-scroll", tabindex: "0", role: "group", "aria-label": "Entries" },
        h("table", { class: "vma-maps vma-entries" },
          h("thead", {}, h("tr", {}, ...["page", "shows or holds", "entry", "bits set", "put out"].map((name) => h("th", { scope: "col", text: name })))), rows))),
    h("section", { class: "vma-pane", "aria-label": "Inside" }, h("h3", { text: "Inside this reference" }), events));
  const card = h("div", { class: "vma-card vma-swap", role: "group", "aria-label": "SwapLab" },
    bar, transport, said, killed, counts, h("div", { class: "vma-body" }, stage, panes));
  el.classList.add("vma");
  el.replaceChildren(card);

  const unrest = restShortcuts(card);
  listen(card);

  function showMachine() {
    ram.show(model.get("ram"));
    swap.show(model.get("swap"));
    text.value = model.get("draft");
    const strings = model.get("strings");
    const own = strings.some(([, value]) => value === text.value) ? [] : [["Your own", text.value]];
    ready.replaceChildren(...[...own, ...strings].map(([name, value]) => h("option", { value, text: name })));
    ready.value = text.value;
  }
  function showError() {
    const wrong = model.get("error");
    error.hidden = !wrong.message;
    text.setAttribute("aria-invalid", String(!error.hidden));
    if (wrong.message) error.replaceChildren(h("b", { text: "Not run: " }), `${wrong.message}. Cure: ${wrong.cure}.`);
  }
  function showView(view) {
    show(view);
    say(where, view.where);
    say(line, view.line);
    say(sentence, view.sentence);
    said.classList.toggle("vma-refused", view.verdict === "SIGKILL");
    killed.hidden = !view.killed || view.verdict === "SIGKILL";
    say(killed, view.killed);
    counts.replaceChildren(...view.counts.map(([name, value]) => h("li", {}, `${name} `, h("b", { text: value }))));
    draw(stage, view);
    showStrip(view);
    showPages(view);
    events.replaceChildren(...view.events.map((event) => h("li", { text: event })));
    if (!view.events.length) events.replaceChildren(h("li", { class: "vma-nothing", text: "Nothing: the kernel was not asked." }));
  }
  function showStrip(view) {
    const focused = strip.contains(document.activeElement);
    patch(strip, view.references, (one) => h("li", {},
      h("button", { type: "button", class: `vma-${one.verdict || "later"}${one.lost ? " vma-lost" : ""}`, "aria-current": one.current ? "step" : undefined,
        "aria-label": one.about, title: one.about, onclick: () => move(one.number) },
        h("span", { class: "vma-touch", text: one.text }), h("span", { class: "vma-cost", text: one.letter || "·" }))));
    if (focused) (strip.querySelector("[aria-current]") || buttons.next).focus({ preventScroll: true });
  }
  function showPages(view) {
    const focused = rows.contains(document.activeElement) ? document.activeElement.dataset.page : undefined;
    patch(rows, view.pages, (page) => h("tr", { class: page.changed ? "vma-new" : "" },
      h("td", { text: page.name }), h("td", {}, page.state, page.changed ? h("span", { class: "vma-sr", text: ", changed" }) : null),
      h("td", { text: page.pte }), h("td", { class: "vma-hidden", text: page.bits }),
      h("td", {}, h("button", { type: "button", "data-page": page.name, text: "evict", "aria-label": `Evict page ${page.name}`,
        title: `Evict page ${page.name} now: ${page.name}! goes into the string`, onclick: () => ask({ do: "evict", page: page.name }) }))));
    if (focused) rows.querySelector(`[data-page="${focused}"]`)?.focus({ preventScroll: true });
  }

  const unwatch = watch(model, { draft: showMachine, ram: showMachine, swap: showMachine, error: showError });
  film = reel(model, showView, ["ram", "swap"]);
  return () => { stop(); film.end(); unrest(); unwatch(); };
}

export default { render };
