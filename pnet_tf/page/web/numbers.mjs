// Rows of numbers for models of features.

import { InputError } from "./errors.mjs";

/** Float32Array of `count` finite numbers, parted by space, comma, semicolon or line. */
export function parseNumbers(text, count) {
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  if (parts.length !== count) {
    throw new InputError(`The model takes ${count} numbers; these are ${parts.length}.`);
  }
  const found = Float32Array.from(parts, Number);
  const odd = found.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0) throw new InputError(`${parts[odd].slice(0, 40)} is no finite number.`);
  return found;
}
