// Drawing a picture or opening one, and what the model saw of it.

import { Drawing } from "./draw.mjs";
import { InputError } from "./errors.mjs";
import { checkImage, MOST_FILE_BYTES, shrink, toPixels, toRgba } from "./image.mjs";
import { card, element } from "./view.mjs";

/** Cards for a model of images; `answers` shows what comes out. */
export function imagePanel(metadata, answers) {
  const [height, width, channels] = metadata.shape;
  const panel = new ImagePanel(metadata, answers);
  const size = `${width} x ${height} ${channels === 1 ? "grey" : "RGB"}`;
  const keys = element(
    "p",
    { class: "note", id: "keys" },
    "Draw with mouse or finger and fill the frame. With keys: arrows move, Space puts the pen down or lifts it.",
  );
  const input = card(
    "Picture",
    element("div", { class: "board" }, panel.canvas, panel.tools(keys)),
  );
  panel.acceptDrops(document.body);
  const seen = card(
    "What the model saw",
    panel.preview,
    element("p", { class: "note" }, `${size} pixels`),
    panel.note,
  );
  return {
    before: [input],
    after: [seen],
    focus: () => panel.canvas.focus(),
    put: (pixels) => panel.put(pixels),
  };
}

class ImagePanel {
  constructor(metadata, answers) {
    const [height, width, channels] = metadata.shape;
    Object.assign(this, { height, width, channels, answers, rgba: null });
    this.canvas = element("canvas", {
      id: "drawing",
      tabindex: "0",
      role: "application",
      "aria-roledescription": "drawing area",
      "aria-label": "Draw here",
      "aria-describedby": "keys",
    });
    this.preview = element("canvas", {
      id: "seen",
      width,
      height,
      role: "img",
      "aria-label": "The pixels that the model got",
    });
    this.note = element("p", { class: "note", id: "made" });
    this.invert = element("input", {
      type: "checkbox",
      id: "invert",
      onchange: () => this.answer(),
    });
    this.drawing = new Drawing(this.canvas, height, width, () => this.fromDrawing());
  }

  tools(keys) {
    const file = element("input", {
      type: "file",
      id: "file",
      accept: "image/png,image/jpeg",
      onchange: () => this.open(file.files[0]),
    });
    const clear = element(
      "button",
      { type: "button", id: "clear", onclick: () => this.clear() },
      "Clear",
    );
    const ink = element("input", {
      type: "color",
      value: "#ffffff",
      oninput: () => (this.drawing.ink = ink.value),
    });
    const colour = this.channels === 3 ? [element("label", {}, "Ink ", ink)] : [];
    return element(
      "div",
      { class: "tools" },
      clear,
      ...colour,
      element("label", {}, this.invert, " swap dark and light"),
      element("label", { class: "file" }, "Open or drop a picture", file),
      keys,
    );
  }

  acceptDrops(target) {
    target.addEventListener("dragover", (event) => event.preventDefault());
    target.addEventListener("drop", (event) => {
      event.preventDefault();
      this.open(event.dataTransfer.files[0]);
    });
  }

  clear() {
    this.drawing.clear();
    this.rgba = null;
    this.note.replaceChildren();
    this.preview.getContext("2d").clearRect(0, 0, this.width, this.height);
    this.answers.clear();
  }

  fromDrawing() {
    this.note.replaceChildren();
    this.rgba = shrink(this.drawing.rgba(), this.canvas, this.width, this.height);
    this.answer();
  }

  async open(file) {
    if (!file) return;
    try {
      this.rgba = await this.read(file);
      this.answer();
    } catch (error) {
      this.note.replaceChildren();
      this.answers.fail(error);
    }
  }

  /** RGBA of the model's size: the picture itself, or its middle made smaller or larger. */
  async read(file) {
    if (file.size > MOST_FILE_BYTES)
      throw new InputError(`The file has more than ${MOST_FILE_BYTES.toLocaleString("en")} bytes.`);
    const size = checkImage(new Uint8Array(await file.arrayBuffer()));
    const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" }).catch(() => {
      throw new InputError("The picture is damaged: it cannot be decoded.");
    });
    const scale = Math.min(bitmap.width / this.width, bitmap.height / this.height);
    const crop = {
      width: Math.max(1, Math.round(this.width * scale)),
      height: Math.max(1, Math.round(this.height * scale)),
    };
    const larger = scale >= 1;
    const target = larger ? crop : { width: this.width, height: this.height };
    const canvas = element("canvas", { width: target.width, height: target.height });
    const context = canvas.getContext("2d");
    context.fillRect(0, 0, target.width, target.height);
    const [left, top] = [(bitmap.width - crop.width) >> 1, (bitmap.height - crop.height) >> 1];
    context.drawImage(
      bitmap,
      left,
      top,
      crop.width,
      crop.height,
      0,
      0,
      target.width,
      target.height,
    );
    bitmap.close();
    const exact = size.width === this.width && size.height === this.height;
    this.note.replaceChildren(
      exact ? "" : `made from the middle of ${size.width} x ${size.height} pixels`,
    );
    const rgba = context.getImageData(0, 0, target.width, target.height).data;
    return larger ? shrink(rgba, target, this.width, this.height) : rgba;
  }

  /** Takes pixels as the model does, uint8 [H * W * C]. */
  put(pixels) {
    this.note.replaceChildren();
    this.invert.checked = false;
    this.rgba = toRgba(pixels, this.channels);
    this.answer();
  }

  answer() {
    if (!this.rgba) return;
    const pixels = toPixels(this.rgba, this.channels);
    if (this.invert.checked) pixels.forEach((value, i) => (pixels[i] = 255 - value));
    const shown = new ImageData(toRgba(pixels, this.channels), this.width, this.height);
    this.preview.getContext("2d").putImageData(shown, 0, 0);
    this.answers.show(pixels);
  }
}
