import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { gzipSync } from "node:zlib";

import { fromBase64, gunzip, sha256 } from "../../../pnet_tf/page/web/bytes.mjs";
import { InputError } from "../../../pnet_tf/page/web/errors.mjs";

test("SHA-256 equals Node's, around the ends of its blocks", () => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 255);
    assert.equal(
      sha256(bytes),
      createHash("sha256").update(bytes).digest("hex"),
      `${length} bytes`,
    );
  }
});

test("base64 and gzip come back, and damage is a sentence", async () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => i & 255);
  assert.deepEqual(fromBase64(Buffer.from(bytes).toString("base64")), bytes);
  assert.deepEqual(await gunzip(gzipSync(bytes)), bytes);
  assert.throws(() => fromBase64("a*b"), InputError);
  await assert.rejects(gunzip(gzipSync(bytes).subarray(0, 20)), InputError);
});
