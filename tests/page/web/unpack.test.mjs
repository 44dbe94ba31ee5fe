import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import test from "node:test";

import { InputError } from "../../../pnet_tf/page/web/errors.mjs";
import { unpack } from "../../../pnet_tf/page/web/unpack.mjs";

const file = (name) => readFileSync(new URL(`../../../${name}`, import.meta.url));
const VECTORS = JSON.parse(file("tests/packing/vectors.json"));
const DICTIONARY = new Uint8Array(file("pnet_tf/packing/dictionary.bin"));
const bytesOf = ({ packed }) => new Uint8Array(Buffer.from(packed, "base64"));
const named = (name) => bytesOf(VECTORS.right.find((vector) => vector.name === name));

function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

for (const vector of VECTORS.right) {
  test(`the very bytes: ${vector.name}`, () => {
    const content = unpack(bytesOf(vector), DICTIONARY);
    assert.equal(content.length, vector.size);
    assert.equal(createHash("sha256").update(content).digest("hex"), vector.sha256);
  });
}

for (const vector of VECTORS.wrong) {
  test(`refused: ${vector.name}`, () => {
    assert.throws(
      () => unpack(bytesOf(vector), DICTIONARY),
      (error) => error instanceof InputError && error.message.includes(vector.says),
    );
  });
}

test("a container within a larger buffer, and Node's own bytes", () => {
  const whole = named("text");
  const larger = new Uint8Array(whole.length + 9);
  larger.set(whole, 5);
  const expected = unpack(whole, DICTIONARY);
  assert.deepEqual(unpack(larger.subarray(5, 5 + whole.length), DICTIONARY), expected);
  assert.deepEqual(unpack(Buffer.from(whole), Buffer.from(DICTIONARY)), expected);
});

test("another dictionary is noticed", () => {
  const other = DICTIONARY.map((byte) => byte ^ 1);
  assert.throws(() => unpack(named("text.tflite"), other), InputError);
  assert.throws(() => unpack(named("text.tflite"), new Uint8Array(0)), InputError);
});

test("cut at any length", () => {
  const whole = named("text");
  for (let size = 0; size < whole.length; size++) {
    assert.throws(() => unpack(whole.subarray(0, size), DICTIONARY), InputError, `${size} bytes`);
  }
});

test("each bit changed, with the old checksum and with the right one", () => {
  const whole = named("text");
  const expected = unpack(whole, DICTIONARY);
  for (let bit = 0; bit < 8 * whole.length; bit++) {
    const changed = whole.slice();
    changed[bit >> 3] ^= 1 << (bit & 7);
    assert.throws(() => unpack(changed, DICTIONARY), InputError, `bit ${bit}`);
    new DataView(changed.buffer).setUint32(8, crc32(changed.subarray(12)), true);
    try {
      assert.deepEqual(unpack(changed, DICTIONARY), expected);
    } catch (error) {
      assert.ok(error instanceof InputError, `bit ${bit}: ${error.stack}`);
    }
  }
});
