// Vectors of docs/vectors.md against what a page answers.

// Measured beside ai-edge-litert with XNNPACK: 5e-7 for texts and features, whose first layers are
// exact. Files for images round activations to int8 as they go, and one on the edge between two
// steps may take the other: 4e-3.
const TOLERANCE = { text: 1e-5, dense: 1e-5, image: 1e-2 };

/** {largest, wrong: [sentence]} of `answers`, in the order of the vectors. */
export function compare({ vectors, labels, input }, answers) {
  let largest = 0;
  const wrong = [];
  vectors.forEach(({ case: kind, close, xnnpack }, i) => {
    const { scores, top, replies } = answers[i];
    const difference = Math.max(...scores.map((score, j) => Math.abs(score - xnnpack.scores[j])));
    largest = Math.max(largest, difference);
    if (!(difference <= TOLERANCE[input.kind] * Math.max(1, ...xnnpack.scores)))
      wrong.push(`${i} ${kind}: scores differ by ${difference}`);
    if (close) return;
    const expected = xnnpack.top.map((place) => labels[place]);
    if (top.slice(0, expected.length).join("\n") !== expected.join("\n"))
      wrong.push(`${i} ${kind}: ${top} for ${expected}`);
    if (xnnpack.replies && JSON.stringify(replies) !== JSON.stringify(xnnpack.replies)) {
      wrong.push(`${i} ${kind}: ${replies} for ${xnnpack.replies}`);
    }
  });
  return { largest, wrong };
}

/** {scores in the order of `labels`, top, replies} of an answer of the page. */
export function plain(answer, labels) {
  if (answer.values) return { scores: answer.values.map(Number), top: [], replies: null };
  const scores = new Map(answer.ranked.map(({ label, score }) => [label, score]));
  return {
    scores: labels.map((label) => scores.get(label) ?? 0),
    top: answer.ranked.slice(0, 3).map(({ label }) => label),
    replies: answer.offered ? answer.offered.replies.map(({ text }) => text) : null,
  };
}

/** What goes into the model for a vector: the message where there is one, as a person types it. */
export function given({ message, bytes, pixels, features }, length) {
  if (typeof message === "string") return message;
  const values = bytes ?? pixels ?? features;
  return [...values, ...new Array(length - values.length).fill(0)];
}
