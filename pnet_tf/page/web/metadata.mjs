// What a model file says of itself (docs/contract.md), and the refusal of what is not understood.

import { sha256 } from "./bytes.mjs";
import { InputError } from "./errors.mjs";
import { findMetadata } from "./flatbuffer.mjs";
import { RANKING_VERSION } from "./ranking.mjs";

export const SPEC_VERSION = 1;
const HASH_LENGTH = 64;
const MOST_VALUES = { text: 65536, image: 2 ** 24, dense: 2 ** 24 };
const RANK = { text: 1, image: 3, dense: 1 };
const INPUT_NAMES = { text: "bytes", image: "pixels", dense: "features" };

/**
 * The metadata of a model whose content hash is right, with `kind`, `shape` and `inputName` of its
 * input. Throws InputError for damage, another version and what this page cannot use.
 */
export function readMetadata(bytes) {
  const place = findMetadata(bytes, "pnet_tf");
  if (!place)
    throw new InputError("This TFLite file is no model of pnet_tf: it has no metadata of it.");
  const found = parse(bytes.subarray(place.start, place.end));
  if (found.spec !== SPEC_VERSION) {
    throw new InputError(
      `The model file is of spec version ${brief(found.spec)}; this page reads ${SPEC_VERSION}.`,
    );
  }
  checkHash(bytes, place, found.sha256);
  return { ...found, ...input(found), ...answers(found), ...offers(found) };
}

function parse(bytes) {
  try {
    const found = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (isObject(found)) return found;
  } catch {
    // the sentence below says it
  }
  throw new InputError("The model file is damaged: its metadata is no JSON object.");
}

/** The hash is of the file with 64 zeros in its place, which are before the last two bytes. */
function checkHash(bytes, place, stored) {
  const copy = bytes.slice();
  const end = place.end - 2;
  copy.fill(48, Math.max(end - HASH_LENGTH, 0), end);
  if (typeof stored !== "string" || sha256(copy) !== stored) {
    throw new InputError("The model file is damaged: its content is not what its SHA-256 says.");
  }
}

function input({ input: given }) {
  const kind = isObject(given) && Object.hasOwn(RANK, given.kind) ? given.kind : null;
  const shape = kind === "text" ? [given.byte_length] : given?.shape;
  const size = Array.isArray(shape) && shape.every(isCount) ? shape.reduce((a, b) => a * b, 1) : 0;
  if (!kind || shape.length !== RANK[kind] || size < 1 || size > MOST_VALUES[kind]) {
    throw invalid("input", given);
  }
  if (kind === "image" && shape[2] !== 1 && shape[2] !== 3) throw invalid("input", given);
  return { kind, shape, inputName: INPUT_NAMES[kind] };
}

function answers({ task, labels, top_k: topK }) {
  if (task !== "classification" && task !== "regression") throw invalid("task", task);
  if (!isTexts(labels) || labels.length > 65536) throw invalid("labels", labels);
  if ((task === "classification") !== labels.length > 0) throw invalid("labels", labels);
  const all = topK === null || (isCount(topK) && topK <= labels.length);
  if (!all) throw invalid("top_k", topK);
  return { task, labels, topK };
}

function offers({ replies = {}, ranking = null, labels }) {
  if (!isObject(replies) || !Object.values(replies).every(isTexts))
    throw invalid("replies", replies);
  if (ranking !== null) checkRanking(ranking, labels);
  return { replies: new Map(Object.entries(replies)), ranking };
}

function checkRanking(ranking, labels) {
  if (!isObject(ranking) || ranking.version !== RANKING_VERSION) {
    throw new InputError(
      `The model file has a ranking of version ${brief(ranking?.version)}; ` +
        `this page reads ${RANKING_VERSION}.`,
    );
  }
  for (const name of ["threshold", "floor", "plausible"]) {
    if (!(ranking[name] >= 0 && ranking[name] <= 1))
      throw invalid(`ranking.${name}`, ranking[name]);
  }
  const most = ranking.most_replies;
  if (!isCount(most) || most > 10) throw invalid("ranking.most_replies", most);
  for (const name of ["silent", "affirmative", "negative"]) {
    const given = ranking[name];
    if (!isTexts(given) || !given.every((label) => labels.includes(label))) {
      throw invalid(`ranking.${name}`, given);
    }
  }
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTexts(value) {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isCount(value) {
  return Number.isSafeInteger(value) && value > 0;
}

function invalid(name, value) {
  return new InputError(`The model file cannot be used: its ${name} is ${brief(value)}.`);
}

function brief(value) {
  return (JSON.stringify(value) ?? "missing").slice(0, 60);
}
