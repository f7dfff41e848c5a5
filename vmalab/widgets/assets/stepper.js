// The face of vmalab.widgets.Stepper. Everything shown here was computed in Python and arrives in the
// traits `view` and `error`; everything asked for leaves as one small message. No rule of the kernel,
// and no count of anything, is decided in this file.

const KEYS = {
  ArrowLeft: "previous event", ArrowRight: "next event",
  ArrowUp: "previous operation", ArrowDown: "next operation",
  Home: "first", End: "last",
};
const BEAT = 1400; // milliseconds a moment is shown while playing

function render({ model, el }) {
  const send = (message) => model.send(message);
  const move = (to) => { stop(); go(to); };
  // moves asked for while the kernel is at work go to it together, so a held key never lags behind
  let waiting = [], busy = false;
  function go(to) {
    waiting.push(to);
    if (!busy) flush();
  }
  function flush() {
    busy = waiting.length > 0;
    if (busy) send({ do: "move", to: waiting });
    waiting = [];
  }
  let timer = null;

  // --- the parts, top to bottom
  const programs = h("select", { onchange: () => { stop(); send({ do: "choose", name: programs.value }); } });
  const kernels = h("select", { onchange: () => { stop(); send({ do: "generation", name: kernels.value }); } });
  const edit = h("button", { type: "button", class: "vma-push", "aria-expanded": "false",
    onclick: () => { model.set("editing", !model.get("editing")); model.save_changes(); } });
  const bar = h("div", { class: "vma-bar" },
    h("label", { class: "vma-field" }, h("span", { text: "Program" }), programs),
    h("label", { class: "vma-field" }, h("span", { text: "Kernel" }), kernels), edit);

  const source = h("textarea", { spellcheck: "false", autocapitalize: "off", rows: "8",
    "aria-label": "Program text, one operation a line",
    oninput: () => { model.set("draft", source.value); model.save_changes(); } });
  const run = () => { stop(); send({ do: "run", text: source.value }); };
  const error = h("div", { class: "vma-error", role: "alert", hidden: true });
  const editor = h("div", { class: "vma-editor", hidden: true }, source, error,
    h("div", { class: "vma-editor-foot" },
      h("button", { type: "button", class: "vma-primary", text: "Run this program", onclick: run }),
      keysLine([["Ctrl", "Enter"], "run"]),
      h("p", { text: "Pages count from the start of the window: mmap ADDR PAGES PROT FLAGS [FILE [PAGE]]." })));

  const buttons = {};
  const button = (name, about) => (buttons[name] = h("button", {
    type: "button", "aria-label": about, title: about, onclick: () => {
      if (buttons[name].getAttribute("aria-disabled") !== "true") move(name);
    } }, icon(name)));
  const play = h("button", { type: "button", class: "vma-play", onclick: () => (timer ? stop() : start()) });
  const scrub = h("input", { type: "range", class: "vma-scrub", min: "0", step: "1", "aria-label": "Moment",
    oninput: () => move(Number(scrub.value)) });
  const where = h("span", { class: "vma-where" });
  const transport = h("div", { class: "vma-transport" },
    h("div", { class: "vma-buttons", role: "group", "aria-label": "Step" },
      button("first", "To the beginning"), button("previous operation", "Back one operation"),
      button("previous event", "Back one event"), play, button("next event", "Forward one event"),
      button("next operation", "Forward one operation"), button("last", "To the end")),
    scrub, where);
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

  // --- keys: the notebook's own shortcuts rest while the focus is here, except those with Ctrl or Cmd
  const rest = (event) => card.toggleAttribute("data-lm-suppress-shortcuts", !(event.ctrlKey || event.metaKey));
  window.addEventListener("keydown", rest, true);
  card.addEventListener("keydown", (event) => {
    if (event.target === source) {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); event.stopPropagation(); run(); }
      return;
    }
    if (event.target.matches("select, input") || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = KEYS[event.key];
    if (to) { event.preventDefault(); event.stopPropagation(); move(to); }
    else if (event.key === "p" || event.key === "P") { event.preventDefault(); timer ? stop() : start(); }
  });

  // --- playing: a clock here, the next moment from Python
  function start() {
    go(model.get("view").at_end ? "first" : "next event");
    timer = setInterval(() => (model.get("view").at_end ? stop() : go("next event")), BEAT);
    showPlay();
  }
  function stop() {
    if (timer) clearInterval(timer);
    timer = null;
    showPlay();
  }
  const showPlay = () => offer(play, timer ? "pause" : "play");

  // --- from traits to the page
  function showChoices() {
    fill(programs, model.get("programs"), model.get("program_name"));
    fill(kernels, model.get("generations").map((name) => [name, name]), model.get("generation"));
  }
  const showDraft = () => showEditor(model, edit, editor, source);
  const showError = () => showProgramError(model, error, source);
  function showView() {
    const view = model.get("view");
    for (const name of ["first", "previous operation", "previous event"])
      buttons[name].setAttribute("aria-disabled", String(view.at_start));
    for (const name of ["next event", "next operation", "last"])
      buttons[name].setAttribute("aria-disabled", String(view.at_end));
    scrub.max = String(view.frames - 1);
    scrub.value = String(view.frame);
    scrub.setAttribute("aria-valuetext", view.where);
    where.textContent = view.where;
    line.textContent = view.line;
    sentence.textContent = view.sentence;
    said.classList.toggle("vma-refused", view.refused);
    why.hidden = !view.why.length;
    why.replaceChildren(...view.why.flatMap(([term, text], row) => [h("dt", { text: term }), h("dd", { text, class: view.refused && !row ? "vma-errno" : "" })]));
    stage.innerHTML = view.svg;
    keepHeight(view.run);
    showOps(view);
    maps.replaceChildren(...view.maps.map((row) => h("tr", { class: `vma-${row.mark}` },
      h("td", {}, h("span", { "aria-hidden": "true", text: row.sign }), h("span", { class: "vma-sr", text: row.about })),
      h("td", { class: "vma-entry", text: row.line }), h("td", { class: "vma-hidden", text: row.hidden }))));
    totals.textContent = view.totals;
    legend.textContent = view.legend;
  }
  // the picture's place only grows while one program is shown, so that nothing jumps under the pointer
  let tallest = 0, run_shown = -1;
  function keepHeight(run_now) {
    if (run_now !== run_shown) tallest = 0;
    run_shown = run_now;
    tallest = Math.max(tallest, stage.firstElementChild?.getBoundingClientRect().height || 0);
    stage.style.minHeight = `${Math.ceil(tallest)}px`;
  }
  function showOps(view) {
    const focused = ops.contains(document.activeElement);
    ops.replaceChildren(...view.ops.map((op, index) => h("li", {},
      h("button", { type: "button", class: `vma-op${op.reached ? "" : " vma-later"}`, "aria-current": op.current ? "step" : undefined,
        "data-index": index, onclick: () => move(op.frame) },
        h("span", { class: "vma-number", text: index + 1 }), h("span", { class: "vma-text", text: op.line }),
        op.result ? h("span", { class: `vma-result${op.failed ? " vma-bad" : ""}`, text: op.result }) : null),
      op.current && op.events.length + op.more ? h("ol", { class: "vma-events" },
        ...op.events.map((event) => h("li", {}, h("button", { type: "button", "aria-current": event.current ? "step" : undefined,
          text: event.sentence, onclick: () => move(event.frame) }))),
        op.more ? h("li", { class: "vma-more", text: op.more === 1 ? "1 event to come" : `${op.more} events to come` }) : null) : null)));
    const here = ops.querySelector("[aria-current]");
    if (focused) (ops.querySelector(".vma-events [aria-current]") || here || scrub).focus({ preventScroll: true });
    const box = ops.parentElement;
    if (here) {
      const top = here.closest(".vma-ops > li").offsetTop - ops.offsetTop;
      if (top < box.scrollTop || top + 60 > box.scrollTop + box.clientHeight) box.scrollTop = Math.max(0, top - 30);
    }
  }

  const watched = { programs: showChoices, program_name: showChoices, generations: showChoices, generation: showChoices,
    editing: showDraft, draft: showDraft, error: showError, view: showView, answered: flush };
  for (const [name, show] of Object.entries(watched)) model.on(`change:${name}`, show);
  showPlay(); showChoices(); showDraft(); showError(); showView();
  return () => {
    stop();
    window.removeEventListener("keydown", rest, true);
    for (const [name, show] of Object.entries(watched)) model.off(`change:${name}`, show);
  };
}

export default { render };
