// Messages as the model sees them: UTF-8 bytes of a fixed number, and their tokens.

const MARKS = /[!-/:-@[-`{-~]/; // ASCII punctuation
const LETTERS = new Set([..."'_"].map((c) => c.charCodeAt(0)));

/**
 * {bytes: Uint8Array of `length`, zero-padded; used: how many of them the message has; seen, rest:
 * the message before and after the cut, which is at a whole character}.
 *
 * A NUL becomes a space, a lone surrogate U+FFFD, as docs/contract.md has it.
 */
export function encodeMessage(text, length) {
  const message = text.replaceAll("\0", " ");
  const bytes = new Uint8Array(length);
  const { read, written } = new TextEncoder().encodeInto(message, bytes);
  return { bytes, used: written, seen: message.slice(0, read), rest: message.slice(read) };
}

/**
 * Tokens as the text projection makes them (pnet_tf/projections/text.py): [{text, last}], where
 * `last` is true of what falls into the last token since the model keeps only `most`.
 */
export function tokens(bytes, most) {
  const found = [];
  let joined = false;
  for (const [at, byte] of bytes.entries()) {
    const kind = kindOf(byte);
    const joins = kind === "letter";
    if (kind !== "space") {
      if (joins && joined) found.at(-1).end = at + 1;
      else found.push({ start: at, end: at + 1 });
    }
    joined = joins;
  }
  const decoder = new TextDecoder();
  return found.map(({ start, end }, index) => ({
    text: lower(decoder.decode(bytes.subarray(start, end))),
    last: index >= most - 1 && found.length > most,
  }));
}

function kindOf(byte) {
  if (byte < 33 || byte === 127) return "space";
  const mark = byte < 127 && MARKS.test(String.fromCharCode(byte)) && !LETTERS.has(byte);
  return mark ? "mark" : "letter";
}

/** Only A-Z are folded; other capitals are other bytes to the model. */
function lower(text) {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
