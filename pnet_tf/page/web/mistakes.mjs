// Every mistake, the surest first, to be filtered, and tried on the model.

import { exampleElement, exampleInput } from "./examples.mjs";
import { card, count, element, percent, quoted, settled, visible } from "./view.mjs";

const AT_ONCE = 25;
const UNKNOWN = -1;

/** A card of the mistakes of `measured`; `put` enters one into the model's panel. */
export function mistakesCard(measured, metadata, put) {
  const list = new MistakeList(measured, metadata, put);
  list.show();
  const all = measured.mistakes_in_all;
  const left = all - measured.mistakes.length;
  const note = `${count(all)} of ${count(measured.examples)} examples${left ? `; the ${count(measured.mistakes.length)} with the highest scores are here` : ""}.`;
  return card(
    "Mistakes",
    element("p", { class: "note" }, note),
    list.filters(),
    list.found,
    list.items,
    list.more,
  );
}

class MistakeList {
  constructor(measured, metadata, put) {
    Object.assign(this, { all: measured.mistakes, metadata, put, limit: AT_ONCE });
    this.query = element("input", {
      type: "search",
      id: "query",
      oninput: settled(() => this.query.value === this.shownFor || this.again(), 120),
    });
    this.target = this.choice(
      "target",
      this.all.map(({ target }) => target),
    );
    this.answer = this.choice(
      "answer",
      this.all.map(({ predicted }) => predicted),
    );
    this.found = element("p", { class: "note", role: "status", id: "found" });
    this.items = element("ol", { class: "mistakes" });
    this.more = element(
      "button",
      { type: "button", id: "more", onclick: () => this.grow() },
      "Show more",
    );
  }

  choice(id, values) {
    const known = [...new Set(values)].sort((a, b) => a - b);
    const options = known.map((label) =>
      element("option", { value: label }, visible(this.name(label))),
    );
    return element(
      "select",
      { id, onchange: () => this.again() },
      element("option", { value: "" }, "any"),
      options,
    );
  }

  filters() {
    const labelled = (text, control) => element("label", {}, text, control);
    const text = this.metadata.kind === "text" ? [labelled("Message holds", this.query)] : [];
    return element(
      "div",
      { class: "filters" },
      text,
      labelled("Right label", this.target),
      labelled("Answer", this.answer),
    );
  }

  name(label) {
    return label === UNKNOWN
      ? "(a label that the model does not have)"
      : this.metadata.labels[label];
  }

  again() {
    this.limit = AT_ONCE;
    this.show();
  }

  grow() {
    this.limit += AT_ONCE;
    this.show();
  }

  show() {
    this.shownFor = this.query.value;
    const wanted = this.all.filter((mistake) => this.fits(mistake));
    this.found.replaceChildren(`${count(wanted.length)} found`);
    this.items.replaceChildren(...wanted.slice(0, this.limit).map((mistake) => this.item(mistake)));
    this.more.hidden = wanted.length <= this.limit;
  }

  fits({ input, target, predicted }) {
    const query = this.query.value.toLowerCase();
    return (
      (!query || input.text?.toLowerCase().includes(query)) &&
      (!this.target.value || Number(this.target.value) === target) &&
      (!this.answer.value || Number(this.answer.value) === predicted)
    );
  }

  item({ input, target, predicted, score, target_score: right }) {
    const given = exampleInput(input);
    const why = element(
      "span",
      { class: "why" },
      "answer ",
      quoted(this.name(predicted)),
      ` ${percent(score)}, right `,
      quoted(this.name(target)),
      target === UNKNOWN ? "" : ` ${percent(right)}`,
    );
    const button =
      given === null
        ? null
        : element("button", { type: "button", onclick: () => this.put(given) }, "Try");
    return element("li", {}, exampleElement(input, this.metadata.shape), button, why);
  }
}
