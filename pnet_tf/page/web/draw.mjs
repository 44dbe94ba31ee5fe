// A canvas to draw on, by mouse, finger, pen or keys.

const SIDE = 280;

/** Calls `changed` after each stroke. Arrow keys move, Space puts the pen down or lifts it. */
export class Drawing {
  constructor(canvas, height, width, changed) {
    this.scale = Math.max(1, Math.floor(SIDE / Math.max(height, width)));
    canvas.width = width * this.scale;
    canvas.height = height * this.scale;
    Object.assign(this, { canvas, changed, ink: "#ffffff", down: false, at: null });
    this.context = canvas.getContext("2d", { willReadFrequently: true });
    this.clear();
    canvas.addEventListener("pointerdown", (event) => this.start(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"])
      canvas.addEventListener(end, () => (this.at = null));
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => (this.down = false));
  }

  clear() {
    this.context.fillStyle = "#000000";
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    this.cursor = [this.canvas.width / 2, this.canvas.height / 2];
    this.down = false;
  }

  /** RGBA of the whole canvas. */
  rgba() {
    return this.context.getImageData(0, 0, this.canvas.width, this.canvas.height).data;
  }

  start(event) {
    event.preventDefault();
    this.canvas.focus();
    this.canvas.setPointerCapture(event.pointerId);
    this.at = this.place(event);
    this.line(this.at, this.at);
  }

  move(event) {
    if (!this.at) return;
    const to = this.place(event);
    this.line(this.at, to);
    this.at = to;
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) * this.canvas.width) / box.width,
      ((event.clientY - box.top) * this.canvas.height) / box.height,
    ];
  }

  key(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const step = steps[event.key];
    if (!step && event.key !== " ") return;
    event.preventDefault();
    if (!step) this.down = !this.down;
    const to = step ? this.moved(step) : this.cursor;
    if (this.down) this.line(this.cursor, to);
    this.cursor = to;
  }

  moved([x, y]) {
    const far = Math.max(this.scale, this.canvas.width / 28);
    const within = (value, most) => Math.min(Math.max(value, 0), most);
    return [
      within(this.cursor[0] + x * far, this.canvas.width),
      within(this.cursor[1] + y * far, this.canvas.height),
    ];
  }

  line(from, to) {
    const { context, scale, canvas } = this;
    context.strokeStyle = this.ink;
    context.lineWidth = scale * Math.max(1, canvas.width / scale / 12);
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(to[0] + 0.01, to[1]);
    context.stroke();
    this.changed();
  }
}
