// Decisions of a packed file, read by a range coder, and what is learned of each: docs/packing.md of the
// project.

import { InputError } from "./errors.mjs";

const TOP = 2 ** 22;
const CARRIED = 30;
const RATES = Int32Array.from({ length: 1024 }, (_, n) => 131072 / (2 * n + 3));

/** Why a packed file is refused. */
export function damaged(why) {
  return new InputError(`The packed file is damaged or none: ${why}.`);
}

/** Probabilities `p` of a 1 in units of 1 / TOP, and how many decisions `n` were seen, at most `limit`. */
export class Odds {
  constructor(size, limit = 60) {
    this.p = new Int32Array(size).fill(TOP / 2);
    this.n = new Int32Array(size);
    this.limit = limit;
  }

  /** Keep the probabilities and forget most of how sure they are. */
  carry() {
    this.n.forEach((n, at) => (this.n[at] = Math.min(n, CARRIED)));
  }
}

/** Decisions of a payload. */
export class Decisions {
  constructor(payload) {
    this.payload = payload;
    this.next = 0;
    this.range = 0xffffffff;
    this.code = 0;
    for (let i = 0; i < 4; i++) this.code = ((this.code << 8) | this.byte()) >>> 0;
  }

  /** The next byte; four after the end are 0. */
  byte() {
    if (this.next === this.payload.length + 4) throw damaged("it ends before its content does");
    return this.payload[this.next++] ?? 0;
  }

  /** A decision by the odds at a place, which learn of it. */
  bit(odds, at) {
    const p = odds.p[at];
    const rate = RATES[odds.n[at]];
    const bit = this.narrow(Math.imul(this.range >>> 12, (p >>> 10) | 1) >>> 0);
    odds.p[at] = bit
      ? p + (Math.imul((TOP - p) >>> 7, rate) >>> 9)
      : p - (Math.imul(p >>> 7, rate) >>> 9);
    if (odds.n[at] < odds.limit) odds.n[at]++;
    return bit;
  }

  /** 1 below the bound, 0 from there on. */
  narrow(bound) {
    const bit = this.code < bound ? 1 : 0;
    this.range = bit ? bound : this.range - bound;
    if (!bit) this.code -= bound;
    while (this.range < 0x1000000) {
      this.range = (this.range << 8) >>> 0;
      this.code = ((this.code << 8) | this.byte()) >>> 0;
    }
    return bit;
  }

  /** A symbol of so many bits, the highest first. */
  symbol(odds, bits) {
    let node = 1;
    while (node >>> bits === 0) node = (node << 1) | this.bit(odds, node);
    return node - (1 << bits);
  }

  /** A number from 0 on. */
  number(odds) {
    const length = this.symbol(odds, 5);
    let found = 1; // up to 2 ** 32, too much for bitwise operators
    for (let place = length - 1; place >= 0; place--) {
      const at = numberPlace(length, place, found);
      found = 2 * found + (at ? this.bit(odds, at) : this.narrow(this.range >>> 1));
    }
    return found - 1;
  }
}

/** Where the odds of a bit of a number are; 0: even chances. */
function numberPlace(length, place, found) {
  const table = 32 + 8 * length;
  if (place === length - 1) return table;
  if (place === length - 2) return table + found;
  if (place === 1) return table + 4;
  return place === 0 ? table + 5 + (found % 2) : 0;
}
