import assert from "node:assert/strict";
import test from "node:test";

import { interpret } from "../../../pnet_tf/page/web/answer.mjs";
import { InputError, sentence } from "../../../pnet_tf/page/web/errors.mjs";
import { parseNumbers } from "../../../pnet_tf/page/web/numbers.mjs";

const PLAIN = {
  task: "classification",
  labels: ["a", "b", "c"],
  topK: null,
  replies: new Map(),
  ranking: null,
};
const labels = (answer) => answer.ranked.map(({ label }) => label);

test("labels by falling score, equal ones in their order", () => {
  const answer = interpret({ scores: [0.25, 0.5, 0.25] }, [], PLAIN);
  assert.deepEqual(labels(answer), ["b", "a", "c"]);
  assert.equal(answer.offered, null);
});

test("a top-k file gives the k labels that it names", () => {
  const answer = interpret({ scores: [0.6, 0.3], indices: [2, 0] }, [], { ...PLAIN, topK: 2 });
  assert.deepEqual(labels(answer), ["c", "a"]);
  const stray = { scores: [0.6, 0.3], indices: [2, 3] };
  assert.throws(() => interpret(stray, [], { ...PLAIN, topK: 2 }), InputError);
});

test("a file without a ranking offers the replies of its best label", () => {
  const answer = interpret({ scores: [0.1, 0.2, 0.7] }, [], {
    ...PLAIN,
    replies: new Map([["c", ["ok", "fine"]]]),
  });
  assert.deepEqual(
    answer.offered.replies.map(({ text }) => text),
    ["ok", "fine"],
  );
});

test("values of a regression", () => {
  const answer = interpret({ values: [1.5, -2] }, [], { ...PLAIN, task: "regression", labels: [] });
  assert.deepEqual(answer.values, [1.5, -2]);
});

test("numbers, their count and what is none of them", () => {
  assert.deepEqual([...parseNumbers("1, 2;3.5\n-4e0", 4)], [1, 2, 3.5, -4]);
  assert.throws(() => parseNumbers("1 2", 3), {
    message: "The model takes 3 numbers; these are 2.",
  });
  assert.throws(() => parseNumbers("1 x 2", 3), { message: "x is no finite number." });
  assert.throws(() => parseNumbers("1 1e99 2", 3), { message: "1e99 is no finite number." });
});

test("any error is one line", () => {
  assert.equal(sentence(new InputError("Whole.")), "Whole.");
  assert.equal(sentence(new Error("a\nb")), "The model cannot be run here: a");
});
