// The part of the page that shows what the model answered: replies, bars, time.

import { interpret } from "./answer.mjs";
import { sentence } from "./errors.mjs";
import { bars, card, element, milliseconds, percent, quoted, settled, visible } from "./view.mjs";

const MOST_BARS = 5;
const SPOKEN_AFTER_MS = 700;

/** Runs inputs one after the other, the latest first, and shows what comes out. */
export class Answers {
  constructor(runner, metadata) {
    Object.assign(this, { runner, metadata, waiting: null, busy: false });
    this.body = element("div", { class: "answers" });
    this.time = element("p", { class: "note", id: "latency" });
    // apart from the bars: a screen reader hears the outcome once a person stops typing
    this.spoken = element("p", { class: "unseen", role: "status", id: "spoken" });
    this.say = settled((text) => this.spoken.replaceChildren(text), SPOKEN_AFTER_MS);
    this.element = card(
      metadata.task === "regression" ? "Values" : "Answer",
      this.body,
      this.time,
      this.spoken,
    );
    this.clear();
  }

  clear(text = "The answer appears here.") {
    this.waiting = null;
    this.body.replaceChildren(element("p", { class: "note" }, text));
    this.time.replaceChildren();
  }

  /** Shows the error instead of an answer. */
  fail(error) {
    this.waiting = null;
    this.body.replaceChildren(element("p", { class: "error", role: "alert" }, sentence(error)));
    this.time.replaceChildren();
  }

  /** Answers `values`; `message` is their unpadded bytes, `chosen` is called with a tapped reply. */
  async show(values, message = new Uint8Array(), chosen = null) {
    this.waiting = { values, message, chosen };
    if (this.busy) return;
    this.busy = true;
    while (this.waiting) {
      const next = this.waiting;
      this.waiting = null;
      await this.answer(next);
    }
    this.busy = false;
  }

  async answer({ values, message, chosen }) {
    try {
      const { outputs, ms, runs } = await this.runner.timed(values);
      const answer = interpret(outputs, message, this.metadata);
      if (this.waiting) return;
      this.body.replaceChildren(...parts(answer, this.metadata, chosen));
      this.time.replaceChildren(`${milliseconds(ms)} an answer, mean of ${runs}, on this device`);
      this.say(summary(answer));
    } catch (error) {
      if (!this.waiting) this.fail(error);
    }
  }
}

function parts(answer, { ranking }, chosen) {
  if (answer.values) return [valueList(answer.values)];
  const { ranked, offered } = answer;
  const shown = ranked.slice(0, MOST_BARS);
  const others = ranked.length - shown.length;
  const notes = [
    ranking ? `Replies are offered from a best score of ${percent(ranking.threshold)} on.` : "",
    others ? `${others} more labels have lower scores.` : "",
  ]
    .filter(Boolean)
    .join(" ");
  return [
    ...(offered ? [replyChips(offered, chosen)] : []),
    bars(shown),
    ...(notes ? [element("p", { class: "note" }, notes)] : []),
  ];
}

function valueList(values) {
  return element(
    "ol",
    { class: "values" },
    values.map((v) => element("li", {}, String(Number(v.toPrecision(6))))),
  );
}

function replyChips({ replies, trigger, threshold }, chosen) {
  if (!replies.length) {
    const why =
      threshold && trigger
        ? `: the best label with a reply has ${percent(trigger)}, below the threshold of ${percent(threshold)}`
        : "";
    return element("p", { class: "silent" }, `No reply is offered${why}.`);
  }
  const chips = replies.map(({ label, text }) =>
    element(
      "button",
      { type: "button", class: "chip", title: visible(label), onclick: () => chosen?.(text) },
      quoted(text),
    ),
  );
  return element("div", { class: "chips", role: "group", "aria-label": "Replies" }, chips);
}

function summary({ ranked, offered, values }) {
  if (values) return `Values: ${values.map((v) => Number(v.toPrecision(4))).join(", ")}.`;
  const best = `Best label: ${visible(ranked[0].label)}, ${percent(ranked[0].score)}.`;
  if (!offered) return best;
  const texts = offered.replies.map(({ text }) => visible(text));
  return texts.length ? `Replies: ${texts.join(", ")}. ${best}` : `No reply is offered. ${best}`;
}
