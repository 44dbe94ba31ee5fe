// Prints milliseconds: of the first unpacking of a file in this process, and the median of the last hundred.

import { readFileSync } from "node:fs";

import { unpack } from "../../pnet_tf/page/web/unpack.mjs";

const [path, rounds] = process.argv.slice(2);
const packed = new Uint8Array(readFileSync(path));
const url = new URL("../../pnet_tf/packing/dictionary.bin", import.meta.url);
const dictionary = new Uint8Array(readFileSync(url));
const times = Array.from({ length: Number(rounds) }, () => {
  const start = performance.now();
  unpack(packed, dictionary);
  return performance.now() - start;
});
const last = times.slice(-100).sort((a, b) => a - b);
console.log(times[0], last[last.length >> 1]);
