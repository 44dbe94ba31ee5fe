import assert from "node:assert/strict";
import test from "node:test";

import { InputError } from "../../../pnet_tf/page/web/errors.mjs";
import {
  checkImage,
  imageSize,
  shrink,
  toPixels,
  toRgba,
} from "../../../pnet_tf/page/web/image.mjs";

/** The head of a PNG, which is all that is looked at. */
function pngHead(width, height) {
  const bytes = new Uint8Array(33);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x89504e47);
  view.setUint32(4, 0x0d0a1a0a);
  view.setUint32(16, width);
  view.setUint32(20, height);
  return bytes;
}

test("sizes are read from the heads of PNG and JPEG", () => {
  assert.deepEqual(imageSize(pngHead(640, 480)), { width: 640, height: 480 });
  const jpeg = Uint8Array.of(
    0xff,
    0xd8,
    0xff,
    0xe0,
    0,
    4,
    1,
    2,
    0xff,
    0xc2,
    0,
    11,
    8,
    1,
    0,
    2,
    3,
    3,
    0,
    0,
    0,
  );
  assert.deepEqual(imageSize(jpeg), { width: 515, height: 256 });
});

test("a picture of 10,000 x 10,000 is refused before it is decoded", () => {
  assert.throws(() => checkImage(pngHead(10_000, 10_000)), {
    message: /10,000 x 10,000 pixels; at most 16,777,216/,
  });
  assert.throws(() => checkImage(pngHead(0, 5)), InputError);
});

test("other files and cut heads are refused in a sentence", () => {
  for (const bytes of [
    [],
    [0xff, 0xd8],
    [0xff, 0xd8, 0xff, 0xe0, 0, 0],
    [0x47, 0x49, 0x46, 0x38],
    [...pngHead(1, 1)].slice(0, 20),
  ]) {
    assert.throws(() => imageSize(Uint8Array.from(bytes)), InputError, String(bytes));
  }
});

test("grey by ITU-R 601, colour as it is", () => {
  const rgba = Uint8ClampedArray.of(255, 0, 0, 255, 10, 20, 30, 255);
  assert.deepEqual([...toPixels(rgba, 1)], [76, 18]);
  assert.deepEqual([...toPixels(rgba, 3)], [255, 0, 0, 10, 20, 30]);
  assert.deepEqual([...toRgba(Uint8Array.of(7), 1)], [7, 7, 7, 255]);
});

test("shrinking takes the mean of each block", () => {
  const grey = [0, 100, 200, 100, 40, 60, 0, 0].flatMap((v) => [v, v, v, 255]);
  const found = shrink(Uint8ClampedArray.from(grey), { width: 4, height: 2 }, 2, 1);
  assert.deepEqual([...toPixels(found, 1)], [50, 75]);
  const uneven = Uint8ClampedArray.from([30, 60, 90].flatMap((v) => [v, v, v, 255]));
  assert.deepEqual([...toPixels(shrink(uneven, { width: 3, height: 1 }, 2, 1), 1)], [30, 75]);
});
