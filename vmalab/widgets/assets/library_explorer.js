// The face of vmalab.widgets.LibraryExplorer. The trait `plan` has every step, `view` one moment; both were
// computed in Python, and what is asked for leaves as one small message.

const BEAT = 1800; // milliseconds a step is shown while playing

function render({ model, el }) {
  let film;
  const controls = player(() => film, waysOf("step"), BEAT, { ...ARROWS, ArrowUp: "previous", ArrowDown: "next" });
  const { buttons, listen, move, stop } = controls;
  const ask = (message) => { stop(); film.ask(message); };

  const menu = (label, message) => {
    const select = h("select", { onchange: () => ask({ do: message, name: select.value }) });
    return { select, field: h("label", { class: "vma-field" }, h("span", { text: label }), select) };
  };
  const libraries = menu("Library", "library"), eras = menu("Loaded by", "era"), kernels = menu("Kernel", "kernel");
  const path = h("input", { type: "text", class: "vma-path", spellcheck: "false", autocapitalize: "off", placeholder: "/usr/lib/…/lib….so", "aria-label": "Path of another library" });
  const open = () => { if (path.value.trim()) ask({ do: "library", name: path.value }); };
  path.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); event.stopPropagation(); open(); } });
  const error = h("div", { class: "vma-error", role: "alert", hidden: true });
  const bar = h("div", { class: "vma-bar" }, libraries.field, eras.field, kernels.field,
    h("div", { class: "vma-field vma-other" }, path, h("button", { type: "button", text: "Open", onclick: open })));

  const { transport, showPlace } = transportOf(controls, "Step of the plan");
  const keys = h("p", { class: "vma-keys" }, keysLine([["←"], ["→"], "step"]), keysLine([["Home"], ["End"], "first, last"]), keysLine([["P"], "play"]));

  const line = h("p", { class: "vma-line" }), sentence = h("p", { class: "vma-sentence" }), because = h("p", { class: "vma-because" });
  const said = h("div", { class: "vma-said", "aria-live": "polite", "aria-atomic": "true" }, line, sentence, because);
  const stage = h("div", { class: "vma-stage", tabindex: "0", role: "group", "aria-label": "Picture; arrow keys step" });
  const steps = h("ol", { class: "vma-ops" }), maps = h("tbody"), rows = h("tbody");
  const totals = h("p", { class: "vma-totals" }), about = h("p", { class: "vma-totals" }), verdict = h("p", { class: "vma-totals", "aria-live": "polite" });
  const box = (label, inside) => h("div", { class: "vma-scroll", tabindex: "0", role: "group", "aria-label": label }, inside);
  const heads = (names) => h("thead", {}, h("tr", {}, ...names.map((text) => h("th", { scope: "col", text }))));
  const panes = h("div", { class: "vma-panes" },
    h("section", { class: "vma-pane", "aria-label": "Plan" }, h("h3", { text: "The plan" }), box("Steps of the plan", steps)),
    h("section", { class: "vma-pane", "aria-label": "Maps and file" }, h("h3", {}, h("code", { text: "/proc/PID/maps" }), " of the library at this moment"),
      box("Lines of maps", h("table", { class: "vma-maps" }, maps)), totals,
      h("details", {}, h("summary", { text: "The segments of the file" }), about,
        h("div", { class: "vma-wide", tabindex: "0", role: "group", "aria-label": "Segments" }, h("table", { class: "vma-maps" }, heads(["at", "address", "in the file", "in memory", "rights"]), rows))),
      h("p", { class: "vma-real" }, h("button", { type: "button", text: "Ask this machine's ld.so", onclick: () => ask({ do: "ask" }) })), verdict));
  const card = h("div", { class: "vma-card vma-library", role: "group", "aria-label": "Library explorer" },
    bar, error, transport, keys, said, stage, panes);
  el.classList.add("vma");
  el.replaceChildren(card);

  const wake = restShortcuts(card);
  listen(card);

  function showChoices() {
    fill(libraries.select, model.get("libraries"), model.get("library"));
    fill(eras.select, model.get("plans"), model.get("era"));
    fill(kernels.select, model.get("generations").map((name) => [name, name]), model.get("kernel"));
  }
  function showError() {
    const wrong = model.get("error");
    error.hidden = !wrong.message;
    path.setAttribute("aria-invalid", String(!error.hidden));
    if (!wrong.message) return;
    showChoices();
    error.replaceChildren(h("b", { text: "Not loaded: " }), `${wrong.message}. Cure: ${wrong.cure}.`);
  }
  function showPlan() {
    const plan = model.get("plan");
    steps.replaceChildren(...plan.steps.map((step, index) => h("li", {},
      h("button", { type: "button", class: "vma-op", "data-at": index + 1, onclick: () => move(index + 1) },
        h("span", { class: "vma-number", text: index + 1 }), h("span", { class: "vma-text" }, h("b", { text: step.stage }), ` ${step.call}`),
        h("span", { class: `vma-result${step.refused ? " vma-bad" : ""}`, text: step.refused ? "refused" : step.vmas })))));
    about.textContent = plan.file;
    rows.replaceChildren(...plan.segments.map((row) => h("tr", {}, ...row.map((text) => h("td", { text })))));
    if (film) showCurrent(film.view.at);
  }
  function showView(view) {
    showPlace(view);
    say(line, view.line || " ");
    say(sentence, view.stage);
    say(because, view.refused || view.because);
    said.classList.toggle("vma-refused", Boolean(view.refused));
    draw(stage, view);
    patch(maps, view.maps, mapsRow);
    say(totals, view.totals);
    showCurrent(view.at);
  }
  function showCurrent(at) {
    const focused = steps.contains(document.activeElement);
    for (const one of steps.querySelectorAll("button")) {
      const number = Number(one.dataset.at);
      if (number === at) set(one, { "aria-current": "step" }); else one.removeAttribute("aria-current");
      one.classList.toggle("vma-later", number > at);
    }
    const here = steps.querySelector("[aria-current]");
    if (focused) (here || buttons.next).focus({ preventScroll: true });
    keepInSight(steps.parentElement, () => steps.querySelector("[aria-current]") || steps.firstElementChild, 100);
  }
  function showVerdict() { verdict.textContent = model.get("verdict"); }

  const unwatch = watch(model, { libraries: showChoices, plans: showChoices, library: showChoices, era: showChoices, kernel: showChoices,
    error: showError, plan: showPlan, verdict: showVerdict });
  film = reel(model, showView);
  return () => { stop(); unwatch(); film.end(); wake(); };
}

export default { render };
