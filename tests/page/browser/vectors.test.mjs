// Every vector of every model, answered by the pages in Chromium and by their modules in Node.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import test from "node:test";
import { gunzipSync } from "node:zlib";

import { interpret } from "../../../pnet_tf/page/web/answer.mjs";
import { readMetadata } from "../../../pnet_tf/page/web/metadata.mjs";
import { startRunner } from "../../../pnet_tf/page/web/runtime.mjs";
import { encodeMessage } from "../../../pnet_tf/page/web/text.mjs";
import { FOLDER, launch, open } from "./browser.mjs";
import { compare, given, plain } from "./compare.mjs";

const MODELS = ["text", "image", "chat", "digits", "top_k", "values"];
const vectorsOf = (name) => JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf-8"));

/** Inputs as JSON: it spells lone surrogates, which do not survive the way into a page. */
function inputsOf({ vectors, input }) {
  const length = input.byte_length ?? input.shape.reduce((a, b) => a * b);
  return JSON.stringify(vectors.map((vector) => given(vector, length)));
}

/** Runs in the page. */
async function answerAll(inputs) {
  const found = [];
  for (const input of JSON.parse(inputs)) found.push(await globalThis.pnetTf.run(input));
  return found.map((answer) => ({ ...answer, values: answer.values && [...answer.values] }));
}

function check(t, name, vectors, answers) {
  assert.ok(vectors.vectors.length >= 500, `${vectors.vectors.length} vectors`);
  const { largest, wrong } = compare(
    vectors,
    answers.map((answer) => plain(answer, vectors.labels)),
  );
  const close = vectors.vectors.filter((vector) => vector.close).length;
  t.diagnostic(
    `${name}: ${vectors.vectors.length} vectors, ${close} by scores alone, largest difference ${largest.toExponential(2)}`,
  );
  assert.deepEqual(wrong.slice(0, 5), [], `${wrong.length} of ${vectors.vectors.length} differ`);
}

test("in Chromium", async (t) => {
  const browser = await launch();
  t.after(() => browser.close());
  for (const name of MODELS) {
    await t.test(name, async (t) => {
      const { page, said } = await open(browser, join(FOLDER, `${name}.html`));
      const vectors = vectorsOf(name);
      check(t, name, vectors, await page.evaluate(answerAll, inputsOf(vectors)));
      assert.deepEqual(said, []);
    });
  }
});

test("in Node", async (t) => {
  globalThis.self = globalThis; // which the library, written for browsers, looks for
  const { openLibrary } = createRequire(import.meta.url)(join(FOLDER, "litert.cjs"));
  const library = await openLibrary(gunzipSync(readFileSync(join(FOLDER, "litert.wasm.gz"))));
  for (const name of MODELS) {
    await t.test(name, async (t) => {
      const content = new Uint8Array(readFileSync(join(FOLDER, `${name}.tflite`)));
      const metadata = readMetadata(content);
      const runner = await startRunner(library, content, metadata);
      const vectors = vectorsOf(name);
      const answers = [];
      for (const vector of vectors.vectors) answers.push(await answerIn(runner, metadata, vector));
      check(t, name, vectors, answers);
    });
  }
});

async function answerIn(runner, metadata, vector) {
  const length = metadata.shape.reduce((a, b) => a * b);
  const input = given(vector, length);
  const values = typeof input === "string" ? encodeMessage(input, length).bytes : input;
  if (vector.bytes)
    assert.deepEqual(
      [...values],
      [...vector.bytes, ...new Array(length - vector.bytes.length).fill(0)],
    );
  const message = Uint8Array.from(vector.bytes ?? []);
  return interpret(await runner.run(values), message, metadata);
}

test("broken UTF-8 becomes the message that Python makes of it", () => {
  const broken = vectorsOf("text").vectors.filter(({ raw, message }) => raw && message !== null);
  assert.ok(broken.length > 5);
  for (const { raw, message } of broken) {
    assert.equal(
      new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(raw)),
      message,
    );
  }
});
