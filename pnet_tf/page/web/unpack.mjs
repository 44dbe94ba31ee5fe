// A .ptz, a file packed for a download, back to the very bytes of it; docs/packing.md of the project
// specifies the format.

import { sha256 } from "./bytes.mjs";
import { Decisions, Odds, damaged } from "./decisions.mjs";
import { InputError } from "./errors.mjs";

const VERSION = 1;
const MOST_BYTES = 2 ** 26;
const HEADER = 28;
const AFTER_CRC = 12;
const NUMBER = 288; // odds of one kind of number
const MANY = 1023; // decisions with weights that count at most
const SHORTEST = 3;
const MISFIT = "it has a part that does not fit";
const [TOKENS, NIBBLES, MOST_KIND] = [0, 1, 6];
const [LITERAL, NEW, OLD] = [0, 1, 2];

/**
 * What was packed, as a Uint8Array; `dictionary` holds the bytes of pnet_tf/packing/dictionary.bin.
 * Throws InputError for anything but a whole container.
 */
export function unpack(packed, dictionary) {
  const magic = String.fromCharCode(...packed.subarray(0, 3));
  if (magic !== "PTZ") throw damaged("it does not begin with PTZ");
  if (packed.length < HEADER) throw damaged("it is cut off within its first bytes");
  const view = new DataView(packed.buffer, packed.byteOffset);
  if (packed[3] !== VERSION) {
    const said = `The packed file is of version ${packed[3]}; this page reads version ${VERSION}.`;
    throw new InputError(said);
  }
  if (crc32(packed.subarray(AFTER_CRC)) !== view.getUint32(8, true)) {
    throw damaged("its checksum is another");
  }
  const size = view.getUint32(4, true);
  if (size < 1 || size > MOST_BYTES) {
    throw damaged(`it says ${size} bytes, 1 to ${MOST_BYTES} are allowed`);
  }
  const decisions = new Decisions(packed.subarray(HEADER));
  const content = new Content(decisions, dictionary, size).read();
  const hash = [...packed.subarray(AFTER_CRC, HEADER)].map((byte) => HEX[byte]).join("");
  if (!sha256(content).startsWith(hash)) throw damaged("what it holds has another hash");
  return content;
}

const HEX = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, "0"));

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

function crc32(bytes) {
  return ~bytes.reduce((crc, byte) => (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 255], -1) >>> 0;
}

function tables(count, size, limit) {
  return Array.from({ length: count }, () => new Odds(size, limit));
}

/** A content as it grows behind a dictionary. */
class Content {
  constructor(decisions, dictionary, size) {
    this.decisions = decisions;
    this.begin = this.made = dictionary.length;
    this.bytes = new Uint8Array(this.begin + size);
    this.bytes.set(dictionary);
    this.distances = [1, 1, 1, 1];
    this.last = LITERAL;
    [this.kinds, this.sizes] = tables(2, NUMBER);
    [this.isMatch, this.isOld, this.which] = [new Odds(3 * 4), new Odds(3), new Odds(4)];
    this.lengths = tables(2, NUMBER); // at a new distance, at an old one
    this.newDistances = tables(2, NUMBER); // of the shortest match, of a longer one
    this.literals = tables(4, 256);
    this.missed = tables(4, 3 * 256);
    this.weights = tables(MOST_KIND + 1, 256, MANY);
    this.lowBits = tables(MOST_KIND + 1, 16, MANY);
  }

  read() {
    while (this.made < this.bytes.length) {
      const kind = this.decisions.number(this.kinds);
      const size = this.decisions.number(this.sizes);
      const end = this.made + size;
      if (!size || end > this.bytes.length || kind > MOST_KIND) throw damaged(MISFIT);
      for (const odds of [this.weights, this.lowBits]) odds[kind].carry();
      if (kind === TOKENS) while (this.made < end) this.token();
      else while (this.made < end) this.put(this.weight(kind));
      if (this.made !== end) throw damaged(MISFIT);
    }
    return this.bytes.slice(this.begin);
  }

  weight(kind) {
    const { decisions } = this;
    const odds = this.weights[kind];
    if (kind === NIBBLES) return decisions.symbol(odds, 4) | (decisions.symbol(odds, 4) << 4);
    const shared = kind - 2;
    const high = decisions.symbol(odds, 8 - shared) << shared;
    return high | decisions.symbol(this.lowBits[kind], shared);
  }

  put(byte) {
    this.bytes[this.made++] = byte;
  }

  token() {
    const { decisions } = this;
    const column = (this.made - this.begin) & 3;
    if (decisions.bit(this.isMatch, 4 * this.last + column)) {
      this.copy(this.match());
    } else {
      const literal = this.last === LITERAL;
      this.put(literal ? decisions.symbol(this.literals[column], 8) : this.missedByte(column));
      this.last = LITERAL;
    }
  }

  /** The literal behind a match, by the byte that would have gone on it. */
  missedByte(column) {
    const expected = this.bytes[this.made - this.distances[0]] | 256;
    let node = 1;
    for (let place = 7; place >= 0; place--) {
      const base = expected >>> (place + 1) === node ? 256 * (1 + ((expected >>> place) & 1)) : 0;
      node = (node << 1) | this.decisions.bit(this.missed[column], base + node);
    }
    return node;
  }

  /** Length of a match, whose distance becomes the first of four. */
  match() {
    const { decisions } = this;
    this.last = decisions.bit(this.isOld, this.last) ? OLD : NEW;
    if (this.last === OLD) {
      this.distances.unshift(...this.distances.splice(decisions.symbol(this.which, 2), 1));
      return decisions.number(this.lengths[1]) + 1;
    }
    const length = decisions.number(this.lengths[0]) + SHORTEST;
    const distance = decisions.number(this.newDistances[length > SHORTEST ? 1 : 0]) + 1;
    this.distances = [distance, ...this.distances.slice(0, 3)];
    return length;
  }

  copy(length) {
    const distance = this.distances[0];
    if (distance > this.made || length > this.bytes.length - this.made) {
      throw damaged("it copies from where nothing is");
    }
    for (let i = 0; i < length; i++) this.put(this.bytes[this.made - distance]);
  }
}
