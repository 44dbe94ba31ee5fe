// The report of a sweep of `bits`: accuracy against cost, and the files that nothing beats.

import { sentence } from "./errors.mjs";
import { followColours, points } from "./plots.mjs";
import { card, count, element, percent, quoted, table } from "./view.mjs";

const COSTS = { bytes: ["size_bytes", "bytes of the file"], bits: ["bits", "bits of an example"] };

/** Fills the page. */
export function startSweep() {
  const main = document.querySelector("main");
  const waiting = document.getElementById("state");
  try {
    const facts = JSON.parse(document.getElementById("facts").textContent);
    waiting.replaceChildren(
      `${count(facts.points.length)} files on ${facts.data}, accuracy on the validation split.`,
    );
    main.append(...Object.keys(COSTS).map((name) => frontCard(facts, name)), tableCard(facts));
    followColours();
    document.documentElement.dataset.state = "ready";
  } catch (error) {
    waiting.replaceChildren(sentence(error));
    waiting.className = "error";
    document.documentElement.dataset.state = "failed";
  }
}

function frontCard({ points: all }, name) {
  const [cost, x] = COSTS[name];
  const mark = (point) => ({ x: point[cost], y: point.accuracy, title: point.name });
  const groups = Object.fromEntries(
    [...new Set(all.map(({ quantize }) => quantize))].map((mode) => [
      mode,
      all.filter(({ quantize }) => quantize === mode).map(mark),
    ]),
  );
  const front = all
    .filter((point) => point.front.includes(name))
    .map(mark)
    .sort((a, b) => a.x - b.x);
  return card(
    `Accuracy against ${name}`,
    points({
      title: `Each file; the line joins the front`,
      groups,
      front,
      x,
      y: "accuracy",
      logarithmic: true,
      percent: true,
    }),
  );
}

function tableCard({ points: all, failures }) {
  const rows = all.map((point) => [
    quoted(point.name),
    count(point.size_bytes),
    count(point.bits),
    percent(point.accuracy),
    point.test_accuracy === null ? "" : percent(point.test_accuracy),
    `${point.p50_ms.toPrecision(3)}`,
    point.front.join(", "),
  ]);
  const failed = failures.length
    ? [element("p", { class: "error" }, `Failed: ${failures.join(", ")}`)]
    : [];
  return card(
    "Files by size",
    table(["file", "bytes", "bits", "valid", "test", "ms", "front"], rows),
    ...failed,
  );
}
