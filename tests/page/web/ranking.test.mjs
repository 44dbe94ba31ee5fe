import assert from "node:assert/strict";
import test from "node:test";

import { formHash, suggest } from "../../../pnet_tf/page/web/ranking.mjs";

const RULE = {
  version: 2,
  threshold: 0.3,
  floor: 0.02,
  most_replies: 3,
  plausible: 0.2,
  silent: [],
  affirmative: ["yes"],
  negative: ["no"],
};
const LABELS = ["yes", "later", "thanks", "no"];
const REPLIES = new Map(
  Object.entries({
    yes: ["Sure", "Yes"],
    later: ["Later?"],
    thanks: ["Thanks"],
    no: ["Sorry, no"],
  }),
);
const bytes = (text) => new TextEncoder().encode(text);
const texts = (scores, changes = {}, replies = REPLIES) =>
  suggest(scores, bytes("lunch?"), LABELS, replies, { ...RULE, ...changes }).replies.map(
    ({ text }) => text,
  );

test("the example of docs/ranking.md", () => {
  const found = suggest([0.4, 0.3, 0.2, 0.1], bytes("lunch?"), LABELS, REPLIES, RULE);
  assert.deepEqual(
    found.replies.map(({ text }) => text),
    ["Sure", "Later?", "Sorry, no"],
  );
  assert.deepEqual(found.balanced, ["no"]);
  assert.deepEqual(texts([0.2, 0.2, 0.1, 0.1]), []);
});

test("FNV-1a by its published values", () => {
  assert.deepEqual(
    ["", "a", "é"].map((text) => formHash(bytes(text))),
    [2166136261, 3826002220, 513665217],
  );
});

test("no silent label is offered, however many there are", () => {
  assert.deepEqual(texts([0.4, 0.35, 0.2, 0.05], { silent: ["yes", "later"], threshold: 0.1 }), [
    "Thanks",
    "Sorry, no",
  ]);
});

test("equal scores go by the order of the labels, and the floor drops the rest", () => {
  assert.deepEqual(texts([0.01, 0.45, 0.45, 0.09], { floor: 0.5 }), ["Later?", "Thanks"]);
});

test("a label whose texts are all given is left out", () => {
  const same = new Map(LABELS.map((label) => [label, ["ok"]]));
  assert.deepEqual(texts([0.4, 0.3, 0.2, 0.1], {}, same), ["ok"]);
});

test("a label that is called like a member of every object has no replies of its own", () => {
  const found = suggest([1], bytes(""), ["constructor"], new Map(), {
    ...RULE,
    affirmative: [],
    negative: [],
  });
  assert.deepEqual(found.replies, []);
});
