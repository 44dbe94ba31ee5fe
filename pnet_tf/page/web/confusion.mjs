// What is taken for what: the worst pairs with examples, and a matrix where labels are few.

import { exampleElement } from "./examples.mjs";
import { card, count, element, percent, quoted, table } from "./view.mjs";

/** A card of the pairs of `measured`, whose labels are those of `metadata`. */
export function confusionCard(measured, { labels, shape, kind }) {
  if (!measured.pairs.length)
    return card("Confusion", element("p", { class: "note" }, "No label is taken for another one."));
  const rows = measured.pairs.map(({ target, predicted, count: times, share, mistakes }) => [
    element("span", {}, quoted(labels[target]), " as ", quoted(labels[predicted])),
    count(times),
    percent(share),
    element(
      "div",
      { class: `such ${kind === "image" ? "" : "lines"}` },
      mistakes.map((place) => exampleElement(measured.mistakes[place].input, shape)),
    ),
  ]);
  const worst = table(["taken", "times", "of the label", "such as"], rows);
  return card("Confusion", worst, matrix(measured, labels), perLabel(measured, labels));
}

function matrix(measured, labels) {
  if (!measured.confusion) return null;
  const cell = (times, row, column) => {
    const made = element(
      "td",
      { class: row === column ? "diagonal" : null },
      times ? count(times) : "",
    );
    const most = Math.max(1, measured.labels[row].examples);
    made.style.setProperty("--share", times / most);
    return made;
  };
  const rows = measured.confusion.map((counts, row) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, quoted(labels[row])),
      counts.map((times, column) => cell(times, row, column)),
    ),
  );
  const head = element(
    "tr",
    {},
    element("td"),
    labels.map((label) => element("th", { scope: "col" }, quoted(label))),
  );
  return element(
    "div",
    { class: "scroll" },
    element("h3", {}, "Right label by row, answer by column"),
    element("table", { class: "matrix" }, element("thead", {}, head), element("tbody", {}, rows)),
  );
}

function perLabel(measured, labels) {
  const rows = measured.labels
    .map((row, i) => ({
      ...row,
      label: labels[i],
      share: row.examples ? row.right / row.examples : null,
    }))
    .sort((a, b) => (a.share ?? 2) - (b.share ?? 2) || b.examples - a.examples)
    .map(({ label, examples, right, predicted, share }) => [
      quoted(label),
      count(examples),
      share === null ? "" : percent(share),
      count(predicted),
      predicted ? percent(right / predicted) : "",
    ]);
  return element(
    "details",
    {},
    element("summary", {}, "Every label, the worst first"),
    table(["label", "examples", "found", "answers", "right among them"], rows),
  );
}
