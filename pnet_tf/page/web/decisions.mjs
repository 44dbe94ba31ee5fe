// Decisions of a packed file, read by a range coder, and what is learned of each: docs/packing.md of the
// project. All odds lie in one array, each a word: the probability of a 1 in 22 bits, its count in 10.

import { InputError } from "./errors.mjs";

/** Odds of one kind of number. */
export const NUMBER = 288;
/** Decisions that count at most, for all but weights. */
export const FEW = 60;
const TOP = 2 ** 22;
const RATES = Int32Array.from({ length: 1024 }, (_, n) => 131072 / (2 * n + 3));

/** Why a packed file is refused. */
export function damaged(why) {
  return new InputError(`The packed file is damaged or none: ${why}.`);
}

/** Decisions of a payload, with room for `size` odds. */
export class Decisions {
  constructor(payload, size) {
    this.payload = payload;
    this.odds = new Int32Array(size).fill((TOP / 2) << 10);
    this.next = 0;
    this.range = 0xffffffff;
    this.code = 0;
    for (let i = 0; i < 4; i++) this.code = ((this.code << 8) | this.byte()) >>> 0;
  }

  /** The next byte; four after the end are 0. */
  byte() {
    if (this.next >= this.payload.length + 4) throw damaged("it ends before its content does");
    const at = this.next++;
    return at < this.payload.length ? this.payload[at] : 0;
  }

  /** A decision with the odds at `place`, which count `limit` decisions at most. */
  bit(place, limit) {
    const word = this.odds[place];
    const p = word >>> 10;
    const n = word & 1023;
    const one = this.narrow(Math.imul(this.range >>> 12, (p >>> 10) | 1) >>> 0);
    const moved = one
      ? p + (Math.imul((TOP - p) >>> 7, RATES[n]) >>> 9)
      : p - (Math.imul(p >>> 7, RATES[n]) >>> 9);
    this.odds[place] = (moved << 10) | (n < limit ? n + 1 : n);
    return one;
  }

  even() {
    return this.narrow(this.range >>> 1);
  }

  narrow(bound) {
    const one = this.code < bound ? 1 : 0;
    if (one) {
      this.range = bound;
    } else {
      this.range -= bound;
      this.code -= bound;
    }
    while (this.range < 0x1000000) {
      this.range = (this.range << 8) >>> 0;
      this.code = ((this.code << 8) | this.byte()) >>> 0;
    }
    return one;
  }

  /** A symbol of `bits` bits by the odds from `base` on. */
  symbol(base, bits, limit) {
    let node = 1;
    while (node >>> bits === 0) node = (node << 1) | this.bit(base + node, limit);
    return node - (1 << bits);
  }

  /** A number from 0 on. */
  number(base) {
    const length = this.symbol(base, 5, FEW);
    let found = 1; // up to 2 ** 32, too much for bitwise operators
    for (let place = length - 1; place >= 0; place--) {
      const offset = numberOdds(length, place, found);
      found =
        2 * found + (offset < 0 ? this.even() : this.bit(base + 32 + 8 * length + offset, FEW));
    }
    return found - 1;
  }

  /** Let no more than `limit` decisions count of the odds from `begin` until `end`. */
  forget(begin, end, limit) {
    for (let place = begin; place < end; place++) {
      const word = this.odds[place];
      if ((word & 1023) > limit) this.odds[place] = (word & ~1023) | limit;
    }
  }
}

/** Which odds of its length a bit of a number has; negative: even chances. */
function numberOdds(length, place, found) {
  if (place === length - 1) return 0;
  if (place === length - 2) return found;
  if (place === 1) return 4;
  return place === 0 ? 5 + (found % 2) : -1;
}
