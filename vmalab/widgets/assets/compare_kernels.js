// The face of vmalab.widgets.CompareKernels. What is shown was computed in Python: the trait `table` has
// the whole program, `view` one operation of it. What is asked for leaves as one small message.

const KEYS = { ArrowUp: "previous", ArrowDown: "next", Home: "first", End: "last", d: "difference", D: "difference" };
const MOST_EVENTS = 6; // of a group are listed

function render({ model, el }) {
  let film;
  const ask = (message) => film.ask(message);
  const go = (to) => film.move(to);

  const programs = h("select", { onchange: () => ask({ do: "choose", name: programs.value }) });
  const edit = h("button", { type: "button", class: "vma-push", "aria-expanded": "false",
    onclick: () => { model.set("editing", !model.get("editing")); model.save_changes(); } });
  const source = h("textarea", { spellcheck: "false", autocapitalize: "off", rows: "8", "aria-label": "Program text, one operation a line",
    oninput: () => { model.set("draft", source.value); model.save_changes(); } });
  const run = () => ask({ do: "run", text: source.value });
  const error = h("div", { class: "vma-error", role: "alert", hidden: true });
  const editor = h("div", { class: "vma-editor", hidden: true }, source,
    h("div", { class: "vma-editor-foot" }, h("button", { type: "button", class: "vma-primary", text: "Compare", onclick: run }),
      keysLine([["Ctrl", "Enter"], "compare"])));
  const boxes = h("fieldset", { class: "vma-kernels" });
  const choice = h("details", { class: "vma-choice" }, h("summary"), boxes);
  const bar = h("div", { class: "vma-bar" }, h("label", { class: "vma-field" }, h("span", { text: "Program" }), programs), choice, edit);

  const verdict = h("p", { class: "vma-sentence" });
  const jump = h("button", { type: "button", text: "Show the first difference", onclick: () => go("difference") });
  const found = h("div", { class: "vma-said vma-verdict" }, h("div", { "aria-live": "polite" }, verdict), jump);
  const heads = h("tr"), rows = h("tbody");
  const grid = h("div", { class: "vma-grid", tabindex: "0", role: "group", "aria-label": "Every operation on every kernel; arrow keys choose" },
    h("table", {}, h("thead", {}, heads), rows));
  const keys = h("p", { class: "vma-keys" }, keysLine([["↑"], ["↓"], "operation"]), keysLine([["Home"], ["End"], "first, last"]),
    keysLine([["D"], "the first difference"]), h("span", { text: "A letter groups the kernels that are alike." }));
  const where = h("span", { class: "vma-where" }), line = h("span", { class: "vma-line" }), sentence = h("p", { class: "vma-sentence" });
  const said = h("div", { class: "vma-said", "aria-live": "polite", "aria-atomic": "true" }, h("p", { class: "vma-head" }, line, where), sentence);
  const groups = h("div", { class: "vma-groups" });
  const card = h("div", { class: "vma-card vma-compare", role: "group", "aria-label": "Compare kernels" },
    bar, editor, error, found, grid, keys, said, groups);
  el.classList.add("vma");
  el.replaceChildren(card);

  const wake = restShortcuts(card);
  card.addEventListener("keydown", (event) => {
    if (event.target === source) {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); event.stopPropagation(); run(); }
      return;
    }
    if (event.target.matches("select, input, summary") || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = KEYS[event.key];
    if (to) { event.preventDefault(); event.stopPropagation(); go(to); }
  });

  function showPrograms() { fill(programs, model.get("programs"), model.get("program_name")); }
  function showKernels() {
    const chosen = model.get("kernels"), all = model.get("generations");
    choice.firstElementChild.textContent = `Kernels: ${chosen.length} of ${all.length}`;
    const focused = boxes.contains(document.activeElement) ? document.activeElement.value : undefined;
    boxes.replaceChildren(h("legend", { class: "vma-sr", text: "Kernels to compare" }), ...all.map((name) => h("label", {},
      h("input", { type: "checkbox", value: name, checked: chosen.includes(name), onchange: () =>
        ask({ do: "kernels", names: [...boxes.querySelectorAll("input:checked")].map((box) => box.value) }) }), name)));
    if (focused) boxes.querySelector(`input[value="${focused}"]`)?.focus({ preventScroll: true });
  }
  const showDraft = () => showEditor(model, edit, editor, source);
  function showError() {
    if (showProgramError(model, error, source) && !model.get("error").line) showKernels();
  }
  function showTable() {
    const table = model.get("table");
    verdict.textContent = table.verdict;
    jump.hidden = !table.first;
    found.classList.toggle("vma-refused", Boolean(table.first));
    heads.replaceChildren(h("th", { scope: "col", text: "operation" }),
      ...table.heads.map((head) => h("th", { scope: "col", text: head.brief, title: head.name })));
    rows.replaceChildren(...table.rows.map((row) => h("tr", { class: `${row.differs ? "vma-apart" : ""} ${row.number === table.first ? "vma-first" : ""}` },
      h("th", { scope: "row" }, h("button", { type: "button", tabindex: "-1", "data-at": row.number, onclick: () => go(row.number) },
        h("span", { class: "vma-number", text: row.number }), h("span", { class: "vma-text", text: row.line }),
        row.number === table.first ? h("span", { class: "vma-mark", text: "first difference" }) : null)),
      ...row.cells.map((cell) => h("td", { class: `${cell.failed ? "vma-bad" : ""} vma-is-${cell.letter || "alike"}`, title: `${cell.text}, ${cell.vmas}` },
        h("span", { class: "vma-answer", text: cell.text || "·" }), h("small", {}, cell.vmas, cell.letter ? h("b", { text: ` ${cell.letter}` }) : null))))));
    showCurrent();
  }
  function showCurrent() {
    const focused = rows.contains(document.activeElement);
    for (const old of rows.querySelectorAll("[aria-current]")) { old.removeAttribute("aria-current"); old.tabIndex = -1; }
    const here = rows.querySelector(`[data-at="${film?.view.at}"]`);
    if (!here) return;
    here.setAttribute("aria-current", "step");
    here.tabIndex = 0;
    if (focused) here.focus({ preventScroll: true });
    keepRow(here.closest("tr"));
  }
  // scroll the table so that a row is seen below its heads; after the page has been laid out, not before
  function keepRow(row) {
    requestAnimationFrame(() => {
      const top = row.offsetTop - 40;
      if (top < grid.scrollTop || row.offsetTop + row.offsetHeight > grid.scrollTop + grid.clientHeight) grid.scrollTop = Math.max(0, top);
    });
  }
  const sections = new Map(); // by letter: an element, and how to show a group in it
  function showView(view) {
    say(where, view.where);
    say(line, view.line);
    say(sentence, view.sentence);
    const shown = Object.entries(view.groups);
    for (const [letter, { section }] of sections) if (!(letter in view.groups)) { section.remove(); sections.delete(letter); }
    for (const [letter, group] of shown) {
      if (!sections.has(letter)) sections.set(letter, sectionOf(letter));
      const { section, showGroup } = sections.get(letter);
      showGroup(view, group, shown.length === 1);
      if (!section.isConnected) groups.append(section);
    }
    showCurrent(view.at);
  }
  function sectionOf(letter) {
    const stage = h("div", { class: "vma-stage", tabindex: "0", role: "group" });
    const who = h("h3"), said = h("p"), why = h("dl", { class: "vma-why" }), events = h("ul", { class: "vma-inside" });
    const lines = h("summary"), maps = h("pre", { tabindex: "0" });
    const section = h("section", {}, who, said, why, events, stage, h("details", {}, lines, maps));
    function showGroup(view, group, only) {
      set(section, { class: `vma-group vma-is-${only ? "alike" : letter}`, "aria-label": only ? "All kernels" : `Group ${letter}` });
      set(stage, { "aria-label": `Picture of ${group.kernels[0]}` });
      who.replaceChildren(...[only ? null : h("b", { text: letter }), ...group.kernels.map((name) => h("code", { text: name }))].filter(Boolean));
      said.className = group.failed ? "vma-bad" : "";
      say(said, group.sentence);
      why.hidden = !group.why.length;
      why.replaceChildren(...group.why.flatMap(([term, text]) => [h("dt", { text: term }), h("dd", { text })]));
      events.hidden = !group.events.length;
      const more = group.events.length - MOST_EVENTS;
      events.replaceChildren(...[...group.events.slice(0, MOST_EVENTS), ...(more > 0 ? [`and ${more} more events`] : [])].map((text) => h("li", { text })));
      draw(stage, view, group.picture);
      say(lines, `The lines of maps: ${group.totals}`);
      say(maps, group.maps.map((row) => `${row.sign || " "} ${row.line} ${row.hidden}`.trimEnd()).join("\n") || "(empty)");
    }
    return { section, showGroup };
  }

  const unwatch = watch(model, { programs: showPrograms, program_name: showPrograms, kernels: showKernels, editing: showDraft,
    draft: showDraft, error: showError, table: showTable });
  film = reel(model, showView);
  return () => { unwatch(); film.end(); wake(); };
}

export default { render };
