// Pictures as the model sees them: uint8 [H, W, C] from a file or a drawing.

import { InputError } from "./errors.mjs";

export const MOST_PIXELS = 2 ** 24;
export const MOST_FILE_BYTES = 64 * 2 ** 20;

/** {width, height} by the header of a PNG or JPEG; throws InputError for anything else. */
export function imageSize(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = isPng(view) ? pngSize(view) : isJpeg(view) ? jpegSize(view) : null;
  if (!size)
    throw new InputError("This is no picture that the page can read; it takes PNG and JPEG.");
  return size;
}

/** Throws InputError for a picture that is too large to decode; looks at its header only. */
export function checkImage(bytes) {
  if (bytes.length > MOST_FILE_BYTES) {
    throw new InputError(
      `The file has ${number(bytes.length)} bytes; at most ${number(MOST_FILE_BYTES)} are read.`,
    );
  }
  const { width, height } = imageSize(bytes);
  if (width * height > MOST_PIXELS || width < 1 || height < 1) {
    throw new InputError(
      `The picture has ${number(width)} x ${number(height)} pixels; ` +
        `at most ${number(MOST_PIXELS)} in all are read.`,
    );
  }
  return { width, height };
}

/** uint8 [H * W * C] of RGBA bytes; grey by the weights of ITU-R 601, as Pillow rounds them. */
export function toPixels(rgba, channels) {
  const count = rgba.length / 4;
  const pixels = new Uint8Array(count * channels);
  for (let i = 0; i < count; i++) {
    const [r, g, b] = rgba.subarray(4 * i, 4 * i + 3);
    if (channels === 1) pixels[i] = (19595 * r + 38470 * g + 7471 * b + 0x8000) >> 16;
    else pixels.set([r, g, b], 3 * i);
  }
  return pixels;
}

/** RGBA bytes of uint8 [H * W * C], to be shown. */
export function toRgba(pixels, channels) {
  const rgba = new Uint8ClampedArray((pixels.length / channels) * 4).fill(255);
  for (let i = 0; i < rgba.length / 4; i++) {
    for (let c = 0; c < 3; c++) rgba[4 * i + c] = pixels[i * channels + (channels === 1 ? 0 : c)];
  }
  return rgba;
}

/** RGBA of [height, width] as the mean of the square blocks of a larger one. */
export function shrink(rgba, from, width, height) {
  const found = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++)
      found.set(mean(rgba, from, block(x, y, from, width, height)), 4 * (y * width + x));
  }
  return found;
}

function block(x, y, from, width, height) {
  const edge = (at, parts, size) => Math.floor((at * size) / parts);
  const [left, top] = [edge(x, width, from.width), edge(y, height, from.height)];
  const right = Math.max(edge(x + 1, width, from.width), left + 1);
  const bottom = Math.max(edge(y + 1, height, from.height), top + 1);
  return { left, top, right: Math.min(right, from.width), bottom: Math.min(bottom, from.height) };
}

function mean(rgba, from, { left, top, right, bottom }) {
  const sums = [0, 0, 0, 0];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      for (let c = 0; c < 4; c++) sums[c] += rgba[4 * (y * from.width + x) + c];
    }
  }
  return sums.map((sum) => sum / ((right - left) * (bottom - top)));
}

function isPng(view) {
  return (
    view.byteLength >= 24 && view.getUint32(0) === 0x89504e47 && view.getUint32(4) === 0x0d0a1a0a
  );
}

function pngSize(view) {
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

function isJpeg(view) {
  return view.byteLength >= 4 && view.getUint16(0) === 0xffd8;
}

/** Of the first start-of-frame marker (C0 to CF, but for C4, C8 and CC); null without one. */
function jpegSize(view) {
  let at = 2;
  while (at + 9 <= view.byteLength && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1);
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    }
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
  return null;
}

function number(value) {
  return value.toLocaleString("en");
}
