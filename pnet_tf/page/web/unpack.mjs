// A .ptz, a file packed for a download, back to the very bytes of it; docs/packing.md of the project
// specifies the format.

import { sha256 } from "./bytes.mjs";
import { Decisions, FEW, NUMBER, damaged } from "./decisions.mjs";
import { InputError } from "./errors.mjs";

const VERSION = 1;
const MOST_BYTES = 2 ** 26;
const HEADER = 28;
const AFTER_CRC = 12;
const MANY = 1023; // decisions with weights that count at most
const CARRIED = 30;
const SHORTEST = 3;
const [TOKENS, NIBBLES, MOST_KIND] = [0, 1, 6];
const [LITERAL, NEW, OLD] = [0, 1, 2];
// Where each kind of odds begins.
const [IS_MATCH, IS_OLD, WHICH, KINDS] = [0, 12, 16, 20];
const SIZES = KINDS + NUMBER;
const NEW_LENGTHS = SIZES + NUMBER;
const OLD_LENGTHS = NEW_LENGTHS + NUMBER;
const DISTANCES = OLD_LENGTHS + NUMBER;
const FAR_DISTANCES = DISTANCES + NUMBER;
const LITERALS = FAR_DISTANCES + NUMBER;
const MISSED = LITERALS + 4 * 256;
const WEIGHTS = MISSED + 4 * 768;
const ALL_ODDS = WEIGHTS + 512 * MOST_KIND;

/**
 * What was packed, as a Uint8Array; `dictionary` holds the bytes of pnet_tf/packing/dictionary.bin.
 * Throws InputError for anything but a whole container.
 */
export function unpack(packed, dictionary) {
  if (packed[0] !== 0x50 || packed[1] !== 0x54 || packed[2] !== 0x5a) {
    throw damaged("it does not begin with PTZ");
  }
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
  const decisions = new Decisions(packed.subarray(HEADER), ALL_ODDS);
  const content = new Content(decisions, dictionary, size).read();
  const digest = [...packed.subarray(AFTER_CRC, HEADER)].map((byte) => hex(byte)).join("");
  if (!sha256(content).startsWith(digest)) throw damaged("what it holds has another hash");
  return content;
}

function hex(byte) {
  return byte.toString(16).padStart(2, "0");
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 255];
  return ~crc >>> 0;
}

/** A content as it grows behind a dictionary. */
class Content {
  constructor(decisions, dictionary, size) {
    this.decisions = decisions;
    this.dictionary = dictionary;
    this.bytes = new Uint8Array(size);
    this.made = 0;
    this.distances = [1, 1, 1, 1];
    this.last = LITERAL;
  }

  read() {
    while (this.made < this.bytes.length) {
      const kind = this.decisions.number(KINDS);
      const size = this.decisions.number(SIZES);
      const end = this.made + size;
      if (!size || end > this.bytes.length || kind > MOST_KIND) throw misfit();
      if (kind === TOKENS) this.tokens(end);
      else this.weights(kind, end);
    }
    return this.bytes;
  }

  weights(kind, end) {
    const { decisions, bytes } = this;
    const high = WEIGHTS + 512 * (kind - 1);
    const low = high + 256;
    decisions.forget(high, high + 512, CARRIED);
    const shared = kind - 2;
    while (this.made < end) {
      bytes[this.made++] =
        kind === NIBBLES
          ? decisions.symbol(high, 4, MANY) | (decisions.symbol(high, 4, MANY) << 4)
          : (decisions.symbol(high, 8 - shared, MANY) << shared) |
            decisions.symbol(low, shared, MANY);
    }
  }

  tokens(end) {
    const { decisions, bytes } = this;
    while (this.made < end) {
      const column = this.made & 3;
      if (decisions.bit(IS_MATCH + 4 * this.last + column, FEW)) {
        this.copy(decisions.bit(IS_OLD + this.last, FEW) ? this.oldMatch() : this.newMatch());
      } else {
        const table = LITERALS + 256 * column;
        bytes[this.made] =
          this.last === LITERAL ? decisions.symbol(table, 8, FEW) : this.missed(column);
        this.made++;
        this.last = LITERAL;
      }
    }
    if (this.made !== end) throw misfit();
  }

  /** The literal behind a match, by the byte that would have gone on it. */
  missed(column) {
    const expected = this.before(this.distances[0]) | 256;
    const table = MISSED + 768 * column;
    let node = 1;
    for (let place = 7; place >= 0; place--) {
      const agrees = expected >>> (place + 1) === node;
      const base = agrees ? table + 256 * (1 + ((expected >>> place) & 1)) : table;
      node = (node << 1) | this.decisions.bit(base + node, FEW);
    }
    return node & 255;
  }

  /** Length of a match at one of the four distances, which becomes the first. */
  oldMatch() {
    const which = this.decisions.symbol(WHICH, 2, FEW);
    this.distances.unshift(...this.distances.splice(which, 1));
    this.last = OLD;
    return this.decisions.number(OLD_LENGTHS) + 1;
  }

  newMatch() {
    const length = this.decisions.number(NEW_LENGTHS) + SHORTEST;
    const table = length > SHORTEST ? FAR_DISTANCES : DISTANCES;
    this.distances = [this.decisions.number(table) + 1, ...this.distances.slice(0, 3)];
    this.last = NEW;
    return length;
  }

  copy(length) {
    const distance = this.distances[0];
    if (distance > this.made + this.dictionary.length || length > this.bytes.length - this.made) {
      throw damaged("it copies from where nothing is");
    }
    for (const end = this.made + length; this.made < end; this.made++) {
      this.bytes[this.made] = this.before(distance);
    }
  }

  before(distance) {
    const { made, bytes, dictionary } = this;
    return distance <= made
      ? bytes[made - distance]
      : dictionary[dictionary.length + made - distance];
  }
}

function misfit() {
  return damaged("it has a part that does not fit");
}
