import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import test from "node:test";

import { InputError } from "../../../pnet_tf/page/web/errors.mjs";
import { readMetadata } from "../../../pnet_tf/page/web/metadata.mjs";

const recorded = (name) =>
  new Uint8Array(readFileSync(new URL(`../../recorded/${name}.tflite`, import.meta.url)));
const TEXT = recorded("text");

/** The model with `from` in its metadata changed to `to`, of the same length, and hashed anew. */
function changed(from, to) {
  assert.equal(from.length, to.length);
  const model = Buffer.from(TEXT);
  const at = model.indexOf(from);
  assert.notEqual(at, -1, `${from} is not in the model`);
  model.write(to, at, "latin1");
  const place = model.indexOf('"sha256":"') + 10;
  model.write("0".repeat(64), place, "latin1");
  model.write(createHash("sha256").update(model).digest("hex"), place, "latin1");
  return new Uint8Array(model);
}

test("metadata of recorded files", () => {
  const text = readMetadata(TEXT);
  assert.deepEqual([text.kind, text.inputName, text.task], ["text", "bytes", "classification"]);
  const image = readMetadata(recorded("image"));
  assert.deepEqual([image.kind, image.inputName, image.shape.length], ["image", "pixels", 3]);
});

test("every file that is cut short is refused in a sentence", () => {
  for (let size = 0; size < TEXT.length; size += 97) {
    assert.throws(() => readMetadata(TEXT.subarray(0, size)), InputError, `${size} bytes`);
  }
});

test("a changed byte anywhere is refused in a sentence", () => {
  for (let at = 0; at < TEXT.length; at += 101) {
    const model = TEXT.slice();
    model[at] ^= 0x55;
    assert.throws(() => readMetadata(model), InputError, `byte ${at}`);
  }
});

for (const [from, to, said] of [
  ['"spec":1', '"spec":7', /spec version 7; this page reads 1/],
  ['"task":"classification"', '"task":"Classification"', /task is "Classification"/],
  ['"kind":"text"', '"kind":"tune"', /input is/],
  ['"top_k":null', '"top_k":9999', /top_k is 9999/],
]) {
  test(`${to} is refused`, () => {
    assert.throws(() => readMetadata(changed(from, to)), { name: "Error", message: said });
  });
}

test("what is no TFLite file, and one without metadata, are told apart", () => {
  assert.throws(
    () => readMetadata(new TextEncoder().encode("hello world")),
    /no TFLite|not a TFLite/,
  );
  assert.throws(() => readMetadata(changed("pnet_tf", "pnet_tg")), /no model of pnet_tf/);
});
