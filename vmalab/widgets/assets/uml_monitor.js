// The face of vmalab.widgets.UmlMonitor. Everything shown here was computed in Python and arrives in the
// traits `settings` and `view`; everything asked for leaves as one small message. No rule of any kernel
// is in this file.

const BEAT = 700; // milliseconds a moment is shown while playing
const SETTINGS = ["policy", "pages", "fragmentation", "mode", "on", "limit"];

function render({ model, el }) {
  let film;
  const controls = player(() => film, waysOf("moment"), BEAT, ARROWS), { listen, stop } = controls;
  const ask = (name, value) => { stop(); film.ask({ do: name, value }); };

  const policies = ["mmap", "rfp"].map((name) => h("button", { type: "button", text: name, "data-policy": name,
    title: name === "mmap" ? "A mapping for each page" : "One window, and remap_file_pages for each page",
    onclick: () => ask("policy", name) }));
  const select = (name, label, convert = String) => {
    const input = h("select", { "aria-label": label, onchange: () => ask(name, convert(input.value)) });
    return { input, field: h("label", { class: "vma-field" }, h("span", { text: label }), input) };
  };
  const slider = (name, label, unit, limits) => sliderOf(label, unit, limits, (value) => ask(name, value), () => film?.waits());
  const on = select("on", "Host"), mode = select("mode", "Mode"), limit = select("limit", "max_map_count", Number);
  const pages = slider("pages", "Guest", "pages", model.get("choices").pages);
  const apart = slider("fragmentation", "Scattered in RAM", "%", [0, 100, 10]);
  const bar = h("div", { class: "vma-bar" },
    h("div", { class: "vma-field vma-policy", role: "group", "aria-label": "Policy" }, h("span", { text: "Policy" }), ...policies),
    on.field, mode.field, limit.field, pages.field, apart.field);

  const { transport, showPlace } = transportOf(controls, "Moment");
  const keys = h("p", { class: "vma-keys" }, keysLine([["←"], ["→"], "moment"]), keysLine([["Home"], ["End"], "first, last"]), keysLine([["P"], "play"]));

  const line = h("p", { class: "vma-line" }), sentence = h("p", { class: "vma-sentence" });
  const said = h("div", { class: "vma-said", "aria-live": "polite", "aria-atomic": "true" }, line, sentence);
  const counts = h("ul", { class: "vma-counts", "aria-label": "Counts" });
  const stage = h("div", { class: "vma-stage", tabindex: "0", role: "group", "aria-label": "Picture; arrow keys step" });
  const head = h("tr"), bill = h("tbody"), rows = h("tbody");
  const more = h("p", { class: "vma-totals" });
  const table = (name, ...parts) => h("div", { class: "vma-scroll", tabindex: "0", role: "group", "aria-label": name },
    h("table", { class: "vma-maps" }, ...parts));
  const panes = h("div", { class: "vma-panes" },
    h("section", { class: "vma-pane vma-bill", "aria-label": "Both policies" }, h("h3", { text: "The same touches under both policies" }),
      table("Both policies", h("thead", {}, head), bill)),
    h("section", { class: "vma-pane vma-list", "aria-label": "VMAs" }, h("h3", {}, "VMAs of the first process, as in ", h("code", { text: "/proc/PID/maps" })),
      table("Lines of maps", h("thead", {}, h("tr", {}, ...["addresses", "right", "RAM page", "what"].map((text) => h("th", { scope: "col", text })))), rows),
      more));
  const card = h("div", { class: "vma-card vma-uml", role: "group", "aria-label": "UmlMonitor" },
    bar, transport, keys, said, counts, stage, panes);
  el.classList.add("vma");
  el.replaceChildren(card);

  const unrest = restShortcuts(card);
  listen(card);

  function showSettings() {
    const now = model.get("settings"), choices = model.get("choices");
    for (const one of policies) one.setAttribute("aria-pressed", String(one.dataset.policy === now.policy));
    fill(on.input, withOwn(choices.hosts, now.on), now.on);
    fill(mode.input, choices.modes.map((value) => [value, value]), now.mode);
    fill(limit.input, withOwn(choices.limits.map((value) => [value, value.toLocaleString("en")]), now.limit), now.limit);
    pages.show(now.pages);
    apart.show(now.fragmentation);
  }
  function showView(view) {
    showPlace(view);
    say(line, view.line);
    say(sentence, view.sentence);
    said.classList.toggle("vma-refused", view.kind === "killed");
    counts.replaceChildren(...view.counts.map(([name, value]) => h("li", {}, `${name} `, h("b", { text: value }))));
    draw(stage, view);
    const now = (index) => (index === view.bill.now + 1 ? "vma-now" : undefined);
    head.replaceChildren(h("th", { scope: "col" }, h("span", { class: "vma-sr", text: "count" })),
      ...view.bill.heads.map((text, index) => h("th", { scope: "col", class: now(index + 1), text })));
    bill.replaceChildren(...view.bill.rows.map(([name, ...cells]) => h("tr", {}, h("th", { scope: "row", text: name }),
      ...cells.map((text, index) => h("td", { class: now(index + 1), text })))));
    patch(rows, view.rows, (cells) => h("tr", {}, ...cells.map((text) => h("td", { text }))));
    more.textContent = view.more ? `and ${view.more.toLocaleString("en")} more` : "";
  }

  const unwatch = watch(model, { settings: showSettings });
  film = reel(model, showView, SETTINGS);
  return () => { stop(); film.end(); unrest(); unwatch(); };
}

// Choices, and what was chosen from code if it is none of them
function withOwn(choices, value) {
  return choices.some(([one]) => one === value) ? choices : [[value, String(value)], ...choices];
}

export default { render };
