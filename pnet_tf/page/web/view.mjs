// Elements of the page. Whatever comes from a file or a person becomes text, never markup.

// control characters, and those that turn the direction of what follows
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** An element with attributes and children; a string is text, a function listens ("onclick"). */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false)
      made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null));
  return made;
}

/** Text of others, its direction its own, what cannot be seen made visible: ESC is [U+001B]. */
export function quoted(text) {
  return element("bdi", { class: "quoted" }, visible(text));
}

/** `text` with each of them as its code point. */
export function visible(text) {
  return text.replace(
    HIDDEN,
    (found) => `[U+${found.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}]`,
  );
}

/** A labelled box. */
export function card(title, ...children) {
  return element("section", { class: "card" }, element("h2", {}, title), ...children);
}

/** Labels with their scores as bars, the best first. */
export function bars(ranked) {
  const rows = ranked.map(({ label, score }) => {
    const fill = element("span", { class: "fill" });
    fill.style.setProperty("--share", Math.min(Math.max(score, 0), 1));
    return element(
      "li",
      {},
      element("span", { class: "label" }, quoted(label)),
      element("span", { class: "track", "aria-hidden": "true" }, fill),
      element("span", { class: "score" }, percent(score)),
    );
  });
  return element("ol", { class: "bars" }, rows);
}

/** 0.7312 as "73.1 %". */
export function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

/** Milliseconds with three figures. */
export function milliseconds(ms) {
  return `${ms >= 100 ? Math.round(ms) : Number(ms.toPrecision(2))} ms`;
}

/** A table of texts and elements; columns but the first are numbers. */
export function table(head, rows, caption = "") {
  const cells = (tag, row) =>
    row.map((cell, i) =>
      element(tag, { class: i ? "number" : null, scope: tag === "th" ? "col" : null }, cell),
    );
  return element(
    "div",
    { class: "scroll" },
    element(
      "table",
      {},
      caption ? element("caption", {}, caption) : null,
      element("thead", {}, element("tr", {}, cells("th", head))),
      element(
        "tbody",
        {},
        rows.map((row) => element("tr", {}, cells("td", row))),
      ),
    ),
  );
}

/** Names and values. */
export function pairs(rows) {
  const items = Object.entries(rows).map(([name, value]) => [
    element("dt", {}, quoted(name)),
    element("dd", {}, quoted(String(value))),
  ]);
  return element("dl", {}, items.flat());
}

/** Whole numbers with commas. */
export function count(value) {
  return value.toLocaleString("en");
}

/** Calls `act` once nothing has called the result for `wait` milliseconds. */
export function settled(act, wait) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...given), wait);
  };
}
