// What every widget is built from. It stands before the widget's own module.

// An element: its properties (`on...` are listeners, `text` its text), then its children
function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "text") node.textContent = value;
    else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child));
  return node;
}

// Shapes for the buttons of a player, in a square of 16 units
const FIRST = "M2 2h2v12H2zM14 2v12L5 8z", LAST = "M12 2h2v12h-2zM2 2v12l9-6z";
const PREVIOUS = "M12 2v12L4 8z", NEXT = "M4 2v12l8-6z";
const ICONS = {
  first: FIRST, last: LAST, previous: PREVIOUS, next: NEXT,
  "previous event": PREVIOUS, "next event": NEXT,
  "previous operation": "M8 2v12L1 8zM15 2v12L8 8z",
  "next operation": "M8 2v12l7-6zM1 2v12l7-6z",
  play: "M3 1.5v13L14 8z",
  pause: "M3 2h4v12H3zM9 2h4v12H9z",
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "vma-icon");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

