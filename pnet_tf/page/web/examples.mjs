// One example of a report: a message, a picture or numbers.

import { fromBase64 } from "./bytes.mjs";
import { toRgba } from "./image.mjs";
import { element, quoted } from "./view.mjs";

/** It as an element; `shape` is that of the model's input. */
export function exampleElement({ text, pixels, numbers, whole }, shape) {
  if (pixels !== null) return thumbnail(fromBase64(pixels), shape);
  const more = whole ? "" : "…";
  if (text !== null)
    return element("span", { class: "example" }, quoted(text === "" ? "(empty)" : text), more);
  return element(
    "span",
    { class: "example" },
    `${numbers.slice(0, 12).join(", ")}${numbers.length > 12 ? "…" : more}`,
  );
}

/** What the panel of the model takes for it, or null where a part is left out. */
export function exampleInput({ text, pixels, numbers, whole }) {
  if (!whole) return null;
  return pixels === null ? (text ?? numbers) : fromBase64(pixels);
}

function thumbnail(pixels, [height, width, channels]) {
  const canvas = element("canvas", {
    class: "thumb",
    width,
    height,
    role: "img",
    "aria-label": `picture of ${width} x ${height} pixels`,
  });
  canvas
    .getContext("2d")
    .putImageData(new ImageData(toRgba(pixels, channels), width, height), 0, 0);
  return canvas;
}
