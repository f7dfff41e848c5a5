// The face of vmalab.widgets.Stepper. Everything shown here was computed in Python and arrives in the
// trait `error` and in views; everything asked for leaves as one small message. No rule of the kernel,
// and no count of anything, is decided in this file.

const KEYS = {
  ArrowLeft: "previous event", ArrowRight: "next event",
  ArrowUp: "previous operation", ArrowDown: "next operation",
};
const WAYS = {
  first: "To the beginning", "previous operation": "Back one operation", "previous event": "Back one event", play: "",
  "next event": "Forward one event", "next operation": "Forward one operation", last: "To the end",
};
const BEAT = 1400; // milliseconds a moment is shown while playing

function render({ model, el }) {
  let film;
  const controls = player(() => film, WAYS, BEAT, KEYS), { listen, move, stop } = controls;
  const ask = (message) => { stop(); film.ask(message); };

  // --- the parts, top to bottom
  const programs = h("select", { onchange: () => ask({ do: "choose", name: programs.value }) });
  const kernels = h("select", { onchange: () => ask({ do: "generation", name: kernels.value }) });
  const edit = h("button", { type: "button", class: "vma-push", "aria-expanded": "false",
    onclick: () => { model.set("editing", !model.get("editing")); model.save_changes(); } });
  const bar = h("div", { class: "vma-bar" },
    h("label", { class: "vma-field" }, h("span", { text: "Program" }), programs),
    h("label", { class: "vma-field" }, h("span", { text: "Kernel" }), kernels), edit);

  const source = h("textarea", { spellcheck: "false", autocapitalize: "off", rows: "8",
    "aria-label": "Program text, one operation a line",
    oninput: () => { model.set("draft", source.value); model.save_changes(); } });
  const run = () => ask({ do: "run", text: source.value });
  const error = h("div", { class: "vma-error", role: "alert", hidden: true });
  const editor = h("div", { class: "vma-editor", hidden: true }, source, error,
    h("div", { class: "vma-editor-foot" },
      h("button", { type: "button", class: "vma-primary", text: "Run this program", onclick: run }),
      keysLine([["Ctrl", "Enter"], "run"]),
      h("p", { text: "Pages count from the start of the window: mmap ADDR PAGES PROT FLAGS [FILE [PAGE]]." })));

  const { transport, scrub, showPlace } = transportOf(controls, "Moment");
  const keys = h("p", { class: "vma-keys" }, keysLine([["←"], ["→"], "event"]), keysLine([["↑"], ["↓"], "operation"]),
    keysLine([["Home"], ["End"], "first, last"]), keysLine([["P"], "play"]));

  const line = h("p", { class: "vma-line" });
  const sentence = h("p", { class: "vma-sentence" });
  const live = h("div", { "aria-live": "polite", "aria-atomic": "true" }, line, sentence);
  const why = h("dl", { class: "vma-why", hidden: true });
  const said = h("div", { class: "vma-said" }, live, why);
  const stage = h("div", { class: "vma-stage", tabindex: "0", role: "group", "aria-label": "Picture; arrow keys step" });
  const ops = h("ol", { class: "vma-ops" });
  const maps = h("tbody");
  const totals = h("p", { class: "vma-totals" });
  const legend = h("p", { class: "vma-totals" });
  const panes = h("div", { class: "vma-panes" },
    h("section", { class: "vma-pane", "aria-label": "Program" }, h("h3", { text: "Program, and what happens inside each call" }),
      h("div", { class: "vma-scroll", tabindex: "0", role: "group", "aria-label": "Operations" }, ops)),
    h("section", { class: "vma-pane", "aria-label": "Maps" }, h("h3", {}, h("code", { text: "/proc/PID/maps" }), " at this moment"),
      h("div", { class: "vma-scroll", tabindex: "0", role: "group", "aria-label": "Lines of maps" },
        h("table", { class: "vma-maps" },
          h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("span", { class: "vma-sr", text: "change" })),
            h("th", { scope: "col", text: "line" }), h("th", { scope: "col", text: "what maps does not show" }))),
          maps)), totals, legend));

  const card = h("div", { class: "vma-card", role: "group", "aria-label": "Stepper" },
    bar, editor, transport, keys, said, stage, panes);
  el.classList.add("vma");
  el.replaceChildren(card);

  const unrest = restShortcuts(card);
  listen(card);
  editor.addEventListener("keydown", (event) => {
    if (event.target === source && event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); event.stopPropagation(); run(); }
  });

  // --- from traits to the page
  function showChoices() {
    fill(programs, model.get("programs"), model.get("program_name"));
    fill(kernels, model.get("generations").map((name) => [name, name]), model.get("generation"));
  }
  const showDraft = () => showEditor(model, edit, editor, source);
  const showError = () => showProgramError(model, error, source);
  function showView(view) {
    showPlace(view);
    say(line, view.line);
    say(sentence, view.sentence);
    said.classList.toggle("vma-refused", view.refused);
    why.hidden = !view.why.length;
    why.replaceChildren(...view.why.flatMap(([term, text], row) => [h("dt", { text: term }), h("dd", { text, class: view.refused && !row ? "vma-errno" : "" })]));
    draw(stage, view);
    showOps(view);
    patch(maps, view.maps, mapsRow);
    say(totals, view.totals);
    say(legend, view.legend);
  }
  function showOps(view) {
    const focused = ops.contains(document.activeElement);
    patch(ops, view.ops, operation);
    const current = () => ops.querySelector("[aria-current]");
    if (focused) (ops.querySelector(".vma-events [aria-current]") || current() || scrub).focus({ preventScroll: true });
    keepInSight(ops.parentElement, () => current()?.closest(".vma-ops > li"));
  }
  function operation(op) {
    const { number, current, events, more, frame } = op;
    return h("li", {},
      h("button", { type: "button", class: `vma-op${op.reached ? "" : " vma-later"}`, "aria-current": current ? "step" : undefined,
        onclick: () => move(frame) },
        h("span", { class: "vma-number", text: number }), h("span", { class: "vma-text", text: op.line }),
        op.result ? h("span", { class: `vma-result${op.failed ? " vma-bad" : ""}`, text: op.result }) : null),
      current && events.length + more ? h("ol", { class: "vma-events" },
        ...events.map((event) => h("li", {}, h("button", { type: "button", "aria-current": event.current ? "step" : undefined,
          text: event.sentence, onclick: () => move(event.frame) }))),
        more ? h("li", { class: "vma-more", text: more === 1 ? "1 event to come" : `${more} events to come` }) : null) : null);
  }

  film = reel(model, showView);
  const unwatch = watch(model, { programs: showChoices, program_name: showChoices, generations: showChoices, generation: showChoices,
    editing: showDraft, draft: showDraft, error: showError });
  return () => { stop(); unwatch(); unrest(); film.end(); };
}

export default { render };
