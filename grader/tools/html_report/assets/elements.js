"use strict";
// Everything that is shown becomes a text node or an attribute of a fixed name here: answers are hostile.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(3)) {
    if (child === undefined || child === null || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

const element = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const shape = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

// A button that looks like what it is in: a bar, a row, a cell.
function activate(node, label, action) {
  node.setAttribute("tabindex", "0");
  node.setAttribute("role", "button");
  node.setAttribute("aria-label", label);
  node.classList.add("active");
  node.addEventListener("click", action);
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      action();
    }
  });
  return node;
}

function section(id, title, note, ...children) {
  return element("section", { id, "aria-labelledby": id + "-title" },
    element("h2", { id: id + "-title" }, title),
    note ? element("p", { class: "note" }, note) : null,
    children);
}

const whole = (value) => Math.round(value).toLocaleString("en-US");
const percent = (share) => {
  const value = 100 * share;
  if (value > 0 && value < 0.1) return "<0.1 %";
  if (value < 100 && value > 99.9) return ">99.9 %";
  return (value >= 10 || value === 0 ? Math.round(value * 10) / 10 : value.toFixed(1)) + " %";
};
const decimal = (value, digits = 3) => (value === null || value === undefined ? "–" : value.toFixed(digits));
const signed = (value, digits = 3) => {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? "±0" : (value > 0 ? "+" : "−") + text;
};
const milliseconds = (value) => (value >= 10000 ? (value / 1000).toFixed(1) + " s" : value >= 1000 ? (value / 1000).toFixed(2) + " s" : Math.round(value) + " ms");
const plural = (count, noun) => whole(count) + " " + noun + (count === 1 ? "" : "s");
