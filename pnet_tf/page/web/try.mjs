// The model of a page, ready to be tried: read, checked, started, and its panel for people.

import { Answers } from "./answers.mjs";
import { fromBase64, gunzip } from "./bytes.mjs";
import { densePanel } from "./densepanel.mjs";
import { imagePanel } from "./imagepanel.mjs";
import { readMetadata } from "./metadata.mjs";
import { startRunner } from "./runtime.mjs";
import { textPanel } from "./textpanel.mjs";

const PANELS = { text: textPanel, image: imagePanel, dense: densePanel };

/** {metadata, runner, bytes} of what the page holds; throws InputError for damage. */
export async function openModel(openLibrary) {
  const bytes = fromBase64(document.getElementById("model").textContent);
  const metadata = readMetadata(bytes);
  const wasm = await gunzip(fromBase64(document.getElementById("wasm").textContent));
  const runner = await startRunner(await openLibrary(wasm), bytes, metadata);
  return { metadata, runner, bytes };
}

/** Elements to type into or draw on, and what comes out; `put` enters an input for a person. */
export function tryPanel(metadata, runner) {
  const answers = new Answers(runner, metadata);
  const { before, after, focus, put } = PANELS[metadata.kind](metadata, answers);
  return { parts: [...before, answers.element, ...after], focus, put };
}
