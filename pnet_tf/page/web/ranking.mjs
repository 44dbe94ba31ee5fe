// Which replies are offered, or none: docs/ranking.md, version 2.

export const RANKING_VERSION = 2;

/**
 * {replies: [{label, score, text}], trigger, threshold, balanced: [label]} for one message.
 *
 * `scores` are numbers in the order of `labels`, 0 for those that a top-k file does not give;
 * `message` the bytes that the input tensor holds, unpadded; `replies` a Map of label to texts.
 */
export function suggest(scores, message, labels, replies, ranking) {
  const silent = new Set(ranking.silent);
  const order = [...labels.keys()]
    .filter((i) => scores[i] > 0 && !silent.has(labels[i]) && replies.get(labels[i])?.length)
    .sort((a, b) => scores[b] - scores[a] || a - b);
  const trigger = order.length ? scores[order[0]] : 0;
  const nothing = { replies: [], trigger, threshold: ranking.threshold, balanced: [] };
  if (!order.length || trigger < ranking.threshold) return nothing;
  const kept = order.filter((i) => scores[i] >= ranking.floor * trigger);
  const { chosen, added } = balance(kept, scores, labels, ranking);
  const found = texts(chosen, message, labels, replies);
  return {
    ...nothing,
    replies: found.map(([i, text]) => ({ label: labels[i], score: scores[i], text })),
    balanced: added.map((i) => labels[i]),
  };
}

/** 32-bit FNV-1a (Fowler, Noll, Vo), which chooses among the texts of a label. */
export function formHash(message) {
  let hash = 2166136261;
  for (const byte of message) hash = Math.imul(hash ^ byte, 16777619) >>> 0;
  return hash;
}

/** The places chosen, by falling score, and those that came in so that a yes meets a no. */
function balance(order, scores, labels, ranking) {
  let chosen = order.slice(0, ranking.most_replies);
  const added = [];
  const least = ranking.plausible * scores[order[0]];
  const poles = [ranking.affirmative, ranking.negative].map((names) =>
    order.find((i) => names.includes(labels[i]) && scores[i] >= least),
  );
  if (!poles.includes(undefined)) {
    for (const pole of poles.filter((i) => !chosen.includes(i))) {
      const givenUp = chosen.slice(1).findLast((i) => !poles.includes(i));
      if (givenUp === undefined) continue;
      chosen = [...chosen.filter((i) => i !== givenUp), pole];
      added.push(pole);
    }
  }
  return { chosen: order.filter((i) => chosen.includes(i)), added };
}

/** [place, text] of each label, no text twice; a label without another one is left out. */
function texts(chosen, message, labels, replies) {
  const start = formHash(message);
  const found = [];
  for (const i of chosen) {
    const forms = replies.get(labels[i]);
    const turned = forms.map((_, step) => forms[(start + step) % forms.length]);
    const text = turned.find((form) => !found.some(([, other]) => other === form));
    if (text !== undefined) found.push([i, text]);
  }
  return found;
}
