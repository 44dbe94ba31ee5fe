// The page of one model: what `pnet-tf page` writes.

import { interpret } from "./answer.mjs";
import { sentence } from "./errors.mjs";
import { encodeMessage } from "./text.mjs";
import { openModel, tryPanel } from "./try.mjs";
import { element, pairs, quoted } from "./view.mjs";

/** Fills the page; `openLibrary` gives LiteRT.js for the bytes of its wasm. */
export async function startDemo(openLibrary) {
  const main = document.querySelector("main");
  const waiting = document.getElementById("state");
  try {
    const { metadata, runner, bytes } = await openModel(openLibrary);
    const { parts, focus } = tryPanel(metadata, runner);
    globalThis.pnetTf = { metadata, run: (input) => runOn(input, runner, metadata) };
    waiting.replaceChildren(facts(metadata, bytes.length));
    main.append(...parts, about(metadata));
    focus();
    document.documentElement.dataset.state = "ready";
  } catch (error) {
    waiting.replaceChildren(sentence(error));
    waiting.setAttribute("role", "alert");
    waiting.className = "error";
    document.documentElement.dataset.state = "failed";
  }
}

/** The answer to a message or a row of numbers: `await pnetTf.run("hi")` in the console. */
async function runOn(input, runner, metadata) {
  const encoded = typeof input === "string" ? encodeMessage(input, metadata.shape[0]) : null;
  const values = encoded?.bytes ?? input;
  const outputs = await runner.run(values);
  return interpret(outputs, encoded?.bytes.subarray(0, encoded.used) ?? unpadded(values), metadata);
}

function unpadded(values) {
  return values.slice(0, values.findLastIndex((value) => value !== 0) + 1);
}

function facts(metadata, size) {
  const labels = metadata.labels.length ? `, ${metadata.labels.length} labels` : "";
  return `${size.toLocaleString("en")} bytes${labels}. The model runs in this page; nothing that you enter leaves it.`;
}

function about(metadata) {
  const rows = {
    "made by": `pnet-tf ${metadata.version}`,
    quantised: metadata.quantize,
    "oldest runtime checked": metadata.oldest_runtime,
    "SHA-256": metadata.sha256,
  };
  const labels = metadata.labels.slice(0, 500).map((label) => element("li", {}, quoted(label)));
  return element(
    "details",
    { class: "card" },
    element("summary", {}, "About the file"),
    pairs(rows),
    labels.length ? element("ul", { class: "labels" }, labels) : null,
  );
}
