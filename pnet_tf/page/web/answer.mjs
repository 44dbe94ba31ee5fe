// What the outputs of a model mean: ranked labels, values, replies.

import { InputError } from "./errors.mjs";
import { suggest } from "./ranking.mjs";

/**
 * {ranked: [{label, score}] by falling score, offered} of the outputs {scores, indices}; for
 * regression {values}. `offered` is what `suggest` gives, or for a file without a ranking the
 * replies of its best label, or null for a file without replies.
 */
export function interpret(outputs, message, metadata) {
  if (metadata.task === "regression")
    return { values: [...outputs.values], ranked: [], offered: null };
  const scores = spread(outputs, metadata);
  const ranked = [...scores.keys()]
    .sort((a, b) => scores[b] - scores[a] || a - b)
    .map((i) => ({ label: metadata.labels[i], score: scores[i] }));
  return {
    ranked: ranked.slice(0, metadata.topK ?? ranked.length),
    offered: offers(scores, ranked, message, metadata),
  };
}

/** Scores in the order of the labels, 0 for those that a top-k file does not give. */
function spread({ scores, indices }, { labels, topK }) {
  if (topK === null) return [...scores];
  const all = new Array(labels.length).fill(0);
  indices.forEach((label, place) => {
    if (!(label in all)) throw new InputError("The model gave an index outside of its labels.");
    all[label] = scores[place];
  });
  return all;
}

function offers(scores, ranked, message, { labels, replies, ranking }) {
  if (ranking) return suggest(scores, message, labels, replies, ranking);
  if (!replies.size) return null;
  const { label, score } = ranked[0];
  return {
    replies: (replies.get(label) ?? []).map((text) => ({ label, score, text })),
    trigger: score,
    threshold: 0,
    balanced: [],
  };
}
