// The face of vmalab.widgets.CompareKernels. What is shown was computed in Python: the trait `table` has
// the whole program, `view` one operation of it. What is asked for leaves as one small message.

const KEYS = { ArrowUp: "previous", ArrowDown: "next", Home: "first", End: "last", d: "difference", D: "difference" };

function render({ model, el }) {
  const { ask, end } = asker(model);
  const go = (to) => ask({ do: "go", to });

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
    const here = rows.querySelector(`[data-at="${model.get("view").at}"]`);
    if (!here) return;
    here.setAttribute("aria-current", "step");
    here.tabIndex = 0;
    if (focused) here.focus({ preventScroll: true });
    const row = here.closest("tr"), top = row.offsetTop - 40;
    if (top < grid.scrollTop || row.offsetTop + row.offsetHeight > grid.scrollTop + grid.clientHeight) grid.scrollTop = Math.max(0, top);
  }
  function showView() {
    const view = model.get("view");
    where.textContent = view.where;
    line.textContent = view.line;
    sentence.textContent = view.sentence;
    groups.replaceChildren(...view.groups.map((group) => group_of(group, view.groups.length === 1)));
    showCurrent();
  }
  function group_of(group, only) {
    const stage = h("div", { class: "vma-stage", tabindex: "0", role: "group", "aria-label": `Picture of ${group.kernels[0]}` });
    stage.innerHTML = group.svg;
    return h("section", { class: `vma-group vma-is-${only ? "alike" : group.letter}`, "aria-label": only ? "All kernels" : `Group ${group.letter}` },
      h("h3", {}, only ? null : h("b", { text: group.letter }), ...group.kernels.map((name) => h("code", { text: name }))),
      h("p", { class: group.failed ? "vma-bad" : "", text: group.sentence }),
      group.why.length ? h("dl", { class: "vma-why" }, ...group.why.flatMap(([term, text]) => [h("dt", { text: term }), h("dd", { text })])) : null,
      group.events.length ? h("ul", { class: "vma-inside" }, ...group.events.slice(0, 6).map((text) => h("li", { text })),
        group.events.length > 6 ? h("li", { text: `and ${group.events.length - 6} more events` }) : null) : null,
      stage,
      h("details", {}, h("summary", { text: `The lines of maps: ${group.totals}` }),
        h("pre", { tabindex: "0", text: group.maps.map((row) => `${row.sign || " "} ${row.line} ${row.hidden}`.trimEnd()).join("\n") || "(empty)" })));
  }

  const unwatch = watch(model, { programs: showPrograms, program_name: showPrograms, kernels: showKernels, editing: showDraft,
    draft: showDraft, error: showError, table: showTable, view: showView });
  return () => { unwatch(); end(); wake(); };
}

export default { render };
