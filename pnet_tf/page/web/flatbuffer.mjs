// The little of a TFLite flatbuffer that the page reads: where the metadata entries are.
// Field numbers are those of TFLite's schema.fbs, version 3; every read is checked.

import { InputError } from "./errors.mjs";

const METADATA = 6;
const BUFFERS = 4;
const MOST_ITEMS = 100_000;

/** {start, end} of the metadata entry `name`, or null; throws InputError for damage. */
export function findMetadata(bytes, name) {
  const file = new Reader(bytes);
  if (bytes.length < 8 || String.fromCharCode(...bytes.subarray(4, 8)) !== "TFL3") {
    throw new InputError("This is not a TFLite file.");
  }
  const root = file.offset(0);
  const buffers = file.children(root, BUFFERS);
  for (const entry of file.children(root, METADATA)) {
    const title = file.vector(entry, 0);
    const found = new TextDecoder().decode(bytes.subarray(title.start, title.end));
    if (found !== name) continue;
    const slot = file.slot(entry, 1);
    const index = slot ? file.uint32(slot) : 0;
    if (index >= buffers.length) throw damaged();
    return file.vector(buffers[index], 0);
  }
  return null;
}

class Reader {
  constructor(bytes) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  check(position, size) {
    if (position < 0 || position + size > this.view.byteLength) throw damaged();
  }

  uint32(position) {
    this.check(position, 4);
    return this.view.getUint32(position, true);
  }

  uint16(position) {
    this.check(position, 2);
    return this.view.getUint16(position, true);
  }

  /** What the offset at `position` leads to. */
  offset(position) {
    return position + this.uint32(position);
  }

  /** Position of a table's field, 0 where it is absent. */
  slot(table, field) {
    this.check(table, 4);
    const layout = table - this.view.getInt32(table, true);
    const entry = 4 + 2 * field;
    if (entry + 2 > this.uint16(layout)) return 0;
    const offset = this.uint16(layout + entry);
    return offset ? table + offset : 0;
  }

  /** {start, end} of a vector of items of `size` bytes. */
  vector(table, field, size = 1) {
    const slot = this.slot(table, field);
    if (!slot) return { start: 0, end: 0 };
    const at = this.offset(slot);
    const start = at + 4;
    const length = this.uint32(at) * size;
    this.check(start, length);
    return { start, end: start + length };
  }

  /** Positions of the tables of a vector. */
  children(table, field) {
    const { start, end } = this.vector(table, field, 4);
    if ((end - start) / 4 > MOST_ITEMS) throw damaged();
    const found = [];
    for (let at = start; at < end; at += 4) found.push(this.offset(at));
    return found;
  }
}

function damaged() {
  return new InputError("The model file is damaged or cut short: an offset leads out of it.");
}
