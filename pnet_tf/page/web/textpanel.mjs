// Typing a message, choosing a reply, and what the model saw of the message.

import { encodeMessage, tokens } from "./text.mjs";
import { card, element, quoted, settled, visible } from "./view.mjs";

const TYPING_MS = 80;
const MOST_SHOWN = 400;
const MOST_TURNS = 50;

/** Cards for a model of texts; `answers` shows what comes out. */
export function textPanel(metadata, answers) {
  const talk = element("ol", { class: "talk", "aria-label": "Conversation" });
  const box = element("textarea", {
    id: "message",
    rows: "3",
    dir: "auto",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: metadata.replies.size ? "are you still at the office?" : "Type a message",
  });
  const seen = element("div", { id: "seen" });
  const chosen = (text) => {
    say(talk, box.value, text);
    put("");
    box.focus();
  };
  const read = (text) => {
    const encoded = encodeMessage(text, metadata.shape[0]);
    seen.replaceChildren(...seenParts(encoded, metadata));
    if (text === "") answers.clear();
    else answers.show(encoded.bytes, encoded.bytes.subarray(0, encoded.used), chosen);
  };
  box.addEventListener(
    "input",
    settled(() => read(box.value), TYPING_MS),
  );
  const put = (text) => {
    box.value = text;
    read(text);
  };
  read("");
  const input = card(
    "Message",
    element("label", { for: "message", class: "unseen" }, "Message"),
    talk,
    box,
  );
  return {
    before: [input],
    after: [card("What the model saw", seen)],
    focus: () => box.focus(),
    put,
  };
}

function say(talk, message, reply) {
  const turn = (who, text) => element("li", { class: who }, quoted(text.slice(0, MOST_SHOWN)));
  talk.append(turn("theirs", message), turn("ours", reply));
  while (talk.children.length > MOST_TURNS) talk.firstChild.remove();
}

function seenParts({ bytes, used, seen, rest }, metadata) {
  const length = bytes.length;
  const count = element("p", { class: "note", id: "count" }, `${used} of ${length} bytes`);
  const cut = rest ? [cutNote(seen, rest, length)] : [];
  const most = tokenCount(metadata);
  if (!most) return [count, ...cut];
  const found = tokens(bytes.subarray(0, used), most);
  const merged = found.some(({ last }) => last)
    ? [
        element(
          "p",
          { class: "note" },
          `The model keeps ${most} tokens; the marked ones share the last.`,
        ),
      ]
    : [];
  return [count, ...cut, tokenList(found), ...merged];
}

/** How many tokens the text projection of a file keeps; 0 where it has another projection. */
function tokenCount({ projection }) {
  const text = projection?.name === "text" || projection?.name === "TextProjection";
  return text ? (Number.isSafeInteger(projection.tokens) ? projection.tokens : 32) : 0;
}

function cutNote(seen, rest, length) {
  const start = seen.length > MOST_SHOWN / 4 ? "…" : "";
  const end = rest.length > MOST_SHOWN ? "…" : "";
  return element(
    "p",
    { class: "cut", id: "cut" },
    element("strong", {}, `Cut after ${length} bytes; the model does not see the rest: `),
    element(
      "bdi",
      {},
      start,
      visible(seen.slice(-MOST_SHOWN / 4)),
      element("del", {}, visible(rest.slice(0, MOST_SHOWN)), end),
    ),
  );
}

function tokenList(found) {
  const items = found.map(({ text, last }) =>
    element("li", { class: last ? "last" : null }, quoted(text)),
  );
  return element("ol", { class: "tokens", "aria-label": "Tokens" }, items);
}
