// The report of one trained model: what `pnet-tf report RUN|FILE` writes.

import { confusionCard } from "./confusion.mjs";
import { curvesCard } from "./curves.mjs";
import { sentence } from "./errors.mjs";
import { mistakesCard } from "./mistakes.mjs";
import { followColours, lines, parts, points } from "./plots.mjs";
import { openModel, tryPanel } from "./try.mjs";
import { card, count, element, milliseconds, pairs, percent } from "./view.mjs";

/** Fills the page; `openLibrary` gives LiteRT.js for the bytes of its wasm. */
export async function startReport(openLibrary) {
  const main = document.querySelector("main");
  const waiting = document.getElementById("state");
  try {
    const facts = JSON.parse(document.getElementById("facts").textContent);
    const { metadata, runner } = await openModel(openLibrary);
    const { parts: panel, put } = tryPanel(metadata, runner);
    const trial = element("section", { class: "trial", "aria-labelledby": "try" }, panel);
    const enter = (input) => {
      put(input);
      trial.scrollIntoView({ block: "start" });
    };
    waiting.replaceChildren(lead(facts));
    const shown = cards(facts, metadata, enter);
    main.append(
      contents(shown),
      ...shown,
      element("h2", { class: "apart", id: "try" }, "Try the model"),
      trial,
    );
    followColours();
    document.documentElement.dataset.state = "ready";
  } catch (error) {
    waiting.replaceChildren(sentence(error));
    waiting.setAttribute("role", "alert");
    waiting.className = "error";
    document.documentElement.dataset.state = "failed";
  }
}

/** Links to the cards, which get names for that. */
function contents(shown) {
  const named = shown.map((section) => {
    const title = section.querySelector("h2").textContent;
    section.id = title.toLowerCase();
    return [title, section.id];
  });
  const links = [...named, ["Try the model", "try"]].map(([title, id]) =>
    element("a", { href: `#${id}` }, title),
  );
  return element("nav", { "aria-label": "Contents" }, links);
}

function lead({ file, source }) {
  const measured = source
    ? ` Measured on: ${source}.`
    : " Not measured: no labelled examples were given.";
  return `${count(file.size_bytes)} bytes.${measured}`;
}

function cards(facts, metadata, enter) {
  const { history, measured, values, file } = facts;
  return [
    figuresCard(facts),
    history ? curvesCard(history) : null,
    measured ? confusionCard(measured, metadata) : null,
    measured ? calibrationCard(measured) : null,
    values ? valuesCard(values) : null,
    fileCard(file),
    measured?.mistakes.length ? mistakesCard(measured, metadata, enter) : null,
  ].filter(Boolean);
}

function figuresCard({ task, scores, measured, values, file, facts }) {
  const accuracy = task === "classification";
  const name = accuracy ? "accuracy" : "mean squared error";
  const rows = Object.fromEntries(
    scores.map(({ who, value }) => [`${name}, ${who}`, accuracy ? percent(value) : brief(value)]),
  );
  if (measured) rows["right label among three"] = percent(measured.top3_accuracy);
  if (values?.concordance_index) rows["concordance index"] = brief(values.concordance_index);
  rows["an answer"] = milliseconds(file.p50_ms);
  rows.bytes = count(file.size_bytes);
  const list = Object.entries(rows).map(([title, value]) =>
    element("div", {}, element("dt", {}, title), element("dd", {}, value)),
  );
  const examples = measured ?? values;
  const more = examples ? { ...facts, "examples measured": count(examples.examples) } : facts;
  return card(
    "Figures",
    element("dl", { class: "figures" }, list),
    Object.keys(more).length ? pairs(more) : null,
  );
}

function calibrationCard({ bins, calibration_error: error }) {
  const plot = lines({
    title: "How often answers of a score are right",
    xs: bins.map(({ confidence }) => confidence),
    series: { "right answers": bins.map(({ accuracy }) => accuracy) },
    x: "score",
    y: "right",
    percent: true,
    diagonal: true,
  });
  const counts = bins
    .map(({ examples, confidence }) => `${count(examples)} at ${percent(confidence)}`)
    .join(", ");
  return card(
    "Calibration",
    plot,
    element(
      "p",
      { class: "note" },
      `Expected calibration error ${percent(error)}. Examples: ${counts}.`,
    ),
  );
}

function valuesCard({ points: pairsOf }) {
  const data = pairsOf.map(([x, y]) => ({ x, y }));
  return card(
    "Values",
    points({
      title: "Right value and answer, the first of each example",
      groups: { examples: data },
      x: "right",
      y: "answer",
    }),
  );
}

function fileCard(file) {
  const rows = {
    file: file.name,
    size: `${count(file.size_bytes)} bytes, ${count(file.zipped_bytes)} zipped`,
    quantised: file.quantize,
    "oldest runtime checked": file.oldest_runtime,
    "an answer, median": `${milliseconds(file.p50_ms)}, one in a hundred takes more than ${milliseconds(file.p99_ms)} (${file.runtime}, where the report was made)`,
    "beside it":
      file.reference_ms === null
        ? ""
        : `${milliseconds(file.reference_ms)} for a product of two 256 x 256 matrices`,
    "tensor memory": `${count(file.arena_bytes)} bytes`,
  };
  const shown = Object.fromEntries(Object.entries(rows).filter(([, value]) => value));
  return card(
    "File",
    parts({ title: "Bytes by part", values: file.bytes_by_part, x: "bytes" }),
    pairs(shown),
  );
}

function brief(value) {
  return String(Number(value.toPrecision(4)));
}
