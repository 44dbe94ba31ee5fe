import assert from "node:assert/strict";
import test from "node:test";

import { encodeMessage, tokens } from "../../../pnet_tf/page/web/text.mjs";

const words = (text, most = 32) =>
  tokens(new TextEncoder().encode(text), most).map((token) => token.text);

test("a message is padded with zeros", () => {
  assert.deepEqual(
    { ...encodeMessage("hé", 5), bytes: [...encodeMessage("hé", 5).bytes] },
    { bytes: [104, 195, 169, 0, 0], used: 3, seen: "hé", rest: "" },
  );
});

test("the cut is before the character that does not fit", () => {
  const { bytes, used, seen, rest } = encodeMessage("ab😀c", 5);
  assert.deepEqual([[...bytes], used, seen, rest], [[97, 98, 0, 0, 0], 2, "ab", "😀c"]);
});

test("a NUL becomes a space and a lone surrogate U+FFFD", () => {
  assert.deepEqual([...encodeMessage("a\0b", 4).bytes], [97, 32, 98, 0]);
  assert.deepEqual([...encodeMessage("\ud800", 4).bytes], [0xef, 0xbf, 0xbd, 0]);
});

test("100,000 characters are cut like any other", () => {
  const { used, seen, rest } = encodeMessage("x".repeat(100_000), 128);
  assert.deepEqual([used, seen.length, rest.length], [128, 128, 99_872]);
});

test("tokens: runs of letters, each mark alone, only A to Z folded", () => {
  assert.deepEqual(words("Don't GO_now, É!?"), ["don't", "go_now", ",", "É", "!", "?"]);
  assert.deepEqual(words(" \t a\u007fb "), ["a", "b"]);
  assert.deepEqual(words(""), []);
});

test("what is beyond the last token is said to share it", () => {
  const found = tokens(new TextEncoder().encode("a b c d"), 3);
  assert.deepEqual(
    found.map(({ last }) => last),
    [false, false, true, true],
  );
  assert.deepEqual(
    tokens(new TextEncoder().encode("a b c"), 3).map(({ last }) => last),
    [false, false, false],
  );
});
