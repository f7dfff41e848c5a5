// The face of vmalab.widgets.Ask: a question, and the verdict that Python gives on the answer.

let count = 0;

// `words` between backquotes are code
function prose(text) {
  return text.split("`").map((part, index) => (index % 2 ? h("code", { text: part }) : part));
}

function render({ model, el }) {
  const group = `vma-ask-${++count}`;
  const predicting = model.get("mode") === "predict";
  const choices = model.get("choices");
  const inputs = choices.map((choice) => h("input", { type: "radio", name: group, value: choice }));
  const text = h("input", { type: "text", spellcheck: "false", autocomplete: "off", "aria-describedby": `${group}-hint`,
    "aria-label": "The VMAs, in order" });
  const legend = h("legend", {}, h("span", { class: "vma-kind", text: predicting ? "Predict" : "Check yourself" }), ...prose(model.get("prompt")));
  const body = choices.length
    ? choices.map((choice, index) => h("label", { class: "vma-choice" }, inputs[index], h("span", {}, ...prose(choice))))
    : [text, h("p", { class: "vma-hint", id: `${group}-hint` }, "Each VMA as FROM-TO PERMS, with commas between: ", h("code", { text: "0-4 rw, 4-6 r" }))];
  const program = model.get("program");
  const verdict = h("div", { class: "vma-verdict", "aria-live": "polite" });
  const form = h("form", { class: "vma-card vma-ask", onsubmit: (event) => {
      event.preventDefault();
      const chosen = choices.length ? inputs.find((input) => input.checked)?.value : text.value;
      model.send({ do: "answer", answer: chosen ?? "" });
    } },
    h("fieldset", {}, legend, program ? h("pre", { tabindex: "0", "aria-label": "The program", text: program }) : null, ...body),
    h("div", { class: "vma-ask-foot" },
      h("button", { type: "submit", class: "vma-primary", text: predicting ? "Predict" : "Check" }), verdict));
  el.classList.add("vma");
  el.replaceChildren(form);

  // the notebook swallows Enter before the browser can submit the form
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    form.requestSubmit();
  });
  const rest = (event) => form.toggleAttribute("data-lm-suppress-shortcuts", !(event.ctrlKey || event.metaKey || event.shiftKey));
  window.addEventListener("keydown", rest, true);

  function showAnswer() {
    const answer = model.get("answer");
    for (const input of inputs) if (input.value === answer) input.checked = true;
    if (answer && text.value !== answer) text.value = answer;
  }
  function showVerdict() {
    const { right, said } = model.get("verdict");
    const kind = right === true ? "vma-right" : right === false ? "vma-wrong" : "";
    verdict.replaceChildren(...(said ? [h("p", { class: kind }, ...prose(said))] : []));
  }
  model.on("change:answer", showAnswer);
  model.on("change:verdict", showVerdict);
  showAnswer(); showVerdict();
  return () => {
    window.removeEventListener("keydown", rest, true);
    model.off("change:answer", showAnswer);
    model.off("change:verdict", showVerdict);
  };
}

export default { render };
